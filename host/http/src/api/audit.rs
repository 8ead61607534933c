//! `/api/v1/audit`: the trail, for those who keep or watch it elsewhere.

use axum::body::Body;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::json;

use super::caller::Caller;
use super::openapi::{Api, Operation, number, text};
use super::problem::{Problem, failed};
use super::traces::READ;
use crate::answer;
use crate::app::App;
use crate::endpoint;
use crate::form::Query;
use crate::protocol::audit::{self, AuditLines, AuditListing, AuditQuery, Verified};

/// What this module serves.
pub(super) fn describe(api: &mut Api) {
    filtered(api.get(&endpoint::AUDIT, READ, "Events of the audit trail"))
        .note("Each has its place in the chain of its node: `node`, `sequence`, `hash`.")
        .answers::<AuditListing>(200, "A page of events.");
    filtered(api.get(&endpoint::AUDIT_EXPORT, READ, "The audit trail, one event a line")).answers_with(
        200,
        "Every event that the query asks for.",
        "application/jsonl",
        &text(),
    );
    api.get(&endpoint::AUDIT_VERIFY, READ, "Check the chains of the audit trail").answers::<Verified>(200, "What was found.");
}

/// An operation that takes what narrows the trail.
fn filtered(operation: Operation<'_>) -> Operation<'_> {
    operation
        .query("since", &number(0, u32::MAX.into()), "Seconds since 1970.")
        .query("event", &text(), "The name of an event, such as `token.issued`.")
        .query("client", &text(), "The id of a client.")
        .query("subject", &text(), "The `sub` of a user.")
        .query("correlationId", &text(), "A request.")
        .query("order", &json!({"type": "string", "enum": ["oldest", "newest"]}), "Which comes first.")
        .query("after", &text(), "The `next` of the page before.")
        .query("limit", &number(1, audit::MAX_LIMIT.into()), "So many; 100 where it is not said.")
}

pub(crate) async fn list(State(app): State<App>, caller: Caller, Query(params): Query) -> Result<Response, Problem> {
    let by = caller.with(&app, READ).await?;
    let query = AuditQuery::parse(&params).map_err(|error| failed(&error, &by))?;
    let page = audit::list(app.argus(), &query).await.map_err(|error| failed(&error, &by))?;
    Ok(answer::json(StatusCode::OK, &page))
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
    Ok(answer::json(StatusCode::OK, &verified))
}
