//! One connection to an identity provider, written by the rules of a document.

use argus_domain::document::Document;
use serde_json::{Map, Value};

use super::{Problems, apply, directory, expect, stored, upstream_idps};
use crate::administrator::{AdministrationError, Administrator};
use crate::argus::Argus;

/// Writes a connection: all members of a new one, or those that change, `null` for one that goes. `tag` is that of the one that was
/// read; none for a new one.
pub(crate) async fn write(
    argus: &Argus,
    members: Map<String, Value>,
    tag: Option<&str>,
    by: &Administrator,
) -> Result<(), AdministrationError> {
    let document = Document { upstream_idps: vec![Value::Object(members)], ..Document::default() };
    // Read first: whatever is changed by others from here on is noticed.
    let stored = stored::load(argus.store()).await?;
    let mut problems = Problems::default();
    let directory = directory::read(&Document::default(), &stored, &mut problems);
    let no_files = |_: &str| Err("give the XML itself".to_owned());
    let changes = upstream_idps::read(argus, &document, &stored, &directory, &no_files, &mut problems).await?;
    problems.within_entry("/upstreamIdps/0", "this connection cannot be so; nothing was changed")?;
    let found = changes.first().and_then(|change| change.before.as_ref()).map(super::tag);
    let (taken, missing) = ("there is a connection of that slug", "there is no connection of that slug");
    expect(tag, found.as_deref(), || taken.to_owned(), || missing.to_owned())?;
    let changes = apply::Changes { upstream_idps: changes, ..apply::Changes::none(stored.registry_version, directory) };
    apply::apply(argus, changes, problems.warnings, None, by).await?;
    Ok(())
}
