//! Connections as the use cases see them: prepared once, cached with the registry.

use std::sync::Arc;
use std::time::Duration;

use argus_domain::Timestamp;
use argus_domain::secret::Secret;
use argus_domain::upstream::{UpstreamIdpSettings, UpstreamKind};
use argus_keys::seal::Purpose;
use argus_saml::keys::Certificate;
use argus_saml::metadata::Binding;
use argus_saml::{Connection, IdpMetadata};
use argus_storage::upstream::idps::{self, StoredUpstreamIdp};
use argus_storage::{StorageError, Store};
use url::Url;

use super::FederationError;
use super::oidc::OidcParty;
use super::saml_keys::{self, SamlKeys, SamlKeysError};
use crate::argus::Argus;
use crate::settings::Issuer;

/// All connections.
#[derive(Default)]
pub(crate) struct Upstreams(Vec<Arc<Upstream>>);

impl Upstreams {
    fn enabled(&self) -> impl Iterator<Item = &Arc<Upstream>> {
        self.0.iter().filter(|upstream| upstream.settings.enabled)
    }
}

/// A connection at work.
pub(crate) struct Upstream {
    pub(crate) settings: UpstreamIdpSettings,
    pub(super) party: Party,
}

/// The identity provider, by what it speaks.
pub(super) enum Party {
    Saml(Box<SamlParty>),
    Oidc(Box<OidcParty>),
}

/// A SAML identity provider.
pub(super) struct SamlParty {
    /// Where requests go.
    pub(super) sso_url: String,
    pub(super) connection: Arc<Connection>,
    pub(super) keys: Arc<SamlKeys>,
}

impl Upstream {
    /// Whose pages people sign in on.
    fn origin(&self) -> String {
        let url = match &self.party {
            Party::Saml(saml) => &saml.sso_url,
            Party::Oidc(oidc) => oidc.issuer(),
        };
        Url::parse(url).map(|url| url.origin().ascii_serialization()).unwrap_or_default()
    }

    /// The SAML side of it, at the addresses that are SAML's.
    pub(super) fn saml(&self) -> Result<&SamlParty, FederationError> {
        match &self.party {
            Party::Saml(saml) => Ok(saml),
            Party::Oidc(_) => Err(FederationError::UnknownConnection),
        }
    }

    /// The same for OpenID Connect.
    pub(super) fn oidc(&self) -> Result<&OidcParty, FederationError> {
        match &self.party {
            Party::Oidc(oidc) => Ok(oidc),
            Party::Saml(_) => Err(FederationError::UnknownConnection),
        }
    }
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
    /// Whether it is found by e-mail addresses.
    pub has_domains: bool,
}

/// The enabled connections, by slug.
pub async fn choices(argus: &Argus) -> Result<Vec<UpstreamChoice>, StorageError> {
    let choice = |upstream: &Arc<Upstream>| UpstreamChoice {
        slug: upstream.settings.slug.clone(),
        name: upstream.settings.name.clone(),
        origin: upstream.origin(),
        has_domains: !upstream.settings.domains.is_empty(),
    };
    Ok(all(argus).await?.enabled().map(choice).collect())
}

/// The slug of the connection that serves an e-mail address, or a user name in the form of one.
pub async fn serving(argus: &Argus, address: &str) -> Result<Option<String>, StorageError> {
    Ok(all(argus).await?.enabled().find(|upstream| upstream.settings.has_domain_of(address)).map(|upstream| upstream.settings.slug.clone()))
}

/// The slug of the connection that a user name has to come in through, because passwords are switched off for its domain.
pub(crate) async fn forced_for(argus: &Argus, username: &str) -> Result<Option<String>, StorageError> {
    let is_forced = |settings: &UpstreamIdpSettings| !settings.local_passwords && settings.has_domain_of(username);
    Ok(all(argus).await?.enabled().find(|upstream| is_forced(&upstream.settings)).map(|upstream| upstream.settings.slug.clone()))
}

/// Whether users come in through a connection of that name.
pub(crate) async fn is_enabled(argus: &Argus, slug: &str) -> Result<bool, StorageError> {
    Ok(all(argus).await?.enabled().any(|upstream| upstream.settings.slug == slug))
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
    for StoredUpstreamIdp { settings, client_secret_sealed, .. } in stored {
        let party = match settings.kind {
            UpstreamKind::Saml => saml_party(&settings, &argus.settings().issuer, &keys).map(|saml| Party::Saml(Box::new(saml))),
            UpstreamKind::Oidc => oidc_party(argus, &settings, client_secret_sealed.as_deref()).map(|oidc| Party::Oidc(Box::new(oidc))),
        };
        if let Some(warning) = warning(&settings, argus.now()) {
            tracing::warn!(slug = settings.slug, warning, "a connection to an identity provider");
        }
        match party {
            Ok(party) => prepared.push(Arc::new(Upstream { settings, party })),
            Err(reason) => tracing::error!(slug = settings.slug, reason, "a connection cannot be used"),
        }
    }
    Ok(Upstreams(prepared))
}

fn saml_party(settings: &UpstreamIdpSettings, issuer: &Issuer, keys: &Arc<SamlKeys>) -> Result<SamlParty, String> {
    let (metadata, sso_url) = check_metadata(settings.metadata.as_deref().unwrap_or_default())?;
    let connection = metadata
        .connection(entity_id(issuer, &settings.slug), acs_url(issuer, &settings.slug))
        .with_cbc(settings.allow_cbc)
        .with_unsolicited(settings.allow_unsolicited)
        .with_decryption_keys(if settings.encryption { keys.decryption.clone() } else { Vec::new() });
    let connection = match settings.clock_skew_seconds {
        Some(seconds) => connection.with_clock_skew(Duration::from_secs(u64::from(seconds))),
        None => connection,
    };
    Ok(SamlParty { sso_url, connection: Arc::new(connection), keys: Arc::clone(keys) })
}

fn oidc_party(argus: &Argus, settings: &UpstreamIdpSettings, sealed: Option<&[u8]>) -> Result<OidcParty, String> {
    let secret = match sealed {
        Some(sealed) => Some(open_client_secret(argus, sealed).ok_or("the client's secret does not open with the key-encryption key")?),
        None => None,
    };
    let redirect_uri = callback_url(&argus.settings().issuer, &settings.slug);
    OidcParty::new(settings, secret, redirect_uri, argus.upstream_http()).ok_or_else(|| "it has no issuer or no client id".to_owned())
}

/// A client's secret at an identity provider, to be stored.
pub(crate) fn seal_client_secret(argus: &Argus, secret: &Secret) -> Vec<u8> {
    argus.sealing().seal(Purpose::UpstreamClientSecret, secret.expose().as_bytes())
}

/// The same, as it was stored.
pub(crate) fn open_client_secret(argus: &Argus, sealed: &[u8]) -> Option<Secret> {
    let clear = argus.sealing().open(Purpose::UpstreamClientSecret, sealed).ok()?;
    std::str::from_utf8(&clear).ok().map(Secret::new)
}

/// How long before its end a certificate is warned of.
const WARNED_BEFORE: Duration = Duration::from_secs(30 * 86_400);

/// What administrators should know of the connections: one sentence for each that cannot be used, or whose certificates all end soon.
/// Their end does not end the keys here, but most identity providers change over before it.
pub async fn warnings(store: &Store, now: Timestamp) -> Result<Vec<String>, StorageError> {
    let stored = idps::list(&mut *store.read().await?).await?;
    let waiting = |idp: &StoredUpstreamIdp| {
        let slug = &idp.settings.slug;
        idp.offered_metadata.as_ref().map(|_| format!("{slug}: metadata with other keys or addresses wait: argus federation list"))
    };
    Ok(stored.iter().flat_map(|idp| [warning(&idp.settings, now), waiting(idp)]).flatten().collect())
}

fn warning(settings: &UpstreamIdpSettings, now: Timestamp) -> Option<String> {
    let slug = &settings.slug;
    let metadata = match check_metadata(settings.metadata.as_deref()?) {
        Ok((metadata, _)) => metadata,
        Err(reason) => return Some(format!("{slug} cannot be used: {reason}")),
    };
    let last = metadata.signing_certificates().iter().map(Certificate::not_after).max()?;
    if last > now.after(WARNED_BEFORE) {
        return None;
    }
    let days = last.since(now).as_secs() / 86_400;
    Some(if last <= now {
        format!("{slug}: the last certificate for signatures has ended: ask for new metadata, and import them")
    } else {
        format!("{slug}: the last certificate for signatures ends in {days} days: ask for new metadata, and import them")
    })
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

/// Where an OpenID provider sends browsers back to.
pub(super) fn callback_url(issuer: &Issuer, slug: &str) -> String {
    format!("{}/oidc/{slug}/callback", issuer.as_str())
}

/// Where responses are posted to.
pub(super) fn acs_url(issuer: &Issuer, slug: &str) -> String {
    format!("{}/saml/{slug}/acs", issuer.as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const METADATA: &str = include_str!("../../../saml/tests/samples/keycloak-idp-metadata.xml");

    #[test]
    fn certificates_that_end_are_warned_of() {
        let entry = json!({"slug": "acme", "kind": "saml", "name": "Acme", "metadata": METADATA});
        let settings: UpstreamIdpSettings = serde_json::from_value(entry).unwrap();
        let end = check_metadata(METADATA).unwrap().0.signing_certificates()[0].not_after();
        let at = |days: u64| warning(&settings, end.before(Duration::from_secs(days * 86_400)));
        assert_eq!(at(31), None);
        assert!(at(29).unwrap().contains("ends in 29 days"));
        assert!(warning(&settings, end).unwrap().contains("has ended"));
        let broken = UpstreamIdpSettings { metadata: Some("<x/>".to_owned()), ..settings };
        assert!(warning(&broken, end).unwrap().contains("cannot be used"));
    }
}
