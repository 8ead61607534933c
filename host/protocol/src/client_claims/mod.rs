//! What a client is told about users, for administrators: seen, changed, tried on users before it is saved, explained.

mod diff;
mod explain;
mod preview;

use argus_domain::audit::AuditEventKind;
use argus_domain::claim::ClaimProviderAttachment;
use argus_domain::client::{Client, ClientSettings};
use argus_domain::ids::ClientId;
use argus_domain::{Pointer, Problem};
use argus_storage::{claim_traces, clients, functions, groups, versions};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::administrator::{AdministrationError, Administrator};
use crate::argus::Argus;
use crate::claim_providers::attach;
use crate::import::changes;
use crate::registry::{PreparedClient, REGISTRY};

pub use diff::{DiffEvent, DiffRequest, Summary, UserDiff, Users, diff};
pub use explain::{ExplainRequest, Explanation, explain};
pub use preview::{AnswerPreview, Preview, PreviewRequest, preview};

type Result<T> = std::result::Result<T, AdministrationError>;

/// The part of a client's settings that decides about claims.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClientClaims {
    /// Its claim providers, as they were given.
    #[serde(rename = "openIDCustomClaims")]
    pub open_id_custom_claims: Vec<ClaimProviderAttachment>,
    /// How long inputs are recorded.
    pub record_claim_inputs_seconds: Option<u32>,
    /// The revision this is.
    #[serde(skip)]
    pub revision: u64,
    /// What is odd, but allowed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Problem>,
}

/// A change of it.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClaimsChange {
    /// The claim providers from now on.
    #[serde(rename = "openIDCustomClaims")]
    pub open_id_custom_claims: Vec<ClaimProviderAttachment>,
    /// How long inputs are recorded; absent = as it was, `null` = they are not.
    #[serde(default, deserialize_with = "given")]
    pub record_claim_inputs_seconds: Option<Option<u32>>,
}

/// Tells `null` from absent.
fn given<'de, D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Option<Option<u32>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// What decides about a client's claims.
pub async fn show(argus: &Argus, id: ClientId) -> Result<ClientClaims> {
    Ok(ClientClaims::of(find(argus, id).await?))
}

impl ClientClaims {
    fn of(client: Client) -> Self {
        Self {
            open_id_custom_claims: client.settings.open_id_custom_claims,
            record_claim_inputs_seconds: client.settings.record_claim_inputs_seconds,
            revision: client.revision,
            warnings: Vec::new(),
        }
    }
}

async fn find(argus: &Argus, id: ClientId) -> Result<Client> {
    let found = clients::find(&mut *argus.store().read().await?, id).await?;
    found.ok_or_else(|| AdministrationError::NotFound(format!("no client has the id {id}")))
}

/// Saves a change, if the client is still at `revision`.
#[tracing::instrument(name = "client_claims.save", skip_all)]
pub async fn save(argus: &Argus, id: ClientId, revision: u64, change: ClaimsChange, by: &Administrator) -> Result<ClientClaims> {
    let seen = versions::get(&mut *argus.store().read().await?, REGISTRY).await?;
    let client = find(argus, id).await?;
    if client.revision != revision {
        return Err(AdministrationError::Outdated);
    }
    let before = client.settings.clone();
    let mut settings = client.settings;
    settings.open_id_custom_claims = change.open_id_custom_claims;
    if let Some(seconds) = change.record_claim_inputs_seconds {
        settings.record_claim_inputs_seconds = seconds;
    }
    let warnings = check(argus, &settings).await?;
    let saved = ClientClaims {
        open_id_custom_claims: settings.open_id_custom_claims.clone(),
        record_claim_inputs_seconds: settings.record_claim_inputs_seconds,
        revision: if settings == before { revision } else { revision + 1 },
        warnings,
    };
    if settings == before {
        return Ok(saved);
    }
    let values = |settings: &ClientSettings| serde_json::to_value(settings).unwrap_or(Value::Null);
    let changed = by.event(argus, AuditEventKind::ClientChanged).client(id).with("changes", changes(&values(&before), &values(&settings)));
    let providers: Vec<Value> = settings.open_id_custom_claims.iter().map(|entry| entry.provider.as_str().into()).collect();
    let attached = by.event(argus, AuditEventKind::ClaimProviderAttached).client(id).with("providers", providers);
    let events = if before.open_id_custom_claims == settings.open_id_custom_claims { vec![changed] } else { vec![changed, attached] };
    let (actor, now) = (by.actor.clone(), argus.now());
    let written = argus
        .store()
        .write(move |tx| {
            let (settings, events, actor) = (settings.clone(), events.clone(), actor.clone());
            Box::pin(async move {
                if !versions::bump_from(tx, REGISTRY, seen).await? {
                    return Ok(Saved::RegistryMoved);
                }
                if !clients::update(tx, id, revision, &settings, &actor, now).await? {
                    return Ok(Saved::Outdated);
                }
                if settings.record_claim_inputs_seconds.is_none() {
                    claim_traces::delete_inputs(tx, id).await?;
                }
                tx.audit_all(&events).await?;
                Ok(Saved::Yes)
            })
        })
        .await?;
    argus.registry().invalidate();
    match written {
        Saved::Yes => Ok(saved),
        Saved::Outdated => Err(AdministrationError::Outdated),
        Saved::RegistryMoved => Err(AdministrationError::concurrent()),
    }
}

enum Saved {
    Yes,
    /// Somebody else changed the client.
    Outdated,
    /// Something else changed that the claim providers were checked against.
    RegistryMoved,
}

/// What would be odd about a client with these claim providers, but allowed; nothing where they cannot be so at all.
pub async fn warnings(argus: &Argus, id: ClientId, attachments: Vec<ClaimProviderAttachment>) -> Result<Vec<Problem>> {
    let settings = ClientSettings { open_id_custom_claims: attachments, ..find(argus, id).await?.settings };
    match check(argus, &settings).await {
        Err(AdministrationError::Refused { .. }) => Ok(Vec::new()),
        checked => checked,
    }
}

/// Every rule that a change of claims can break; what is left are warnings.
async fn check(argus: &Argus, settings: &ClientSettings) -> Result<Vec<Problem>> {
    let at = Pointer::root().join("openIDCustomClaims");
    let checked = attach::check(argus.registry().versions(), &[], &settings.open_id_custom_claims).await?;
    let mut problems = settings.check(argus.settings().tokens.limits());
    // What else may be wrong with the client is not this change's.
    problems.retain(|problem| problem.pointer.as_str().starts_with("/recordClaimInputsSeconds"));
    problems.extend(checked.problems().map(|problem| problem.within(&at)));
    if !problems.is_empty() {
        return Err(AdministrationError::problems("the claims of this client cannot be so; nothing was changed", problems));
    }
    let (groups, functions) = {
        let mut reader = argus.store().read().await?;
        (groups::list(&mut reader).await?, functions::list(&mut reader).await?)
    };
    let knows_group = |name: &str| groups.iter().any(|group| group.shortname == name);
    let knows_function = |name: &str| functions.iter().any(|function| function.name == name);
    let warnings = attach::warnings(&checked, &knows_group, &knows_function);
    Ok(warnings.into_iter().map(|problem| problem.within(&at)).collect())
}

/// The client as it is, or as it would be with other claim providers.
async fn prepared(argus: &Argus, id: ClientId, attachments: Option<Vec<ClaimProviderAttachment>>) -> Result<PreparedClient> {
    let mut client = find(argus, id).await?;
    if let Some(attachments) = attachments {
        client.settings.open_id_custom_claims = attachments;
        check(argus, &client.settings).await?;
    }
    Ok(argus.registry().prepare_client(client).await?)
}
