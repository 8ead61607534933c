//! How far a new installation has come.

use argus_domain::audit::{AuditEvent, AuditEventKind};
use argus_storage::audit::{self, AuditFilter, AuditOrder};
use argus_storage::{StorageError, clients};

use crate::administration::COMMAND_LINE_CLIENT;
use crate::argus::Argus;

/// What has been done.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Browsers beyond this machine can reach the issuer.
    pub has_public_issuer: bool,
    /// There is a client that somebody registered.
    pub has_client: bool,
    /// A claim provider is attached to one.
    pub has_attachment: bool,
    /// Tokens were issued about a user, to an application.
    pub has_sign_in: bool,
}

/// Issuances that are looked through.
const LATEST: u32 = 200;

/// How far this installation has come.
pub async fn progress(argus: &Argus) -> Result<Progress, StorageError> {
    let mut reader = argus.store().read().await?;
    // The program registers its own command line wherever it runs.
    let (has_client, has_attachment) = clients::exist_beside(&mut reader, COMMAND_LINE_CLIENT).await?;
    let filter = AuditFilter { event: Some(AuditEventKind::TokenIssued), order: AuditOrder::NewestFirst, ..AuditFilter::default() };
    let issued = audit::list(&mut reader, &filter, None, LATEST).await?.records;
    let has_sign_in = issued.iter().filter_map(|record| serde_json::from_str(&record.body).ok()).any(|event| is_of_user(&event));
    let has_public_issuer = argus.settings().issuer.is_https();
    Ok(Progress { has_public_issuer, has_client, has_attachment, has_sign_in })
}

/// Whether a token was issued about a user, and not to the command line.
fn is_of_user(event: &AuditEvent) -> bool {
    let is_own = event.client_id.as_deref() == Some(COMMAND_LINE_CLIENT);
    !is_own && event.subject.is_some() && event.subject != event.client_id
}
