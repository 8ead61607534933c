//! `argus client preview`

use std::process::ExitCode;

use anyhow::Result;
use axum::http::Method;
use clap::Args;
use serde_json::json;

use super::super::reach::ReachArgs;
use super::super::text::{self, Table};
use super::super::{scopes, trace};
use super::attachments::{MEMBER, attachments_in, path_of};
use crate::administration::read;
use crate::administration::wire::clients::{Issued, Origin, Preview};

#[derive(Debug, Args)]
pub(in super::super) struct PreviewArgs {
    /// The client's id.
    #[arg(value_name = "CLIENT")]
    client_id: String,
    /// The name the user signs in with.
    #[arg(long, value_name = "NAME")]
    user: String,
    /// The scopes granted, with spaces or commas between them; by default all that the client may ask for.
    #[arg(long, value_name = "SCOPES")]
    scope: Option<Vec<String>>,
    /// With this `openIDCustomClaims` document in place of the client's own.
    #[arg(long, value_name = "JSON|@FILE")]
    claims: Option<String>,
    #[command(flatten)]
    reach: ReachArgs,
}

pub(super) async fn run(args: &PreviewArgs) -> Result<ExitCode> {
    let mut question = json!({"user": args.user});
    if let Some(typed) = &args.scope {
        question["scopes"] = scopes(typed);
    }
    if let Some(claims) = &args.claims {
        question[MEMBER] = attachments_in(claims)?.into();
    }
    args.reach
        .run(async |api| {
            let answer = api.send(Method::POST, &path_of(&args.client_id, &["preview"]), &question).await?;
            args.reach.show(&answer, || Ok(describe(&read(&answer)?)))?;
            Ok(ExitCode::SUCCESS)
        })
        .await
}

fn describe(preview: &Preview) -> String {
    let targets = [("id_token", &preview.id_token), ("access_token", &preview.access_token), ("userinfo", &preview.userinfo)];
    let issued = targets.iter().filter_map(|(target, issued)| issued.as_ref().map(|issued| one(target, issued)));
    issued.collect::<Vec<_>>().join("\n") + &trace::attachments(&preview.attachments)
}

fn one(target: &str, issued: &Issued) -> String {
    let sizes = [(issued.bytes, "bytes of claims"), (issued.token_bytes, "bytes as a token")];
    let sizes: Vec<_> = sizes.iter().filter_map(|(bytes, what)| bytes.map(|bytes| format!("{bytes} {what}"))).collect();
    let mut text = if sizes.is_empty() { format!("{target}\n") } else { format!("{target}: {}\n", sizes.join(", ")) };
    let mut table = Table::new(["CLAIM", "VALUE", "FROM", "BYTES"]);
    for (claim, value) in &issued.claims {
        table.row([
            claim.clone(),
            text::value(value),
            issued.origins.get(claim).map(from).unwrap_or_default(),
            issued.claim_bytes.get(claim).map(ToString::to_string).unwrap_or_default(),
        ]);
    }
    text.push_str(&table.text());
    text
}

fn from(origin: &Origin) -> String {
    match origin {
        Origin::Scope { scope } => scope.as_ref().map(|scope| format!("scope {scope}")).unwrap_or_default(),
        Origin::Provider { provider, digest, attachment } => {
            let digest = digest.as_deref().map(text::short).unwrap_or_default();
            format!("{provider} {digest} (#{attachment})")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_claim_has_its_origin() {
        let preview = json!({
            "idToken": {"claims": {"sub": "s-1", "groups": ["group1"], "name": "Alice A"}, "bytes": 90, "tokenBytes": 612,
                "origins": {"name": {"scope": "profile"}, "groups": {"provider": "userGroups", "digest": "aa".repeat(32), "attachment": 0}},
                "claimBytes": {"groups": 22, "name": 16}},
            "accessToken": {"claims": {}, "bytes": 0, "tokenBytes": 500, "origins": {}, "claimBytes": {}},
            "userinfo": {"claims": {"sub": "s-1"}, "bytes": 12, "origins": {}, "claimBytes": {}},
            "attachments": [{"attachment": 0, "provider": "userGroups", "digest": "aa".repeat(32), "revision": 3, "target": "id_token",
                "facts": ["groups"], "durationUs": 120, "outcome": "ok", "reason": null, "claims": ["groups"], "log": []}],
            "replaced": [],
        });
        insta::assert_snapshot!(describe(&serde_json::from_value(preview).unwrap()));
    }
}
