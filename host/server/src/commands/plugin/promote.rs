//! `argus plugin promote`

use std::process::ExitCode;

use anyhow::{Result, bail};
use axum::http::Method;
use clap::Args;
use serde_json::json;

use super::super::reach::ReachArgs;
use super::digest::listed;
use super::{find, path_of, resolve, standing};
use crate::administration::wire::providers::{Provider, State, Version};

#[derive(Debug, Args)]
pub(in super::super) struct PromoteArgs {
    /// The claim provider.
    name: String,
    /// The version, by 8 or more digits of its digest; without it the one in the shadow, or the only one that could serve and does not.
    digest: Option<String>,
    #[command(flatten)]
    reach: ReachArgs,
}

pub(super) async fn run(args: &PromoteArgs) -> Result<ExitCode> {
    args.reach
        .run(async |api| {
            let provider = find(api, &args.name).await?;
            let digest = match &args.digest {
                Some(beginning) => &resolve(&provider, beginning)?.digest,
                None => &only_candidate(&provider)?.digest,
            };
            let answer = api.send(Method::POST, &path_of(&args.name, &["promote"]), &json!({"digest": digest})).await?;
            args.reach.show(&answer, || standing(&answer))?;
            Ok(ExitCode::SUCCESS)
        })
        .await
}

/// The version that is meant when none is named.
fn only_candidate(provider: &Provider) -> Result<&Version> {
    let of_state = |wanted: State| provider.versions.iter().filter(move |version| version.state == wanted);
    if let Some(shadow) = of_state(State::Shadow).next() {
        return Ok(shadow);
    }
    let available: Vec<&Version> = of_state(State::Available).collect();
    match available[..] {
        [version] => Ok(version),
        [] => bail!("{} has no other version that could serve: `argus plugin versions {}` lists them", provider.name, provider.name),
        _ => bail!("several versions of {} could serve: say which, of {}", provider.name, listed(available.into_iter())),
    }
}
