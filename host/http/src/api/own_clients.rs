//! `/api/v1/me/clients`: clients that the user behind the token has registered. Somebody else's are not there.

use argus_domain::claim::ClaimProviderAttachment;
use argus_domain::client::ClientSettings;
use argus_domain::ids::ClientId;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::caller::{Body, Caller};
use super::clients::{READ, Rotation, WRITE};
use super::conditional::{created, idempotency_key, revision, tagged};
use super::openapi::Api;
use super::problem::{Problem, of_error};
use crate::answer::json;
use crate::app::App;
use crate::endpoint;
use crate::protocol::clients::{self, Activity, ClientView, NewSecret};
use crate::protocol::own_clients::{self, OwnClient, Owner, Registration};
use crate::protocol::{AdministrationError, RequestMeta};

type Answer = Result<Response, Problem>;

fn id(text: &str, meta: &RequestMeta) -> Result<ClientId, Problem> {
    text.parse().map_err(|_| of_error(&AdministrationError::NotFound(format!("no client has the id {text}")), meta))
}

fn answer(result: Result<OwnClient, AdministrationError>, owner: &Owner) -> Answer {
    result.map(|own| tagged(StatusCode::OK, own.client.revision, &own)).map_err(|error| of_error(&error, owner.meta()))
}

/// What this module serves.
pub(super) fn describe(api: &mut Api) {
    api.get(&endpoint::OWN_CLIENTS, READ, "The user's clients").answers_all::<ClientView>(200, "The clients, the first one first.");
    api.post(&endpoint::OWN_CLIENTS, WRITE, "Register a client of the user")
        .note("A confidential client gets a secret, which is told this once: in `clientSecret`.")
        .idempotency_key()
        .body::<Registration>()
        .answers::<OwnClient>(200, "The client that the same request registered before, without its secret.")
        .tagged()
        .answers::<OwnClient>(201, "The client, and what an administrator has to approve.")
        .tagged()
        .located()
        .conflicts("The user has as many clients as are allowed.");
    api.get(&endpoint::OWN_CLIENT, READ, "A client of the user").answers::<OwnClient>(200, "The client and what waits.").tagged();
    api.patch(&endpoint::OWN_CLIENT, WRITE, "Change a client of the user")
        .note("What needs the approval of an administrator waits for it.")
        .if_match()
        .merge_patch_of::<ClientSettings>(&["name", "redirectUris", "postLogoutRedirectUris", "scopes", "enabled"])
        .answers::<OwnClient>(200, "The client as it is now, and what waits.")
        .tagged()
        .conflicts("The registry changed meanwhile.");
    api.delete(&endpoint::OWN_CLIENT, WRITE, "Delete a client of the user")
        .if_match()
        .done("It is gone, and what was issued to it is refused.");
    api.post(&endpoint::OWN_CLIENT_SECRETS, WRITE, "Give a client of the user a new secret")
        .body::<Rotation>()
        .answers::<NewSecret>(201, "The secret, told this once.")
        .conflicts("A public client has no secret.");
    api.get(&endpoint::OWN_CLIENT_ACTIVITY, READ, "The latest 50 events about a client of the user")
        .answers_all::<Activity>(200, "The events, the latest first.");
    api.post(&endpoint::OWN_CLIENT_REQUESTS, WRITE, "Ask for a claim provider")
        .body::<ClaimProviderRequest>()
        .answers::<OwnClient>(200, "The client, and what waits for an administrator.")
        .tagged()
        .conflicts("The provider is not on offer, or too much waits already.");
}

pub(crate) async fn list(State(app): State<App>, caller: Caller) -> Answer {
    let owner = caller.owner(&app, READ).await?;
    let clients = own_clients::list(app.argus(), &owner).await.map_err(|error| of_error(&error, owner.meta()))?;
    Ok(json(StatusCode::OK, &clients))
}

pub(crate) async fn create(State(app): State<App>, caller: Caller, headers: HeaderMap, body: Body) -> Answer {
    let owner = caller.owner(&app, WRITE).await?;
    let key = idempotency_key(&headers, owner.meta())?;
    let id = key.map_or_else(|| clients::new_id(app.argus()), |key| owner.id_of_request(key));
    let registration = body.json(owner.meta()).await?;
    let own = match own_clients::create(app.argus(), &owner, id, registration).await {
        // The same request came before: this is what it made, but for the secret, which is told once.
        Err(AdministrationError::Outdated) if key.is_some() => return answer(own_clients::show(app.argus(), &owner, id).await, &owner),
        created => created.map_err(|error| of_error(&error, owner.meta()))?,
    };
    Ok(created(&app, &endpoint::OWN_CLIENTS, own.client.client_id, tagged(StatusCode::CREATED, own.client.revision, &own)))
}

pub(crate) async fn show(State(app): State<App>, caller: Caller, Path(client): Path<String>) -> Answer {
    let owner = caller.owner(&app, READ).await?;
    answer(own_clients::show(app.argus(), &owner, id(&client, owner.meta())?).await, &owner)
}

pub(crate) async fn change(State(app): State<App>, caller: Caller, Path(client): Path<String>, headers: HeaderMap, body: Body) -> Answer {
    let owner = caller.owner(&app, WRITE).await?;
    let (id, revision) = (id(&client, owner.meta())?, revision(&headers, owner.meta())?);
    let patch = body.json_of("application/merge-patch+json", owner.meta()).await?;
    answer(own_clients::change(app.argus(), &owner, id, revision, patch).await, &owner)
}

pub(crate) async fn delete(State(app): State<App>, caller: Caller, Path(client): Path<String>, headers: HeaderMap) -> Answer {
    let owner = caller.owner(&app, WRITE).await?;
    let (id, revision) = (id(&client, owner.meta())?, revision(&headers, owner.meta())?);
    own_clients::delete(app.argus(), &owner, id, revision).await.map_err(|error| of_error(&error, owner.meta()))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub(crate) async fn rotate_secret(State(app): State<App>, caller: Caller, Path(client): Path<String>, body: Body) -> Answer {
    let owner = caller.owner(&app, WRITE).await?;
    let id = id(&client, owner.meta())?;
    let overlap = body.json::<Rotation>(owner.meta()).await?.overlap();
    let secret = own_clients::rotate_secret(app.argus(), &owner, id, overlap, None).await;
    Ok(json(StatusCode::CREATED, &secret.map_err(|error| of_error(&error, owner.meta()))?))
}

pub(crate) async fn activity(State(app): State<App>, caller: Caller, Path(client): Path<String>) -> Answer {
    let owner = caller.owner(&app, READ).await?;
    let activity = own_clients::activity(app.argus(), &owner, id(&client, owner.meta())?).await;
    Ok(json(StatusCode::OK, &activity.map_err(|error| of_error(&error, owner.meta()))?))
}

/// A claim provider that a user asks for.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ClaimProviderRequest {
    /// As it would be attached.
    claim_provider: ClaimProviderAttachment,
    /// What for, in words for the administrator.
    #[serde(default)]
    reason: String,
}

pub(crate) async fn request(State(app): State<App>, caller: Caller, Path(client): Path<String>, body: Body) -> Answer {
    let owner = caller.owner(&app, WRITE).await?;
    let id = id(&client, owner.meta())?;
    let ClaimProviderRequest { claim_provider, reason } = body.json(owner.meta()).await?;
    answer(own_clients::request_claim_provider(app.argus(), &owner, id, claim_provider, reason).await, &owner)
}
