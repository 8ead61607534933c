//! `/api/v1/clients`: clients themselves. What they are told about users is in [`client_claims`](super::client_claims).

use std::time::Duration;

use argus_domain::client::ClientSettings;
use argus_domain::ids::ClientId;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::caller::{Body, Caller};
use super::conditional::{created, idempotency_key, revision, tagged};
use super::openapi::{Api, number, text};
use super::problem::{Problem, failed};
use crate::answer::json;
use crate::app::App;
use crate::endpoint;
use crate::form::{Query, limit};
use crate::protocol::clients::{self, Activity, ClientSummaries, ClientView, NewSecret, Revision};
use crate::protocol::{AdministrationError, Administrator};

pub(super) const READ: &str = "clients:read";
pub(super) const WRITE: &str = "clients:write";

type Answer = Result<Response, Problem>;

pub(super) fn id(text: &str, by: &Administrator) -> Result<ClientId, Problem> {
    text.parse().map_err(|_| failed(&AdministrationError::NotFound(format!("no client has the id {text}")), by))
}

fn answer(result: Result<ClientView, AdministrationError>, by: &Administrator) -> Answer {
    result.map(|client| tagged(StatusCode::OK, client.revision, &client)).map_err(|error| failed(&error, by))
}

/// What this module serves.
pub(super) fn describe(api: &mut Api) {
    api.get(&endpoint::CLIENTS, READ, "Clients, in order of name")
        .query("q", &text(), "Those whose name holds it, whatever the case of its letters; or the one with this id.")
        .query("after", &text(), "The `next` of the page before.")
        .query("limit", &number(1, clients::MAX_LIMIT.into()), "So many; 50 where it is not said.")
        .answers::<ClientSummaries>(200, "A page of clients.");
    api.post(&endpoint::CLIENTS, WRITE, "Register a client")
        .note("A confidential client gets a secret, which is told this once: in `clientSecret`.")
        .idempotency_key()
        .body::<ClientSettings>()
        .answers::<ClientView>(200, "The client that the same request registered before, without its secret.")
        .tagged()
        .answers::<ClientView>(201, "The client.")
        .tagged()
        .located()
        .conflicts("The registry changed meanwhile.");
    api.get(&endpoint::CLIENT, READ, "A client").answers::<ClientView>(200, "The client.").tagged();
    api.patch(&endpoint::CLIENT, WRITE, "Change a client")
        .note("`type` cannot be changed.")
        .if_match()
        .merge_patch::<ClientSettings>()
        .answers::<ClientView>(200, "The client as it is now.")
        .tagged()
        .conflicts("The registry changed meanwhile.");
    api.delete(&endpoint::CLIENT, WRITE, "Delete a client")
        .if_match()
        .done("It is gone, and what was issued to it is refused.")
        .conflicts("It is the server's own.");
    api.post(&endpoint::CLIENT_SECRETS, WRITE, "Give a client a new secret")
        .body::<Rotation>()
        .answers::<NewSecret>(201, "The secret, told this once.")
        .conflicts("A public client has no secret.");
    api.get(&endpoint::CLIENT_REVISIONS, READ, "What was changed of a client, the latest first")
        .answers_all::<Revision>(200, "The saved changes.");
    api.post(&endpoint::CLIENT_RESTORE, WRITE, "Give a client the settings it had in a revision")
        .if_match()
        .answers::<ClientView>(200, "The client as it is now: a revision of its own.")
        .tagged()
        .conflicts("The registry changed meanwhile.")
        .refuses(422, "The settings of then are not allowed any more.");
    api.get(&endpoint::CLIENT_ACTIVITY, READ, "The latest 50 events about a client")
        .answers_all::<Activity>(200, "The events, the latest first.");
}

pub(crate) async fn list(State(app): State<App>, caller: Caller, Query(query): Query) -> Answer {
    let by = caller.with(&app, READ).await?;
    let limit = limit(&query, clients::DEFAULT_LIMIT, clients::MAX_LIMIT).map_err(|error| failed(&error, &by))?;
    let text = query.get("q").unwrap_or_default().trim();
    let page = clients::summaries(app.argus(), text, query.get("after"), limit).await.map_err(|error| failed(&error, &by))?;
    Ok(json(StatusCode::OK, &page))
}

pub(crate) async fn create(State(app): State<App>, caller: Caller, headers: HeaderMap, body: Body) -> Answer {
    let by = caller.with(&app, WRITE).await?;
    let key = idempotency_key(&headers, &by.meta)?;
    let id = key.map_or_else(|| clients::new_id(app.argus()), |key| clients::id_of_request(&by.actor, key));
    let members = body.json(&by.meta).await?;
    let client = match clients::create(app.argus(), id, members, &by).await {
        // The same request came before: this is what it made, but for the secret, which is told once.
        Err(AdministrationError::Outdated) if key.is_some() => return answer(clients::show(app.argus(), id).await, &by),
        created => created.map_err(|error| failed(&error, &by))?,
    };
    Ok(created(&app, &endpoint::CLIENTS, client.client_id, tagged(StatusCode::CREATED, client.revision, &client)))
}

pub(crate) async fn show(State(app): State<App>, caller: Caller, Path(client): Path<String>) -> Answer {
    let by = caller.with(&app, READ).await?;
    answer(clients::show(app.argus(), id(&client, &by)?).await, &by)
}

pub(crate) async fn change(State(app): State<App>, caller: Caller, Path(client): Path<String>, headers: HeaderMap, body: Body) -> Answer {
    let by = caller.with(&app, WRITE).await?;
    let (id, revision) = (id(&client, &by)?, revision(&headers, &by.meta)?);
    let patch = body.json_of("application/merge-patch+json", &by.meta).await?;
    answer(clients::change(app.argus(), id, revision, patch, &by).await, &by)
}

pub(crate) async fn delete(State(app): State<App>, caller: Caller, Path(client): Path<String>, headers: HeaderMap) -> Answer {
    let by = caller.with(&app, WRITE).await?;
    let (id, revision) = (id(&client, &by)?, revision(&headers, &by.meta)?);
    clients::delete(app.argus(), id, revision, &by).await.map_err(|error| failed(&error, &by))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// How a client's secret gives way to a new one.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = SecretRotation)]
pub(super) struct Rotation {
    /// How long the old secret works beside the new one: a day where it is not said, 90 days at most.
    #[serde(default)]
    overlap_seconds: Option<u64>,
}

impl Rotation {
    /// How long the old secret works.
    pub(super) fn overlap(&self) -> Duration {
        self.overlap_seconds.map_or(clients::DEFAULT_OVERLAP, Duration::from_secs)
    }
}

pub(crate) async fn rotate_secret(State(app): State<App>, caller: Caller, Path(client): Path<String>, body: Body) -> Answer {
    let by = caller.with(&app, WRITE).await?;
    let id = id(&client, &by)?;
    let overlap = body.json::<Rotation>(&by.meta).await?.overlap();
    let secret = clients::rotate_secret(app.argus(), id, overlap, None, &by).await.map_err(|error| failed(&error, &by))?;
    Ok(json(StatusCode::CREATED, &secret))
}

pub(crate) async fn revisions(State(app): State<App>, caller: Caller, Path(client): Path<String>) -> Answer {
    let by = caller.with(&app, READ).await?;
    let revisions = clients::revisions(app.argus(), id(&client, &by)?).await.map_err(|error| failed(&error, &by))?;
    Ok(json(StatusCode::OK, &revisions))
}

pub(crate) async fn restore(
    State(app): State<App>,
    caller: Caller,
    Path((client, to)): Path<(String, String)>,
    headers: HeaderMap,
) -> Answer {
    let by = caller.with(&app, WRITE).await?;
    let (id, revision) = (id(&client, &by)?, revision(&headers, &by.meta)?);
    let Ok(to) = to.parse() else {
        return Err(failed(&AdministrationError::NotFound(format!("client {id} has no revision {to}")), &by));
    };
    answer(clients::restore(app.argus(), id, revision, to, &by).await, &by)
}

pub(crate) async fn activity(State(app): State<App>, caller: Caller, Path(client): Path<String>) -> Answer {
    let by = caller.with(&app, READ).await?;
    let activity = clients::activity(app.argus(), id(&client, &by)?).await.map_err(|error| failed(&error, &by))?;
    Ok(json(StatusCode::OK, &activity))
}
