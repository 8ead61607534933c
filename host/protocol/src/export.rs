//! Export: the directory and registry as an import document, without passwords and secrets.

use argus_domain::document::{CustomerEntry, Document, DomainEntry, FunctionEntry, GroupEntry, RoleEntry};
use argus_storage::upstream::idps;
use argus_storage::{Connection, StorageError, Store, clients, customers, domains, functions, groups, resources, roles, users};
use serde::Serialize;
use serde_json::Value;

use crate::administration::COMMAND_LINE_CLIENT;
use crate::import::user_entry;

/// Users read at a time.
const PAGE: u32 = 500;

/// Everything an import would need to make the same directory and registry again, except passwords, secrets and the components
/// of claim providers: those are files, and a document only names them.
pub async fn export(store: &Store) -> Result<Document, StorageError> {
    let mut reader = store.read().await?;
    let mut document = small_entries(&mut reader).await?;
    let stored_customers = customers::list(&mut reader).await?;
    let mut after = None;
    loop {
        let page = users::list_snapshots(&mut reader, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        document.users.extend(page.iter().map(|user| json(&user_entry(user, &stored_customers))));
    }
    // The program registers its own command line wherever it runs.
    for client in clients::list(&mut reader).await?.into_iter().filter(|client| client.id.to_string() != COMMAND_LINE_CLIENT) {
        let mut entry = serde_json::Map::from_iter([("clientId".to_owned(), json(&client.id))]);
        if let Value::Object(settings) = json(&client.settings) {
            entry.extend(settings);
        }
        document.clients.push(Value::Object(entry));
    }
    document.upstream_idps = idps::list(&mut reader).await?.iter().map(|idp| json(&idp.settings)).collect();
    Ok(document)
}

/// Domains, customers, functions, groups, roles and resources.
pub(crate) async fn small_entries(connection: &mut Connection) -> Result<Document, StorageError> {
    let stored_domains = domains::list(connection).await?;
    let stored_customers = customers::list(connection).await?;
    let mut document = Document::default();
    for customer in &stored_customers {
        let domain = stored_domains.iter().find(|domain| domain.id == customer.domain).map(|domain| domain.shortname.clone());
        document.customers.push(json(&CustomerEntry {
            id: Some(customer.id.get()),
            domain: domain.unwrap_or_default(),
            shortname: customer.shortname.clone(),
            name: customer.name.clone(),
        }));
    }
    document.domains = stored_domains
        .into_iter()
        .map(|domain| json(&DomainEntry { id: Some(domain.id.get()), shortname: domain.shortname, name: domain.name }))
        .collect();
    let all = functions::list(connection).await?;
    document.functions =
        all.into_iter().map(|function| json(&FunctionEntry { name: function.name, description: function.description })).collect();
    let all = groups::list(connection).await?;
    document.groups = all.into_iter().map(|group| json(&GroupEntry { shortname: group.shortname, name: group.name })).collect();
    document.roles = roles::list(connection).await?.into_iter().map(|role| json(&RoleEntry { name: role.name })).collect();
    document.resources = resources::list(connection).await?.iter().map(json).collect();
    Ok(document)
}

fn json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}
