//! Connections as administrators see and change them. A change goes by the rules of an import.

use argus_domain::Timestamp;
use argus_domain::audit::AuditEventKind;
use argus_domain::upstream::{UpstreamIdpSettings, UpstreamKind};
use argus_saml::IdpMetadata;
use argus_saml::keys::Certificate;
use argus_storage::upstream::idps::{self, StoredUpstreamIdp};
use argus_storage::upstream::refusals;
use argus_storage::{StorageError, versions};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

pub use argus_storage::upstream::refusals::UpstreamRefusal;

use super::upstreams::{acs_url, callback_url, check_metadata, entity_id};
use crate::administrator::{AdministrationError, Administrator};
use crate::argus::Argus;
use crate::directory::entries::name_entry;
use crate::import::{self, upstream_idp};
use crate::registry::REGISTRY;
use crate::revoke::{end_upstream_sessions, last_access_token};

/// A certificate for signatures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CertificateView {
    /// Over the certificate, in hexadecimal.
    pub sha256: String,
    /// When it says that it ends, in seconds since the epoch.
    pub not_after: i64,
}

/// The keys and the address of an identity provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeysView {
    /// Its entity ID.
    pub identity_provider: String,
    /// What its signatures verify with.
    pub certificates: Vec<CertificateView>,
    /// Where requests go.
    pub single_sign_on_service: String,
}

/// A connection.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionView {
    /// As a document has it.
    #[serde(flatten)]
    pub settings: UpstreamIdpSettings,
    /// Changes with the settings.
    #[serde(skip)]
    pub tag: String,
    /// What is pinned; none for OpenID Connect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_use: Option<KeysView>,
    /// What the identity provider changed to, and nobody has approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting_for_approval: Option<KeysView>,
    /// What to tell the identity provider of us: name and value, by what it speaks.
    #[schema(value_type = Object)]
    pub service_provider: Map<String, Value>,
}

/// Every connection.
pub async fn list(argus: &Argus) -> Result<Vec<ConnectionView>, StorageError> {
    let stored = idps::list(&mut *argus.store().read().await?).await?;
    Ok(stored.into_iter().map(|idp| view(argus, idp)).collect())
}

/// One connection.
pub async fn show(argus: &Argus, slug: &str) -> Result<ConnectionView, AdministrationError> {
    Ok(view(argus, find(argus, slug).await?))
}

/// What it refused of late, the latest first.
pub async fn refusals_of(argus: &Argus, slug: &str) -> Result<Vec<UpstreamRefusal>, StorageError> {
    refusals::list(&mut *argus.store().read().await?, slug).await
}

/// Writes a connection: all members of a new one, or those that change. `tag` is that of the one that was read; none for a new one.
pub async fn save(
    argus: &Argus,
    slug: &str,
    mut members: Map<String, Value>,
    tag: Option<&str>,
    by: &Administrator,
) -> Result<ConnectionView, AdministrationError> {
    name_entry(&mut members, "slug", slug)?;
    upstream_idp::write(argus, members, tag, by).await?;
    show(argus, slug).await
}

/// Deletes a connection: the links through it, what it gave to users, and the sessions of who came in through it. The users stay.
pub async fn delete(argus: &Argus, slug: &str, tag: &str, by: &Administrator) -> Result<(), AdministrationError> {
    let (now, until) = (argus.now(), last_access_token(argus, argus.now()));
    let event = by.event(argus, AuditEventKind::UpstreamIdpDeleted).with("upstream", slug);
    let (slug, tag) = (slug.to_owned(), tag.to_owned());
    let done = argus
        .store()
        .write(move |tx| {
            let (slug, tag, event) = (slug.clone(), tag.clone(), event.clone());
            Box::pin(async move {
                versions::bump(tx, REGISTRY).await?;
                match idps::find(tx, &slug).await? {
                    None => return Ok(Err(AdministrationError::NotFound(format!("there is no connection {slug}")))),
                    Some(stored) if import::tag(&stored.settings) != tag => return Ok(Err(AdministrationError::Outdated)),
                    Some(_) => {}
                }
                let ended = end_upstream_sessions(tx, &slug, now, until).await?;
                idps::delete(tx, &slug).await?;
                tx.audit(&event).await?;
                Ok(Ok(ended.client_sessions))
            })
        })
        .await?;
    argus.registry().invalidate();
    argus.revocations().add(done?.into_iter().map(|session| (session.to_string(), until)));
    Ok(())
}

pub(super) async fn find(argus: &Argus, slug: &str) -> Result<StoredUpstreamIdp, AdministrationError> {
    let found = idps::find(&mut *argus.store().read().await?, slug).await?;
    found.ok_or_else(|| AdministrationError::NotFound(format!("there is no connection {slug}")))
}

fn view(argus: &Argus, idp: StoredUpstreamIdp) -> ConnectionView {
    let (issuer, slug) = (&argus.settings().issuer, &idp.settings.slug);
    let told = match idp.settings.kind {
        UpstreamKind::Saml => {
            vec![("metadataUrl", entity_id(issuer, slug)), ("entityId", entity_id(issuer, slug)), ("acsUrl", acs_url(issuer, slug))]
        }
        UpstreamKind::Oidc => vec![("redirectUri", callback_url(issuer, slug))],
    };
    ConnectionView {
        tag: import::tag(&idp.settings),
        in_use: idp.settings.metadata.as_deref().and_then(keys),
        waiting_for_approval: idp.offered_metadata.as_deref().and_then(keys),
        service_provider: told.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect(),
        settings: idp.settings,
    }
}

fn keys(metadata: &str) -> Option<KeysView> {
    let (metadata, single_sign_on_service) = check_metadata(metadata).ok()?;
    Some(KeysView { identity_provider: metadata.entity_id().to_owned(), certificates: certificates(&metadata), single_sign_on_service })
}

pub(super) fn certificates(metadata: &IdpMetadata) -> Vec<CertificateView> {
    let view = |certificate: &Certificate| CertificateView {
        sha256: certificate.sha256_fingerprint(),
        not_after: Timestamp::unix_seconds(certificate.not_after()),
    };
    metadata.signing_certificates().iter().map(view).collect()
}
