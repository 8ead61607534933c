//! Writing a version into the registry, whether it comes by import, by upload or with the program.

use std::sync::Arc;

use argus_claims::ClaimProviderComponent;
use argus_domain::Timestamp;
use argus_domain::audit::{AuditEvent, AuditEventKind};
use argus_domain::facts::Facts;
use argus_domain::issuance::ProviderMetadata;
use argus_storage::claim_providers::{self, NewVersion};
use argus_storage::{StorageError, Tx};

/// A version to be written, checked.
#[derive(Clone, Debug)]
pub(crate) struct Registration {
    pub(crate) name: String,
    pub(crate) digest: String,
    pub(crate) component: Arc<[u8]>,
    pub(crate) metadata: ProviderMetadata,
    /// Facts approved with it; none = it waits.
    pub(crate) approved: Option<Facts>,
    /// Whether it becomes the current version.
    pub(crate) becomes_current: bool,
}

/// Who writes, when, from where, with an event to fill in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct By<'a> {
    pub(crate) event: &'a AuditEvent,
    pub(crate) now: Timestamp,
}

impl Registration {
    pub(crate) fn new(name: &str, bytes: Vec<u8>, component: &ClaimProviderComponent, approved: Option<Facts>) -> Self {
        Self {
            name: name.to_owned(),
            digest: component.digest().to_string(),
            component: bytes.into(),
            metadata: component.metadata().clone(),
            approved,
            becomes_current: false,
        }
    }

    /// Inserts the version, with its events; whether anything was new.
    pub(crate) async fn write(&self, tx: &mut Tx, by: By<'_>) -> Result<bool, StorageError> {
        let version = NewVersion {
            name: &self.name,
            digest: &self.digest,
            component: &self.component,
            builtin: false,
            by: &by.event.actor,
            from: by.event.address.as_deref(),
            metadata: Some(&self.metadata),
            approved: self.approved,
        };
        let known = claim_providers::version(tx, &self.name, &self.digest).await?;
        let is_new = claim_providers::insert_version(tx, &version, by.now).await?;
        if is_new {
            // A version that was there and waited is approved now.
            let kind = if known.is_none() { AuditEventKind::ClaimProviderUploaded } else { AuditEventKind::ClaimProviderApproved };
            let event = self.event(by, kind).with("size", self.component.len()).with("reads", names(self.metadata.needs));
            tx.audit(&event.with("approved", self.approved.map(names))).await?;
        }
        let current = claim_providers::find(tx, &self.name).await?.and_then(|provider| provider.current);
        let is_promoted =
            self.becomes_current && claim_providers::promote(tx, &self.name, &self.digest, current.as_deref(), by.now).await?;
        if is_promoted {
            tx.audit(&self.event(by, AuditEventKind::ClaimProviderPromoted).with("from", current)).await?;
        }
        Ok(is_new || is_promoted)
    }

    fn event(&self, by: By<'_>, kind: AuditEventKind) -> AuditEvent {
        of_kind(by.event, kind).with("provider", self.name.as_str()).with("digest", self.digest.as_str())
    }
}

/// An event like another, of some kind.
pub(crate) fn of_kind(event: &AuditEvent, kind: AuditEventKind) -> AuditEvent {
    AuditEvent { event: kind, details: serde_json::Map::new(), ..event.clone() }
}

/// The facts' names, for an audit event.
pub(crate) fn names(facts: Facts) -> Vec<&'static str> {
    facts.names().collect()
}
