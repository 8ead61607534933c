//! `argus backup`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use super::{InstallationArgs, note};
use crate::kek;

#[derive(Debug, Args)]
pub(super) struct BackupArgs {
    /// The copy; must not exist yet.
    file: PathBuf,
    #[command(flatten)]
    installation: InstallationArgs,
}

pub(super) async fn run(args: &BackupArgs) -> Result<ExitCode> {
    let (config, installation) = args.installation.open().await?;
    installation.store.backup(&args.file).await?;
    installation.store.close().await;
    note(&format!(
        "wrote {}; its signing keys open with {} only, which belongs in a backup of its own",
        args.file.display(),
        config.data_dir.join(kek::FILE_NAME).display()
    ));
    Ok(ExitCode::SUCCESS)
}
