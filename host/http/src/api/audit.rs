//! `/api/v1/audit`: the trail, for those who keep or watch it elsewhere.

use axum::body::Body;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;

use super::caller::Caller;
use super::problem::{Problem, failed};
use super::traces::READ;
use crate::answer::json;
use crate::app::App;
use crate::form::Query;
use crate::protocol::audit::{self, AuditLines, AuditQuery};

pub(crate) async fn list(State(app): State<App>, caller: Caller, Query(params): Query) -> Result<Response, Problem> {
    let by = caller.with(&app, READ).await?;
    let query = AuditQuery::parse(&params).map_err(|error| failed(&error, &by))?;
    let page = audit::list(app.argus(), &query).await.map_err(|error| failed(&error, &by))?;
    Ok(json(StatusCode::OK, &page))
}

pub(crate) async fn export(State(app): State<App>, caller: Caller, Query(params): Query) -> Result<Response, Problem> {
    let by = caller.with(&app, READ).await?;
    let query = AuditQuery::parse(&params).map_err(|error| failed(&error, &by))?;
    Ok(json_lines(audit::lines(app.argus(), query)))
}

/// Events as they are read: a trail is larger than what should be held at once.
pub(crate) fn json_lines(lines: AuditLines) -> Response {
    let lines = stream::unfold(lines, |mut lines| async move { Some((lines.next().await?, lines)) });
    let headers = [
        (header::CONTENT_TYPE, "application/jsonl"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"audit.jsonl\""),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, Body::from_stream(lines)).into_response()
}

pub(crate) async fn verify(State(app): State<App>, caller: Caller) -> Result<Response, Problem> {
    let by = caller.with(&app, READ).await?;
    let verified = audit::verify(app.argus()).await.map_err(|error| failed(&error, &by))?;
    Ok(json(StatusCode::OK, &verified))
}
