//! `argus client attach`

use std::process::ExitCode;

use anyhow::{Result, bail};
use argus_domain::claim::{OnFailure, Target};
use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::super::plugin::{find, resolve};
use super::super::reach::ReachArgs;
use super::attachments::{Attachments, document};
use super::diff::{self, Users};

#[derive(Debug, Args)]
pub(in super::super) struct AttachArgs {
    /// The client's id.
    #[arg(value_name = "CLIENT")]
    client_id: String,
    /// The claim provider.
    provider: String,
    /// Its configuration for this client.
    #[arg(long, value_name = "JSON|@FILE")]
    configuration: String,
    /// Where its claims go, one an option or with commas between them; by default to ID token and UserInfo.
    #[arg(long, value_delimiter = ',')]
    target: Vec<TargetArg>,
    /// What becomes of an issuance at which it fails: it fails too, which is the default, or goes on without the claims.
    #[arg(long)]
    on_failure: Option<OnFailureArg>,
    /// Stay with this version, by 8 or more digits of its digest, whatever is promoted; by default the one that serves is run.
    #[arg(long)]
    digest: Option<String>,
    /// Take the place of the attachment at this place, in one step, instead of coming behind the others.
    #[arg(long, value_name = "INDEX")]
    replace: Option<usize>,
    /// Change nothing, and show for whom which claims would change.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    reach: ReachArgs,
}

/// [`Target`] by the names of the document.
#[derive(Clone, Copy, Debug)]
struct TargetArg(Target);

impl ValueEnum for TargetArg {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self(Target::IdToken), Self(Target::Userinfo), Self(Target::AccessToken)]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.as_str()))
    }
}

/// [`OnFailure`] by the names of the document.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum OnFailureArg {
    Fail,
    Omit,
}

pub(super) async fn run(args: &AttachArgs) -> Result<ExitCode> {
    let configuration = document(&args.configuration)?;
    args.reach
        .run(async |api| {
            let digest = match &args.digest {
                Some(beginning) => Some(resolve(&find(api, &args.provider).await?, beginning)?.digest.clone()),
                None => None,
            };
            let mut attachments = Attachments::of(api, &args.client_id).await?;
            let entry = entry(args, configuration, digest);
            let place = args.replace.unwrap_or(attachments.list.len());
            match args.replace {
                None => attachments.list.push(entry),
                Some(place) => match attachments.list.get_mut(place) {
                    Some(old) => *old = entry,
                    None => bail!("client {} has no attachment #{place}: `argus client claims` lists them, from 0", args.client_id),
                },
            }
            if args.dry_run {
                return diff::run_with(api, &args.reach, &args.client_id, &diff::question(&attachments.list, Users::default(), None)).await;
            }
            let answer = attachments.store(api).await?;
            args.reach.show(&answer, || Ok(format!("{} is attached to client {} as #{place}", args.provider, args.client_id)))?;
            Ok(ExitCode::SUCCESS)
        })
        .await
}

/// The entry of the document, with nothing in it that is the default.
fn entry(args: &AttachArgs, configuration: Value, digest: Option<String>) -> Value {
    let mut entry = json!({"provider": args.provider, "configuration": configuration});
    if !args.target.is_empty() {
        entry["targets"] = args.target.iter().map(|target| target.0.as_str()).collect();
    }
    if let Some(on_failure) = args.on_failure {
        entry["onFailure"] = json!(match on_failure {
            OnFailureArg::Fail => OnFailure::Fail,
            OnFailureArg::Omit => OnFailure::Omit,
        });
    }
    if let Some(digest) = digest {
        entry["digest"] = digest.into();
    }
    entry
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: AttachArgs,
    }

    fn entry_of(options: &[&str]) -> Value {
        let line = ["attach", "c1", "level", "--configuration", r#"{"b": 1, "a": 2}"#].iter().chain(options);
        let args = Line::parse_from(line).args;
        entry(&args, document(&args.configuration).unwrap(), args.digest.clone())
    }

    #[test]
    fn an_entry_says_what_was_asked_for() {
        assert_eq!(entry_of(&[]).to_string(), r#"{"provider":"level","configuration":{"b":1,"a":2}}"#);
        let all = entry_of(&["--target", "id_token,access_token", "--target", "userinfo", "--on-failure", "omit", "--digest", "ab"]);
        assert_eq!(
            all,
            json!({"provider": "level", "configuration": {"b": 1, "a": 2}, "targets": ["id_token", "access_token", "userinfo"],
                "onFailure": "omit", "digest": "ab"})
        );
    }
}
