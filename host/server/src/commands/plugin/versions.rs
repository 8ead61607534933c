//! `argus plugin versions`

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use super::super::reach::ReachArgs;
use super::super::text::{self, Table};
use super::path_of;
use crate::administration::read;
use crate::administration::wire::providers::{Change, Provider, Sample, ShadowRuns, Use, Version};
use crate::logging::escape;

#[derive(Debug, Args)]
pub(in super::super) struct VersionsArgs {
    /// The claim provider.
    name: String,
    /// Show the values of claims in which a shadow differed, and not their names alone; this is put on record.
    #[arg(long)]
    values: bool,
    #[command(flatten)]
    reach: ReachArgs,
}

pub(super) async fn run(args: &VersionsArgs) -> Result<ExitCode> {
    args.reach
        .run(async |api| {
            let query = if args.values { "?values=true" } else { "" };
            let answer = api.get(&(path_of(&args.name, &[]) + query)).await?;
            args.reach.show(&answer, || Ok(describe(&read(&answer)?)))?;
            Ok(ExitCode::SUCCESS)
        })
        .await
}

fn describe(provider: &Provider) -> String {
    let since = provider.current_since.map(|since| format!(": the current version serves since {}", text::moment(since)));
    let built_in = if provider.builtin { ", built in" } else { "" };
    let mut text = format!("{}{built_in}{}\n\n", escape(&provider.name), since.unwrap_or_default());
    let mut table = Table::new(["DIGEST", "STATE", "VERSION", "UPLOADED", "BY", "READS", "USED BY", "SHADOW RUNS"]);
    for version in &provider.versions {
        table.row([
            text::short(&version.digest),
            version.state.as_str().to_owned(),
            version.author.as_ref().map(|author| format!("{} {}", author.name, author.version)).unwrap_or_default(),
            text::moment(version.uploaded_at),
            version.uploaded_by.clone(),
            reads(version),
            used_by(&version.used_by),
            version.shadow.as_ref().map(runs).unwrap_or_default(),
        ]);
    }
    text.push_str(&table.text());
    for version in &provider.versions {
        for shadow in version.shadow.iter().filter(|shadow| !shadow.samples.is_empty()) {
            text.push_str(&format!("\nWhere {} differed as a shadow:\n{}", text::short(&version.digest), samples(&shadow.samples)));
        }
    }
    text
}

/// What it may read, and what it would like to besides.
fn reads(version: &Version) -> String {
    let Some(approved) = &version.approved_facts else { return format!("asks for {}", text::names(&version.needs)) };
    let without: Vec<_> = version.needs.iter().filter(|fact| !approved.contains(fact)).cloned().collect();
    let denied = if without.is_empty() { String::new() } else { format!(" (not {})", without.join(", ")) };
    format!("{}{denied}", text::names(approved))
}

fn used_by(uses: &[Use]) -> String {
    let mut by_client: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for one in uses {
        let pinned = if one.pinned { " pinned" } else { "" };
        by_client.entry(&one.client_name).or_default().push(format!("#{}{pinned}", one.attachment));
    }
    by_client.iter().map(|(client, attachments)| format!("{client} ({})", attachments.join(", "))).collect::<Vec<_>>().join(", ")
}

fn runs(shadow: &ShadowRuns) -> String {
    let parts = [(shadow.equal, "equal"), (shadow.different, "different"), (shadow.failed, "failed")];
    let told: Vec<_> = parts.iter().filter(|(number, _)| *number > 0).map(|(number, what)| format!("{number} {what}")).collect();
    if told.is_empty() { "none yet".to_owned() } else { told.join(", ") }
}

/// By claim, how it differed, and at which requests.
fn samples(samples: &[Sample]) -> String {
    let mut by_claim: BTreeMap<(&str, &str), Vec<(&Sample, &Change)>> = BTreeMap::new();
    for sample in samples {
        for change in &sample.changes {
            by_claim.entry((&change.claim, &change.change)).or_default().push((sample, change));
        }
    }
    let mut text = String::new();
    for ((claim, change), found) in by_claim {
        let claim = if claim.is_empty() { "(whole answer)".to_owned() } else { escape(claim) };
        text.push_str(&format!("  {claim}: {}, {}\n", escape(change), text::count(found.len() as u64, "sample")));
        for (sample, change) in found {
            let value = |value: &Option<_>| value.as_ref().map_or_else(|| "nothing".to_owned(), text::value);
            let values = match (&change.before, &change.after) {
                (None, None) => String::new(),
                (before, after) => format!(": {} became {}", value(before), value(after)),
            };
            text.push_str(&format!("    argus trace {}{values}\n", escape(&sample.correlation_id)));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn provider(before: Value, after: Value) -> Value {
        json!({
            "name": "level", "builtin": false, "current": "aa".repeat(32), "previous": "bb".repeat(32), "shadow": "cc".repeat(32),
            "currentSince": 1_750_000_000,
            "versions": [
                {"digest": "dd".repeat(32), "state": "waiting", "size": 5000, "uploadedBy": "bob", "uploadedAt": 1_750_000_200,
                    "uploadedFrom": "192.0.2.1", "author": {"name": "level", "version": "0.3.0", "description": "…"},
                    "needs": ["groups", "attributes"], "approvedFacts": null, "approvedBy": null, "approvedAt": null, "usedBy": [], "shadow": null},
                {"digest": "cc".repeat(32), "state": "shadow", "size": 5000, "uploadedBy": "alice", "uploadedAt": 1_750_000_100,
                    "uploadedFrom": null, "author": {"name": "level", "version": "0.2.0", "description": "…"},
                    "needs": ["groups"], "approvedFacts": ["groups"], "approvedBy": "alice", "approvedAt": 1_750_000_101, "usedBy": [],
                    "shadow": {"clients": [{"clientId": "c", "equal": 10, "different": 2, "failed": 1}], "equal": 10, "different": 2, "failed": 1,
                        "samples": [
                            {"clientId": "c", "correlationId": "0198-1", "at": 1_750_000_150, "changes": [
                                {"claim": "level", "change": "changed", "before": before, "after": after}]},
                            {"clientId": "c", "correlationId": "0198-2", "at": 1_750_000_151, "changes": [
                                {"claim": "level", "change": "changed", "before": before, "after": after},
                                {"claim": "badge", "change": "added", "before": null, "after": after}]},
                        ]}},
                {"digest": "aa".repeat(32), "state": "current", "size": 5000, "uploadedBy": "alice", "uploadedAt": 1_750_000_000,
                    "uploadedFrom": null, "author": {"name": "level", "version": "0.1.0", "description": "…"},
                    "needs": ["groups", "email"], "approvedFacts": ["groups"], "approvedBy": "alice", "approvedAt": 1_750_000_001,
                    "usedBy": [{"clientId": "c", "clientName": "Case desk", "attachment": 0, "pinned": false, "emits": ["level"]},
                        {"clientId": "c", "clientName": "Case desk", "attachment": 2, "pinned": true, "emits": ["level"]}],
                    "shadow": null},
            ],
        })
    }

    fn described(provider: Value) -> String {
        describe(&serde_json::from_value(provider).unwrap())
    }

    #[test]
    fn versions_are_shown_with_names_alone() {
        insta::assert_snapshot!(described(provider(Value::Null, Value::Null)));
    }

    #[test]
    fn values_are_shown_when_the_server_sends_them() {
        let text = described(provider(json!("gold"), json!(["gold", "x".repeat(100)])));
        insta::assert_snapshot!(text.split_once("\n\nWhere").unwrap().1);
    }
}
