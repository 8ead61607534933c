//! New secrets of clients, beside the old ones for a while.

use std::time::Duration;

use argus_domain::Timestamp;
use argus_domain::audit::{AuditEvent, AuditEventKind};
use argus_domain::client::ClientType;
use argus_domain::ids::ClientId;
use argus_domain::secret::{Secret, SecretHash};
use argus_storage::{StorageError, Tx, clients, versions};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Result, find, no_client};
use crate::administrator::{AdministrationError, Administrator};
use crate::argus::Argus;
use crate::registry::REGISTRY;

/// Longest time that an old secret works beside the new one: 90 days.
const MAX_OVERLAP: Duration = Duration::from_secs(90 * 86_400);

/// How long the old secret works beside a new one where nobody says: a day.
pub const DEFAULT_OVERLAP: Duration = Duration::from_secs(86_400);

/// A secret that was just made.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewSecret {
    /// The secret, told this once.
    pub client_secret: String,
    /// When the one before stops being accepted.
    pub old_secret_expires_at: i64,
}

/// Gives a confidential client a new secret; the one before works for `overlap` longer, and one before that no more.
///
/// # Errors
/// [`AdministrationError::Outdated`] where `seen` is given and the latest secret was not made then: a form that is sent twice makes one secret.
#[tracing::instrument(name = "clients.rotate_secret", skip_all)]
pub async fn rotate_secret(
    argus: &Argus,
    id: ClientId,
    overlap: Duration,
    seen: Option<Timestamp>,
    by: &Administrator,
) -> Result<NewSecret> {
    if find(argus, id).await?.settings.r#type != ClientType::Confidential {
        return Err(AdministrationError::Conflict("a public client has no secret".to_owned()));
    }
    if overlap > MAX_OVERLAP {
        return Err(AdministrationError::refused(format!("the old secret may work for {} seconds at most", MAX_OVERLAP.as_secs())));
    }
    let secret = Secret::new(argus.random().token());
    let (hash, now) = (secret.hash(), argus.now());
    let old_until = now.after(overlap);
    let event = by.event(argus, AuditEventKind::ClientSecretRotated).client(id).with("overlapSeconds", overlap.as_secs());
    let written = argus
        .store()
        .write(move |tx| {
            let (hash, event) = (hash.clone(), event.clone());
            Box::pin(async move {
                // Deleted since it was found.
                let Some(client) = clients::find(tx, id).await? else { return Ok(Err(AdministrationError::NotFound(no_client(id)))) };
                if seen.is_some() && client.secrets.iter().map(|secret| secret.created_at).max() != seen {
                    return Ok(Err(AdministrationError::Outdated));
                }
                write_secret(tx, id, &hash, (now, old_until), &event).await?;
                Ok(Ok(()))
            })
        })
        .await?;
    argus.registry().invalidate();
    written?;
    Ok(NewSecret { client_secret: secret.expose().to_owned(), old_secret_expires_at: old_until.unix_seconds() })
}

/// Within a transaction: stores a new secret and lets the one before expire.
pub(crate) async fn write_secret(
    tx: &mut Tx,
    id: ClientId,
    hash: &SecretHash,
    (now, old_until): (Timestamp, Timestamp),
    event: &AuditEvent,
) -> std::result::Result<(), StorageError> {
    clients::set_secret(tx, id, hash, now, old_until).await?;
    versions::bump(tx, REGISTRY).await?;
    tx.audit(event).await
}
