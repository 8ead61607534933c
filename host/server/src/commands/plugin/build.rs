//! `argus plugin build`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use argus_toolkit::build;
use clap::Args;

use super::super::{note, print};

#[derive(Debug, Args)]
pub(in super::super) struct BuildArgs {
    /// The provider's folder.
    #[arg(default_value = ".")]
    folder: PathBuf,
}

pub(super) async fn run(args: BuildArgs) -> Result<ExitCode> {
    let building = tokio::task::spawn_blocking(move || build::build(&args.folder, &mut |step| note(&format!("{step} …"))));
    let built = building.await.context("the build broke down")??;
    print(&format!("component {}\nsize      {} bytes\ndigest    {}", built.component.display(), built.bytes, built.digest))?;
    Ok(ExitCode::SUCCESS)
}
