//! `argus plugin approve`

use std::process::ExitCode;

use anyhow::{Result, bail};
use axum::http::Method;
use clap::Args;
use serde_json::json;

use super::super::reach::ReachArgs;
use super::super::{note, text};
use super::digest::listed;
use super::{find, path_of, resolve, standing};
use crate::administration::read;
use crate::administration::wire::providers::{Provider, State, Version};

#[derive(Debug, Args)]
pub(in super::super) struct ApproveArgs {
    /// The claim provider.
    name: String,
    /// The version, by 8 or more digits of its digest; without it, the only one that waits.
    digest: Option<String>,
    /// The facts it may read, with commas between them; by default all that it declares. It cannot run without one of these.
    #[arg(long, value_delimiter = ',')]
    facts: Option<Vec<String>>,
    #[command(flatten)]
    reach: ReachArgs,
}

pub(super) async fn run(args: &ApproveArgs) -> Result<ExitCode> {
    args.reach
        .run(async |api| {
            let provider = find(api, &args.name).await?;
            let version = match &args.digest {
                Some(digest) => resolve(&provider, digest)?,
                None => the_one_that_waits(&provider)?,
            };
            let facts = facts(args.facts.as_deref(), version);
            let path = path_of(&args.name, &["versions", &version.digest, "approve"]);
            let answer = api.send(Method::POST, &path, &json!({"facts": facts})).await?;
            let after: Provider = read(&answer)?;
            args.reach.show(&answer, || {
                let approved = resolve(&after, &version.digest)?.approved_facts.as_deref().unwrap_or_default();
                let may = format!("{}: version {} may read {}", args.name, text::short(&version.digest), text::names(approved));
                Ok(format!("{may}\n{}", standing(&answer)?))
            })?;
            if after.current.as_ref() != Some(&version.digest) {
                let (name, digest, again) = (&args.name, text::short(&version.digest), args.reach.again());
                note(&format!("let it serve with `argus plugin promote {name} {digest}{again}`"));
            }
            Ok(ExitCode::SUCCESS)
        })
        .await
}

fn facts<'a>(asked: Option<&'a [String]>, version: &'a Version) -> &'a [String] {
    match asked {
        None => &version.needs,
        Some([one]) if one == "all" => &version.needs,
        Some(facts) => facts,
    }
}

fn the_one_that_waits(provider: &Provider) -> Result<&Version> {
    let waiting: Vec<_> = provider.versions.iter().filter(|version| version.state == State::Waiting).collect();
    match waiting[..] {
        [version] => Ok(version),
        [] => bail!("no version of {} waits for approval", provider.name),
        _ => bail!("{} versions of {} wait for approval: name one of {}", waiting.len(), provider.name, listed(waiting.iter().copied())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn provider(states: &[&str]) -> Provider {
        let version = |(n, state): (usize, &&str)| json!({"digest": format!("{n:x}").repeat(64), "state": state, "uploadedBy": "alice", "uploadedAt": 1, "needs": ["email", "groups"]});
        let versions: Vec<_> = states.iter().enumerate().map(version).collect();
        serde_json::from_value(json!({"name": "level", "versions": versions})).unwrap()
    }

    #[test]
    fn without_a_digest_one_version_has_to_wait() {
        assert_eq!(the_one_that_waits(&provider(&["current", "waiting"])).unwrap().digest, "1".repeat(64));
        let error = |states: &[&str]| the_one_that_waits(&provider(states)).map(|_| ()).unwrap_err().to_string();
        assert_eq!(error(&["current"]), "no version of level waits for approval");
        assert_eq!(error(&["waiting", "waiting"]), "2 versions of level wait for approval: name one of 000000000000, 111111111111");
    }

    #[test]
    fn facts_are_those_declared_unless_named() {
        let provider = provider(&["waiting"]);
        let version = &provider.versions[0];
        let facts = |asked: &[&str]| {
            let asked: Vec<_> = asked.iter().map(|fact| (*fact).to_owned()).collect();
            super::facts(Some(&asked), version).to_vec()
        };
        assert_eq!(super::facts(None, version), ["email", "groups"]);
        assert_eq!((facts(&["all"]), facts(&["email"])), (vec!["email".to_owned(), "groups".to_owned()], vec!["email".to_owned()]));
    }
}
