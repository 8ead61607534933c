//! `argus client claims`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use super::super::print_json;
use super::super::reach::ReachArgs;
use super::attachments::path_of;

#[derive(Debug, Args)]
pub(in super::super) struct ClaimsArgs {
    /// The client's id.
    #[arg(value_name = "CLIENT")]
    client_id: String,
    #[command(flatten)]
    reach: ReachArgs,
}

pub(super) async fn run(args: &ClaimsArgs) -> Result<ExitCode> {
    args.reach
        .run(async |api| {
            // A document for people as well: it is what `--claims @FILE` reads.
            print_json(&api.get(&path_of(&args.client_id, &[])).await?)?;
            Ok(ExitCode::SUCCESS)
        })
        .await
}
