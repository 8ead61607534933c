//! `argus export`

use std::process::ExitCode;

use anyhow::Result;
use argus_protocol::export;

use super::{InstallationArgs, print_json};

pub(super) async fn run(args: &InstallationArgs) -> Result<ExitCode> {
    let (_, installation) = args.open().await?;
    print_json(&export::export(&installation.store).await?)?;
    installation.store.close().await;
    Ok(ExitCode::SUCCESS)
}
