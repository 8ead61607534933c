//! Claim providers of a document: read, compiled, described.

use std::collections::{HashMap, HashSet};

use argus_claims::{ClaimProviderComponent, builtin};
use argus_domain::Pointer;
use argus_domain::document::{ClaimProviderEntry, Document, read as read_entry};
use argus_storage::{StorageError, claim_providers, clients};

use super::directory::refuse_repeated;
use super::{ChangeKind, Problems, ReadFile};
use crate::argus::Argus;
use crate::registry::describe;

/// A claim provider of the document.
#[derive(Clone)]
pub(super) struct ProviderChange {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
    pub(super) component: ClaimProviderComponent,
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
        if !is_provider_name(&entry.name) {
            problems.refuse(pointer.join("name"), "must be 1 to 64 letters, digits, '-', '_' or '.', starting with a letter");
            continue;
        }
        if builtin::component(&entry.name).is_some() {
            problems.refuse(pointer.join("name"), "is the name of a built-in claim provider");
            continue;
        }
        let bytes = match read_file(&entry.component) {
            Ok(bytes) => bytes,
            Err(error) => {
                problems.refuse(pointer.join("component"), format!("cannot read {}: {error}", entry.component));
                continue;
            }
        };
        let component = match argus.registry().providers().load(bytes.clone()).await {
            Ok(component) => component,
            Err(error) => {
                problems.refuse(pointer.join("component"), error.to_string());
                continue;
            }
        };
        let stored = claim_providers::find(&mut *argus.store().read().await?, &entry.name).await?;
        let digest = component.digest().to_string();
        let kind = ChangeKind::of(stored.map(|stored| stored.digest).as_ref(), &digest);
        changes.push(ProviderChange { name: entry.name, bytes, component, kind });
    }
    check_stored_configurations(argus, document, &changes, problems).await?;
    Ok(changes)
}

fn is_provider_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

/// A new version has to accept every configuration that is stored for the old one.
async fn check_stored_configurations(
    argus: &Argus,
    document: &Document,
    changes: &[ProviderChange],
    problems: &mut Problems,
) -> Result<(), StorageError> {
    let changed: HashMap<&str, &ProviderChange> =
        changes.iter().filter(|change| change.kind == ChangeKind::Changed).map(|change| (change.name.as_str(), change)).collect();
    if changed.is_empty() {
        return Ok(());
    }
    for client in clients::list(&mut *argus.store().read().await?).await? {
        for attachment in &client.settings.open_id_custom_claims {
            let Some(change) = changed.get(attachment.provider.as_str()) else { continue };
            if let Err(error) = change.component.validate_configuration(&attachment.configuration.to_string()).await {
                let i = document.claim_providers.iter().position(|entry| entry["name"] == change.name.as_str()).unwrap_or(0);
                let pointer = Pointer::root().join("claimProviders").join(i).join("component");
                problems.refuse(pointer, format!("refuses the configuration stored for client {}: {}", client.id, describe(&error)));
            }
        }
    }
    Ok(())
}
