//! `argus trace`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use super::reach::ReachArgs;
use super::text::{self, Table};
use crate::administration::wire::traces::{AttachmentRun, Trace};
use crate::administration::{path, read};
use crate::logging::escape;

#[derive(Debug, Args)]
pub(super) struct TraceArgs {
    /// The request's correlation id: the `x-correlation-id` of its answer, and in the log and audit trail.
    #[arg(value_name = "ID")]
    correlation_id: String,
    #[command(flatten)]
    reach: ReachArgs,
}

pub(super) async fn run(args: &TraceArgs) -> Result<ExitCode> {
    args.reach
        .run(async |api| {
            let answer = api.get(&path(&["traces", &args.correlation_id])).await?;
            args.reach.show(&answer, || Ok(describe(&read(&answer)?)))?;
            Ok(ExitCode::SUCCESS)
        })
        .await
}

fn describe(trace: &Trace) -> String {
    let mut text = format!("request {}\n", escape(&trace.correlation_id));
    let mut events = Table::new(["AT", "EVENT", "OUTCOME", "ACTOR", "SUBJECT", "CLIENT", "REASON"]);
    for event in &trace.events {
        let member = |member: &Option<String>| member.clone().unwrap_or_default();
        events.row([
            text::moment(event.at.div_euclid(1000)),
            event.event.clone(),
            member(&event.outcome),
            member(&event.actor),
            member(&event.subject),
            member(&event.client_id),
            member(&event.reason),
        ]);
    }
    text.push_str(&events.text());
    text.push_str(&attachments(&trace.attachments));
    for replaced in &trace.replaced {
        text.push_str(&format!("replaced: {}\n", text::value(replaced)));
    }
    text
}

/// What attached claim providers did, one block each; nothing when none ran.
pub(super) fn attachments(runs: &[AttachmentRun]) -> String {
    let mut text = String::new();
    for run in runs {
        let target = run.target.as_deref().map(|target| format!(" for {}", escape(target))).unwrap_or_default();
        let provider = escape(&run.provider);
        let digest = run.digest.as_deref().map_or_else(|| "(no version)".to_owned(), text::short);
        text.push_str(&format!("\n#{} {provider} {digest}{target}: {}\n", run.attachment, outcome(run)));
        text.push_str(&format!("  read    {}\n  claims  {}\n", text::names(&run.facts), text::names(&run.claims)));
        for line in &run.log {
            text.push_str(&format!("  {:<7} {}\n", escape(&line.level), escape(&line.message)));
        }
        if run.input_recorded {
            text.push_str("  input recorded\n");
        }
    }
    text
}

fn outcome(run: &AttachmentRun) -> String {
    let mut text = escape(run.outcome.as_deref().unwrap_or("ran"));
    if let Some(duration) = run.duration_us {
        text.push_str(&format!(" in {duration} µs"));
    }
    match &run.reason {
        Some(reason) => text + ": " + &escape(reason),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_trace_tells_what_ran_and_what_it_said() {
        let trace = json!({
            "correlationId": "0198c0de",
            "events": [
                {"at": 1_750_000_000_123_i64, "event": "user.signed_in", "outcome": "success", "actor": "user", "subject": "s-1", "clientId": null,
                    "reason": null},
                {"at": 1_750_000_001_000_i64, "event": "token.refused", "outcome": "failure", "actor": "client", "subject": "s-1", "clientId": "c-1",
                    "reason": "claim provider level: deadline exceeded"},
            ],
            "attachments": [
                {"attachment": 0, "provider": "userGroups", "digest": "aa".repeat(32), "revision": 3, "target": "id_token", "facts": ["groups"],
                    "durationUs": 120, "outcome": "ok", "reason": null, "claims": ["groups"], "log": [], "inputRecorded": false},
                {"attachment": 1, "provider": "level", "digest": "bb".repeat(32), "revision": 3, "target": "id_token", "facts": [],
                    "durationUs": 50_000, "outcome": "failed", "reason": "deadline exceeded", "claims": [],
                    "log": [{"level": "warn", "message": "long list\n"}], "inputRecorded": true},
            ],
            "replaced": [{"claim": "groups", "by": 1}],
        });
        insta::assert_snapshot!(describe(&serde_json::from_value(trace).unwrap()));
    }

    #[test]
    fn a_request_without_providers_has_events_alone() {
        let trace = json!({"correlationId": "0198", "events": [{"at": 1_750_000_000_123_i64, "event": "user.signed_in"}]});
        insta::assert_snapshot!(describe(&serde_json::from_value(trace).unwrap()));
    }
}
