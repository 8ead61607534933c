//! The small entries of the directory and the registry, for administrators: domains, customers, groups, roles, functions, resources.
//!
//! They are told as a document has them, and changed by the rules of an import.

use argus_domain::audit::AuditEventKind;
use argus_domain::document::Document;
use argus_domain::{Pointer, Problem};
use argus_storage::{StorageError, Tx, clients, customers, domains, functions, groups, resources, roles, versions};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::administrator::{AdministrationError, Administrator};
use crate::argus::Argus;
use crate::export::small_entries;
use crate::import::{self, entry::write};
use crate::registry::REGISTRY;

type Result<T> = std::result::Result<T, AdministrationError>;

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// Domains, by short name.
    Domains,
    /// Customers, by short name.
    Customers,
    /// Groups, by short name.
    Groups,
    /// Roles, by name.
    Roles,
    /// Functions, by name.
    Functions,
    /// Resources, by audience.
    Resources,
}

impl Section {
    /// The member of a document.
    pub fn name(self) -> &'static str {
        match self {
            Self::Domains => "domains",
            Self::Customers => "customers",
            Self::Groups => "groups",
            Self::Roles => "roles",
            Self::Functions => "functions",
            Self::Resources => "resources",
        }
    }

    /// The member of an entry that tells it from others.
    pub fn key(self) -> &'static str {
        match self {
            Self::Domains | Self::Customers | Self::Groups => "shortname",
            Self::Roles | Self::Functions => "name",
            Self::Resources => "audience",
        }
    }

    /// The entries of a document.
    pub(crate) fn of(self, document: &Document) -> &[Value] {
        match self {
            Self::Domains => &document.domains,
            Self::Customers => &document.customers,
            Self::Groups => &document.groups,
            Self::Roles => &document.roles,
            Self::Functions => &document.functions,
            Self::Resources => &document.resources,
        }
    }

    /// A document with one entry.
    pub(crate) fn document(self, entry: Value) -> Document {
        let (mut document, entries) = (Document::default(), vec![entry]);
        match self {
            Self::Domains => document.domains = entries,
            Self::Customers => document.customers = entries,
            Self::Groups => document.groups = entries,
            Self::Roles => document.roles = entries,
            Self::Functions => document.functions = entries,
            Self::Resources => document.resources = entries,
        }
        document
    }
}

/// An entry.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct EntryView {
    /// As a document has it.
    pub entry: Value,
    /// Changes with the entry.
    #[serde(skip)]
    pub tag: String,
}

fn view(entry: &Value) -> EntryView {
    EntryView { tag: import::tag(entry), entry: entry.clone() }
}

/// All entries of a section, by key.
pub async fn list(argus: &Argus, section: Section) -> Result<Vec<EntryView>> {
    let document = small_entries(&mut *argus.store().read().await?).await?;
    let mut views: Vec<EntryView> = section.of(&document).iter().map(view).collect();
    views.sort_by(|a, b| a.entry[section.key()].as_str().cmp(&b.entry[section.key()].as_str()));
    Ok(views)
}

/// One entry.
pub async fn show(argus: &Argus, section: Section, key: &str) -> Result<EntryView> {
    let found = list(argus, section).await?.into_iter().find(|view| view.entry[section.key()] == key);
    found.ok_or_else(|| AdministrationError::NotFound(format!("there is no {key} in {}", section.name())))
}

/// Writes an entry: all members of a new one, or those that change. `tag` is that of the one that was read; none for a new one.
pub async fn save(
    argus: &Argus,
    section: Section,
    key: &str,
    mut members: Map<String, Value>,
    tag: Option<&str>,
    by: &Administrator,
) -> Result<EntryView> {
    name_entry(&mut members, section.key(), key)?;
    write(argus, section, key, members, tag, by).await?;
    show(argus, section, key).await
}

/// Gives an entry the key of its address, which its members may repeat: an entry does not change its key.
pub(crate) fn name_entry(members: &mut Map<String, Value>, member: &str, key: &str) -> Result<()> {
    match members.insert(member.to_owned(), key.into()) {
        Some(other) if !other.is_null() && other != key => {
            let wrong = Problem::new(Pointer::root().join(member), format!("is {key} at this address"));
            Err(AdministrationError::problems("this entry cannot be so; nothing was changed", vec![wrong]))
        }
        _ => Ok(()),
    }
}

/// Deletes an entry. Memberships and grants go with their group, role or function; whatever else refers to an entry keeps it.
pub async fn delete(argus: &Argus, section: Section, key: &str, tag: &str, by: &Administrator) -> Result<()> {
    let event = by.event(argus, AuditEventKind::DirectoryChanged).with("section", section.name()).with("deleted", key);
    let (key, tag) = (key.to_owned(), tag.to_owned());
    let done = argus
        .store()
        .write(move |tx| {
            let (key, tag, event) = (key.clone(), tag.clone(), event.clone());
            Box::pin(async move {
                // Counted first, so that changes on two nodes come one after the other.
                versions::bump(tx, REGISTRY).await?;
                let document = small_entries(tx).await?;
                let Some(entry) = section.of(&document).iter().find(|entry| entry[section.key()] == key.as_str()) else {
                    return Ok(Err(AdministrationError::NotFound(format!("there is no {key} in {}", section.name()))));
                };
                if import::tag(entry) != tag {
                    return Ok(Err(AdministrationError::Outdated));
                }
                if let Some(user) = still_used(tx, section, &key).await? {
                    return Ok(Err(AdministrationError::Conflict(format!("{key} is in use: {user}"))));
                }
                remove(tx, section, &key).await?;
                tx.audit(&event).await?;
                Ok(Ok(()))
            })
        })
        .await?;
    argus.registry().invalidate();
    done
}

/// What refers to an entry and has to be changed first.
async fn still_used(tx: &mut Tx, section: Section, key: &str) -> std::result::Result<Option<String>, StorageError> {
    match section {
        Section::Domains => Ok(domains::customer_of(tx, key).await?.map(|customer| format!("customer {customer} belongs to it"))),
        Section::Customers => {
            if let Some(user) = customers::user_of(tx, key).await? {
                return Ok(Some(format!("user {user} belongs to it")));
            }
            let of_it = clients::list(tx).await?.into_iter().find(|client| client.settings.customer.as_deref() == Some(key));
            Ok(of_it.map(|client| format!("client {} is defined for it", client.id)))
        }
        Section::Resources => {
            let names_it =
                clients::list(tx).await?.into_iter().find(|client| client.settings.resources.iter().any(|audience| audience == key));
            Ok(names_it.map(|client| format!("client {} may use it", client.id)))
        }
        Section::Groups | Section::Roles | Section::Functions => Ok(None),
    }
}

async fn remove(tx: &mut Tx, section: Section, key: &str) -> std::result::Result<bool, StorageError> {
    match section {
        Section::Domains => domains::delete(tx, key).await,
        Section::Customers => customers::delete(tx, key).await,
        Section::Groups => groups::delete(tx, key).await,
        Section::Roles => roles::delete(tx, key).await,
        Section::Functions => functions::delete(tx, key).await,
        Section::Resources => resources::delete(tx, key).await,
    }
}
