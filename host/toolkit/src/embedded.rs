//! The files that are part of the program; the build script lists them.

/// A file and where it lies in its folder, with `/` between the parts.
pub(crate) struct File {
    pub(crate) path: &'static str,
    pub(crate) content: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// Answers WASI preview 1 by itself, so that a component of a module for it imports nothing.
pub(crate) static PREVIEW1_PURE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/preview1-pure.wasm"));
