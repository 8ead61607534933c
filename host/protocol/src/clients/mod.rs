//! Clients, for administrators: registered, changed, given new secrets, taken back to an earlier revision, deleted.

mod activity;
mod deprecated;
mod kind;
mod list;
mod revisions;
mod secrets;

use argus_domain::audit::{AuditEvent, AuditEventKind};
use argus_domain::client::{Client, ClientSettings};
use argus_domain::ids::{ClientId, ClientSessionId};
use argus_domain::{Problem, Timestamp};
use argus_storage::{StorageError, Tx, client_sessions, clients, versions};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::administrator::{AdministrationError, Administrator};
use crate::argus::Argus;
use crate::import::client::{Expected, write};
use crate::registry::REGISTRY;
use crate::revoke::{last_access_token, revoke_sessions_tokens};

pub use activity::Activity;
pub use deprecated::{DeprecatedScopes, deprecated_scopes, replace_deprecated_scopes};
pub use kind::ClientKind;
pub use list::{ClientPage, ClientSummaries, ClientSummary, DEFAULT_LIMIT, MAX_LIMIT, list, summaries};
pub use revisions::{Revision, restore, revisions};
pub(crate) use secrets::write_secret;
pub use secrets::{DEFAULT_OVERLAP, NewSecret, rotate_secret};

type Result<T> = std::result::Result<T, AdministrationError>;

/// A client with everything that may be seen of it: never a secret.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClientView {
    /// `client_id`
    pub client_id: ClientId,
    /// Its settings, as a document has them.
    #[serde(flatten)]
    pub settings: ClientSettings,
    /// When it was registered.
    pub created_at: i64,
    /// Its secrets that are accepted.
    pub secrets: Vec<SecretView>,
    /// When the latest secret was made.
    #[serde(skip)]
    pub latest_secret: Option<Timestamp>,
    /// Its secret, told this once: with the answer that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    /// What is odd, but allowed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Problem>,
    /// Counts the saved changes.
    #[serde(skip)]
    pub revision: u64,
}

/// What may be seen of a secret.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretView {
    /// When it was made.
    pub created_at: i64,
    /// When it stops being accepted; absent = not until it is replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
}

impl ClientView {
    pub(crate) fn of(client: Client, now: Timestamp) -> Self {
        let latest_secret = client.secrets.iter().map(|secret| secret.created_at).max();
        let live = client.secrets.iter().filter(|secret| secret.expires_at.is_none_or(|expiry| now < expiry));
        Self {
            client_id: client.id,
            secrets: live
                .map(|secret| SecretView {
                    created_at: secret.created_at.unix_seconds(),
                    expires_at: secret.expires_at.map(Timestamp::unix_seconds),
                })
                .collect(),
            latest_secret,
            settings: client.settings,
            created_at: client.created_at.unix_seconds(),
            client_secret: None,
            warnings: Vec::new(),
            revision: client.revision,
        }
    }
}

async fn find(argus: &Argus, id: ClientId) -> Result<Client> {
    let found = clients::find(&mut *argus.store().read().await?, id).await?;
    found.ok_or_else(|| AdministrationError::NotFound(no_client(id)))
}

pub(crate) fn no_client(id: ClientId) -> String {
    format!("no client has the id {id}")
}

/// A client.
pub async fn show(argus: &Argus, id: ClientId) -> Result<ClientView> {
    Ok(ClientView::of(find(argus, id).await?, argus.now()))
}

/// What happened to a client of late, the latest first.
pub async fn activity(argus: &Argus, id: ClientId) -> Result<Vec<Activity>> {
    activity::of_client(argus, &find(argus, id).await?).await
}

/// An id for a new client.
pub fn new_id(argus: &Argus) -> ClientId {
    ClientId::new(argus.random().uuid())
}

/// The id of the client that a request makes which names itself by a key: the same for the same caller and key, so that a request
/// that comes again makes no second client.
pub fn id_of_request(actor: &str, key: &str) -> ClientId {
    ClientId::derived_from(&format!("{actor}\n{key}"))
}

/// Registers a client under a new id; a confidential one gets a secret, which is told this once.
///
/// # Errors
/// [`AdministrationError::Outdated`] when there is a client with the id: the same request came before.
#[tracing::instrument(name = "clients.create", skip_all)]
pub async fn create(argus: &Argus, id: ClientId, members: Map<String, Value>, by: &Administrator) -> Result<ClientView> {
    let written = write(argus, id, members, Expected::New, by).await?;
    let client_secret = written.secret.map(|secret| secret.expose().to_owned());
    Ok(ClientView { client_secret, warnings: written.warnings, ..show(argus, id).await? })
}

/// Changes members of a client that is at `revision` (RFC 7396: `null` clears one).
#[tracing::instrument(name = "clients.change", skip_all)]
pub async fn change(argus: &Argus, id: ClientId, revision: u64, patch: Map<String, Value>, by: &Administrator) -> Result<ClientView> {
    find(argus, id).await?;
    let written = write(argus, id, patch, Expected::Revision(revision), by).await?;
    Ok(ClientView { warnings: written.warnings, ..show(argus, id).await? })
}

/// Deletes a client that is at `revision`, with everything issued to it.
#[tracing::instrument(name = "clients.delete", skip_all)]
pub async fn delete(argus: &Argus, id: ClientId, revision: u64, by: &Administrator) -> Result<()> {
    find(argus, id).await?;
    let (now, until) = (argus.now(), last_access_token(argus, argus.now()));
    let event = by.event(argus, AuditEventKind::ClientDeleted).client(id);
    let ended = argus
        .store()
        .write(move |tx| {
            let event = event.clone();
            Box::pin(async move {
                match clients::find(tx, id).await? {
                    Some(client) if client.revision == revision => delete_within(tx, id, (now, until), &event).await,
                    _ => Ok(None),
                }
            })
        })
        .await?;
    argus.registry().invalidate();
    let ended = ended.ok_or(AdministrationError::Outdated)?;
    argus.revocations().add(ended.into_iter().map(|session| (session.to_string(), until)));
    Ok(())
}

/// Within a transaction: deletes a client with everything issued to it, which does not come back with a client that is registered under
/// the same id; returns the sessions that ended, or nothing when there is no such client.
pub(crate) async fn delete_within(
    tx: &mut Tx,
    id: ClientId,
    (now, until): (Timestamp, Timestamp),
    event: &AuditEvent,
) -> std::result::Result<Option<Vec<ClientSessionId>>, StorageError> {
    let ended = client_sessions::revoke_by_client(tx, id, now).await?;
    revoke_sessions_tokens(tx, &ended, now, until).await?;
    if !clients::delete(tx, id).await? {
        return Ok(None);
    }
    versions::bump(tx, REGISTRY).await?;
    tx.audit(event).await?;
    Ok(Some(ended))
}
