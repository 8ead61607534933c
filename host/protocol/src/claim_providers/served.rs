//! Which version of each claim provider this node serves.
//!
//! A promotion is one row in the database, but a version has to be compiled and loaded on each node before it can run there. Until
//! then the node goes on with the version it has: the swap costs no request anything, and happens between two of them.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use argus_claims::{ClaimProviderComponent, Digest, LoadError, Registry as Components};
use argus_domain::Timestamp;
use argus_domain::facts::Facts;
use argus_storage::claim_providers::{self, ClaimProvider};
use argus_storage::{StorageError, Store};
use tokio::sync::Notify;

/// A version of a claim provider, ready to run.
#[derive(Clone, Debug)]
pub struct LoadedVersion {
    /// Its component.
    pub component: ClaimProviderComponent,
    /// The facts it may read.
    pub approved: Facts,
    /// When it became current, where there is a version before it to go back to.
    pub promoted_at: Option<Timestamp>,
}

/// What a node runs under one name.
#[derive(Clone, Debug)]
pub(crate) struct Served {
    pub(crate) current: LoadedVersion,
    /// The version that runs in its shadow.
    pub(crate) shadow: Option<Shadow>,
}

/// A version in the shadow.
#[derive(Clone, Debug)]
pub(crate) struct Shadow {
    pub(crate) version: LoadedVersion,
    /// Tells one stay in the shadow from the next: what was counted in one does not count in another.
    pub(crate) stay: u64,
}

/// Loads versions, and remembers which is served under each name.
pub(crate) struct Versions {
    store: Store,
    components: Components,
    served: RwLock<Table>,
    /// Told when the database may call other versions current than those that are served.
    outdated: Notify,
}

#[derive(Default)]
struct Table {
    by_name: HashMap<String, Served>,
    /// Moves when the database is about to be read: what was read before is not put in any more.
    generation: u64,
    /// Stays in the shadow so far.
    stays: u64,
}

/// Why a version cannot run, in words.
pub(crate) type Reason = String;

impl Versions {
    pub(crate) fn new(store: Store, components: Components) -> Self {
        Self { store, components, served: RwLock::default(), outdated: Notify::new() }
    }

    /// The engine's loaded components.
    pub(crate) fn components(&self) -> &Components {
        &self.components
    }

    /// What is served under a name: what was swapped in last, or what the database calls current when nothing was yet.
    pub(crate) async fn served(&self, name: &str) -> Result<Result<Served, Reason>, StorageError> {
        let (found, generation) = {
            let table = self.read();
            (table.by_name.get(name).cloned(), table.generation)
        };
        if let Some(served) = found {
            return Ok(Ok(served));
        }
        let Some(provider) = claim_providers::find(&mut *self.store.read().await?, name).await? else {
            return Ok(Err(format!("no claim provider is named {name}")));
        };
        let loaded = self.load(&provider).await?;
        if let Ok(served) = &loaded {
            self.put(generation, name, served);
        }
        Ok(loaded)
    }

    /// The version the database calls current at this moment, loaded; or the one with a digest.
    pub(crate) async fn stored(&self, name: &str, digest: Option<&str>) -> Result<Result<LoadedVersion, Reason>, StorageError> {
        let Some(provider) = claim_providers::find(&mut *self.store.read().await?, name).await? else {
            return Ok(Err(format!("no claim provider is named {name}")));
        };
        match digest.or(provider.current.as_deref()) {
            Some(digest) => self.version(name, digest).await,
            None => Ok(Err(no_version(name))),
        }
    }

    /// Says that the database may call other versions current: [`Self::wait_until_outdated`] returns.
    pub(crate) fn mark_outdated(&self) {
        self.outdated.notify_one();
    }

    /// Returns when there may be something to take up.
    pub(crate) async fn wait_until_outdated(&self) {
        self.outdated.notified().await;
    }

    /// Takes up what changed in the database: each version that is now current is loaded, then swapped in. False when one of them could
    /// not be: the one before stays in service, and the log says so.
    pub(crate) async fn refresh(&self) -> Result<bool, StorageError> {
        let generation = {
            let mut table = self.write();
            table.generation += 1;
            table.generation
        };
        let providers = claim_providers::list(&mut *self.store.read().await?).await?;
        self.write().by_name.retain(|name, _| providers.iter().any(|provider| provider.name == *name));
        let mut complete = true;
        for provider in providers.iter().filter(|provider| self.is_outdated(provider)) {
            match self.load(provider).await {
                Ok(Ok(served)) => self.put(generation, &provider.name, &served),
                Ok(Err(reason)) => {
                    tracing::error!(provider = provider.name, reason, "the version before stays in service");
                    complete = false;
                }
                Err(error) => {
                    tracing::error!(provider = provider.name, %error, "the version before stays in service");
                    complete = false;
                }
            }
        }
        Ok(complete)
    }

    /// Only names that somebody asked for are kept up to date; the others are loaded when somebody does.
    fn is_outdated(&self, provider: &ClaimProvider) -> bool {
        let digest = |version: &LoadedVersion| version.component.digest().to_string();
        self.read().by_name.get(&provider.name).is_some_and(|served| {
            Some(digest(&served.current)) != provider.current
                || served.current.promoted_at != promoted_at(provider)
                || served.shadow.as_ref().map(|shadow| digest(&shadow.version)) != provider.shadow
        })
    }

    async fn load(&self, provider: &ClaimProvider) -> Result<Result<Served, Reason>, StorageError> {
        let Some(current) = &provider.current else { return Ok(Err(no_version(&provider.name))) };
        let current = match self.version(&provider.name, current).await? {
            Ok(current) => LoadedVersion { promoted_at: promoted_at(provider), ..current },
            Err(reason) => return Ok(Err(reason)),
        };
        let shadow = match &provider.shadow {
            None => None,
            Some(digest) => match self.version(&provider.name, digest).await? {
                Ok(version) => Some(Shadow { version, stay: self.next_stay() }),
                Err(reason) => {
                    tracing::warn!(provider = provider.name, reason, "the shadow version does not run");
                    None
                }
            },
        };
        Ok(Ok(Served { current, shadow }))
    }

    fn next_stay(&self) -> u64 {
        let mut table = self.write();
        table.stays += 1;
        table.stays
    }

    /// One version, loaded, if its facts were approved.
    async fn version(&self, name: &str, digest: &str) -> Result<Result<LoadedVersion, Reason>, StorageError> {
        let Some(version) = claim_providers::version(&mut *self.store.read().await?, name, digest).await? else {
            return Ok(Err(format!("claim provider {name} has no version {digest}")));
        };
        let Some(approval) = version.approval else {
            return Ok(Err(format!("version {digest} of claim provider {name} waits for the approval of the facts it reads")));
        };
        Ok(self.component(name, digest).await?.map(|component| LoadedVersion { component, approved: approval.facts, promoted_at: None }))
    }

    /// A version's component, loaded, whether its facts were approved or not.
    pub(crate) async fn component(&self, name: &str, digest: &str) -> Result<Result<ClaimProviderComponent, Reason>, StorageError> {
        let Ok(parsed) = digest.parse::<Digest>() else {
            return Ok(Err(format!("claim provider {name} has a damaged digest")));
        };
        if let Some(component) = self.components.get(parsed) {
            return Ok(Ok(component));
        }
        let Some(bytes) = claim_providers::component(&mut *self.store.read().await?, digest).await? else {
            return Ok(Err(format!("the component of claim provider {name} is not stored")));
        };
        Ok(self.components.load_kept(parsed, bytes).await.map_err(|error| match error {
            LoadError::Altered => format!("the stored component of claim provider {name} was altered"),
            other => other.to_string(),
        }))
    }

    /// Puts in what was read in a generation, unless another one has begun.
    fn put(&self, generation: u64, name: &str, served: &Served) {
        let mut table = self.write();
        if table.generation == generation {
            table.by_name.insert(name.to_owned(), served.clone());
        }
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Table> {
        self.served.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, Table> {
        self.served.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When the current version was promoted, where there is one to go back to.
fn promoted_at(provider: &ClaimProvider) -> Option<Timestamp> {
    provider.current_since.filter(|_| provider.previous.is_some())
}

fn no_version(name: &str) -> Reason {
    format!("claim provider {name} has no version in service: its first one waits for the approval of the facts it reads")
}
