//! Clients that still ask for `groups` and `groupstring`: how often, and the claim provider that takes their place.

use argus_domain::audit::AuditEventKind;
use argus_domain::ids::ClientId;
use argus_domain::scope::DEPRECATED_SCOPES;
use argus_storage::groups;
use serde_json::{Map, Value, json};

use super::{ClientView, Result, change, find};
use crate::administrator::Administrator;
use crate::argus::Argus;
use crate::audit::{self, AuditQuery};

/// The claim provider that controls for each client which groups are shown.
const SUCCESSOR: &str = "userGroups";
/// Events looked at.
const LATEST: u32 = 500;

/// What a client has of the deprecated scopes.
#[derive(Clone, Debug)]
pub struct DeprecatedScopes {
    /// Those it may ask for.
    pub scopes: Vec<&'static str>,
    /// Of the latest issuances, how many were asked for one.
    pub uses: usize,
    /// The latest issuances that were looked at.
    pub issuances: usize,
}

/// What a client has of the deprecated scopes; none where it may ask for none of them.
pub async fn deprecated_scopes(argus: &Argus, id: ClientId) -> Result<Option<DeprecatedScopes>> {
    let settings = find(argus, id).await?.settings;
    let scopes: Vec<_> = DEPRECATED_SCOPES.iter().copied().filter(|scope| settings.scopes.iter().any(|known| known == scope)).collect();
    if scopes.is_empty() {
        return Ok(None);
    }
    let events = audit::list(argus, &AuditQuery::latest_of_client(id, LATEST)).await?.events;
    let kinds = [AuditEventKind::TokenIssued, AuditEventKind::TokenRefreshed].map(AuditEventKind::as_str);
    let issued: Vec<_> = events.iter().filter(|event| kinds.iter().any(|kind| event["event"] == *kind)).collect();
    let uses = issued.iter().filter(|event| event["details"]["deprecatedScopes"].is_array()).count();
    Ok(Some(DeprecatedScopes { scopes, uses, issuances: issued.len() }))
}

/// Takes the deprecated scopes from a client that is at `revision`, and attaches the claim provider that shows the same groups:
/// every one there is, until somebody chooses.
#[tracing::instrument(name = "clients.replace_deprecated_scopes", skip_all)]
pub async fn replace_deprecated_scopes(argus: &Argus, id: ClientId, revision: u64, by: &Administrator) -> Result<ClientView> {
    let settings = find(argus, id).await?.settings;
    let kept: Vec<&String> = settings.scopes.iter().filter(|scope| !DEPRECATED_SCOPES.contains(&scope.as_str())).collect();
    let mut patch = Map::from_iter([("scopes".to_owned(), json!(kept))]);
    if !settings.open_id_custom_claims.iter().any(|attachment| attachment.provider == SUCCESSOR) {
        let all = groups::list(&mut *argus.store().read().await?).await?;
        let allowed: Vec<String> = all.into_iter().map(|group| group.shortname).collect();
        let is_text = !settings.scopes.iter().any(|scope| scope == "groups");
        let mut attachments = match serde_json::to_value(&settings.open_id_custom_claims) {
            Ok(Value::Array(attachments)) => attachments,
            _ => Vec::new(),
        };
        attachments.push(json!({"provider": SUCCESSOR, "configuration": {"stringified": is_text, "allowedGroups": allowed}}));
        patch.insert("openIDCustomClaims".to_owned(), Value::Array(attachments));
    }
    change(argus, id, revision, patch, by).await
}
