//! What users ask administrators for, and what administrators decide.

use argus_domain::audit::AuditEventKind;
use argus_domain::claim::ClaimProviderAttachment;
use argus_domain::client_request::{ClientRequest, Wanted};
use argus_domain::ids::ClientId;
use argus_domain::{Pointer, Problem};
use argus_storage::{StorageError, Tx, client_requests, clients as stored_clients};
use serde::Serialize;
use utoipa::ToSchema;

use super::{OwnClient, Owner, RequestView, Result, find, show};
use crate::administrator::{AdministrationError, Administrator};
use crate::argus::Argus;
use crate::claim_providers::{self, CatalogueEntry, attach};
use crate::client_claims::{self, ClaimsChange};
use crate::clients;

/// Requests for one client that may wait at once.
const MAX_WAITING: usize = 5;
/// The longest reason, in characters.
const MAX_REASON_CHARS: usize = 500;

/// A request with the client that it is for.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OpenRequest {
    /// The request.
    #[serde(flatten)]
    pub request: RequestView,
    /// The client.
    pub client_id: ClientId,
    /// Its name.
    pub client_name: String,
    /// User name of its owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

/// Every request that waits, the oldest first.
pub async fn open_requests(argus: &Argus) -> Result<Vec<OpenRequest>> {
    let mut reader = argus.store().read().await?;
    let mut open = Vec::new();
    for request in client_requests::list(&mut reader).await? {
        // It goes with its client, but perhaps just now.
        let Some(client) = stored_clients::find(&mut reader, request.client).await? else { continue };
        let (client_id, client_name, owner) = (client.id, client.settings.name, client.settings.owner);
        open.push(OpenRequest { request: request.into(), client_id, client_name, owner });
    }
    Ok(open)
}

/// How many requests wait.
pub async fn waiting(argus: &Argus) -> Result<usize> {
    Ok(client_requests::list(&mut *argus.store().read().await?).await?.len())
}

/// The claim providers that users may ask for, by name.
pub async fn offered_providers(argus: &Argus) -> Result<Vec<CatalogueEntry>> {
    let mut offered = claim_providers::catalogue(argus).await?;
    offered.retain(|entry| argus.settings().self_service.offers(&entry.name));
    Ok(offered)
}

/// Asks for a claim provider with a configuration.
#[tracing::instrument(name = "own_clients.request_claim_provider", skip_all)]
pub async fn request_claim_provider(
    argus: &Argus,
    owner: &Owner,
    id: ClientId,
    attachment: ClaimProviderAttachment,
    reason: String,
) -> Result<OwnClient> {
    let client = find(argus, owner, id).await?;
    let mut problems = Vec::new();
    if !argus.settings().self_service.offers(&attachment.provider) {
        problems.push(Problem::new(Pointer::root().join("provider"), format!("no claim provider {} is offered", attachment.provider)));
    }
    if reason.chars().count() > MAX_REASON_CHARS || reason.chars().any(|c| c.is_control() && c != '\n') {
        problems.push(Problem::new(Pointer::root().join("reason"), format!("must be at most {MAX_REASON_CHARS} characters")));
    }
    if problems.is_empty() {
        let mut attachments = client.settings.open_id_custom_claims;
        let place = attachments.len();
        attachments.push(attachment.clone());
        let checked = attach::check(argus.registry().versions(), &[], &attachments).await?;
        problems.extend(checked.problems_of(|at| at == place).map(|problem| problem.outside(&format!("/{place}"))));
    }
    if !problems.is_empty() {
        return Err(AdministrationError::problems("this claim provider cannot be asked for so; nothing was changed", problems));
    }
    ask(argus, owner, id, Wanted::ClaimProvider { attachment, reason }).await?;
    show(argus, owner, id).await
}

/// Notes what an owner asks for.
pub(super) async fn ask(argus: &Argus, owner: &Owner, id: ClientId, wanted: Wanted) -> Result<()> {
    let event = owner.by.event(argus, AuditEventKind::ClientRequested).client(id);
    let (now, event) = (argus.now(), event.with("wanted", serde_json::to_value(&wanted).unwrap_or_default()));
    let is_noted = argus
        .store()
        .write(move |tx| {
            let (wanted, event) = (wanted.clone(), event.clone());
            Box::pin(async move {
                if client_requests::list_by_client(tx, id).await?.len() >= MAX_WAITING {
                    return Ok(false);
                }
                client_requests::insert(tx, id, &wanted, now).await?;
                tx.audit(&event).await?;
                Ok(true)
            })
        })
        .await?;
    if is_noted { Ok(()) } else { Err(AdministrationError::Conflict(format!("{MAX_WAITING} requests for this client wait already"))) }
}

/// A request that waits.
pub async fn find_request(argus: &Argus, id: u64) -> Result<ClientRequest> {
    let found = client_requests::find(&mut *argus.store().read().await?, id).await?;
    found.ok_or_else(|| AdministrationError::NotFound(format!("no request {id} waits")))
}

/// Does what a request asks for.
#[tracing::instrument(name = "own_clients.approve", skip_all)]
pub async fn approve(argus: &Argus, id: u64, by: &Administrator) -> Result<()> {
    let request = find_request(argus, id).await?;
    match request.wanted {
        Wanted::Settings(patch) => {
            let revision = clients::show(argus, request.client).await?.revision;
            clients::change(argus, request.client, revision, patch, by).await?;
        }
        Wanted::ClaimProvider { attachment, .. } => {
            let claims = client_claims::show(argus, request.client).await?;
            let mut attachments = claims.open_id_custom_claims;
            attachments.push(attachment);
            let change = ClaimsChange { open_id_custom_claims: attachments, record_claim_inputs_seconds: None };
            client_claims::save(argus, request.client, claims.revision, change, by).await?;
        }
    }
    decided(argus, id, request.client, "approved", by).await
}

/// Refuses what a request asks for.
#[tracing::instrument(name = "own_clients.decline", skip_all)]
pub async fn decline(argus: &Argus, id: u64, by: &Administrator) -> Result<()> {
    let request = find_request(argus, id).await?;
    decided(argus, id, request.client, "declined", by).await
}

/// Notes that a request was decided, and forgets it. One that somebody else has decided meanwhile is gone already.
pub async fn decided(argus: &Argus, id: u64, client: ClientId, decision: &str, by: &Administrator) -> Result<()> {
    let event = by.event(argus, AuditEventKind::ClientRequestDecided).client(client).with("request", id).with("decision", decision);
    argus
        .store()
        .write(move |tx| {
            let event = event.clone();
            Box::pin(async move { forget(tx, id, client, event).await })
        })
        .await?;
    Ok(())
}

async fn forget(tx: &mut Tx, id: u64, client: ClientId, event: argus_domain::audit::AuditEvent) -> std::result::Result<(), StorageError> {
    if client_requests::delete(tx, id, client).await? { tx.audit(&event).await } else { Ok(()) }
}
