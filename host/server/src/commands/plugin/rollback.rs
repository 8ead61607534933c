//! `argus plugin rollback`

use std::process::ExitCode;

use anyhow::Result;
use axum::http::Method;
use clap::Args;
use serde_json::json;

use super::super::reach::ReachArgs;
use super::{path_of, standing};

#[derive(Debug, Args)]
pub(in super::super) struct RollbackArgs {
    /// The claim provider.
    name: String,
    #[command(flatten)]
    reach: ReachArgs,
}

pub(super) async fn run(args: &RollbackArgs) -> Result<ExitCode> {
    args.reach
        .run(async |api| {
            let answer = api.send(Method::POST, &path_of(&args.name, &["rollback"]), &json!({})).await?;
            args.reach.show(&answer, || standing(&answer))?;
            Ok(ExitCode::SUCCESS)
        })
        .await
}
