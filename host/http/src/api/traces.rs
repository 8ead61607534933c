//! `/api/v1/traces`: what happened at one issuance.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use super::caller::Caller;
use super::openapi::Api;
use super::problem::{self, Problem};
use crate::answer;
use crate::app::App;
use crate::endpoint;
use crate::protocol::trace::{self, Trace};

pub(super) const READ: &str = "audit:read";

/// What this module serves.
pub(super) fn describe(api: &mut Api) {
    api.get(&endpoint::TRACE, READ, "What is on record of a request")
        .answers::<Trace>(200, "Its events, and each run of a claim provider.");
    api.get(&endpoint::TRACE_INPUTS, READ, "What the claim providers of a request were handed")
        .note("Only where a client has its inputs recorded. That it was read is put on record.")
        .answers_with(200, "The inputs.", "application/json", &json!({"type": "array", "items": {"type": "object"}}))
        .conflicts("What was recorded cannot be read: the key it was sealed with is gone.");
}

pub(crate) async fn show(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<Response, Problem> {
    let by = caller.with(&app, READ).await?;
    let trace = trace::trace(app.argus(), &id).await.map_err(|error| problem::of_error(&error, &by.meta))?;
    Ok(answer::json(StatusCode::OK, &trace))
}

pub(crate) async fn inputs(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<Response, Problem> {
    let by = caller.with(&app, READ).await?;
    let inputs = trace::inputs(app.argus(), &id, &by).await.map_err(|error| problem::of_error(&error, &by.meta))?;
    Ok(answer::json(StatusCode::OK, &inputs))
}
