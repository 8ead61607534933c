//! `/api/v1/upstream-idps`: connections to the identity providers of organisations.

use argus_domain::upstream::UpstreamIdpSettings;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::caller::{Body, Caller};
use super::conditional::{new_or_tag, tag, tagged};
use super::openapi::{Api, text};
use super::problem::{Problem, failed};
use crate::answer;
use crate::app::App;
use crate::endpoint;
use crate::protocol::federation::{self, ConnectionView, Looked};

const READ: &str = "federation:read";
const WRITE: &str = "federation:write";

type Answer = Result<Response, Problem>;

/// What this module serves.
pub(super) fn describe(api: &mut Api) {
    let refusal = json!({
        "type": "object",
        "required": ["at", "rule", "reason", "correlationId"],
        "properties": {"at": {"type": "integer", "description": "In milliseconds."}, "rule": text(), "reason": text(), "correlationId": text()},
    });
    let refusals = json!({"type": "object", "required": ["refusals"], "properties": {"refusals": {"type": "array", "items": refusal}}});
    api.get(&endpoint::UPSTREAM_IDPS, READ, "All connections").answers_list::<ConnectionView>(
        200,
        "The connections, by slug.",
        "upstreamIdps",
    );
    api.get(&endpoint::UPSTREAM_IDP, READ, "A connection").answers::<ConnectionView>(200, "The connection.").tagged();
    api.put(&endpoint::UPSTREAM_IDP, WRITE, "Make or change a connection")
        .note("`clientSecret` is taken, too, and never told.")
        .if_none_match()
        .members::<UpstreamIdpSettings>()
        .and_member("clientSecret", json!({"type": "string", "minLength": 1, "writeOnly": true}))
        .answers::<ConnectionView>(200, "The connection as it is now.")
        .tagged()
        .answers::<ConnectionView>(201, "The new connection.")
        .tagged()
        .conflicts("The registry changed meanwhile.");
    api.delete(&endpoint::UPSTREAM_IDP, WRITE, "Delete a connection").if_match().done("It is gone; its users stay.");
    api.get(&endpoint::UPSTREAM_IDP_REFUSALS, READ, "The last twenty sign-ins that were refused").answers_with(
        200,
        "The refusals, the latest first.",
        "application/json",
        &refusals,
    );
    api.post(&endpoint::UPSTREAM_IDP_REFRESH, WRITE, "Look at the metadata of a connection now")
        .answers::<Refreshed>(200, "Whether they have changed.")
        .conflicts("It has no `metadataUrl`.")
        .refuses(422, "The metadata cannot be had, or are none.");
    api.post(&endpoint::UPSTREAM_IDP_APPROVE, WRITE, "Take over the metadata that wait")
        .body::<Approval>()
        .done("They are in use.")
        .conflicts("Nothing waits.")
        .refuses(412, "Others wait by now.");
}

pub(crate) async fn list(State(app): State<App>, caller: Caller) -> Answer {
    let by = caller.with(&app, READ).await?;
    let connections = federation::list(app.argus()).await.map_err(|error| failed(&error.into(), &by))?;
    Ok(answer::json(StatusCode::OK, &json!({"upstreamIdps": connections})))
}

pub(crate) async fn show(State(app): State<App>, caller: Caller, Path(slug): Path<String>) -> Answer {
    let by = caller.with(&app, READ).await?;
    let connection = federation::show(app.argus(), &slug).await.map_err(|error| failed(&error, &by))?;
    Ok(tagged(StatusCode::OK, &connection.tag, &connection))
}

pub(crate) async fn save(State(app): State<App>, caller: Caller, Path(slug): Path<String>, headers: HeaderMap, body: Body) -> Answer {
    let by = caller.with(&app, WRITE).await?;
    let tag = new_or_tag(&headers, &by.meta)?;
    let members = body.json(&by.meta).await?;
    let connection = federation::save(app.argus(), &slug, members, tag, &by).await.map_err(|error| failed(&error, &by))?;
    let status = if tag.is_none() { StatusCode::CREATED } else { StatusCode::OK };
    Ok(tagged(status, &connection.tag, &connection))
}

pub(crate) async fn delete(State(app): State<App>, caller: Caller, Path(slug): Path<String>, headers: HeaderMap) -> Answer {
    let by = caller.with(&app, WRITE).await?;
    let tag = tag(&headers, &by.meta)?;
    federation::delete(app.argus(), &slug, tag, &by).await.map_err(|error| failed(&error, &by))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub(crate) async fn refusals(State(app): State<App>, caller: Caller, Path(slug): Path<String>) -> Answer {
    let by = caller.with(&app, READ).await?;
    federation::show(app.argus(), &slug).await.map_err(|error| failed(&error, &by))?;
    let refusals = federation::refusals_of(app.argus(), &slug).await.map_err(|error| failed(&error.into(), &by))?;
    Ok(answer::json(StatusCode::OK, &json!({"refusals": refusals})))
}

pub(crate) async fn refresh(State(app): State<App>, caller: Caller, Path(slug): Path<String>) -> Answer {
    let by = caller.with(&app, WRITE).await?;
    match federation::refresh(app.argus(), &slug, &by).await {
        Ok(looked) => Ok(answer::json(StatusCode::OK, &Refreshed { changed: looked == Looked::Changed })),
        Err(error) => Err(failed(&error, &by)),
    }
}

/// What a look at metadata found.
#[derive(Serialize, ToSchema)]
struct Refreshed {
    /// Whether they are others than before.
    changed: bool,
}

/// What was looked at before it was approved.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MetadataApproval)]
struct Approval {
    /// SHA-256 fingerprints of the certificates that were looked at.
    certificates: Vec<String>,
}

/// The keys that were looked at are named, so that others that came in the meantime are not approved unseen.
pub(crate) async fn approve(State(app): State<App>, caller: Caller, Path(slug): Path<String>, body: Body) -> Answer {
    let by = caller.with(&app, WRITE).await?;
    let Approval { certificates } = body.json(&by.meta).await?;
    federation::approve(app.argus(), &slug, Some(&certificates), &by).await.map_err(|error| failed(&error, &by))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
