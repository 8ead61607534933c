//! `/api/v1/me/clients`: clients that the user behind the token has registered. Somebody else's are not there.

use argus_domain::claim::ClaimProviderAttachment;
use argus_domain::ids::ClientId;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::caller::{Body, Caller};
use super::clients::{READ, Rotation, WRITE};
use super::conditional::{created, idempotency_key, revision, tagged};
use super::problem::{Problem, of_error};
use crate::answer::json;
use crate::app::App;
use crate::endpoint;
use crate::protocol::own_clients::{self, OwnClient, Owner};
use crate::protocol::{AdministrationError, RequestMeta, clients};

type Answer = Result<Response, Problem>;

fn id(text: &str, meta: &RequestMeta) -> Result<ClientId, Problem> {
    text.parse().map_err(|_| of_error(&AdministrationError::NotFound(format!("no client has the id {text}")), meta))
}

fn answer(result: Result<OwnClient, AdministrationError>, owner: &Owner) -> Answer {
    result.map(|own| tagged(StatusCode::OK, own.client.revision, &own)).map_err(|error| of_error(&error, owner.meta()))
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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ClaimProviderRequest {
    claim_provider: ClaimProviderAttachment,
    #[serde(default)]
    reason: String,
}

pub(crate) async fn request(State(app): State<App>, caller: Caller, Path(client): Path<String>, body: Body) -> Answer {
    let owner = caller.owner(&app, WRITE).await?;
    let id = id(&client, owner.meta())?;
    let ClaimProviderRequest { claim_provider, reason } = body.json(owner.meta()).await?;
    answer(own_clients::request_claim_provider(app.argus(), &owner, id, claim_provider, reason).await, &owner)
}
