//! One user, written by the rules of a document.

use argus_domain::document::Document;
use serde_json::{Map, Value};

use super::{ATTEMPTS, ImportError, ImportReport, Problems, apply, directory, stored, tag, users};
use crate::administrator::{AdministrationError, Administrator};
use crate::argus::Argus;

/// How the user stands that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected<'a> {
    /// Nobody has the name.
    New,
    /// The user is as this tag says: see [`super::tag`].
    Tag(&'a str),
}

/// Writes a user: all members of a new one, or those that change, `null` for one that goes.
pub(crate) async fn write(
    argus: &Argus,
    members: Map<String, Value>,
    expected: Expected<'_>,
    by: &Administrator,
) -> Result<(), AdministrationError> {
    let document = Document { users: vec![Value::Object(members)], ..Document::default() };
    let mut attempts = ATTEMPTS;
    loop {
        match try_to_write(argus, &document, expected, by).await? {
            Err(ImportError::Concurrent) if attempts > 1 => attempts -= 1,
            done => return Ok(done.map(drop)?),
        }
    }
}

async fn try_to_write(
    argus: &Argus,
    document: &Document,
    expected: Expected<'_>,
    by: &Administrator,
) -> Result<Result<ImportReport, ImportError>, AdministrationError> {
    // Read first: whatever is changed by others from here on is noticed.
    let stored = stored::load(argus.store()).await?;
    let mut problems = Problems::default();
    let directory = directory::read(&Document::default(), &stored, &mut problems);
    let changes = users::read(argus, document, &stored, &directory, &mut problems).await?;
    let before = changes.first().and_then(|change| change.before.as_ref()).map(|(_, entry)| tag(entry));
    match (expected, before.as_deref()) {
        (Expected::New, Some(_)) => return Err(AdministrationError::Conflict("the user name is taken".to_owned())),
        (Expected::Tag(expected), Some(before)) if expected != before => return Err(AdministrationError::Outdated),
        _ => {}
    }
    problems.within_entry("/users/0", "this user cannot be so; nothing was changed")?;
    let users = users::hash_passwords(argus, changes).await?;
    let changes = apply::Changes { users, ..apply::Changes::none(stored.registry_version, directory) };
    Ok(apply::apply(argus, changes, problems.warnings, None, by).await)
}
