//! Connections to upstream identity providers of a document.

use std::collections::HashSet;

use argus_domain::document::{Document, overlay, read as read_entry};
use argus_domain::secret::Secret;
use argus_domain::upstream::{UpstreamIdpSettings, UpstreamKind};
use argus_domain::{Pointer, Problem};
use argus_storage::StorageError;
use argus_storage::upstream::idps;
use serde_json::{Map, Value};

use super::directory::{Directory, refuse_repeated};
use super::stored::Stored;
use super::{ChangeKind, Problems, ReadFile};
use crate::argus::Argus;
use crate::federation::{check_metadata, fetch_metadata, open_client_secret, seal_client_secret};

/// A connection of the document.
#[derive(Clone, Debug)]
pub(super) struct UpstreamIdpChange {
    pub(super) settings: UpstreamIdpSettings,
    pub(super) before: Option<UpstreamIdpSettings>,
    /// A new secret of ours there, sealed.
    pub(super) client_secret_sealed: Option<Vec<u8>>,
    pub(super) kind: ChangeKind,
}

impl UpstreamIdpChange {
    pub(super) fn is_disabled_now(&self) -> bool {
        !self.settings.enabled && self.before.as_ref().is_some_and(|before| before.enabled)
    }
}

pub(super) async fn read(
    argus: &Argus,
    document: &Document,
    stored: &Stored,
    directory: &Directory,
    read_file: &ReadFile<'_>,
    problems: &mut Problems,
) -> Result<Vec<UpstreamIdpChange>, StorageError> {
    if document.upstream_idps.is_empty() {
        return Ok(Vec::new());
    }
    let known = idps::list(&mut *argus.store().read().await?).await?;
    let mut seen = HashSet::new();
    let mut changes: Vec<UpstreamIdpChange> = Vec::new();
    for (i, value) in document.upstream_idps.iter().enumerate() {
        let pointer = Pointer::root().join("upstreamIdps").join(i);
        let slug = value.get("slug").and_then(Value::as_str).unwrap_or_default();
        let stored_idp = known.iter().find(|idp| idp.settings.slug == slug);
        let before = stored_idp.map(|idp| idp.settings.clone());
        let mut value = value.clone();
        let secret = take_secret(&mut value, &pointer, problems);
        let mut merged = before.as_ref().and_then(|before| serde_json::to_value(before).ok()).unwrap_or_else(|| Value::Object(Map::new()));
        if value.is_object() {
            overlay(&mut merged, &value);
        } else {
            merged = value;
        }
        let Some(mut settings) = problems.take(read_entry::<UpstreamIdpSettings>(&merged, &pointer)) else { continue };
        refuse_repeated(&mut seen, settings.slug.clone(), &pointer.join("slug"), problems);
        if let (None, Some(url)) = (&settings.metadata, &settings.metadata_url) {
            let fetched = fetch_metadata(argus, url).await.map_err(|reason| Problem::new(pointer.join("metadataUrl"), reason));
            let Some(metadata) = problems.take(fetched) else { continue };
            settings.metadata = Some(metadata);
        }
        problems.found.extend(settings.check().into_iter().map(|problem| problem.within(&pointer)));
        if let Some(metadata) = settings.metadata.take() {
            settings.metadata = problems.take(metadata_text(metadata, &pointer.join("metadata"), read_file));
        }
        check_references(&settings, &pointer, stored, directory, problems);
        if secret.is_some() && settings.kind != UpstreamKind::Oidc {
            problems.refuse(pointer.join("clientSecret"), "is for connections by OpenID Connect");
        }
        let known_secret =
            stored_idp.and_then(|idp| idp.client_secret_sealed.as_deref()).and_then(|sealed| open_client_secret(argus, sealed));
        let new = secret.filter(|secret| known_secret.as_ref().is_none_or(|known| known.expose() != secret.expose()));
        let kind = match ChangeKind::of(before.as_ref(), &settings) {
            ChangeKind::Unchanged if new.is_some() => ChangeKind::Changed,
            kind => kind,
        };
        let client_secret_sealed = new.map(|secret| seal_client_secret(argus, &secret));
        changes.push(UpstreamIdpChange { settings, before, client_secret_sealed, kind });
    }
    check_domains(&changes, &known, problems);
    Ok(changes)
}

/// Takes the secret out: it is sealed at once, and is no part of the settings.
fn take_secret(entry: &mut Value, pointer: &Pointer, problems: &mut Problems) -> Option<Secret> {
    match entry.as_object_mut()?.shift_remove("clientSecret")? {
        Value::String(secret) if (1..=1_000).contains(&secret.len()) => Some(Secret::new(secret)),
        _ => {
            problems.refuse(pointer.join("clientSecret"), "must be a text of 1 to 1000 bytes");
            None
        }
    }
}

/// The metadata themselves: the member is them, or the path of a file that holds them.
fn metadata_text(member: String, pointer: &Pointer, read_file: &ReadFile<'_>) -> Result<String, Problem> {
    let text = if member.trim_start().starts_with('<') {
        member
    } else {
        let bytes = read_file(&member).map_err(|error| Problem::new(pointer.clone(), format!("cannot read {member}: {error}")))?;
        String::from_utf8(bytes).map_err(|_| Problem::new(pointer.clone(), format!("{member} is not UTF-8")))?
    };
    match check_metadata(&text) {
        Ok(_) => Ok(text),
        Err(reason) => Err(Problem::new(pointer.clone(), reason)),
    }
}

fn check_references(settings: &UpstreamIdpSettings, pointer: &Pointer, stored: &Stored, directory: &Directory, problems: &mut Problems) {
    if let Some(customer) = settings.customer.as_deref().filter(|customer| !directory.knows_customer(stored, customer)) {
        problems.refuse(pointer.join("customer"), format!("no customer has the short name {customer}"));
    }
    for (theirs, ours) in settings.group_map.iter().filter(|(_, ours)| !directory.knows_group(stored, ours)) {
        problems.refuse(pointer.join("groupMap").join(theirs), format!("no group has the short name {ours}"));
    }
    for (theirs, ours) in settings.function_map.iter().filter(|(_, ours)| !directory.knows_function(stored, ours)) {
        problems.refuse(pointer.join("functionMap").join(theirs), format!("no function is named {ours}"));
    }
}

/// A domain belongs to one organisation: two connections that serve one would verify each other's addresses. Connections of one
/// organisation may share it, which an administrator says by giving it to both; that is a warning.
fn check_domains(changes: &[UpstreamIdpChange], known: &[idps::StoredUpstreamIdp], problems: &mut Problems) {
    let untouched = known.iter().map(|idp| &idp.settings).filter(|idp| !changes.iter().any(|change| change.settings.slug == idp.slug));
    let all: Vec<&UpstreamIdpSettings> = changes.iter().map(|change| &change.settings).chain(untouched).collect();
    for (i, change) in changes.iter().enumerate() {
        for (j, domain) in change.settings.domains.iter().enumerate() {
            let other = all.iter().find(|other| other.slug != change.settings.slug && other.domains.contains(domain));
            if let Some(other) = other {
                let pointer = Pointer::root().join("upstreamIdps").join(i).join("domains").join(j);
                problems.warn(pointer, format!("is a domain of {} too: both vouch for its addresses", other.slug));
            }
        }
    }
}
