//! `argus plugin replay`: what a server recorded of an issuance, run here with another component.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use argus_toolkit::replay::{Recording, Replay, replay};
use argus_toolkit::run::Words;
use clap::Args;

use super::{Plugin, registry};
use crate::administration::path;
use crate::commands::print;
use crate::commands::reach::ReachArgs;
use crate::commands::text;

#[derive(Debug, Args)]
pub(in crate::commands) struct ReplayArgs {
    /// The request's correlation id; its client has to have `recordClaimInputsSeconds`.
    #[arg(value_name = "ID")]
    correlation_id: String,
    /// The component to run, or the folder it belongs to.
    #[arg(long, value_name = "FILE")]
    component: PathBuf,
    /// Only what this attachment was given: its place in the client's `openIDCustomClaims`.
    #[arg(long, value_name = "N")]
    attachment: Option<usize>,
    /// How long one run may take, in milliseconds, where the server's own setting is another than 10.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    budget_ms: Option<u32>,
    #[command(flatten)]
    reach: ReachArgs,
}

/// Succeeds when the component gives what was recorded.
pub(super) async fn run(args: &ReplayArgs) -> Result<ExitCode> {
    let registry = registry(args.budget_ms)?;
    let plugin = Plugin::at(&args.component)?;
    let component = plugin.load(&registry).await?;
    args.reach
        .run(async |api| {
            let answer = api.get(&path(&["traces", &args.correlation_id, "inputs"])).await?;
            let recordings: Vec<Recording> = serde_json::from_value(answer).context("the server's recording cannot be read")?;
            let meant: Vec<&Recording> =
                recordings.iter().filter(|recording| args.attachment.is_none_or(|wanted| recording.attachment == wanted)).collect();
            if meant.is_empty() {
                bail!("attachment {} did not run in this request", args.attachment.unwrap_or_default());
            }
            if args.attachment.is_none()
                && let Some(other) = meant.iter().find(|recording| recording.provider != meant[0].provider)
            {
                bail!(
                    "{} and {} ran in this request: say by --attachment which one the component is to take the place of",
                    meant[0].provider,
                    other.provider
                );
            }
            let mut same = true;
            for recording in meant {
                let replayed = replay(&component, recording).await;
                same &= replayed.differences.is_empty();
                print(&told(recording, &replayed, &component.digest().to_string()))?;
            }
            Ok(if same { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        })
        .await
}

fn told(recording: &Recording, replayed: &Replay, digest: &str) -> String {
    let (before, now) = (text::short(&recording.digest), text::short(digest));
    let mut told = format!(
        "attachment {} ({}), {}: recorded with {before}, run with {now}\n",
        recording.attachment, recording.provider, recording.target
    );
    if !replayed.not_recorded.is_empty() {
        told.push_str(&format!(
            "  the component also reads {}, which was not handed over then: it finds nothing there\n",
            replayed.not_recorded
        ));
    }
    for difference in &replayed.differences {
        for line in difference.text(Words::Change).lines() {
            told.push_str(&format!("  {line}\n"));
        }
    }
    if replayed.differences.is_empty() {
        told.push_str("  the claims are the same\n");
    }
    for line in &replayed.execution.log {
        told.push_str(&format!("  log: {}\n", crate::logging::escape(&line.message)));
    }
    told.trim_end().to_owned()
}
