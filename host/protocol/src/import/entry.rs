//! One small entry, written by the rules of a document.

use argus_domain::document::Document;
use serde_json::{Map, Value};

use super::{Problems, apply, directory, stored};
use crate::administrator::{AdministrationError, Administrator};
use crate::argus::Argus;
use crate::directory::entries::{Section, tag_of};
use crate::export::small_entries;

/// Writes an entry: all members of a new one, or those that change, `null` for one that goes. `tag` is that of the one that was read;
/// none for a new one.
pub(crate) async fn write(
    argus: &Argus,
    section: Section,
    key: &str,
    members: Map<String, Value>,
    tag: Option<&str>,
    by: &Administrator,
) -> Result<(), AdministrationError> {
    let document: Document = section.document(Value::Object(members));
    // Read first: whatever is changed by others from here on is noticed.
    let stored = stored::load(argus.store()).await?;
    let before = small_entries(&mut *argus.store().read().await?).await?;
    let before = section.of(&before).iter().find(|entry| entry[section.key()] == key).map(tag_of);
    match (tag, before) {
        (None, Some(_)) => return Err(AdministrationError::Conflict(format!("there is a {key} in {} already", section.name()))),
        (Some(_), None) => return Err(AdministrationError::NotFound(format!("there is no {key} in {}", section.name()))),
        (Some(expected), Some(before)) if expected != before => return Err(AdministrationError::Outdated),
        _ => {}
    }
    let mut problems = Problems::default();
    let directory = directory::read(&document, &stored, &mut problems);
    if !problems.found.is_empty() {
        problems.found.sort();
        let base = format!("/{}/0", section.name());
        let found = problems.found.into_iter().map(|problem| problem.outside(&base)).collect();
        return Err(AdministrationError::problems("this entry cannot be so; nothing was changed", found));
    }
    apply::apply(argus, apply::Changes::none(stored.registry_version, directory), problems.warnings, None, by).await?;
    Ok(())
}
