//! `/api/v1/clients`: what clients are told about users, and what a change would do.

use axum::body::Body as ResponseBody;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Serialize;

use super::caller::{Body, Caller};
use super::clients::{READ, WRITE, id};
use super::conditional::{revision, tagged};
use super::problem::{Problem, failed};
use crate::answer::json;
use crate::app::App;
use crate::protocol::client_claims;

type Answer = Result<Response, Problem>;

pub(crate) async fn list(State(app): State<App>, caller: Caller) -> Answer {
    let by = caller.with(&app, READ).await?;
    let clients = client_claims::list(app.argus()).await.map_err(|error| failed(&error, &by))?;
    Ok(json(StatusCode::OK, &clients))
}

pub(crate) async fn show(State(app): State<App>, caller: Caller, Path(client): Path<String>) -> Answer {
    let by = caller.with(&app, READ).await?;
    let claims = client_claims::show(app.argus(), id(&client, &by)?).await.map_err(|error| failed(&error, &by))?;
    Ok(tagged(StatusCode::OK, claims.revision, &claims))
}

pub(crate) async fn save(State(app): State<App>, caller: Caller, Path(client): Path<String>, headers: HeaderMap, body: Body) -> Answer {
    let by = caller.with(&app, WRITE).await?;
    let id = id(&client, &by)?;
    let revision = revision(&headers, &by.meta)?;
    let change = body.json(&by.meta).await?;
    let saved = client_claims::save(app.argus(), id, revision, change, &by).await.map_err(|error| failed(&error, &by))?;
    Ok(tagged(StatusCode::OK, saved.revision, &saved))
}

pub(crate) async fn preview(State(app): State<App>, caller: Caller, Path(client): Path<String>, body: Body) -> Answer {
    let by = caller.with(&app, READ).await?;
    let id = id(&client, &by)?;
    let request = body.json(&by.meta).await?;
    let preview = client_claims::preview(app.argus(), id, request, &by).await.map_err(|error| failed(&error, &by))?;
    Ok(json(StatusCode::OK, &preview))
}

pub(crate) async fn explain(State(app): State<App>, caller: Caller, Path(client): Path<String>, body: Body) -> Answer {
    let by = caller.with(&app, READ).await?;
    let id = id(&client, &by)?;
    let request = body.json(&by.meta).await?;
    let explanation = client_claims::explain(app.argus(), id, request, &by).await.map_err(|error| failed(&error, &by))?;
    Ok(json(StatusCode::OK, &explanation))
}

/// A stream of events (HTML Living Standard §9.2), since all users of an installation may take a while.
pub(crate) async fn diff(State(app): State<App>, caller: Caller, Path(client): Path<String>, body: Body) -> Answer {
    let by = caller.with(&app, READ).await?;
    let id = id(&client, &by)?;
    let request = body.json(&by.meta).await?;
    let events = client_claims::diff(app.argus(), id, request).await.map_err(|error| failed(&error, &by))?;
    let texts = stream::unfold(events, |mut events| async move {
        let event = events.recv().await?;
        Some((Ok::<_, std::convert::Infallible>(event_text(event.name(), &event)), events))
    });
    Ok(event_stream(ResponseBody::from_stream(texts)))
}

/// An event of a stream.
pub(crate) fn event_text(name: &str, data: &impl Serialize) -> String {
    format!("event: {name}\ndata: {}\n\n", serde_json::to_string(data).unwrap_or_default())
}

/// A stream of events.
pub(crate) fn event_stream(texts: ResponseBody) -> Response {
    ([(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")], texts).into_response()
}
