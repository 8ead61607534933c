//! `argus plugin promote`

use std::process::ExitCode;

use anyhow::Result;
use axum::http::Method;
use clap::Args;
use serde_json::json;

use super::super::reach::ReachArgs;
use super::{find, path_of, resolve, standing};

#[derive(Debug, Args)]
pub(in super::super) struct PromoteArgs {
    /// The claim provider.
    name: String,
    /// The version, by 8 or more digits of its digest.
    digest: String,
    #[command(flatten)]
    reach: ReachArgs,
}

pub(super) async fn run(args: &PromoteArgs) -> Result<ExitCode> {
    args.reach
        .run(async |api| {
            let provider = find(api, &args.name).await?;
            let digest = &resolve(&provider, &args.digest)?.digest;
            let answer = api.send(Method::POST, &path_of(&args.name, &["promote"]), &json!({"digest": digest})).await?;
            args.reach.show(&answer, || standing(&answer))?;
            Ok(ExitCode::SUCCESS)
        })
        .await
}
