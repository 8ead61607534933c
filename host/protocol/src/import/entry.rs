//! One small entry, written by the rules of a document.

use argus_domain::document::Document;
use serde_json::{Map, Value};

use super::{Problems, apply, directory, expect, stored};
use crate::administrator::{AdministrationError, Administrator};
use crate::argus::Argus;
use crate::directory::entries::Section;
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
    let found = section.of(&before).iter().find(|entry| entry[section.key()] == key).map(super::tag);
    let name = section.name();
    expect(tag, found.as_deref(), || format!("there is a {key} in {name} already"), || format!("there is no {key} in {name}"))?;
    let mut problems = Problems::default();
    let directory = directory::read(&document, &stored, &mut problems);
    problems.within_entry(&format!("/{name}/0"), "this entry cannot be so; nothing was changed")?;
    apply::apply(argus, apply::Changes::none(stored.registry_version, directory), problems.warnings, None, by).await?;
    Ok(())
}
