//! Domains, customers, groups, roles, functions and resources of a document.

use std::collections::HashSet;
use std::hash::Hash;

use argus_domain::Pointer;
use argus_domain::client::is_short_text;
use argus_domain::document::{
    CustomerEntry, Document, DomainEntry, FunctionEntry, GroupEntry, ResourceEntry, RoleEntry, overlay, read as read_entry,
};
use argus_domain::scope::{is_scope_token, is_standard};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::stored::Stored;
use super::{Change, ChangeKind, Problems};

/// The small entries, each with what it does to what is stored.
#[derive(Clone, Debug)]
pub(super) struct Directory {
    pub(super) domains: Vec<Change<DomainEntry>>,
    pub(super) customers: Vec<Change<CustomerEntry>>,
    pub(super) groups: Vec<Change<GroupEntry>>,
    pub(super) roles: Vec<Change<RoleEntry>>,
    pub(super) functions: Vec<Change<FunctionEntry>>,
    pub(super) resources: Vec<Change<ResourceEntry>>,
}

pub(super) fn read(document: &Document, stored: &Stored, problems: &mut Problems) -> Directory {
    let domain_name = |customer: &argus_domain::directory::Customer| {
        let domain = stored.domains.iter().find(|domain| domain.id == customer.domain);
        domain.map(|domain| domain.shortname.clone()).unwrap_or_default()
    };
    let stored_domains = stored.domains.iter().map(|domain| DomainEntry {
        id: Some(domain.id.get()),
        shortname: domain.shortname.clone(),
        name: domain.name.clone(),
    });
    let stored_customers = stored.customers.iter().map(|customer| CustomerEntry {
        id: Some(customer.id.get()),
        domain: domain_name(customer),
        shortname: customer.shortname.clone(),
        name: customer.name.clone(),
    });
    let stored_groups = stored.groups.iter().map(|group| GroupEntry { shortname: group.shortname.clone(), name: group.name.clone() });
    let stored_roles = stored.roles.iter().map(|role| RoleEntry { name: role.name.clone() });
    let stored_functions =
        stored.functions.iter().map(|function| FunctionEntry { name: function.name.clone(), description: function.description.clone() });

    let directory = Directory {
        domains: section("domains", "shortname", &document.domains, stored_domains.collect(), |entry| entry.shortname.clone(), problems),
        customers: section(
            "customers",
            "shortname",
            &document.customers,
            stored_customers.collect(),
            |entry| entry.shortname.clone(),
            problems,
        ),
        groups: section("groups", "shortname", &document.groups, stored_groups.collect(), |entry| entry.shortname.clone(), problems),
        roles: section("roles", "name", &document.roles, stored_roles.collect(), |entry| entry.name.clone(), problems),
        functions: section("functions", "name", &document.functions, stored_functions.collect(), |entry| entry.name.clone(), problems),
        resources: section(
            "resources",
            "audience",
            &document.resources,
            stored.resources.clone(),
            |entry| entry.audience.clone(),
            problems,
        ),
    };
    check_ids(&directory, stored, problems);
    check_references(&directory, stored, problems);
    check_resources(&directory, stored, problems);
    directory
}

/// Reads one section: each entry laid over the stored one with its key, read strictly, and named once.
fn section<T: DeserializeOwned + Serialize + PartialEq>(
    name: &str,
    key: &str,
    entries: &[Value],
    stored: Vec<T>,
    key_of: impl Fn(&T) -> String,
    problems: &mut Problems,
) -> Vec<Change<T>> {
    let mut seen = HashSet::new();
    let mut changes = Vec::new();
    for (i, value) in entries.iter().enumerate() {
        let pointer = Pointer::root().join(name).join(i);
        let old = value.get(key).and_then(Value::as_str).and_then(|key| stored.iter().find(|entry| key_of(entry) == key));
        let mut merged = old.and_then(|old| serde_json::to_value(old).ok()).unwrap_or_else(|| Value::Object(serde_json::Map::new()));
        if value.is_object() {
            overlay(&mut merged, value);
        } else {
            merged = value.clone();
        }
        let Some(entry) = problems.take(read_entry::<T>(&merged, &pointer)) else { continue };
        let key_value = key_of(&entry);
        if !is_short_text(&key_value) {
            problems.refuse(pointer.join(key), "must be 1 to 200 characters without control characters");
        }
        refuse_repeated(&mut seen, key_value, &pointer.join(key), problems);
        changes.push(Change { kind: ChangeKind::of(old, &entry), entry });
    }
    changes
}

/// Notes an entry that stands in the document twice.
pub(super) fn refuse_repeated<K: Eq + Hash>(seen: &mut HashSet<K>, key: K, pointer: &Pointer, problems: &mut Problems) {
    if !seen.insert(key) {
        problems.refuse(pointer.clone(), "stands in the document twice");
    }
}

/// Numbers are claims: one number, one thing, for ever.
fn check_ids(directory: &Directory, stored: &Stored, problems: &mut Problems) {
    let domains = directory.domains.iter().map(|change| (change.entry.id, change.entry.shortname.as_str()));
    let stored_domains = stored.domains.iter().map(|domain| (domain.id.get(), domain.shortname.as_str()));
    check_numbers("domains", &domains.collect::<Vec<_>>(), &stored_domains.collect::<Vec<_>>(), problems);
    let customers = directory.customers.iter().map(|change| (change.entry.id, change.entry.shortname.as_str()));
    let stored_customers = stored.customers.iter().map(|customer| (customer.id.get(), customer.shortname.as_str()));
    check_numbers("customers", &customers.collect::<Vec<_>>(), &stored_customers.collect::<Vec<_>>(), problems);
}

fn check_numbers(section: &str, entries: &[(Option<u64>, &str)], stored: &[(u64, &str)], problems: &mut Problems) {
    for (i, (id, shortname)) in entries.iter().enumerate() {
        let Some(id) = *id else { continue };
        let pointer = Pointer::root().join(section).join(i).join("id");
        // Numbers go through JSON and 64-bit columns: what JavaScript reads exactly is the bound.
        if id == 0 || id > (1 << 53) - 1 {
            problems.refuse(pointer, "must be 1 to 9007199254740991");
        } else if let Some((known, _)) = stored.iter().find(|(_, known)| known == shortname)
            && *known != id
        {
            problems.refuse(pointer, format!("cannot change: {shortname} has the number {known}"));
        } else if let Some((_, other)) = stored.iter().find(|(known, other)| *known == id && other != shortname) {
            problems.refuse(pointer, format!("is the number of {other}"));
        } else if entries[..i].iter().any(|(earlier, _)| *earlier == Some(id)) {
            problems.refuse(pointer, "stands in the document twice");
        }
    }
}

fn check_references(directory: &Directory, stored: &Stored, problems: &mut Problems) {
    for (i, change) in directory.customers.iter().enumerate() {
        if !directory.knows_domain(stored, &change.entry.domain) {
            let pointer = Pointer::root().join("customers").join(i).join("domain");
            problems.refuse(pointer, format!("no domain has the short name {}", change.entry.domain));
        }
    }
}

fn check_resources(directory: &Directory, stored: &Stored, problems: &mut Problems) {
    for (i, change) in directory.resources.iter().enumerate() {
        for (j, scope) in change.entry.scopes.iter().enumerate() {
            let pointer = Pointer::root().join("resources").join(i).join("scopes").join(j);
            if !is_scope_token(scope) {
                problems.refuse(pointer, "must be printable ASCII without spaces, quotes or backslashes");
            } else if is_standard(scope) {
                problems.refuse(pointer, format!("{scope} is a scope of this server"));
            } else if let Some(other) =
                directory.all_resources(stored).find(|other| other.audience != change.entry.audience && other.scopes.contains(scope))
            {
                problems.refuse(pointer, format!("{scope} is a scope of {}", other.audience));
            }
        }
    }
}

impl Directory {
    fn knows_domain(&self, stored: &Stored, shortname: &str) -> bool {
        self.domains.iter().any(|change| change.entry.shortname == shortname)
            || stored.domains.iter().any(|domain| domain.shortname == shortname)
    }

    pub(super) fn knows_customer(&self, stored: &Stored, shortname: &str) -> bool {
        self.customers.iter().any(|change| change.entry.shortname == shortname)
            || stored.customers.iter().any(|customer| customer.shortname == shortname)
    }

    pub(super) fn knows_group(&self, stored: &Stored, shortname: &str) -> bool {
        self.groups.iter().any(|change| change.entry.shortname == shortname)
            || stored.groups.iter().any(|group| group.shortname == shortname)
    }

    pub(super) fn knows_role(&self, stored: &Stored, name: &str) -> bool {
        self.roles.iter().any(|change| change.entry.name == name) || stored.roles.iter().any(|role| role.name == name)
    }

    pub(super) fn knows_function(&self, stored: &Stored, name: &str) -> bool {
        self.functions.iter().any(|change| change.entry.name == name) || stored.functions.iter().any(|function| function.name == name)
    }

    /// Resources as they will be.
    pub(super) fn all_resources<'a>(&'a self, stored: &'a Stored) -> impl Iterator<Item = &'a ResourceEntry> {
        let untouched = |resource: &&ResourceEntry| !self.resources.iter().any(|change| change.entry.audience == resource.audience);
        self.resources.iter().map(|change| &change.entry).chain(stored.resources.iter().filter(untouched))
    }
}
