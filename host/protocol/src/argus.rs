//! What every use case works with: settings, storage, keys, claim providers, clock and randomness, in one cheap handle.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use argus_claims::Registry as ProviderRegistry;
use argus_domain::audit::AuditEvent;
use argus_domain::ids::{ClientId, UserId};
use argus_domain::{Clock, Random, Timestamp};
use argus_keys::password::PasswordHasher;
use argus_keys::{KeyRing, SealingKey};
use argus_storage::{StorageError, Store};
use tokio::sync::Semaphore;

use crate::attempts::Attempts;
use crate::discovery;
use crate::federation::UpstreamHttp;
use crate::pace::Pace;
use crate::registry::Registry;
use crate::revocations::Revocations;
use crate::rollout::Rollout;
use crate::settings::Settings;
use crate::verified_tokens::VerifiedTokens;

/// Comparisons of claims for many users that may run at once.
const MAX_COMPARISONS: usize = 2;

/// Refused requests put on record for one client, or one connection to an identity provider, in a period: the trail keeps everything for
/// ever.
const MAX_RECORDED_REFUSALS: u32 = 30;
const RECORDING_PERIOD: Duration = Duration::from_secs(60);

/// Changes that one user may make to clients of the user's own in a period: each is kept as a revision, and keeps administrators from
/// changing what they looked at before.
const MAX_CHANGES_OF_OWN_CLIENTS: u32 = 30;
const CHANGES_PERIOD: Duration = Duration::from_secs(600);

/// The parts an [`Argus`] is made of.
pub struct Parts {
    /// What the installation decides.
    pub settings: Settings,
    /// The database.
    pub store: Store,
    /// The keys in force.
    pub keys: KeyRing,
    /// The key-encryption key.
    pub sealing: SealingKey,
    /// The hashing threads.
    pub passwords: PasswordHasher,
    /// The engine of claim providers.
    pub providers: ProviderRegistry,
    /// Where the time comes from.
    pub clock: Clock,
    /// Where random bytes come from.
    pub random: Arc<dyn Random>,
    /// What sends requests to identity providers.
    pub upstream_http: Arc<dyn UpstreamHttp>,
}

struct Inner {
    settings: Settings,
    store: Store,
    keys: RwLock<Arc<KeyRing>>,
    sealing: SealingKey,
    passwords: PasswordHasher,
    registry: Registry,
    rollout: Rollout,
    comparisons: Arc<Semaphore>,
    revocations: Revocations,
    attempts: Attempts,
    refusals: Pace<ClientId>,
    upstream_refusals: Pace<String>,
    own_clients: Pace<UserId>,
    verified_tokens: VerifiedTokens,
    clock: Clock,
    random: Arc<dyn Random>,
    upstream_http: Arc<dyn UpstreamHttp>,
    discovery: Arc<str>,
}

/// The authorization server: a handle to everything the use cases need.
#[derive(Clone)]
pub struct Argus(Arc<Inner>);

/// What is known of the request a use case serves.
#[derive(Clone, Debug)]
pub struct RequestMeta {
    /// Ties together log lines, audit events and the answer.
    pub correlation_id: String,
    /// The client's network address as seen by this server.
    pub address: Option<String>,
}

impl Argus {
    /// Puts the parts together.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(Inner {
            discovery: discovery::document(&parts.settings).into(),
            registry: Registry::new(parts.store.clone(), parts.providers, parts.settings.scopes.deprecated),
            rollout: Rollout::new(parts.settings.rollout.clone()),
            comparisons: Arc::new(Semaphore::new(MAX_COMPARISONS)),
            attempts: Attempts::new(parts.settings.limits.clone()),
            refusals: Pace::new(MAX_RECORDED_REFUSALS, RECORDING_PERIOD),
            upstream_refusals: Pace::new(MAX_RECORDED_REFUSALS, RECORDING_PERIOD),
            own_clients: Pace::new(MAX_CHANGES_OF_OWN_CLIENTS, CHANGES_PERIOD),
            revocations: Revocations::default(),
            verified_tokens: VerifiedTokens::default(),
            settings: parts.settings,
            store: parts.store,
            keys: RwLock::new(Arc::new(parts.keys)),
            sealing: parts.sealing,
            passwords: parts.passwords,
            clock: parts.clock,
            random: parts.random,
            upstream_http: parts.upstream_http,
        }))
    }

    /// What the installation decides.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// The current time.
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// The source of random bytes.
    pub fn random(&self) -> &dyn Random {
        &*self.0.random
    }

    /// What sends requests to identity providers.
    pub(crate) fn upstream_http(&self) -> Arc<dyn UpstreamHttp> {
        Arc::clone(&self.0.upstream_http)
    }

    /// The database.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// The discovery document, as prepared bytes.
    pub fn discovery(&self) -> Arc<str> {
        Arc::clone(&self.0.discovery)
    }

    /// The keys in force.
    pub fn keys(&self) -> Arc<KeyRing> {
        Arc::clone(&self.0.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn replace_keys(&self, keys: KeyRing) {
        *self.0.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
        self.0.verified_tokens.clear();
    }

    /// Puts one event on record, in a transaction of its own.
    pub(crate) async fn record(&self, event: AuditEvent) -> Result<(), StorageError> {
        self.record_all(vec![event]).await
    }

    /// Puts events on record, all or none.
    pub(crate) async fn record_all(&self, events: Vec<AuditEvent>) -> Result<(), StorageError> {
        if events.is_empty() {
            return Ok(());
        }
        self.0
            .store
            .write(move |tx| {
                let events = events.clone();
                Box::pin(async move { tx.audit_all(&events).await })
            })
            .await
    }

    /// The key-encryption key.
    pub(crate) fn sealing(&self) -> &SealingKey {
        &self.0.sealing
    }

    pub(crate) fn passwords(&self) -> &PasswordHasher {
        &self.0.passwords
    }

    /// How much of what was refused has been recorded, by client.
    pub(crate) fn refusals(&self) -> &Pace<ClientId> {
        &self.0.refusals
    }

    /// The same, by connection to an identity provider.
    pub(crate) fn upstream_refusals(&self) -> &Pace<String> {
        &self.0.upstream_refusals
    }

    /// How often users change clients of their own.
    pub(crate) fn own_clients(&self) -> &Pace<UserId> {
        &self.0.own_clients
    }

    /// Clients, resources and claim providers, cached.
    pub fn registry(&self) -> &Registry {
        &self.0.registry
    }

    /// Versions of claim providers that are being rolled out.
    pub(crate) fn rollout(&self) -> &Rollout {
        &self.0.rollout
    }

    /// Turns of comparisons that administrators have made for many users.
    pub(crate) fn comparisons(&self) -> Arc<Semaphore> {
        Arc::clone(&self.0.comparisons)
    }

    pub(crate) fn revocations(&self) -> &Revocations {
        &self.0.revocations
    }

    pub(crate) fn verified_tokens(&self) -> &VerifiedTokens {
        &self.0.verified_tokens
    }

    pub(crate) fn attempts(&self) -> &Attempts {
        &self.0.attempts
    }
}
