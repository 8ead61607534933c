//! How far a new installation has come.

use argus_domain::audit::AuditEventKind;
use argus_storage::audit::{self, AuditFilter};
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
    /// Tokens were issued.
    pub has_sign_in: bool,
}

/// How far this installation has come.
pub async fn progress(argus: &Argus) -> Result<Progress, StorageError> {
    let mut reader = argus.store().read().await?;
    // The program registers its own command line wherever it runs.
    let (has_client, has_attachment) = clients::exist_beside(&mut reader, COMMAND_LINE_CLIENT).await?;
    let filter = AuditFilter { event: Some(AuditEventKind::TokenIssued), ..AuditFilter::default() };
    let issued = audit::list(&mut reader, &filter, None, 1).await?;
    let has_public_issuer = argus.settings().issuer.is_https();
    Ok(Progress { has_public_issuer, has_client, has_attachment, has_sign_in: !issued.records.is_empty() })
}
