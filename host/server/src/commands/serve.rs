//! `argus serve`

use std::process::ExitCode;

use anyhow::Result;

use super::InstallationArgs;
use crate::serve;

pub(super) async fn run(args: &InstallationArgs) -> Result<ExitCode> {
    let (config, installation) = args.open_or_create().await?;
    let argus = installation.into_argus(&config).await?;
    serve::serve(argus, &config).await?;
    Ok(ExitCode::SUCCESS)
}
