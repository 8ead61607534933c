//! What the commands for authors work on: a component, alone or in the folder of its provider.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use argus_claims::{ClaimProviderComponent, CompilerProcess, Registry};
use argus_toolkit::manifest::Manifest;
use argus_toolkit::offline;
use argus_toolkit::vectors::{self, Vector};

use crate::composition::COMPILE_COMPONENT;

/// Larger files are not even read: no component is.
const MAX_FILE_BYTES: u64 = 1 << 30;

/// A component, and the folder it belongs to if there is one.
pub(super) struct Plugin {
    pub(super) component: PathBuf,
    pub(super) folder: Option<PathBuf>,
}

impl Plugin {
    /// A component file by itself, or the folder of a provider.
    pub(super) fn at(path: &Path) -> Result<Self> {
        if path.is_dir() {
            return Self::of_folder(path);
        }
        if !path.exists() {
            bail!("there is no {}: a component, or the folder of a claim provider, was expected", path.display());
        }
        Ok(Self { component: path.to_owned(), folder: None })
    }

    pub(super) fn of_folder(folder: &Path) -> Result<Self> {
        let folder = plain(folder);
        let component = Manifest::read(folder)?.component(folder);
        Ok(Self { component, folder: Some(folder.to_owned()) })
    }

    /// The component in a folder, or one that lies elsewhere.
    pub(super) fn of_folder_with(folder: &Path, component: Option<&PathBuf>) -> Result<Self> {
        match component {
            Some(component) => Ok(Self { component: component.clone(), folder: Some(plain(folder).to_owned()) }),
            None => Self::of_folder(folder),
        }
    }

    pub(super) fn read(&self) -> Result<Vec<u8>> {
        let shown = self.component.display();
        let metadata = match fs::metadata(&self.component) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && self.folder.is_some() => {
                bail!("there is no {shown}: `argus plugin build` makes it")
            }
            other => other.with_context(|| format!("cannot read {shown}"))?,
        };
        if metadata.len() > MAX_FILE_BYTES {
            bail!("{shown} has {} bytes, which no component has", metadata.len());
        }
        fs::read(&self.component).with_context(|| format!("cannot read {shown}"))
    }

    pub(super) async fn load(&self, registry: &Registry) -> Result<ClaimProviderComponent> {
        let component = self.read()?;
        registry.load(component).await.with_context(|| format!("cannot use {}", self.component.display()))
    }

    /// The component's file name.
    pub(super) fn name(&self) -> String {
        self.component.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The vectors of its folder; none when it has no folder for them.
    pub(super) fn vectors(&self) -> Result<Vec<Vector>> {
        let Some(folder) = self.folder.as_ref().map(|folder| folder.join(vectors::FOLDER)).filter(|folder| folder.is_dir()) else {
            return Ok(Vec::new());
        };
        Ok(vectors::files(&folder)?.iter().map(|file| Vector::read(file)).collect::<Result<_, _>>()?)
    }
}

/// The folder in which the program runs is written as nothing, so that messages name its files as its author does.
pub(super) fn plain(folder: &Path) -> &Path {
    if folder == Path::new(".") { Path::new("") } else { folder }
}

/// An engine with a server's limits. This program is the compiler, as in a server.
pub(super) fn registry(budget_ms: Option<u32>) -> Result<Registry> {
    let program = std::env::current_exe().context("cannot find this program's own file")?;
    let compiler = CompilerProcess { program, args: vec![OsString::from(COMPILE_COMPONENT)] };
    Ok(offline::registry(compiler, budget_ms)?)
}
