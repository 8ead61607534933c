//! `/api/v1/audit`: the trail, for those who keep or watch it elsewhere.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::caller::Caller;
use super::problem::{Problem, failed};
use super::traces::READ;
use crate::answer::json;
use crate::app::App;
use crate::form::Query;
use crate::protocol::audit::{self, AuditQuery};

pub(crate) async fn list(State(app): State<App>, caller: Caller, Query(params): Query) -> Result<Response, Problem> {
    let by = caller.with(&app, READ).await?;
    let query = AuditQuery::parse(&params).map_err(|error| failed(&error, &by))?;
    let page = audit::list(app.argus(), &query).await.map_err(|error| failed(&error, &by))?;
    Ok(json(StatusCode::OK, &page))
}
