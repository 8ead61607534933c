//! Claim providers that misbehave, one for each limit of the sandbox, and `good`, which doesn't.
//!
//! They are written as WebAssembly text, so that each does its one thing exactly and no toolchain stands between. Every one is a component
//! of the world `argus:claims/claim-provider` as far as its point allows.
//!
//! [`foreach_guest!`] hands every name to a macro: a test crate that demands a module per name doesn't compile when a guest has no test.

include!(concat!(env!("OUT_DIR"), "/guests.rs"));

/// The component of a guest.
///
/// # Panics
/// When there is no guest of that name.
pub fn guest(name: &str) -> &'static [u8] {
    GUESTS.iter().find(|(known, _)| *known == name).map_or_else(|| panic!("no guest is named {name}"), |(_, bytes)| bytes)
}
