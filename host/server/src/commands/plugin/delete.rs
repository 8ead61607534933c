//! `argus plugin delete`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use super::super::reach::ReachArgs;
use super::super::{note, text};
use super::{find, path_of, resolve};

#[derive(Debug, Args)]
pub(in super::super) struct DeleteArgs {
    /// The claim provider.
    name: String,
    /// The version, by 8 or more digits of its digest; without it, the claim provider with all its versions is deleted.
    digest: Option<String>,
    #[command(flatten)]
    reach: ReachArgs,
}

pub(super) async fn run(args: &DeleteArgs) -> Result<ExitCode> {
    args.reach
        .run(async |api| {
            let name = &args.name;
            let Some(digest) = &args.digest else {
                api.delete(&path_of(name, &[])).await?;
                note(&format!("{name} is deleted with all its versions"));
                return Ok(ExitCode::SUCCESS);
            };
            let provider = find(api, name).await?;
            let digest = &resolve(&provider, digest)?.digest;
            api.delete(&path_of(name, &["versions", digest])).await?;
            note(&format!("version {} of {name} is deleted", text::short(digest)));
            Ok(ExitCode::SUCCESS)
        })
        .await
}
