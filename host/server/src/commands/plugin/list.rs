//! `argus plugin list`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use super::super::reach::ReachArgs;
use super::super::text::{self, Table};
use crate::administration::read;
use crate::administration::wire::providers::ProviderSummary;

#[derive(Debug, Args)]
pub(in super::super) struct ListArgs {
    #[command(flatten)]
    reach: ReachArgs,
}

pub(super) async fn run(args: &ListArgs) -> Result<ExitCode> {
    args.reach
        .run(async |api| {
            let answer = api.get("/claim-providers").await?;
            args.reach.show(&answer, || Ok(table(&read::<Vec<ProviderSummary>>(&answer)?)))?;
            Ok(ExitCode::SUCCESS)
        })
        .await
}

fn table(providers: &[ProviderSummary]) -> String {
    let mut table = Table::new(["NAME", "SERVES", "SINCE", "SHADOW", "VERSIONS", ""]);
    let digest = |digest: &Option<String>| digest.as_deref().map_or_else(|| "-".to_owned(), text::short);
    for provider in providers {
        let waiting = if provider.waiting == 0 { String::new() } else { format!("{} waiting for approval", provider.waiting) };
        table.row([
            provider.name.clone(),
            digest(&provider.current),
            provider.current_since.map_or_else(|| "-".to_owned(), text::moment),
            digest(&provider.shadow),
            provider.versions.to_string(),
            if provider.builtin { "built in".to_owned() } else { waiting },
        ]);
    }
    table.text()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn providers_are_listed() {
        let providers = json!([
            {"name": "userGroups", "builtin": true, "current": "00".repeat(32), "previous": null, "shadow": null,
                "currentSince": 1_750_000_000, "versions": 1, "waiting": 0},
            {"name": "level", "builtin": false, "current": null, "previous": null, "shadow": null, "currentSince": null, "versions": 2, "waiting": 2},
        ]);
        insta::assert_snapshot!(table(&serde_json::from_value::<Vec<_>>(providers).unwrap()));
    }
}
