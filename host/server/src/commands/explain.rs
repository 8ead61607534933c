//! `argus explain`

use std::process::ExitCode;

use anyhow::Result;
use axum::http::Method;
use clap::Args;
use serde_json::json;

use super::reach::ReachArgs;
use crate::administration::wire::clients::Explanation;
use crate::administration::{path, read};
use crate::logging::escape;

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// The name the user signs in with.
    #[arg(long, value_name = "NAME")]
    user: String,
    /// The client's id.
    #[arg(long, value_name = "ID")]
    client: String,
    /// The claim.
    #[arg(long, value_name = "NAME")]
    claim: String,
    /// The scopes granted, with spaces or commas between them; by default all that the client may ask for.
    #[arg(long, value_name = "SCOPES")]
    scope: Option<Vec<String>>,
    #[command(flatten)]
    reach: ReachArgs,
}

pub(super) async fn run(args: &ExplainArgs) -> Result<ExitCode> {
    args.reach
        .run(async |api| {
            let mut question = json!({"user": args.user, "claim": args.claim});
            if let Some(scopes) = &args.scope {
                question["scopes"] = super::scopes(scopes);
            }
            let answer = api.send(Method::POST, &path(&["clients", &args.client, "claims", "explain"]), &question).await?;
            args.reach.show(&answer, || Ok(describe(&args.claim, &read(&answer)?)))?;
            Ok(ExitCode::SUCCESS)
        })
        .await
}

fn describe(claim: &str, explanation: &Explanation) -> String {
    let with = |present: bool| {
        let targets: Vec<_> = explanation.present.iter().filter(|(_, is)| **is == present).map(|(target, _)| target.as_str()).collect();
        escape(&targets.join(", "))
    };
    let mut text = match (with(true), with(false)) {
        (present, absent) if present.is_empty() => format!("{claim} is not in {absent}\n"),
        (present, absent) if absent.is_empty() => format!("{claim} is in {present}\n"),
        (present, absent) => format!("{claim} is in {present}, and not in {absent}\n"),
    };
    if let Some(value) = &explanation.value {
        text.push_str(&format!("value: {}\n", escape(&value.to_string())));
    }
    for statement in &explanation.statements {
        text.push_str(&format!("- {}\n", escape(statement)));
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_explanation_says_where_and_why() {
        let somewhere = json!({"present": {"id_token": true, "userinfo": true, "access_token": false}, "value": ["group1"],
            "statements": ["Attachment 0 (userGroups) sets it.", "Scope groups was not granted."]});
        let nowhere = json!({"present": {"id_token": false, "userinfo": false, "access_token": false},
            "statements": ["No attachment of the client plans it."]});
        let described = |explanation| describe("groups", &serde_json::from_value(explanation).unwrap());
        insta::assert_snapshot!(format!("{}\n{}", described(somewhere), described(nowhere)));
    }
}
