//! Loaded components by digest. Which name means which digest is the database's business.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use crate::compiler::Purpose;
use crate::component::ClaimProviderComponent;
use crate::digest::Digest;
use crate::engine::Engine;
use crate::load::{self, LoadError};

/// Keeps components loaded. Cheap to clone.
#[derive(Clone)]
pub struct Registry {
    inner: Arc<Inner>,
    purpose: Purpose,
}

struct Inner {
    engine: Engine,
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    by_digest: HashMap<Digest, Entry>,
    /// Counts uses, to find the component unused for longest.
    uses: u64,
}

struct Entry {
    /// Callers that want the same component at once share one load.
    cell: Arc<OnceCell<ClaimProviderComponent>>,
    last_use: u64,
}

impl Registry {
    /// A registry without any component.
    pub fn new(engine: Engine) -> Self {
        Self { inner: Arc::new(Inner { engine, entries: Mutex::default() }), purpose: Purpose::Serving }
    }

    /// The same registry for components that nobody runs yet: what has to be compiled for them waits for its like, and nothing that is
    /// to run waits for it.
    pub fn for_uploads(&self) -> Self {
        Self { purpose: Purpose::Upload, ..self.clone() }
    }

    /// Forgets a component, and deletes its compiled form: it was refused, or nothing uses it any more.
    pub async fn discard(&self, digest: Digest) {
        self.entries().by_digest.remove(&digest);
        let engine = self.inner.engine.clone();
        // Only while the runtime shuts down does this not run; what is left then is made no use of.
        let _ = tokio::task::spawn_blocking(move || engine.cache().remove(digest)).await;
    }

    /// The engine that runs the components.
    pub fn engine(&self) -> &Engine {
        &self.inner.engine
    }

    /// Loads a component, or returns it when it is loaded. A load that failed is tried anew by the next caller.
    pub async fn load(&self, component: impl Into<Arc<[u8]>>) -> Result<ClaimProviderComponent, LoadError> {
        let component = component.into();
        let digest = digest_of(&component).await?;
        self.load_hashed(digest, &component).await
    }

    /// The same for a component that was kept under its digest, and is refused when its bytes are others by now.
    pub async fn load_kept(&self, digest: Digest, component: impl Into<Arc<[u8]>>) -> Result<ClaimProviderComponent, LoadError> {
        let component = component.into();
        if digest_of(&component).await? != digest {
            return Err(LoadError::Altered);
        }
        self.load_hashed(digest, &component).await
    }

    async fn load_hashed(&self, digest: Digest, component: &[u8]) -> Result<ClaimProviderComponent, LoadError> {
        let cell = self.cell(digest);
        let loaded = cell.get_or_try_init(|| load::load(&self.inner.engine, digest, component, self.purpose)).await.cloned();
        if loaded.is_err() {
            self.forget_empty(digest);
        }
        loaded
    }

    /// A component that is loaded.
    pub fn get(&self, digest: Digest) -> Option<ClaimProviderComponent> {
        let mut entries = self.entries();
        let now = entries.tick();
        let entry = entries.by_digest.get_mut(&digest)?;
        entry.last_use = now;
        entry.cell.get().cloned()
    }

    fn cell(&self, digest: Digest) -> Arc<OnceCell<ClaimProviderComponent>> {
        let mut entries = self.entries();
        let now = entries.tick();
        let entry = entries.by_digest.entry(digest).or_insert_with(|| Entry { cell: Arc::default(), last_use: now });
        entry.last_use = now;
        let cell = Arc::clone(&entry.cell);
        entries.make_room(self.inner.engine.limits().max_loaded_components);
        cell
    }

    fn forget_empty(&self, digest: Digest) {
        let mut entries = self.entries();
        if entries.by_digest.get(&digest).is_some_and(|entry| entry.cell.get().is_none() && Arc::strong_count(&entry.cell) <= 2) {
            entries.by_digest.remove(&digest);
        }
    }

    fn entries(&self) -> std::sync::MutexGuard<'_, Entries> {
        // No code under the lock can panic half-way through a change.
        self.inner.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Away from the threads that serve requests: a component may have megabytes.
async fn digest_of(component: &Arc<[u8]>) -> Result<Digest, LoadError> {
    let component = Arc::clone(component);
    tokio::task::spawn_blocking(move || Digest::of(&component)).await.map_err(|_| LoadError::Unavailable)
}

impl Entries {
    fn tick(&mut self) -> u64 {
        self.uses += 1;
        self.uses
    }

    fn make_room(&mut self, most: usize) {
        while self.by_digest.len() > most {
            let Some(oldest) = self.by_digest.iter().min_by_key(|(_, entry)| entry.last_use).map(|(digest, _)| *digest) else { return };
            self.by_digest.remove(&oldest);
        }
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry").field("components", &self.entries().by_digest.len()).finish_non_exhaustive()
    }
}
