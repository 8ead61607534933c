//! `argus client diff`: for whom a change would change which claims.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::str::FromStr;

use anyhow::{Result, bail};
use axum::http::Method;
use clap::Args;
use serde_json::{Value, json};

use super::super::reach::ReachArgs;
use super::super::text::{self, Table};
use super::super::{print, scopes};
use super::attachments::{MEMBER, attachments_in, path_of};
use crate::administration::wire::clients::{DiffSummary, Progress, UserChange};
use crate::administration::{Api, Event, json_headers, read};
use crate::logging::escape;

#[derive(Debug, Args)]
pub(in super::super) struct DiffArgs {
    /// The client's id.
    #[arg(value_name = "CLIENT")]
    client_id: String,
    /// The `openIDCustomClaims` document to compare with the client's own.
    #[arg(long, value_name = "JSON|@FILE")]
    claims: String,
    /// The scopes granted, with spaces or commas between them; by default all that the client may ask for.
    #[arg(long, value_name = "SCOPES")]
    scope: Option<Vec<String>>,
    /// For so many users, or for `all`.
    #[arg(long, value_name = "all|N", default_value_t = Users::default())]
    users: Users,
    #[command(flatten)]
    reach: ReachArgs,
}

/// For whom a change is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Users {
    All,
    Sample(u32),
}

impl Default for Users {
    fn default() -> Self {
        Self::Sample(100)
    }
}

impl FromStr for Users {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match (text, text.parse()) {
            ("all", _) => Ok(Self::All),
            (_, Ok(number)) if number > 0 => Ok(Self::Sample(number)),
            _ => Err("give a number of users, or all".to_owned()),
        }
    }
}

impl std::fmt::Display for Users {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Sample(number) => write!(f, "{number}"),
        }
    }
}

pub(super) async fn run(args: &DiffArgs) -> Result<ExitCode> {
    let question = question(&attachments_in(&args.claims)?, args.users, args.scope.as_deref());
    args.reach.run(async |api| run_with(api, &args.reach, &args.client_id, &question).await).await
}

/// What the server is asked.
pub(super) fn question(attachments: &[Value], users: Users, scope: Option<&[String]>) -> Value {
    let users = match users {
        Users::All => json!("all"),
        Users::Sample(number) => json!(number),
    };
    let mut question = json!({MEMBER: attachments, "users": users});
    if let Some(typed) = scope {
        question["scopes"] = scopes(typed);
    }
    question
}

/// Asks, and prints the answer as it comes.
pub(super) async fn run_with(api: &Api, reach: &ReachArgs, client: &str, question: &Value) -> Result<ExitCode> {
    let body = question.to_string().into();
    let mut events = api.call(Method::POST, &path_of(client, &["diff"]), json_headers(), body).await?.events();
    let mut progress = ProgressLine::default();
    while let Some(event) = events.next().await? {
        if reach.json() {
            print(&json!({"event": event.name, "data": event.data}).to_string())?;
        }
        match event.name.as_str() {
            "progress" => progress.show(&read(&event.data)?),
            "user" if !reach.json() => {
                progress.clear();
                print(user(&read(&event.data)?).trim_end())?;
            }
            "done" => {
                progress.clear();
                if !reach.json() {
                    print(summary(&read(&event.data)?).trim_end())?;
                }
                return Ok(ExitCode::SUCCESS);
            }
            "error" => bail!("the comparison broke off: {}", complaint(&event)),
            _ => {}
        }
    }
    bail!("the comparison broke off before its end: run the command again")
}

fn complaint(event: &Event) -> String {
    escape(event.data["detail"].as_str().unwrap_or("the server does not say why"))
}

/// How far it is, on standard error: a line that is written anew on a terminal, a line each tenth of the way elsewhere.
#[derive(Default)]
struct ProgressLine {
    shown: bool,
    tenth: u64,
}

impl ProgressLine {
    fn show(&mut self, progress: &Progress) {
        let text = format!("{} of {}", progress.done, text::count(progress.total, "user"));
        let mut error = std::io::stderr();
        if error.is_terminal() {
            self.shown = true;
            let _ = write!(error, "\r{text}");
            return;
        }
        let tenth = progress.done * 10 / progress.total.max(1);
        if tenth > self.tenth {
            self.tenth = tenth;
            let _ = writeln!(error, "{text}");
        }
    }

    fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            // Back to the beginning of the line, and erase it.
            let _ = write!(std::io::stderr(), "\r\u{1b}[K");
        }
    }
}

/// A user for whom something changes.
fn user(change: &UserChange) -> String {
    let mut text = format!("{}\n", escape(&change.username));
    let mut targets: BTreeSet<&str> = change.changes.keys().map(String::as_str).collect();
    targets.extend(change.token_bytes.iter().flatten().filter(|(_, (before, after))| before != after).map(|(target, _)| target.as_str()));
    for target in targets {
        let mut parts = Vec::new();
        if let Some(claims) = change.changes.get(target) {
            for (sign, names) in [('+', &claims.added), ('-', &claims.removed), ('~', &claims.changed)] {
                parts.extend(names.iter().map(|name| format!("{sign}{}", escape(name))));
            }
        }
        if let Some((before, after)) = change.token_bytes.as_ref().and_then(|bytes| bytes.get(target)) {
            parts.push(format!("({before} -> {after} bytes)"));
        }
        text.push_str(&format!("  {:<13} {}\n", escape(target), parts.join(" ")));
    }
    if let Some(failed) = &change.failed {
        for (when, reason) in [("before", &failed.before), ("after", &failed.after)] {
            if let Some(reason) = reason {
                text.push_str(&format!("  no token {when} the change: {}\n", escape(reason)));
            }
        }
    }
    text
}

/// All users together.
fn summary(summary: &DiffSummary) -> String {
    let mut text = format!("\n{}, {} of them with changes\n", text::count(summary.users, "user"), summary.changed);
    if summary.failing > 0 {
        text.push_str(&format!("{} would get no token any more\n", text::count(summary.failing, "user")));
    }
    let mut table = Table::new(["CLAIM", "GAINED BY", "LOST BY", "ALTERED FOR"]);
    let claims: BTreeSet<_> = [&summary.gained, &summary.lost, &summary.altered].into_iter().flat_map(BTreeMap::keys).collect();
    for claim in claims {
        let number = |of: &BTreeMap<String, u64>| of.get(claim).copied().unwrap_or_default().to_string();
        table.row([claim.clone(), number(&summary.gained), number(&summary.lost), number(&summary.altered)]);
    }
    text.push_str(&table.text());
    for (target, (before, after)) in &summary.token_bytes {
        text.push_str(&format!("largest {}: {before} bytes before, {after} after\n", escape(target)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_shown_by_user_and_altogether() {
        let alice = json!({"username": "alice", "subject": "s-1", "changes": {
                "id_token": {"added": ["level"], "removed": ["groups"], "changed": ["badge"]},
                "userinfo": {"added": ["level"], "removed": [], "changed": []}},
            "tokenBytes": {"id_token": [600, 640]}});
        let bob = json!({"username": "bob", "subject": "s-2", "changes": {}, "tokenBytes": null,
            "failed": {"before": null, "after": "claim provider level: rejected"}});
        let done = json!({"users": 100, "changed": 2, "gained": {"level": 1}, "lost": {"groups": 1}, "altered": {"badge": 1},
            "failing": 1, "tokenBytes": {"id_token": [700, 720]}});
        let [alice, bob] = [alice, bob].map(|change| user(&serde_json::from_value(change).unwrap()));
        insta::assert_snapshot!(format!("{alice}{bob}{}", summary(&serde_json::from_value(done).unwrap())));
    }

    #[test]
    fn users_are_a_number_or_all() {
        assert_eq!((Users::from_str("all"), Users::from_str("7")), (Ok(Users::All), Ok(Users::Sample(7))));
        assert!(["", "0", "-1", "some"].iter().all(|text| Users::from_str(text).is_err()));
        assert_eq!(
            question(&[], Users::Sample(7), Some(&["openid profile".to_owned(), "email".to_owned()])),
            json!({"openIDCustomClaims": [], "users": 7, "scopes": ["openid", "profile", "email"]})
        );
    }
}
