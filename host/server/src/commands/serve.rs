//! `argus serve`

use std::process::ExitCode;

use anyhow::Result;
use argus_protocol::one_time_link;

use super::{InstallationArgs, admin, note};
use crate::serve;

pub(super) async fn run(args: &InstallationArgs) -> Result<ExitCode> {
    let (config, installation) = args.open_or_create().await?;
    if one_time_link::is_needed(&installation.store).await? {
        let link = admin::link(&config, &installation).await?;
        note(&format!("there is no user yet; open this link to become the administrator, once and within a day:\n{link}"));
    }
    let argus = installation.into_argus(&config).await?;
    serve::serve(argus, &config).await?;
    Ok(ExitCode::SUCCESS)
}
