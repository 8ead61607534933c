//! Protected resources.

use argus_domain::document::ResourceEntry;
use argus_storage::{Store, resources};

use crate::database::Database;

on_both_engines!(a_resource_comes_back_as_it_was_added, a_resource_is_replaced_by_its_audience, a_resource_is_removed_once);

fn resource(audience: &str, scopes: &[&str]) -> ResourceEntry {
    let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    ResourceEntry { audience: audience.to_owned(), name: format!("Resource {audience}"), scopes }
}

async fn upsert(store: &Store, resource: &ResourceEntry) {
    let resource = resource.clone();
    commit!(store, tx, [resource], resources::upsert(tx, &resource)).await.unwrap();
}

async fn a_resource_comes_back_as_it_was_added(database: Database) {
    let store = database.store().await;
    let (second, first) = (resource("https://b.example", &["b:write", "b:read"]), resource("https://a.example", &[]));
    upsert(&store, &second).await;
    upsert(&store, &first).await;
    assert_eq!(ask!(store, resources::find, "https://b.example").as_ref(), Some(&second), "scopes in the order given");
    assert_eq!(ask!(store, resources::list), [first, second]);
    assert_eq!(ask!(store, resources::find, "https://B.example"), None);
}

async fn a_resource_is_replaced_by_its_audience(database: Database) {
    let store = database.store().await;
    upsert(&store, &resource("https://a.example", &["a:read"])).await;
    let replaced = ResourceEntry { name: "Another name".to_owned(), ..resource("https://a.example", &["a:write"]) };
    upsert(&store, &replaced).await;
    assert_eq!(ask!(store, resources::list), [replaced]);
}

async fn a_resource_is_removed_once(database: Database) {
    let store = database.store().await;
    upsert(&store, &resource("https://a.example", &[])).await;
    upsert(&store, &resource("https://b.example", &[])).await;
    for removed in [true, false] {
        assert_eq!(commit!(store, tx, [], resources::delete(tx, "https://a.example")).await.unwrap(), removed);
    }
    assert_eq!(ask!(store, resources::list).len(), 1);
}
