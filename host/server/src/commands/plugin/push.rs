//! `argus plugin push`

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};
use argus_toolkit::manifest::Manifest;
use axum::body::Bytes;
use axum::http::Method;
use axum::http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use clap::Args;
use url::form_urlencoded::Serializer;

use super::super::reach::ReachArgs;
use super::super::{note, text};
use super::path_of;
use crate::administration::read;
use crate::administration::wire::providers::{State, Uploaded};
use crate::administration::wire::report::CheckReport;

#[derive(Debug, Args)]
pub(in super::super) struct PushArgs {
    /// The provider's folder, whose component `argus plugin build` made; or a component.
    #[arg(value_name = "FOLDER|COMPONENT.wasm", default_value = ".")]
    source: PathBuf,
    /// The claim provider's name at the server; by default the folder's, or that of the component's file.
    #[arg(long)]
    name: Option<String>,
    /// Approve at once that it reads these facts about users, with commas between them, or `all` that it declares.
    #[arg(long, value_name = "FACTS|all")]
    approve: Option<String>,
    /// Let it serve at once, if nothing is left to approve.
    #[arg(long, conflicts_with = "shadow")]
    promote: bool,
    /// Run it as a shadow at once, if nothing is left to approve.
    #[arg(long)]
    shadow: bool,
    #[command(flatten)]
    reach: ReachArgs,
}

pub(super) async fn run(args: &PushArgs) -> Result<ExitCode> {
    let (name, component) = find(&args.source, args.name.as_deref())?;
    let bytes = fs::read(&component).with_context(|| format!("cannot read {}", component.display()))?;
    // The server would say so as well, after the whole file had been sent.
    ensure!(bytes.starts_with(b"\0asm"), "{} is no WebAssembly component: it has to begin with the bytes 00 61 73 6d", component.display());
    args.reach
        .run(async |api| {
            let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/wasm"))]);
            let path = path_of(&name, &["versions"]) + &query(args);
            let answer = api.call(Method::POST, &path, headers, Bytes::from(bytes)).await?.json().await?;
            let uploaded: Uploaded = read(&answer)?;
            for finding in uploaded.report.iter().flat_map(CheckReport::worth_reading) {
                note(&finding.to_string());
            }
            args.reach.show(&answer, || Ok(describe(&uploaded, &args.reach.again())))?;
            Ok(ExitCode::SUCCESS)
        })
        .await
}

/// The provider's name, and where its component is.
fn find(source: &Path, name: Option<&str>) -> Result<(String, PathBuf)> {
    if !source.is_dir() {
        ensure!(source.is_file(), "there is no folder and no component at {}", source.display());
        let name = match (name, source.file_stem().and_then(|stem| stem.to_str())) {
            (Some(name), _) | (None, Some(name)) => name.to_owned(),
            (None, None) => bail!("{} gives no name: give one with --name", source.display()),
        };
        return Ok((name, source.to_owned()));
    }
    let own = Manifest::read(source)?;
    let component = own.component(source);
    ensure!(component.is_file(), "there is no {}: build it with `argus plugin build {}`", component.display(), source.display());
    Ok((name.unwrap_or(own.name.as_str()).to_owned(), component))
}

fn query(args: &PushArgs) -> String {
    let mut query = Serializer::new(String::new());
    if let Some(facts) = &args.approve {
        query.append_pair("approve", facts);
    }
    for (name, wanted) in [("promote", args.promote), ("shadow", args.shadow)] {
        if wanted {
            query.append_pair(name, "true");
        }
    }
    match query.finish() {
        query if query.is_empty() => query,
        query => format!("?{query}"),
    }
}

/// What became of it, and what can be done next.
fn describe(uploaded: &Uploaded, again: &str) -> String {
    let (name, digest) = (&uploaded.name, text::short(&uploaded.digest));
    let known = if uploaded.unchanged { ", which the server had already" } else { "" };
    let mut text = format!("{name}: version {digest}{known}\n  reads {}\n", text::names(&uploaded.needs));
    if let Some(approved) = uploaded.approved_facts.as_deref().filter(|approved| *approved != uploaded.needs.as_slice()) {
        text.push_str(&format!("  is given {}\n", text::names(approved)));
    }
    let command = |words: &str| format!("`argus plugin {words}{again}`");
    let versions = command(&format!("versions {name}"));
    text.push_str(&match uploaded.state {
        State::Waiting => format!(
            "  waits until somebody approves that it reads {}:\n    {}\n",
            text::names(if uploaded.waiting_for.is_empty() { &uploaded.needs } else { &uploaded.waiting_for }),
            command(&format!("approve {name} {digest}")),
        ),
        State::Current => format!(
            "  serves every client it is attached to:\n    attach it with `argus client attach CLIENT {name} --configuration JSON{again}`\n    \
             go back with {}\n",
            command(&format!("rollback {name}")),
        ),
        State::Shadow => format!("  runs as the shadow of the version that serves:\n    compare them with {versions}\n"),
        State::Previous | State::Available => format!(
            "  does not serve yet:\n    try it with {}\n    let it serve with {}\n",
            command(&format!("shadow {name} {digest}")),
            command(&format!("promote {name} {digest}")),
        ),
    });
    text
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const DIGEST: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    fn described(state: &str, members: Value) -> String {
        let mut answer = json!({"name": "level", "digest": DIGEST, "state": state, "needs": ["groups", "attributes"],
            "approvedFacts": ["groups", "attributes"], "waitingFor": [], "unchanged": false});
        answer.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        describe(&serde_json::from_value(answer).unwrap(), " --server https://id.example.com")
    }

    #[test]
    fn the_next_step_is_told() {
        let all = [
            described("waiting", json!({"approvedFacts": null, "waitingFor": ["attributes"]})),
            described("current", json!({"needs": [], "approvedFacts": []})),
            described("shadow", json!({"approvedFacts": ["groups"]})),
            described("available", json!({"unchanged": true})),
        ];
        insta::assert_snapshot!(all.join("\n"));
    }

    #[test]
    fn the_component_of_a_folder_is_named_by_its_manifest() {
        let folder = tempfile::tempdir().unwrap();
        let told = |name| find(folder.path(), name).map_err(|error| format!("{error:#}"));
        assert!(told(None).unwrap_err().contains("claim-provider.json"));
        fs::write(folder.path().join("claim-provider.json"), r#"{"name": "badge-level", "language": "rust"}"#).unwrap();
        assert!(told(None).unwrap_err().contains("build it with `argus plugin build"));
        let component = folder.path().join("badge-level.wasm");
        fs::write(&component, "\0asm").unwrap();
        assert_eq!(told(None).unwrap(), ("badge-level".to_owned(), component.clone()));
        assert_eq!(told(Some("other")).unwrap().0, "other");
        assert_eq!(find(&component, None).unwrap().0, "badge-level");
        assert!(find(&folder.path().join("missing.wasm"), None).is_err());
    }
}
