//! `/api/v1/import`, `/api/v1/export` and `/api/v1/keys`: what is about the whole installation.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use super::caller::{Body, Caller};
use super::problem::{self, Problem, failed};
use crate::answer::json;
use crate::app::App;
use crate::form::Query;
use crate::protocol::{AdministrationError, export, import, key_management};

type Answer = Result<Response, Problem>;

const KEYS: &str = "keys:write";

/// The directory and the registry as an import document.
pub(crate) async fn export_document(State(app): State<App>, caller: Caller) -> Answer {
    let by = caller.with_all(&app, "directory:read", &["clients:read", "federation:read"]).await?;
    let document = export::export(app.argus().store()).await.map_err(|error| failed(&error.into(), &by))?;
    Ok(json(StatusCode::OK, &document))
}

/// Applies a document, or with `dryRun=true` says what it would do.
pub(crate) async fn import_document(State(app): State<App>, caller: Caller, Query(query): Query, body: Body) -> Answer {
    // A document may change anything.
    let by = caller.with_all(&app, "directory:write", &["clients:write", "providers:write", "federation:write"]).await?;
    let dry_run = match query.get("dryRun") {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(problem::of_status(422, "dryRun must be true or false", &by.meta)),
    };
    let text = body.text(&by.meta).await?;
    let no_files = |_: &str| Err("there is no folder here: give the content itself, or upload the component".to_owned());
    let done = if dry_run {
        import::dry_run(app.argus(), &text, &no_files).await
    } else {
        import::import(app.argus(), &text, &no_files, &by.actor, &by.meta).await
    };
    let report = done.map_err(|error| failed(&AdministrationError::from(error), &by))?;
    let secrets: Vec<_> = report.secrets.iter().map(|(id, secret)| json!({"clientId": id, "secret": secret.expose()})).collect();
    Ok(json(
        StatusCode::OK,
        &json!({
            "dryRun": dry_run,
            "entries": report.entries,
            "unchanged": report.unchanged,
            "warnings": report.warnings,
            "clients": secrets,
        }),
    ))
}

/// The signing keys, without their private parts.
pub(crate) async fn keys(State(app): State<App>, caller: Caller) -> Answer {
    let by = caller.with(&app, KEYS).await?;
    let keys = key_management::list(app.argus()).await.map_err(|error| failed(&error.into(), &by))?;
    Ok(json(StatusCode::OK, &json!({"keys": keys})))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Rotation {
    #[serde(default)]
    now: bool,
}

/// Publishes the next keys; with `now`, lets them sign.
pub(crate) async fn rotate_keys(State(app): State<App>, caller: Caller, body: Body) -> Answer {
    let by = caller.with(&app, KEYS).await?;
    let rotation: Rotation = body.json(&by.meta).await?;
    let keys = key_management::rotate(app.argus(), rotation.now, &by).await.map_err(|error| failed(&error, &by))?;
    Ok(json(StatusCode::OK, &json!({"keys": keys})))
}
