//! `/api/v1/upstream-idps`: connections to the identity providers of organisations.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

use super::caller::{Body, Caller};
use super::conditional::{tag, tagged};
use super::problem::{self, Problem, failed};
use crate::answer::json;
use crate::app::App;
use crate::protocol::federation::{self, Looked};

const READ: &str = "federation:read";
const WRITE: &str = "federation:write";

type Answer = Result<Response, Problem>;

pub(crate) async fn list(State(app): State<App>, caller: Caller) -> Answer {
    let by = caller.with(&app, READ).await?;
    let connections = federation::list(app.argus()).await.map_err(|error| failed(&error.into(), &by))?;
    Ok(json(StatusCode::OK, &serde_json::json!({"upstreamIdps": connections})))
}

pub(crate) async fn show(State(app): State<App>, caller: Caller, Path(slug): Path<String>) -> Answer {
    let by = caller.with(&app, READ).await?;
    let connection = federation::show(app.argus(), &slug).await.map_err(|error| failed(&error, &by))?;
    Ok(tagged(StatusCode::OK, &connection.tag, &connection))
}

/// With `If-None-Match: *` for a new one (RFC 9110 §13.1.2), with `If-Match` for one that was read.
pub(crate) async fn save(State(app): State<App>, caller: Caller, Path(slug): Path<String>, headers: HeaderMap, body: Body) -> Answer {
    let by = caller.with(&app, WRITE).await?;
    let is_new = headers.get(header::IF_NONE_MATCH).is_some_and(|value| value == "*");
    let tag = if is_new { None } else { Some(tag(&headers, &by.meta)?) };
    let members = body.json(&by.meta).await?;
    let connection = federation::save(app.argus(), &slug, members, tag, &by).await.map_err(|error| failed(&error, &by))?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
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
    Ok(json(StatusCode::OK, &serde_json::json!({"refusals": refusals})))
}

pub(crate) async fn refresh(State(app): State<App>, caller: Caller, Path(slug): Path<String>) -> Answer {
    let by = caller.with(&app, WRITE).await?;
    match federation::refresh(app.argus(), &slug, &by).await {
        Ok(looked) => Ok(json(StatusCode::OK, &serde_json::json!({"changed": looked == Looked::Changed}))),
        Err(error) => Err(failed(&error, &by)),
    }
}

/// The keys that were looked at are named, so that others that came in the meantime are not approved unseen.
pub(crate) async fn approve(State(app): State<App>, caller: Caller, Path(slug): Path<String>, body: Body) -> Answer {
    let by = caller.with(&app, WRITE).await?;
    let members: Map<String, Value> = body.json(&by.meta).await?;
    let seen: Option<Vec<String>> = members.get("certificates").and_then(|value| serde_json::from_value(value.clone()).ok());
    let Some(seen) = seen else {
        return Err(problem::of_status(422, "certificates must be the list of SHA-256 fingerprints that were looked at", &by.meta));
    };
    federation::approve(app.argus(), &slug, Some(&seen), &by).await.map_err(|error| failed(&error, &by))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
