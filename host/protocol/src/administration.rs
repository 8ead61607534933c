//! What administrators do to an installation from the command line.

use std::time::Duration;

use argus_claims::Digest;
use argus_domain::audit::{AuditEvent, AuditEventKind, AuditRecord};
use argus_domain::client::{ClientSettings, ClientType, ConsentPolicy, PkcePolicy};
use argus_domain::facts::Facts;
use argus_domain::ids::ClientId;
use argus_domain::oauth::GrantType;
use argus_domain::scope::{ADMINISTRATION_SCOPES, is_standard};
use argus_domain::secret::Secret;
use argus_domain::signing::SigningAlgorithm;
use argus_domain::{Random, Timestamp};
use argus_storage::audit::{AuditFilter, AuditVerifyError};
use argus_storage::claim_providers::NewVersion;
use argus_storage::{StorageError, Store, audit, claim_providers, clients, resources, users, versions};
use thiserror::Error;

use crate::clients::{delete_within, write_secret};
use crate::registry::REGISTRY;
use crate::revoke::{access_tokens_end, end_user_sessions};

/// Events read at a time.
const PAGE: u32 = 500;

/// Who does it, and when; one command is one correlation id.
#[derive(Clone, Debug)]
pub struct Command {
    /// The actor in the audit trail.
    pub actor: String,
    /// Ties the events of one command together.
    pub correlation_id: String,
    /// The moment.
    pub now: Timestamp,
}

impl Command {
    /// A command given on the server's own machine.
    pub fn cli(random: &dyn Random, now: Timestamp) -> Self {
        Self { actor: "cli".to_owned(), correlation_id: random.sortable_uuid(now).to_string(), now }
    }

    fn event(&self, kind: AuditEventKind) -> AuditEvent {
        AuditEvent::new(self.now, kind, self.correlation_id.as_str()).by(self.actor.as_str())
    }
}

/// Makes the components that come with the server the current versions of their names.
pub async fn register_builtin_providers(
    store: &Store,
    components: &[(&str, &'static [u8])],
    command: &Command,
) -> Result<(), StorageError> {
    for (name, component) in components {
        let (name, digest, component, command) = ((*name).to_owned(), Digest::of(component).to_string(), *component, command.clone());
        let stored = claim_providers::find(&mut *store.read().await?, &name).await?;
        if stored.is_some_and(|stored| stored.current.as_ref() == Some(&digest)) {
            continue;
        }
        let event = command.event(AuditEventKind::ClaimProviderUploaded).with("provider", name.as_str()).with("digest", digest.as_str());
        store
            .write(move |tx| {
                let (name, digest, event, command) = (name.clone(), digest.clone(), event.clone(), command.clone());
                Box::pin(async move {
                    // What comes with the program reads what it declares: whoever runs the program trusts it.
                    let version = NewVersion {
                        name: &name,
                        digest: &digest,
                        component,
                        builtin: true,
                        by: &command.actor,
                        from: None,
                        metadata: None,
                        approved: Some(Facts::ALL),
                    };
                    let is_new = claim_providers::insert_version(tx, &version, command.now).await?;
                    let current = claim_providers::find(tx, &name).await?.and_then(|provider| provider.current);
                    let promoted = claim_providers::promote(tx, &name, &digest, current.as_deref(), command.now).await?;
                    if is_new || promoted {
                        versions::bump(tx, REGISTRY).await?;
                        tx.audit(&event).await?;
                    }
                    Ok(())
                })
            })
            .await?;
    }
    Ok(())
}

/// `client_id` of this program's own command line, when it signs in to a server: a native application like any other (RFC 8252).
pub const COMMAND_LINE_CLIENT: &str = "6b1f2d0c-43f6-4c5e-9d0e-6f2a3c1b7a55";

/// A resource has a scope that means something here.
#[derive(Debug, Error)]
pub enum ReservedScopeError {
    /// One that this version of the program keeps for its own API: clients of the resource would administer the installation.
    #[error("resource {audience} has the scope {scope}, which is one of this server's own: give the resource another name for it")]
    Reserved {
        /// The resource.
        audience: String,
        /// The scope.
        scope: String,
    },
    /// The database is out of reach.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Sees that no resource that was registered before has a scope that the program has come to keep for itself.
pub async fn check_reserved_scopes(store: &Store) -> Result<(), ReservedScopeError> {
    for resource in resources::list(&mut *store.read().await?).await? {
        if let Some(scope) = resource.scopes.iter().find(|scope| is_standard(scope)) {
            return Err(ReservedScopeError::Reserved { audience: resource.audience, scope: scope.clone() });
        }
    }
    Ok(())
}

/// The scopes the command line asks for.
pub fn command_line_scopes() -> Vec<&'static str> {
    ["openid", "profile"].into_iter().chain(ADMINISTRATION_SCOPES.iter().map(|(scope, _)| *scope)).collect()
}

/// Registers the command line as a client, unless it is: whoever disabled it meant so. One that an earlier version of this program
/// registered gets the scopes that have come since.
pub async fn register_command_line_client(store: &Store, command: &Command) -> Result<(), StorageError> {
    let id = COMMAND_LINE_CLIENT.parse().map_err(|_| StorageError::Configuration("the command line's client id is none".to_owned()))?;
    let known = clients::find(&mut *store.read().await?, id).await?;
    let (settings, kind, revision) = match known {
        None => (command_line_settings(), AuditEventKind::ClientCreated, None),
        Some(client) => {
            let scopes: Vec<String> = command_line_scopes().into_iter().map(str::to_owned).collect();
            if client.settings.scopes == scopes {
                return Ok(());
            }
            (ClientSettings { scopes, ..client.settings }, AuditEventKind::ClientChanged, Some(client.revision))
        }
    };
    let event = command.event(kind).client(id).with("settings", serde_json::to_value(&settings).unwrap_or_default());
    let command = command.clone();
    store
        .write(move |tx| {
            let (settings, event, command) = (settings.clone(), event.clone(), command.clone());
            Box::pin(async move {
                // Another process may have been quicker.
                let done = match revision {
                    Some(revision) => clients::update(tx, id, revision, &settings, &command.actor, command.now).await?,
                    None if clients::find(tx, id).await?.is_some() => false,
                    None => {
                        clients::insert(tx, id, &settings, &command.actor, command.now).await?;
                        true
                    }
                };
                if done {
                    versions::bump(tx, REGISTRY).await?;
                    tx.audit(&event).await?;
                }
                Ok(())
            })
        })
        .await
}

fn command_line_settings() -> ClientSettings {
    ClientSettings {
        name: "Argus command line".to_owned(),
        r#type: ClientType::Public,
        enabled: true,
        token_endpoint_auth_method: None,
        redirect_uris: vec!["http://127.0.0.1/callback".to_owned()],
        post_logout_redirect_uris: Vec::new(),
        backchannel_logout_uri: None,
        grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
        scopes: command_line_scopes().into_iter().map(str::to_owned).collect(),
        resources: Vec::new(),
        customer: None,
        pkce: PkcePolicy::Required,
        // Any program on the machine can use this client's id: the user is asked each time.
        consent: ConsentPolicy::Always,
        owner: None,
        id_token_signed_response_alg: SigningAlgorithm::default(),
        access_token_lifetime_seconds: None,
        refresh_token_lifetime_seconds: None,
        record_claim_inputs_seconds: None,
        open_id_custom_claims: Vec::new(),
    }
}

/// Enables or disables a user; disabling ends every session and token. `false` when there is no such user.
pub async fn set_user_enabled(
    store: &Store,
    username: &str,
    enabled: bool,
    access_token_max: Duration,
    command: &Command,
) -> Result<bool, StorageError> {
    let Some(user) = users::find_credentials(&mut *store.read().await?, username).await? else { return Ok(false) };
    let kind = if enabled { AuditEventKind::UserChanged } else { AuditEventKind::UserDisabled };
    let event = command.event(kind).subject(user.subject.as_str()).with("username", username).with("enabled", enabled);
    let (id, now) = (user.id, command.now);
    store
        .write(move |tx| {
            let event = event.clone();
            Box::pin(async move {
                users::set_enabled(tx, id, enabled, now).await?;
                if !enabled {
                    end_user_sessions(tx, id, now, access_tokens_end(now, access_token_max)).await?;
                }
                versions::bump(tx, REGISTRY).await?;
                tx.audit(&event).await
            })
        })
        .await?;
    Ok(true)
}

/// Makes a new secret; the one before works for `overlap` longer. `None` when there is no such confidential client.
pub async fn rotate_client_secret(
    store: &Store,
    id: ClientId,
    overlap: Duration,
    random: &dyn Random,
    command: &Command,
) -> Result<Option<Secret>, StorageError> {
    let found = clients::find(&mut *store.read().await?, id).await?;
    if found.is_none_or(|client| client.settings.r#type != ClientType::Confidential) {
        return Ok(None);
    }
    let secret = Secret::new(random.token());
    let (hash, now) = (secret.hash(), command.now);
    let event = command.event(AuditEventKind::ClientSecretRotated).client(id).with("overlapSeconds", overlap.as_secs());
    store
        .write(move |tx| {
            let (hash, event) = (hash.clone(), event.clone());
            Box::pin(async move { write_secret(tx, id, &hash, (now, now.after(overlap)), &event).await })
        })
        .await?;
    Ok(Some(secret))
}

/// Deletes a client with everything issued to it; `false` when there is no such client.
pub async fn delete_client(store: &Store, id: ClientId, access_token_max: Duration, command: &Command) -> Result<bool, StorageError> {
    let now = command.now;
    let event = command.event(AuditEventKind::ClientDeleted).client(id);
    store
        .write(move |tx| {
            let event = event.clone();
            Box::pin(async move {
                let until = access_tokens_end(now, access_token_max);
                Ok(delete_within(tx, id, (now, until), &event).await?.is_some())
            })
        })
        .await
}

/// Hands over audit records, oldest first, until there are no more, `limit` is reached or `take` fails.
pub async fn for_each_audit_record<E: From<StorageError>>(
    store: &Store,
    filter: &AuditFilter,
    limit: Option<u64>,
    mut take: impl FnMut(&AuditRecord) -> Result<(), E>,
) -> Result<(), E> {
    let mut left = limit.unwrap_or(u64::MAX);
    let mut after = None;
    while left > 0 {
        let page = {
            let mut reader = store.read().await?;
            audit::list(&mut reader, filter, after.as_ref(), PAGE.min(u32::try_from(left).unwrap_or(PAGE))).await?
        };
        for record in &page.records {
            take(record)?;
            left -= 1;
        }
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    Ok(())
}

/// Checks every chain of the audit trail; returns each node with the number of its events.
pub async fn verify_audit(store: &Store) -> Result<Vec<(String, u64)>, AuditVerifyError> {
    audit::verify(&mut *store.read().await?).await
}
