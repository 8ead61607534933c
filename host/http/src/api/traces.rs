//! `/api/v1/traces`: what happened at one issuance.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::caller::Caller;
use super::problem::{self, Problem};
use crate::answer::json;
use crate::app::App;
use crate::protocol::trace;

pub(super) const READ: &str = "audit:read";

pub(crate) async fn show(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<Response, Problem> {
    let by = caller.with(&app, READ).await?;
    let trace = trace::trace(app.argus(), &id).await.map_err(|error| problem::of_error(&error, &by.meta))?;
    Ok(json(StatusCode::OK, &trace))
}

pub(crate) async fn inputs(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<Response, Problem> {
    let by = caller.with(&app, READ).await?;
    let inputs = trace::inputs(app.argus(), &id, &by).await.map_err(|error| problem::of_error(&error, &by.meta))?;
    Ok(json(StatusCode::OK, &inputs))
}
