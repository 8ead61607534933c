//! Claim providers of a document: read, compiled, described, and tried on what is stored.

use std::collections::HashSet;

use argus_domain::document::{ClaimProviderEntry, Document, read as read_entry};
use argus_domain::{Pointer, Problem};
use argus_storage::{StorageError, claim_providers, clients};

use super::directory::refuse_repeated;
use super::{ChangeKind, Problems, ReadFile};
use crate::argus::Argus;
use crate::claim_providers::approval::{self, Decision};
use crate::claim_providers::attach::{self, Candidate, follows};
use crate::claim_providers::registration::Registration;
use crate::claim_providers::{LoadedVersion, check_name};

/// A claim provider of the document.
#[derive(Clone)]
pub(super) struct ProviderChange {
    pub(super) registration: Registration,
    /// What clients of the document are checked against; none while the version waits for approval.
    pub(super) candidate: Option<Candidate>,
    pub(super) kind: ChangeKind,
}

pub(super) async fn read(
    argus: &Argus,
    document: &Document,
    read_file: &ReadFile<'_>,
    problems: &mut Problems,
) -> Result<Vec<ProviderChange>, StorageError> {
    let mut seen = HashSet::new();
    let mut changes = Vec::new();
    for (i, value) in document.claim_providers.iter().enumerate() {
        let pointer = Pointer::root().join("claimProviders").join(i);
        let Some(entry) = problems.take(read_entry::<ClaimProviderEntry>(value, &pointer)) else { continue };
        refuse_repeated(&mut seen, entry.name.clone(), &pointer.join("name"), problems);
        if let Err(rule) = check_name(&entry.name) {
            problems.refuse(pointer.join("name"), rule);
            continue;
        }
        let bytes = match read_file(&entry.component) {
            Ok(bytes) => bytes,
            Err(error) => {
                problems.refuse(pointer.join("component"), format!("cannot read {}: {error}", entry.component));
                continue;
            }
        };
        changes.extend(provider(argus, entry, bytes, &pointer, problems).await?);
    }
    check_stored_configurations(argus, document, &changes, problems).await?;
    Ok(changes)
}

/// Whoever imports administers the installation, and approves what a new provider reads by importing it. A later version that wants to
/// read more has to be told so: by `facts` in the document, or by an approval of its own.
async fn provider(
    argus: &Argus,
    entry: ClaimProviderEntry,
    bytes: Vec<u8>,
    pointer: &Pointer,
    problems: &mut Problems,
) -> Result<Option<ProviderChange>, StorageError> {
    let component = match argus.registry().components().load(bytes.clone()).await {
        Ok(component) => component,
        Err(error) => {
            problems.refuse(pointer.join("component"), error.to_string());
            return Ok(None);
        }
    };
    let digest = component.digest().to_string();
    let (stored, known) = {
        let mut reader = argus.store().read().await?;
        let stored = claim_providers::find(&mut reader, &entry.name).await?;
        (stored, claim_providers::version(&mut reader, &entry.name, &digest).await?)
    };
    let needs = component.metadata().needs;
    let asked = entry.facts.or(stored.is_none().then_some(needs));
    let in_service = approval::in_service(argus, stored.as_ref()).await?;
    let approved = match approval::decide(needs, in_service.union(asked.unwrap_or_default()), known.as_ref()) {
        Decision::Approved(facts) => Some(facts),
        Decision::Waits { missing } => {
            problems.warn(
                pointer.join("component"),
                format!(
                    "reads {missing}, which was not approved: the version waits; name it in `facts`, or `argus plugin approve {}`",
                    entry.name
                ),
            );
            None
        }
    };
    let is_current = stored.as_ref().is_some_and(|stored| stored.current.as_ref() == Some(&digest));
    let kind = match (&stored, &known) {
        (None, _) => ChangeKind::New,
        (Some(_), Some(_)) if is_current || approved.is_none() => ChangeKind::Unchanged,
        (Some(_), _) => ChangeKind::Changed,
    };
    let candidate = approved.map(|approved| {
        let version = LoadedVersion { component: component.clone(), approved, promoted_at: None };
        Candidate { name: entry.name.clone(), version }
    });
    let mut registration = Registration::new(&entry.name, bytes, &component, approved);
    registration.becomes_current = approved.is_some();
    Ok(Some(ProviderChange { registration, candidate, kind }))
}

/// A new version has to accept every configuration that is stored for the old one.
async fn check_stored_configurations(
    argus: &Argus,
    document: &Document,
    changes: &[ProviderChange],
    problems: &mut Problems,
) -> Result<(), StorageError> {
    let candidates: Vec<Candidate> =
        changes.iter().filter(|change| change.kind == ChangeKind::Changed).filter_map(|change| change.candidate.clone()).collect();
    if candidates.is_empty() {
        return Ok(());
    }
    for client in clients::list(&mut *argus.store().read().await?).await? {
        let attachments = &client.settings.open_id_custom_claims;
        for candidate in &candidates {
            let is_meant = |place: usize| follows(&attachments[place], &candidate.name);
            if !(0..attachments.len()).any(is_meant) {
                continue;
            }
            let checked = attach::check(argus.registry().versions(), &candidates, attachments).await?;
            let i = document.claim_providers.iter().position(|entry| entry["name"] == candidate.name.as_str()).unwrap_or(0);
            let at = Pointer::root().join("claimProviders").join(i).join("component");
            for Problem { pointer, message } in checked.problems_of(is_meant) {
                let message = format!("refuses the configuration stored for client {}: {pointer}: {message}", client.id);
                problems.refuse(at.clone(), message);
            }
        }
    }
    Ok(())
}
