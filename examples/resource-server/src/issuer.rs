//! What an issuer publishes: its metadata (RFC 8414) and its keys (RFC 7517), fetched when they are needed and then kept.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;

/// Keys are fetched again no more often than this, however many tokens name a key nobody knows.
const PAUSE: Duration = Duration::from_secs(30);
/// And no less often, so that a key withdrawn by the issuer does not live on here.
const LONGEST: Duration = Duration::from_secs(300);

/// The part of the metadata that an API needs.
#[derive(Clone, Deserialize)]
pub(crate) struct Metadata {
    issuer: String,
    jwks_uri: String,
    pub(crate) introspection_endpoint: Option<String>,
}

/// An issuer whose tokens are accepted.
pub(crate) struct Issuer {
    /// Exactly as in its metadata and in the `iss` of its tokens.
    pub(crate) name: String,
    pub(crate) http: reqwest::Client,
    metadata: Mutex<Option<Metadata>>,
    keys: Mutex<Option<(Instant, JwkSet)>>,
}

impl Issuer {
    pub(crate) fn new(name: String) -> Result<Self> {
        // One crypto library for everything; an error only means that it was chosen already.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(Duration::from_secs(5)).build()?;
        Ok(Self { name, http, metadata: Mutex::default(), keys: Mutex::default() })
    }

    /// An issuer whose keys are known, for tests without a network.
    #[cfg(test)]
    pub(crate) fn with_keys(name: &str, keys: JwkSet) -> Result<Self> {
        Ok(Self { keys: Mutex::new(Some((Instant::now(), keys))), ..Self::new(name.to_owned())? })
    }

    /// The key a token names; `None` when the issuer has no such key.
    pub(crate) async fn key(&self, id: &str) -> Result<Option<Jwk>> {
        // Held while fetching: requests that need the same keys wait for one fetch.
        let mut keys = self.keys.lock().await;
        if let Some((fetched, set)) = &*keys {
            let age = fetched.elapsed();
            let known = set.find(id);
            if age < PAUSE || (age < LONGEST && known.is_some()) {
                return Ok(known.cloned());
            }
        }
        let set: JwkSet = self.get(&self.metadata().await?.jwks_uri).await?;
        let found = set.find(id).cloned();
        *keys = Some((Instant::now(), set));
        Ok(found)
    }

    pub(crate) async fn metadata(&self) -> Result<Metadata> {
        let mut metadata = self.metadata.lock().await;
        if let Some(metadata) = &*metadata {
            return Ok(metadata.clone());
        }
        let fetched: Metadata = self.get(&format!("{}/.well-known/openid-configuration", self.name)).await?;
        ensure!(fetched.issuer == self.name, "the metadata of {} is that of {}", self.name, fetched.issuer);
        Ok(metadata.insert(fetched).clone())
    }

    async fn get<T: DeserializeOwned>(&self, url: &str) -> Result<T> {
        let response = self.http.get(url).send().await?.error_for_status()?;
        response.json().await.with_context(|| format!("{url} is not what it should be"))
    }
}
