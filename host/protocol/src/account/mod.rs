//! What users see and do about themselves: their password, where they are signed in, and what applications are told of them.
//!
//! Each use case takes the [`SignedIn`] who asks, and reaches nothing that is not that user's.

pub mod applications;
pub mod password;
mod security_events;
pub mod sessions;

use argus_domain::audit::{AuditEvent, AuditEventKind};
use argus_domain::directory::DirectorySnapshot;
use argus_storage::{StorageError, users};

pub use security_events::{SecurityEvent, security_events};

use crate::argus::{Argus, RequestMeta};
use crate::session::SignedIn;

/// What the directory knows of a user; none when the user is gone.
pub async fn about(argus: &Argus, user: &SignedIn) -> Result<Option<DirectorySnapshot>, StorageError> {
    users::snapshot(&mut *argus.store().read().await?, user.user).await
}

/// An event of something that users do about themselves.
fn event(argus: &Argus, kind: AuditEventKind, user: &SignedIn, meta: &RequestMeta) -> AuditEvent {
    AuditEvent::new(argus.now(), kind, &*meta.correlation_id)
        .by(format!("user:{}", user.subject))
        .subject(user.subject.as_str())
        .address(meta.address.as_deref())
}
