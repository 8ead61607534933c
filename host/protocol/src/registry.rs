//! Clients, resources and claim providers as the use cases see them: read once, cached, dropped when anything changes.
//!
//! A counter in the database moves with each change; [`crate::background`] polls it, so that another node or the command line
//! is noticed within a second. What was being loaded while the counter moved is used once and not kept.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use argus_claims::{ConfigurationError, Registry as Components};
use argus_domain::claim::ClaimProviderAttachment;
use argus_domain::client::Client;
use argus_domain::document::ResourceEntry;
use argus_domain::ids::ClientId;
use argus_domain::oauth::GrantType;
use argus_domain::scope::{DEPRECATED_SCOPES, OFFLINE_ACCESS, ScopeSet, is_standard};
use argus_storage::{StorageError, Store, clients, resources};
use url::Url;

use crate::claim_providers::{LoadedVersion, Served, Shadow, Versions};
use crate::claims::attachment::{AttachmentState, PreparedAttachment, PreparedShadow, Runnable};
use crate::federation::Upstreams;
use crate::settings::Issuer;

/// The counter that moves with each change of a client, a resource or a claim provider.
pub const REGISTRY: &str = "registry";

/// A client with everything an issuance needs at hand.
#[derive(Clone, Debug)]
pub struct PreparedClient {
    /// The client.
    pub client: Client,
    /// Its allowed scopes, as a set.
    pub scopes: ScopeSet,
    /// Its claim providers, in order.
    pub attachments: Vec<PreparedAttachment>,
}

impl PreparedClient {
    /// Whether the client may be granted a scope. Any client that gets refresh tokens may be granted `offline_access`; to others
    /// it means nothing (OpenID Connect Core §11).
    pub fn allows_scope(&self, scope: &str) -> bool {
        match scope {
            OFFLINE_ACCESS => self.client.allows_grant(GrantType::RefreshToken),
            scope => self.scopes.contains(scope),
        }
    }

    /// What is left of scopes granted before: a client whose settings were narrowed gets less at once.
    pub fn still_allowed(&self, granted: &ScopeSet) -> ScopeSet {
        granted.iter().filter(|scope| self.allows_scope(scope)).map(str::to_owned).collect()
    }
}

#[derive(Default)]
struct Cached {
    clients: HashMap<ClientId, Arc<PreparedClient>>,
    resources: Option<Arc<Vec<ResourceEntry>>>,
    origins: Option<Arc<HashSet<String>>>,
    upstreams: Option<Arc<Upstreams>>,
}

/// The cache.
pub struct Registry {
    store: Store,
    /// Whether clients may be granted scopes that are deprecated.
    deprecated_scopes: bool,
    versions: Versions,
    cached: RwLock<Cached>,
    generation: AtomicU64,
}

impl Registry {
    pub(crate) fn new(store: Store, components: Components, deprecated_scopes: bool) -> Self {
        Self {
            versions: Versions::new(store.clone(), components),
            store,
            deprecated_scopes,
            cached: RwLock::default(),
            generation: AtomicU64::new(0),
        }
    }

    /// Forgets everything: the registry has changed.
    pub fn invalidate(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
        *self.cached.write().unwrap_or_else(PoisonError::into_inner) = Cached::default();
    }

    fn read<T>(&self, get: impl FnOnce(&Cached) -> Option<T>) -> Option<T> {
        get(&self.cached.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Keeps what was loaded, unless the registry changed in the meantime.
    fn keep(&self, loaded_in: u64, put: impl FnOnce(&mut Cached)) {
        let mut cached = self.cached.write().unwrap_or_else(PoisonError::into_inner);
        if self.generation.load(Ordering::SeqCst) == loaded_in {
            put(&mut cached);
        }
    }

    /// A client, enabled or not.
    pub async fn client(&self, id: ClientId) -> Result<Option<Arc<PreparedClient>>, StorageError> {
        if let Some(client) = self.read(|cached| cached.clients.get(&id).cloned()) {
            return Ok(Some(client));
        }
        let generation = self.generation.load(Ordering::SeqCst);
        let found = clients::find(&mut *self.store.read().await?, id).await?;
        let Some(client) = found else { return Ok(None) };
        let prepared = Arc::new(self.prepare_client(client).await?);
        let complete = prepared.attachments.iter().all(|attachment| matches!(attachment.state, AttachmentState::Ready(_)));
        // What could not be loaded now may load the next time.
        if complete {
            self.keep(generation, |cached| drop(cached.clients.insert(id, Arc::clone(&prepared))));
        }
        Ok(Some(prepared))
    }

    /// Makes a client ready for issuances, as it is given.
    pub(crate) async fn prepare_client(&self, client: Client) -> Result<PreparedClient, StorageError> {
        let mut attachments = Vec::new();
        for (index, attachment) in client.settings.open_id_custom_claims.iter().enumerate() {
            attachments.push(self.prepare(index, attachment).await?);
        }
        let may_have = |scope: &&str| self.deprecated_scopes || !DEPRECATED_SCOPES.contains(scope);
        let scopes = client.settings.scope_set().iter().filter(may_have).map(str::to_owned).collect();
        Ok(PreparedClient { scopes, client, attachments })
    }

    async fn prepare(&self, index: usize, attachment: &ClaimProviderAttachment) -> Result<PreparedAttachment, StorageError> {
        let configuration: Arc<str> = attachment.configuration.to_string().into();
        let served = match &attachment.digest {
            // What is pinned has no shadow: nobody means to replace it.
            Some(digest) => {
                let pinned = self.versions.stored(&attachment.provider, Some(digest)).await?;
                pinned.map(|current| Served { current, shadow: None })
            }
            None => self.versions.served(&attachment.provider).await?,
        };
        let (state, shadow) = match served {
            Err(reason) => (AttachmentState::Unavailable(reason), None),
            Ok(Served { current, shadow }) => (
                runnable(current, &configuration).await.map_or_else(AttachmentState::Unavailable, AttachmentState::Ready),
                match shadow {
                    None => None,
                    Some(Shadow { version, stay }) => Some(PreparedShadow {
                        digest: version.component.digest().to_string(),
                        stay,
                        state: runnable(version, &configuration).await,
                    }),
                },
            ),
        };
        if let AttachmentState::Unavailable(reason) = &state {
            tracing::error!(provider = attachment.provider, reason, "claim provider cannot run");
        }
        Ok(PreparedAttachment {
            index,
            provider: attachment.provider.clone(),
            configuration,
            targets: attachment.targets().to_vec(),
            on_failure: attachment.on_failure(),
            state,
            shadow,
        })
    }

    /// Versions of claim providers.
    pub(crate) fn versions(&self) -> &Versions {
        &self.versions
    }

    /// Takes up which versions are current now, then forgets what was prepared with others. What cannot be taken up now is tried
    /// again in the background; a change that is committed is a change.
    pub(crate) async fn take_up_versions(&self) -> bool {
        let refreshed = self.versions.refresh().await;
        self.invalidate();
        match refreshed {
            Ok(true) => true,
            Ok(false) => {
                self.versions.mark_outdated();
                false
            }
            Err(error) => {
                tracing::warn!(%error, "versions of claim providers cannot be read");
                self.versions.mark_outdated();
                false
            }
        }
    }

    /// The engine of claim providers.
    pub fn components(&self) -> &Components {
        self.versions.components()
    }

    /// Registered resources.
    pub async fn resources(&self) -> Result<Arc<Vec<ResourceEntry>>, StorageError> {
        if let Some(resources) = self.read(|cached| cached.resources.clone()) {
            return Ok(resources);
        }
        let generation = self.generation.load(Ordering::SeqCst);
        let loaded = Arc::new(resources::list(&mut *self.store.read().await?).await?);
        self.keep(generation, |cached| cached.resources = Some(Arc::clone(&loaded)));
        Ok(loaded)
    }

    /// Connections to upstream identity providers, as `load` prepares them.
    pub(crate) async fn upstreams(
        &self,
        load: impl AsyncFnOnce() -> Result<Upstreams, StorageError>,
    ) -> Result<Arc<Upstreams>, StorageError> {
        if let Some(upstreams) = self.read(|cached| cached.upstreams.clone()) {
            return Ok(upstreams);
        }
        let generation = self.generation.load(Ordering::SeqCst);
        let loaded = Arc::new(load().await?);
        self.keep(generation, |cached| cached.upstreams = Some(Arc::clone(&loaded)));
        Ok(loaded)
    }

    /// Whether a scope means anything here.
    pub async fn knows_scope(&self, scope: &str) -> Result<bool, StorageError> {
        let standard = is_standard(scope);
        Ok(standard || self.resources().await?.iter().any(|resource| resource.scopes.iter().any(|known| known == scope)))
    }

    /// A resource's scope in words.
    pub async fn describe_scope(&self, scope: &str) -> Result<String, StorageError> {
        let resources = self.resources().await?;
        let resource = resources.iter().find(|resource| resource.scopes.iter().any(|known| known == scope));
        Ok(resource.map_or_else(|| scope.to_owned(), |resource| format!("{}: {scope}", resource.name)))
    }

    /// The audiences of an access token: this server's API, and each resource of the client's that knows one of the scopes.
    /// A token with nothing but a resource's scopes is for that resource alone.
    pub async fn audiences(&self, issuer: &Issuer, client: &PreparedClient, scopes: &ScopeSet) -> Result<Vec<String>, StorageError> {
        let resources = self.resources().await?;
        let meant = resources.iter().filter(|resource| {
            client.client.settings.resources.contains(&resource.audience) && resource.scopes.iter().any(|scope| scopes.contains(scope))
        });
        let mut audiences: Vec<String> = meant.map(|resource| resource.audience.clone()).collect();
        let speaks_of_us = scopes.iter().any(is_standard);
        if audiences.is_empty() || speaks_of_us {
            audiences.insert(0, issuer.as_str().to_owned());
        }
        Ok(audiences)
    }

    /// Origins of the redirect URIs of enabled clients.
    pub async fn origins(&self) -> Result<Arc<HashSet<String>>, StorageError> {
        if let Some(origins) = self.read(|cached| cached.origins.clone()) {
            return Ok(origins);
        }
        let generation = self.generation.load(Ordering::SeqCst);
        let all = clients::list_settings(&mut *self.store.read().await?).await?;
        let uris = all.iter().filter(|settings| settings.enabled).flat_map(|settings| settings.redirect_uris.iter());
        let parsed = uris.filter_map(|uri| Url::parse(uri).ok()).map(|uri| uri.origin());
        let origins = parsed.filter(url::Origin::is_tuple).map(|origin| origin.ascii_serialization()).collect();
        let loaded = Arc::new(origins);
        self.keep(generation, |cached| cached.origins = Some(Arc::clone(&loaded)));
        Ok(loaded)
    }
}

/// A version with its plan for a configuration, or why it has none.
pub(crate) async fn runnable(version: LoadedVersion, configuration: &str) -> Result<Runnable, String> {
    match version.component.validate_configuration(configuration).await {
        Ok(plan) => Ok(Runnable { version, plan }),
        Err(error) => Err(describe(&error)),
    }
}

fn describe(error: &ConfigurationError) -> String {
    match error {
        ConfigurationError::Problems(problems) => {
            let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
            format!("the configuration is no longer accepted: {}", problems.join("; "))
        }
        other => other.to_string(),
    }
}
