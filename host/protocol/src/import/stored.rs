//! What is stored, as far as a document can refer to it.

use argus_domain::directory::{Customer, DirectorySnapshot, Domain, Named};
use argus_domain::document::{FunctionGrantEntry, ResourceEntry, UserEntry};
use argus_storage::functions::Function;
use argus_storage::roles::Role;
use argus_storage::{StorageError, Store, customers, domains, functions, groups, resources, roles, versions};

use crate::registry::REGISTRY;

/// Names and numbers of everything small.
pub(crate) struct Stored {
    pub(crate) registry_version: u64,
    pub(crate) domains: Vec<Domain>,
    pub(crate) customers: Vec<Customer>,
    pub(crate) groups: Vec<Named>,
    pub(crate) roles: Vec<Role>,
    pub(crate) functions: Vec<Function>,
    pub(crate) resources: Vec<ResourceEntry>,
}

pub(crate) async fn load(store: &Store) -> Result<Stored, StorageError> {
    let mut reader = store.read().await?;
    Ok(Stored {
        registry_version: versions::get_all(&mut reader).await?.get(REGISTRY).copied().unwrap_or(0),
        domains: domains::list(&mut reader).await?,
        customers: customers::list(&mut reader).await?,
        groups: groups::list(&mut reader).await?,
        roles: roles::list(&mut reader).await?,
        functions: functions::list(&mut reader).await?,
        resources: resources::list(&mut reader).await?,
    })
}

/// A stored user in the document's shape, without the password, and without what upstream identity providers gave: a document says
/// what administrators give.
pub(crate) fn user_entry(user: &DirectorySnapshot, customers: &[Customer]) -> UserEntry {
    let shortname = |id: u64| customers.iter().find(|customer| customer.id.get() == id).map(|customer| customer.shortname.clone());
    UserEntry {
        username: user.username.clone(),
        name: user.name.clone(),
        email: user.email.clone(),
        email_verified: user.email_verified,
        phone: user.phone.clone(),
        phone_verified: user.phone_verified,
        customer: user.customer.as_ref().map(|customer| customer.shortname.clone()),
        password: None,
        groups: user.groups.iter().map(|group| group.shortname.clone()).filter(|group| !user.federated.groups.contains(group)).collect(),
        roles: user.roles.clone(),
        admin: user.admin,
        enabled: user.enabled,
        attributes: user.attributes.clone(),
        functions: user
            .functions
            .iter()
            .filter(|grant| !user.federated.functions.contains(grant))
            .map(|grant| FunctionGrantEntry { function: grant.function.clone(), customer: grant.customer.and_then(shortname) })
            .collect(),
    }
}
