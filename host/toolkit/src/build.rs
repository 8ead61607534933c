//! Builds a provider's component by the tool chain of its language.
//!
//! Only what a language's own build would fetch is fetched, from where it would fetch it; when everything is there already, the build
//! works without a network. Rust and Go give the same bytes for the same sources and tool chain, in whichever folder they lie; the tools for
//! JavaScript and Python do not, since they keep a snapshot of an interpreter that was given real randomness.

mod component;
mod error;
mod go;
mod js;
mod preinitialise;
mod python;
mod rust;
mod snapshot;
mod tools;

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use argus_claims::Digest;

pub use error::BuildError;
pub use tools::Tools;

use crate::Language;
use crate::manifest::Manifest;

/// A component that was built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    /// The file, `NAME.wasm` in the provider's folder.
    pub component: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// What identifies this version of the provider.
    pub digest: Digest,
}

/// Builds the provider in a folder with the tools of this system. `progress` is told each step, in words.
pub fn build(folder: &Path, progress: &mut dyn FnMut(&str)) -> Result<Built, BuildError> {
    build_with(&Tools::of_system(), folder, progress)
}

/// The same with other tools.
pub fn build_with(tools: &Tools, folder: &Path, progress: &mut dyn FnMut(&str)) -> Result<Built, BuildError> {
    let manifest = Manifest::read(folder)?;
    // Tools are run in the folder, so its path must not depend on where this process is.
    let folder = &fs::canonicalize(folder).map_err(|source| BuildError::Write { path: folder.to_owned(), source })?;
    let path = manifest.component(folder);
    let component = match manifest.language {
        Language::Rust => rust::build(tools, folder, progress)?,
        Language::Go => go::build(tools, folder, progress)?,
        Language::Js => js::build(tools, folder, &path, progress)?,
        Language::Python => python::build(tools, folder, progress)?,
    };
    write(&path, &component).map_err(|source| BuildError::Write { path: path.clone(), source })?;
    Ok(Built { component: path, bytes: component.len() as u64, digest: Digest::of(&component) })
}

/// Whoever watches the file sees the old component or the new one, never a part of it.
fn write(path: &Path, component: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().permissions(readable()).tempfile_in(folder)?;
    file.write_all(component)?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// A component is no secret: as any file that a compiler writes.
fn readable() -> fs::Permissions {
    use std::os::unix::fs::PermissionsExt as _;
    fs::Permissions::from_mode(0o644)
}

fn read(path: PathBuf) -> Result<Vec<u8>, BuildError> {
    fs::read(&path).map_err(|source| BuildError::NoOutput { path, source })
}
