//! `argus migrate`

use std::process::ExitCode;

use anyhow::Result;

use super::{InstallationArgs, note};

pub(super) async fn run(args: &InstallationArgs) -> Result<ExitCode> {
    let (_, installation) = args.open_or_create().await?;
    installation.store.close().await;
    note("the database is up to date");
    Ok(ExitCode::SUCCESS)
}
