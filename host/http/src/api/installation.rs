//! `/api/v1/import`, `/api/v1/export` and `/api/v1/keys`: what is about the whole installation.

use argus_domain::Problem;
use argus_domain::document::Document;
use argus_domain::ids::ClientId;
use argus_domain::secret::Secret;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::caller::{Body, Caller};
use super::openapi::{Api, truth};
use super::problem::{Problem as Refused, failed};
use crate::answer;
use crate::app::App;
use crate::endpoint;
use crate::form::{Query, flag};
use crate::protocol::import::{self, ImportedEntry};
use crate::protocol::key_management::{self, KeyView};
use crate::protocol::{AdministrationError, export};

type Answer = Result<Response, Refused>;

const KEYS: &str = "keys:write";

/// What this module serves.
pub(super) fn describe(api: &mut Api) {
    api.get(&endpoint::EXPORT, "directory:read", "The directory and the registry as a document")
        .and_scopes(&["clients:read", "federation:read"])
        .answers::<Document>(200, "The document, without secrets.");
    api.post(&endpoint::IMPORT, "directory:write", "Import a document: the whole of it or nothing")
        .and_scopes(&["clients:write", "providers:write", "federation:write"])
        .query("dryRun", &truth(), "Only say what would be done.")
        .body::<Document>()
        .answers::<Imported>(200, "What was done, or would be.")
        .conflicts("Somebody else changed something meanwhile.");
    api.get(&endpoint::KEYS, KEYS, "The signing keys").answers_list::<KeyView>(200, "The keys, the oldest first.", "keys");
    api.post(&endpoint::KEYS_ROTATE, KEYS, "Publish the next signing keys")
        .body::<Rotation>()
        .answers_list::<KeyView>(200, "The keys as they are now.", "keys")
        .conflicts("A rotation is under way.");
}

/// What an import did, or would do.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Imported {
    /// Whether nothing was done.
    dry_run: bool,
    /// Entries that are new or change.
    entries: Vec<ImportedEntry>,
    /// Entries that are as the document says already.
    unchanged: usize,
    /// What is odd, but allowed.
    warnings: Vec<Problem>,
    /// Secrets that were made.
    clients: Vec<ImportedSecret>,
}

/// The secret of a client, told this once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ImportedSecret {
    client_id: ClientId,
    secret: String,
}

/// The directory and the registry as an import document.
pub(crate) async fn export_document(State(app): State<App>, caller: Caller) -> Answer {
    let by = caller.with_all(&app, "directory:read", &["clients:read", "federation:read"]).await?;
    let document = export::export(app.argus().store()).await.map_err(|error| failed(&error.into(), &by))?;
    Ok(answer::json(StatusCode::OK, &document))
}

/// Applies a document, or with `dryRun=true` says what it would do.
pub(crate) async fn import_document(State(app): State<App>, caller: Caller, Query(query): Query, body: Body) -> Answer {
    // A document may change anything.
    let by = caller.with_all(&app, "directory:write", &["clients:write", "providers:write", "federation:write"]).await?;
    let dry_run = flag(&query, "dryRun").map_err(|error| failed(&error, &by))?;
    let text = body.text(&by.meta).await?;
    let no_files = |_: &str| Err("there is no folder here: give the content itself, or upload the component".to_owned());
    let done = if dry_run {
        import::dry_run(app.argus(), &text, &no_files).await
    } else {
        import::import(app.argus(), &text, &no_files, &by.actor, &by.meta).await
    };
    let report = done.map_err(|error| failed(&AdministrationError::from(error), &by))?;
    let secret = |(client_id, secret): &(ClientId, Secret)| ImportedSecret { client_id: *client_id, secret: secret.expose().to_owned() };
    let clients = report.secrets.iter().map(secret).collect();
    let done = Imported { dry_run, entries: report.entries, unchanged: report.unchanged, warnings: report.warnings, clients };
    Ok(answer::json(StatusCode::OK, &done))
}

/// The signing keys, without their private parts.
pub(crate) async fn keys(State(app): State<App>, caller: Caller) -> Answer {
    let by = caller.with(&app, KEYS).await?;
    let keys = key_management::list(app.argus()).await.map_err(|error| failed(&error.into(), &by))?;
    Ok(answer::json(StatusCode::OK, &json!({"keys": keys})))
}

/// How signing keys give way to the next.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = KeyRotation)]
struct Rotation {
    /// The next keys sign at once, not a day later: relying parties that have not read the JWKS since refuse their tokens.
    #[serde(default)]
    now: bool,
}

/// Publishes the next keys; with `now`, lets them sign.
pub(crate) async fn rotate_keys(State(app): State<App>, caller: Caller, body: Body) -> Answer {
    let by = caller.with(&app, KEYS).await?;
    let rotation: Rotation = body.json(&by.meta).await?;
    let keys = key_management::rotate(app.argus(), rotation.now, &by).await.map_err(|error| failed(&error, &by))?;
    Ok(answer::json(StatusCode::OK, &json!({"keys": keys})))
}
