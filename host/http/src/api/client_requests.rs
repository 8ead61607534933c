//! `/api/v1/client-requests`: what users ask for, for clients of their own.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::caller::Caller;
use super::clients::{READ, WRITE};
use super::openapi::Api;
use super::problem::{Problem, failed};
use crate::answer::json;
use crate::app::App;
use crate::endpoint;
use crate::protocol::own_clients::OpenRequest;
use crate::protocol::{AdministrationError, Administrator, own_clients};

type Answer = Result<Response, Problem>;

fn id(text: &str, by: &Administrator) -> Result<u64, Problem> {
    let known = text.parse().ok().filter(|id| i64::try_from(*id).is_ok());
    known.ok_or_else(|| failed(&AdministrationError::NotFound(format!("no request {text} waits")), by))
}

/// What this module serves.
pub(super) fn describe(api: &mut Api) {
    api.get(&endpoint::CLIENT_REQUESTS, READ, "What users ask for, for clients of their own")
        .answers_all::<OpenRequest>(200, "What waits, the oldest first.");
    api.post(&endpoint::CLIENT_REQUEST_APPROVE, WRITE, "Approve what a user asks for")
        .done("It is done as it was asked for.")
        .conflicts("The client has changed meanwhile.")
        .refuses(422, "It is not allowed any more.");
    api.delete(&endpoint::CLIENT_REQUEST, WRITE, "Decline what a user asks for").done("It waits no more.");
}

pub(crate) async fn list(State(app): State<App>, caller: Caller) -> Answer {
    let by = caller.with(&app, READ).await?;
    let open = own_clients::open_requests(app.argus()).await.map_err(|error| failed(&error, &by))?;
    Ok(json(StatusCode::OK, &open))
}

pub(crate) async fn approve(State(app): State<App>, caller: Caller, Path(request): Path<String>) -> Answer {
    let by = caller.with(&app, WRITE).await?;
    own_clients::approve(app.argus(), id(&request, &by)?, &by).await.map_err(|error| failed(&error, &by))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub(crate) async fn decline(State(app): State<App>, caller: Caller, Path(request): Path<String>) -> Answer {
    let by = caller.with(&app, WRITE).await?;
    own_clients::decline(app.argus(), id(&request, &by)?, &by).await.map_err(|error| failed(&error, &by))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
