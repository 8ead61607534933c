//! `argus plugin`: what authors of claim providers run. No server is needed, and nothing here opens an installation.

mod bench;
mod check;
mod dev;
mod terminal;
mod test;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use argus_claims::{ClaimProviderComponent, CompilerProcess, Registry};
use argus_toolkit::manifest::Manifest;
use argus_toolkit::offline;
use argus_toolkit::vectors::{self, Vector};
use clap::Subcommand;

use crate::composition::COMPILE_COMPONENT;

/// Larger files are not even read: no component is.
const MAX_FILE_BYTES: u64 = 1 << 30;

#[derive(Debug, Subcommand)]
pub(super) enum PluginCommand {
    /// Check a component: the same that a server does with an upload.
    Check(check::CheckArgs),
    /// Run test vectors, with the limits of a server.
    Test(test::TestArgs),
    /// Measure what a run costs, beside a component that does nothing.
    Bench(bench::BenchArgs),
    /// Watch the folder: build and run the vectors at each change, and show what changed in the claims.
    Dev(dev::DevArgs),
}

pub(super) async fn run(command: PluginCommand) -> Result<ExitCode> {
    match command {
        PluginCommand::Check(args) => check::run(&args).await,
        PluginCommand::Test(args) => test::run(&args).await,
        PluginCommand::Bench(args) => bench::run(&args).await,
        PluginCommand::Dev(args) => dev::run(&args).await,
    }
}

/// A component, and the folder it belongs to if there is one.
struct Plugin {
    component: PathBuf,
    folder: Option<PathBuf>,
}

impl Plugin {
    /// A component file by itself, or the folder of a provider.
    fn at(path: &Path) -> Result<Self> {
        if path.is_dir() {
            return Self::of_folder(path);
        }
        if !path.exists() {
            bail!("there is no {}: a component, or the folder of a claim provider, was expected", path.display());
        }
        Ok(Self { component: path.to_owned(), folder: None })
    }

    fn of_folder(folder: &Path) -> Result<Self> {
        let folder = plain(folder);
        let component = Manifest::read(folder)?.component(folder);
        Ok(Self { component, folder: Some(folder.to_owned()) })
    }

    /// The component in a folder, or one that lies elsewhere.
    fn of_folder_with(folder: &Path, component: Option<&PathBuf>) -> Result<Self> {
        match component {
            Some(component) => Ok(Self { component: component.clone(), folder: Some(plain(folder).to_owned()) }),
            None => Self::of_folder(folder),
        }
    }

    fn read(&self) -> Result<Vec<u8>> {
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

    async fn load(&self, registry: &Registry) -> Result<ClaimProviderComponent> {
        let component = self.read()?;
        registry.load(component).await.with_context(|| format!("cannot use {}", self.component.display()))
    }

    /// The component's file name.
    fn name(&self) -> String {
        self.component.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The vectors of its folder; none when it has no folder for them.
    fn vectors(&self) -> Result<Vec<Vector>> {
        let Some(folder) = self.folder.as_ref().map(|folder| folder.join(vectors::FOLDER)).filter(|folder| folder.is_dir()) else {
            return Ok(Vec::new());
        };
        Ok(vectors::files(&folder)?.iter().map(|file| Vector::read(file)).collect::<Result<_, _>>()?)
    }
}

/// The folder in which the program runs is written as nothing, so that messages name its files as its author does.
fn plain(folder: &Path) -> &Path {
    if folder == Path::new(".") { Path::new("") } else { folder }
}

/// An engine with a server's limits. This program is the compiler, as in a server.
fn registry(budget_ms: Option<u32>) -> Result<Registry> {
    let program = std::env::current_exe().context("cannot find this program's own file")?;
    let compiler = CompilerProcess { program, args: vec![OsString::from(COMPILE_COMPONENT)] };
    Ok(offline::registry(compiler, budget_ms)?)
}
