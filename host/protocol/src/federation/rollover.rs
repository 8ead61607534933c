//! Metadata that identity providers publish: looked at each hour, and anything in them that matters waits for an administrator.
//!
//! Keys are pinned: whoever controls an address on the web does not thereby control who is let in. What waits does no harm either; it is
//! shown with its fingerprints, and taken over when an administrator says so.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use argus_domain::audit::AuditEventKind;
use argus_domain::upstream::UpstreamIdpSettings;
use argus_saml::IdpMetadata;
use argus_storage::upstream::idps::{self, StoredUpstreamIdp};
use argus_storage::{StorageError, versions};
use openidconnect::http;

use super::connections::{certificates, find};
use super::upstream_http;
use super::upstreams::check_metadata;
use crate::administrator::{AdministrationError, Administrator};
use crate::argus::{Argus, RequestMeta};
use crate::registry::REGISTRY;

/// How often metadata are looked at.
const EVERY: Duration = Duration::from_secs(3_600);

/// What a look at metadata found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looked {
    /// Nothing but what is in use.
    Same,
    /// Other keys or addresses, which wait.
    Changed,
}

/// Looks at the metadata of every connection that are due, for as long as the server runs.
pub(crate) async fn look_at_all(argus: &Argus) -> Result<(), StorageError> {
    let now = argus.now();
    let due = |idp: &StoredUpstreamIdp| idp.settings.metadata_url.is_some() && idp.fetched_at.is_none_or(|at| now.since(at) >= EVERY);
    let stored = idps::list(&mut *argus.store().read().await?).await?;
    for idp in stored.into_iter().filter(due) {
        let (slug, before) = (idp.settings.slug.clone(), now.before(EVERY));
        let turn = argus
            .store()
            .write(move |tx| {
                let slug = slug.clone();
                Box::pin(async move { idps::begin_fetch(tx, &slug, before, now).await })
            })
            .await?;
        if !turn {
            continue;
        }
        let meta = RequestMeta { correlation_id: argus.random().sortable_uuid(now).to_string(), address: None };
        match look(argus, &idp.settings, &Administrator::system(meta)).await {
            Ok(Looked::Same) => {}
            Ok(Looked::Changed) => {
                tracing::warn!(slug = idp.settings.slug, "the metadata of an identity provider changed: argus federation list")
            }
            Err(error) => tracing::warn!(slug = idp.settings.slug, %error, "the metadata of an identity provider cannot be had"),
        }
    }
    Ok(())
}

/// Looks at the metadata of one connection now.
pub async fn refresh(argus: &Argus, slug: &str, by: &Administrator) -> Result<Looked, AdministrationError> {
    let idp = find(argus, slug).await?;
    if idp.settings.metadata_url.is_none() {
        return Err(AdministrationError::Conflict(format!("{slug} has no metadataUrl")));
    }
    look(argus, &idp.settings, by).await
}

async fn look(argus: &Argus, settings: &UpstreamIdpSettings, by: &Administrator) -> Result<Looked, AdministrationError> {
    let url = settings.metadata_url.as_deref().unwrap_or_default();
    let published = fetch(argus, url).await.map_err(AdministrationError::Conflict)?;
    let pinned = settings.metadata.as_deref().and_then(|metadata| check_metadata(metadata).ok());
    let (read, sso_url) = check_metadata(&published).map_err(|reason| AdministrationError::Conflict(format!("{url}: {reason}")))?;
    let same = pinned.is_some_and(|(pinned, pinned_url)| is_same(&pinned, &read) && pinned_url == sso_url);
    let offered = (!same).then_some(published);
    let event = by
        .event(argus, AuditEventKind::UpstreamIdpMetadataOffered)
        .with("upstream", settings.slug.as_str())
        .with("certificates", json(&certificates(&read)));
    let slug = settings.slug.clone();
    argus
        .store()
        .write(move |tx| {
            let (slug, offered, event) = (slug.clone(), offered.clone(), event.clone());
            Box::pin(async move {
                if idps::offer(tx, &slug, offered.as_deref()).await? && offered.is_some() {
                    tx.audit(&event).await?;
                }
                Ok(())
            })
        })
        .await?;
    Ok(if same { Looked::Same } else { Looked::Changed })
}

fn is_same(one: &IdpMetadata, other: &IdpMetadata) -> bool {
    let sorted = |metadata: &IdpMetadata| {
        let mut all: Vec<String> = metadata.signing_certificates().iter().map(argus_saml::keys::Certificate::sha256_fingerprint).collect();
        all.sort();
        all
    };
    one.entity_id() == other.entity_id() && sorted(one) == sorted(other)
}

/// Fetches metadata; or says why there are none.
pub(crate) async fn fetch(argus: &Argus, url: &str) -> Result<String, String> {
    let request = http::Request::get(url).header("accept", "application/samlmetadata+xml, application/xml, text/xml").body(Vec::new());
    let request = request.map_err(|error| format!("{url}: {error}"))?;
    let answer = upstream_http::send(Arc::clone(&argus.upstream_http()), request).await.map_err(|error| format!("{url}: {error}"))?;
    if answer.status() != http::StatusCode::OK {
        return Err(format!("{url} answers {}", answer.status()));
    }
    String::from_utf8(answer.into_body()).map_err(|_| format!("{url} answers something that is not UTF-8"))
}

/// Takes over the metadata that wait.
///
/// `seen` are the fingerprints that the administrator looked at, where that was not just now.
pub async fn approve(argus: &Argus, slug: &str, seen: Option<&[String]>, by: &Administrator) -> Result<(), AdministrationError> {
    let idp = find(argus, slug).await?;
    let Some(offered) = idp.offered_metadata else {
        return Err(AdministrationError::Conflict(format!("no metadata of {slug} wait for approval")));
    };
    let (read, _) = check_metadata(&offered).map_err(AdministrationError::Conflict)?;
    let fingerprints: BTreeSet<String> = certificates(&read).into_iter().map(|certificate| certificate.sha256).collect();
    if seen.is_some_and(|seen| seen.iter().cloned().collect::<BTreeSet<_>>() != fingerprints) {
        return Err(AdministrationError::Outdated);
    }
    let before = idp.settings.clone();
    let settings = UpstreamIdpSettings { metadata: Some(offered), ..idp.settings };
    let event = by.event(argus, AuditEventKind::UpstreamIdpChanged).with("upstream", slug).with("certificates", json(&certificates(&read)));
    let now = argus.now();
    let written = argus
        .store()
        .write(move |tx| {
            let (before, settings, event) = (before.clone(), settings.clone(), event.clone());
            Box::pin(async move {
                // Counted first, so that changes on two nodes come one after the other.
                versions::bump(tx, REGISTRY).await?;
                let stored = idps::find(tx, &settings.slug).await?;
                if stored.is_none_or(|stored| stored.settings != before || stored.offered_metadata != settings.metadata) {
                    return Ok(false);
                }
                idps::upsert(tx, &settings, None, now).await?;
                tx.audit(&event).await?;
                Ok(true)
            })
        })
        .await?;
    argus.registry().invalidate();
    if written { Ok(()) } else { Err(AdministrationError::concurrent()) }
}

fn json(certificates: &[super::connections::CertificateView]) -> serde_json::Value {
    serde_json::to_value(certificates).unwrap_or_default()
}
