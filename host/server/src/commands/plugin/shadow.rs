//! `argus plugin shadow`

use std::process::ExitCode;

use anyhow::Result;
use axum::body::Bytes;
use axum::http::{HeaderMap, Method};
use clap::Args;
use serde_json::json;

use super::super::note;
use super::super::reach::ReachArgs;
use super::{find, path_of, resolve, standing};

#[derive(Debug, Args)]
pub(in super::super) struct ShadowArgs {
    /// The claim provider.
    name: String,
    /// The version, by 8 or more digits of its digest.
    #[arg(required_unless_present = "stop", conflicts_with = "stop")]
    digest: Option<String>,
    /// Run no version as a shadow any more.
    #[arg(long)]
    stop: bool,
    #[command(flatten)]
    reach: ReachArgs,
}

pub(super) async fn run(args: &ShadowArgs) -> Result<ExitCode> {
    args.reach
        .run(async |api| {
            let path = path_of(&args.name, &["shadow"]);
            let answer = match &args.digest {
                Some(digest) => {
                    let provider = find(api, &args.name).await?;
                    api.send(Method::PUT, &path, &json!({"digest": resolve(&provider, digest)?.digest})).await?
                }
                None => api.call(Method::DELETE, &path, HeaderMap::new(), Bytes::new()).await?.json().await?,
            };
            args.reach.show(&answer, || standing(&answer))?;
            if !args.stop {
                note(&format!("see how it compares with `argus plugin versions {}{}`", args.name, args.reach.again()));
            }
            Ok(ExitCode::SUCCESS)
        })
        .await
}
