//! What the audit trail says of claims: their origins, what was left out, and which provider failed.

use argus_domain::audit::{AuditEvent, AuditEventKind};
use argus_domain::scope::{DEPRECATED_SCOPES, ScopeSet};
use serde::Serialize;
use serde_json::Value;

use super::assemble::{Assembled, ProviderFailed};

/// Where the claims came from, what was left out, and what an administrator should mend.
pub(crate) fn with_origins(mut event: AuditEvent, assembled: &Assembled, scopes: &ScopeSet) -> AuditEvent {
    if !assembled.origins.is_empty() {
        event = event.with("claimProviders", json(&assembled.origins));
    }
    if !assembled.replaced.is_empty() {
        event = event.with("replacedClaims", json(&assembled.replaced));
    }
    let deprecated: Vec<&str> = DEPRECATED_SCOPES.iter().copied().filter(|scope| scopes.contains(scope)).collect();
    if !deprecated.is_empty() {
        metrics::counter!("argus_deprecated_scope_uses_total").increment(1);
        event = event.with("deprecatedScopes", deprecated);
    }
    event
}

/// One event for each provider whose claims were left out, beside the event of the issuance.
pub(crate) fn omissions(issuance: &AuditEvent, assembled: &Assembled) -> Vec<AuditEvent> {
    let omitted = assembled.origins.iter().filter_map(|origin| Some((origin, origin.omitted.as_ref()?)));
    omitted
        .map(|(origin, reason)| {
            let mut event = issuance.clone();
            event.event = AuditEventKind::ClaimProviderFailed;
            event.details = serde_json::Map::new();
            event
                .with("provider", origin.provider.as_str())
                .with("attachment", origin.attachment)
                .with("digest", origin.digest.as_deref())
                .with("target", origin.target.as_str())
                .with("contract", "omit")
                .failed(reason.as_str())
        })
        .collect()
}

/// The event of an issuance that failed with a provider.
pub(crate) fn of_failed_provider(event: AuditEvent, failed: &ProviderFailed) -> AuditEvent {
    event
        .with("provider", failed.provider.as_str())
        .with("attachment", failed.attachment)
        .with("digest", failed.digest.as_deref())
        .failed(failed.to_string())
}

fn json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}
