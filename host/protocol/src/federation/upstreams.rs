//! Connections as the use cases see them: prepared once, cached with the registry.

use std::sync::Arc;
use std::time::Duration;

use argus_domain::upstream::{UpstreamIdpSettings, domain_of};
use argus_saml::metadata::Binding;
use argus_saml::{Connection, IdpMetadata};
use argus_storage::StorageError;
use argus_storage::upstream::idps;
use url::Url;

use super::FederationError;
use super::saml_keys::{self, SamlKeys, SamlKeysError};
use crate::argus::Argus;
use crate::settings::Issuer;

/// All connections.
#[derive(Default)]
pub(crate) struct Upstreams(Vec<Arc<Upstream>>);

/// A connection at work.
pub(crate) struct Upstream {
    pub(crate) settings: UpstreamIdpSettings,
    /// Where requests go.
    pub(crate) sso_url: String,
    pub(crate) connection: Connection,
    pub(crate) keys: Arc<SamlKeys>,
}

/// A way in, as the sign-in page offers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamChoice {
    /// Part of its address.
    pub slug: String,
    /// For people.
    pub name: String,
    /// Where its sign-in page is, for the content security policy.
    pub origin: String,
    domains: Vec<String>,
    local_passwords: bool,
}

impl UpstreamChoice {
    /// Whether it is found by e-mail addresses.
    pub fn has_domains(&self) -> bool {
        !self.domains.is_empty()
    }

    /// Whether it is the way in for an e-mail address, or a user name in the form of one.
    pub fn serves(&self, address: &str) -> bool {
        domain_of(address).is_some_and(|domain| self.domains.contains(&domain))
    }
}

/// The enabled connections, by slug.
pub async fn choices(argus: &Argus) -> Result<Vec<UpstreamChoice>, StorageError> {
    let upstreams = all(argus).await?;
    let enabled = upstreams.0.iter().filter(|upstream| upstream.settings.enabled);
    Ok(enabled
        .map(|upstream| UpstreamChoice {
            slug: upstream.settings.slug.clone(),
            name: upstream.settings.name.clone(),
            origin: Url::parse(&upstream.sso_url).map(|url| url.origin().ascii_serialization()).unwrap_or_default(),
            domains: upstream.settings.domains.clone(),
            local_passwords: upstream.settings.local_passwords,
        })
        .collect())
}

/// The connection that a user name has to come in through, because passwords are switched off for its domain.
pub async fn forced_for(argus: &Argus, username: &str) -> Result<Option<UpstreamChoice>, StorageError> {
    if domain_of(username).is_none() {
        return Ok(None);
    }
    Ok(choices(argus).await?.into_iter().find(|choice| !choice.local_passwords && choice.serves(username)))
}

/// Whether users come in through a connection of that name.
pub(crate) async fn is_enabled(argus: &Argus, slug: &str) -> Result<bool, StorageError> {
    Ok(all(argus).await?.0.iter().any(|upstream| upstream.settings.enabled && upstream.settings.slug == slug))
}

/// An enabled connection.
pub(super) async fn enabled(argus: &Argus, slug: &str) -> Result<Arc<Upstream>, FederationError> {
    let found = any(argus, slug).await?;
    if found.settings.enabled { Ok(found) } else { Err(FederationError::UnknownConnection) }
}

/// A connection, enabled or not.
pub(super) async fn any(argus: &Argus, slug: &str) -> Result<Arc<Upstream>, FederationError> {
    let upstreams = all(argus).await?;
    upstreams.0.iter().find(|upstream| upstream.settings.slug == slug).cloned().ok_or(FederationError::UnknownConnection)
}

async fn all(argus: &Argus) -> Result<Arc<Upstreams>, StorageError> {
    argus.registry().upstreams(async || load(argus).await).await
}

async fn load(argus: &Argus) -> Result<Upstreams, StorageError> {
    let stored = idps::list(&mut *argus.store().read().await?).await?;
    if stored.is_empty() {
        return Ok(Upstreams::default());
    }
    let keys = match saml_keys::load(argus).await {
        Ok(keys) => Arc::new(keys),
        Err(SamlKeysError::Storage(error)) => return Err(error),
        Err(error) => {
            // Passwords still work; whoever comes from an identity provider is told that there is no such sign-in.
            tracing::error!(%error, "no connection to an identity provider can be used");
            return Ok(Upstreams::default());
        }
    };
    let mut prepared = Vec::new();
    for stored in stored {
        match prepare(stored.settings, &argus.settings().issuer, &keys) {
            Ok(upstream) => prepared.push(Arc::new(upstream)),
            Err((slug, reason)) => tracing::error!(slug, reason, "a connection cannot be used"),
        }
    }
    Ok(Upstreams(prepared))
}

fn prepare(settings: UpstreamIdpSettings, issuer: &Issuer, keys: &Arc<SamlKeys>) -> Result<Upstream, (String, String)> {
    let (metadata, sso_url) = match check_metadata(settings.metadata.as_deref().unwrap_or_default()) {
        Ok(read) => read,
        Err(reason) => return Err((settings.slug, reason)),
    };
    let connection = metadata
        .connection(entity_id(issuer, &settings.slug), acs_url(issuer, &settings.slug))
        .with_cbc(settings.allow_cbc)
        .with_unsolicited(settings.allow_unsolicited)
        .with_decryption_keys(if settings.encryption { keys.decryption.clone() } else { Vec::new() });
    let connection = match settings.clock_skew_seconds {
        Some(seconds) => connection.with_clock_skew(Duration::from_secs(u64::from(seconds))),
        None => connection,
    };
    Ok(Upstream { settings, sso_url, connection, keys: Arc::clone(keys) })
}

/// Metadata, and where they want requests to be sent; or why they are of no use.
pub(crate) fn check_metadata(metadata: &str) -> Result<(IdpMetadata, String), String> {
    let read = IdpMetadata::parse(metadata.as_bytes()).map_err(|refusal| refusal.reason)?;
    let service = read.sso_services().iter().find(|service| service.binding == Binding::HttpRedirect);
    let Some(service) = service else {
        return Err("The metadata have no single sign-on service with the HTTP-Redirect binding.".to_owned());
    };
    let location = service.location.clone();
    if location.contains('#') || Url::parse(&location).is_err() {
        return Err("The address of the single sign-on service is not a URL without fragment.".to_owned());
    }
    Ok((read, location))
}

/// Who we are to the identity provider: the address of our metadata.
pub(super) fn entity_id(issuer: &Issuer, slug: &str) -> String {
    format!("{}/saml/{slug}/metadata", issuer.as_str())
}

/// Where responses are posted to.
pub(super) fn acs_url(issuer: &Issuer, slug: &str) -> String {
    format!("{}/saml/{slug}/acs", issuer.as_str())
}
