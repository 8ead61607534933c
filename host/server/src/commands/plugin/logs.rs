//! `argus plugin logs`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use super::super::reach::ReachArgs;
use super::super::text::{self, Table};
use super::path_of;
use crate::administration::read;
use crate::administration::wire::providers::LoggedInvocation;

#[derive(Debug, Args)]
pub(in super::super) struct LogsArgs {
    /// The claim provider.
    name: String,
    /// At most so many invocations.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
    #[command(flatten)]
    reach: ReachArgs,
}

pub(super) async fn run(args: &LogsArgs) -> Result<ExitCode> {
    args.reach
        .run(async |api| {
            let answer = api.get(&format!("{}?limit={}", path_of(&args.name, &["logs"]), args.limit)).await?;
            args.reach.show(&answer, || Ok(table(&read::<Vec<LoggedInvocation>>(&answer)?)))?;
            Ok(ExitCode::SUCCESS)
        })
        .await
}

fn table(invocations: &[LoggedInvocation]) -> String {
    let mut table = Table::new(["AT", "REQUEST", "VERSION", "TARGET", "LEVEL", "MESSAGE"]);
    for invocation in invocations {
        for line in &invocation.lines {
            table.row([
                text::moment(invocation.at),
                invocation.correlation_id.clone(),
                text::short(&invocation.digest),
                invocation.target.clone(),
                line.level.clone(),
                line.message.clone(),
            ]);
        }
    }
    table.text()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_line_has_its_request() {
        let logs = json!([
            {"at": 1_750_000_001, "correlationId": "0198-2", "clientId": "c", "digest": "aa".repeat(32), "target": "userinfo",
                "lines": [{"level": "warn", "message": "no level\u{1b}[2J"}, {"level": "debug", "message": "done"}]},
            {"at": 1_750_000_000, "correlationId": "0198-1", "clientId": "c", "digest": "aa".repeat(32), "target": "id_token", "lines": []},
        ]);
        insta::assert_snapshot!(table(&serde_json::from_value::<Vec<_>>(logs).unwrap()));
    }
}
