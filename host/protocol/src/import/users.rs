//! Users of a document.

use std::collections::HashSet;

use argus_domain::Pointer;
use argus_domain::client::is_short_text;
use argus_domain::directory::username_key;
use argus_domain::document::{Document, UserEntry, overlay, read as read_entry};
use argus_domain::ids::UserId;
use argus_domain::secret::Secret;
use argus_keys::password::MAX_PASSWORD_BYTES;
use argus_storage::{StorageError, users};
use serde_json::{Map, Value};

use super::directory::{Directory, refuse_repeated};
use super::stored::{Stored, user_entry};
use super::{ChangeKind, ImportError, Problems};
use crate::argus::Argus;

/// A user of the document, and the stored one it is laid over.
#[derive(Clone, Debug)]
pub(super) struct UserChange {
    pub(super) entry: UserEntry,
    pub(super) before: Option<(UserId, UserEntry)>,
    pub(super) stored_hash: Option<String>,
    pub(super) password_hash: Option<String>,
    pub(super) kind: ChangeKind,
}

impl UserChange {
    pub(super) fn is_disabled_now(&self) -> bool {
        !self.entry.enabled && self.before.as_ref().is_some_and(|(_, before)| before.enabled)
    }

    /// Whoever knew the password before may be signed in.
    pub(super) fn is_password_changed(&self) -> bool {
        self.before.is_some() && self.password_hash.is_some()
    }
}

pub(super) async fn read(
    argus: &Argus,
    document: &Document,
    stored: &Stored,
    directory: &Directory,
    problems: &mut Problems,
) -> Result<Vec<UserChange>, StorageError> {
    let mut seen = HashSet::new();
    let mut changes = Vec::new();
    let mut reader = argus.store().read().await?;
    for (i, value) in document.users.iter().enumerate() {
        let pointer = Pointer::root().join("users").join(i);
        let username = value.get("username").and_then(Value::as_str).unwrap_or_default();
        let credentials = users::find_credentials(&mut reader, username).await?;
        let before = match &credentials {
            Some(credentials) => {
                users::snapshot(&mut reader, credentials.id).await?.map(|user| (user.id, user_entry(&user, &stored.customers)))
            }
            None => None,
        };
        let mut merged = match &before {
            Some((_, before)) => serde_json::to_value(before).unwrap_or_default(),
            None => Value::Object(Map::new()),
        };
        if value.is_object() {
            overlay(&mut merged, value);
        } else {
            merged = value.clone();
        }
        let Some(mut entry) = problems.take(read_entry::<UserEntry>(&merged, &pointer)) else { continue };
        normalize(&mut entry);
        check(&entry, &pointer, stored, directory, problems);
        refuse_repeated(&mut seen, username_key(&entry.username), &pointer.join("username"), problems);
        let kind = ChangeKind::of(before.as_ref().map(|(_, before)| before), &UserEntry { password: None, ..entry.clone() });
        changes.push(UserChange {
            entry,
            before,
            stored_hash: credentials.and_then(|found| found.password_hash),
            password_hash: None,
            kind,
        });
    }
    Ok(changes)
}

/// Lists are sets, kept in the order in which they are stored: what is imported twice changes nothing the second time.
fn normalize(entry: &mut UserEntry) {
    entry.groups.sort();
    entry.groups.dedup();
    entry.roles.sort();
    entry.roles.dedup();
    entry.functions.sort();
    entry.functions.dedup();
}

fn check(entry: &UserEntry, pointer: &Pointer, stored: &Stored, directory: &Directory, problems: &mut Problems) {
    // Browsers take the first two out of an address; the last is the address of the page that adds a user.
    if [".", "..", "new"].contains(&entry.username.as_str()) {
        problems.refuse(pointer.join("username"), "cannot be part of an address");
    }
    if !is_short_text(&entry.username) || entry.username.trim() != entry.username {
        problems.refuse(pointer.join("username"), "must be 1 to 200 characters without control characters or surrounding spaces");
    }
    if !is_short_text(&entry.name) {
        problems.refuse(pointer.join("name"), "must be 1 to 200 characters without control characters");
    }
    if let Some(email) = &entry.email
        && (!is_short_text(email) || !email.contains('@') || email.contains(char::is_whitespace))
    {
        problems.refuse(pointer.join("email"), "must be an e-mail address");
    }
    if let Some(phone) = &entry.phone
        && !is_short_text(phone)
    {
        problems.refuse(pointer.join("phone"), "must be 1 to 200 characters without control characters");
    }
    if let Some(password) = &entry.password
        && !(1..=MAX_PASSWORD_BYTES).contains(&password.len())
    {
        problems.refuse(pointer.join("password"), format!("must be 1 to {MAX_PASSWORD_BYTES} bytes"));
    }
    if let Some(customer) = &entry.customer
        && !directory.knows_customer(stored, customer)
    {
        problems.refuse(pointer.join("customer"), format!("no customer has the short name {customer}"));
    }
    for group in entry.groups.iter().filter(|group| !directory.knows_group(stored, group)) {
        problems.refuse(pointer.join("groups"), format!("no group has the short name {group}"));
    }
    for role in entry.roles.iter().filter(|role| !directory.knows_role(stored, role)) {
        problems.refuse(pointer.join("roles"), format!("no role is named {role}"));
    }
    for grant in &entry.functions {
        if !directory.knows_function(stored, &grant.function) {
            problems.refuse(pointer.join("functions"), format!("no function is named {}", grant.function));
        }
        if let Some(customer) = grant.customer.as_deref().filter(|customer| !directory.knows_customer(stored, customer)) {
            problems.refuse(pointer.join("functions"), format!("no customer has the short name {customer}"));
        }
    }
}

/// Hashes the passwords that are not the stored ones already.
pub(super) async fn hash_passwords(argus: &Argus, mut changes: Vec<UserChange>) -> Result<Vec<UserChange>, ImportError> {
    for change in &mut changes {
        let Some(password) = change.entry.password.take().map(Secret::new) else { continue };
        if change.stored_hash.is_some() && argus.passwords().verify(&password, change.stored_hash.clone()).await? {
            continue;
        }
        change.password_hash = Some(argus.passwords().hash(&password, argus.random()).await?);
        if change.kind == ChangeKind::Unchanged {
            change.kind = ChangeKind::Changed;
        }
    }
    Ok(changes)
}
