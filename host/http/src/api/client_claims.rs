//! `/api/v1/clients`: what clients are told about users, and what a change would do.

use axum::body::Body as ResponseBody;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Serialize;
use serde_json::json;

use super::caller::{Body, Caller};
use super::clients::{READ, WRITE, id};
use super::conditional::{revision, tagged};
use super::openapi::Api;
use super::problem::{Problem, failed};
use crate::answer;
use crate::app::App;
use crate::endpoint;
use crate::protocol::client_claims::{self, ClaimsChange, ClientClaims, DiffRequest, ExplainRequest, Explanation, Preview, PreviewRequest};

type Answer = Result<Response, Problem>;

/// What this module serves.
pub(super) fn describe(api: &mut Api) {
    let names = json!({"type": "string", "enum": ["progress", "user", "done", "error"]});
    let data = json!({"type": "string", "description": "JSON."});
    let event = json!({"type": "object", "required": ["event", "data"], "properties": {"event": names, "data": data}});
    api.get(&endpoint::CLIENT_CLAIMS, READ, "A client's claim providers").answers::<ClientClaims>(200, "What is attached.").tagged();
    api.put(&endpoint::CLIENT_CLAIMS, WRITE, "Change a client's claim providers")
        .if_match()
        .body::<ClaimsChange>()
        .answers::<ClientClaims>(200, "What is attached now.")
        .tagged()
        .conflicts("The registry changed meanwhile.");
    api.post(&endpoint::CLIENT_CLAIMS_PREVIEW, READ, "What a client would be told about a user")
        .note("Made by the code that issues; nothing is issued. That values of a user were seen is put on record.")
        .body::<PreviewRequest>()
        .answers::<Preview>(200, "The claims by token, with their origins.");
    api.post(&endpoint::CLIENT_CLAIMS_DIFF, READ, "What a change of claims would do to users")
        .body::<DiffRequest>()
        .answers_with(200, "Events `progress`, `user` and `done`, or `error`.", "text/event-stream", &event)
        .conflicts("Two comparisons run already.");
    api.post(&endpoint::CLIENT_CLAIMS_EXPLAIN, READ, "Why a user's claim is what it is")
        .note("That a value of a user was seen is put on record.")
        .body::<ExplainRequest>()
        .answers::<Explanation>(200, "The explanation.");
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
    Ok(answer::json(StatusCode::OK, &preview))
}

pub(crate) async fn explain(State(app): State<App>, caller: Caller, Path(client): Path<String>, body: Body) -> Answer {
    let by = caller.with(&app, READ).await?;
    let id = id(&client, &by)?;
    let request = body.json(&by.meta).await?;
    let explanation = client_claims::explain(app.argus(), id, request, &by).await.map_err(|error| failed(&error, &by))?;
    Ok(answer::json(StatusCode::OK, &explanation))
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
