//! Domains, customers, groups, roles and functions: short names are unique, numbers stay.

use argus_domain::directory::{Customer, Domain};
use argus_domain::ids::{CustomerId, DomainId};
use argus_storage::{StorageError, Store, customers, domains, functions, groups, roles};

use crate::database::Database;
use crate::samples::assert_conflict;

on_both_engines!(
    a_domain_is_found_by_number_and_short_name,
    a_domain_keeps_its_number_when_it_is_renamed,
    a_number_belongs_to_one_domain,
    a_new_domain_gets_the_next_free_number,
    a_customer_is_found_by_number_and_short_name,
    a_customer_keeps_its_number_when_it_moves,
    a_number_belongs_to_one_customer,
    a_customer_needs_its_domain,
    a_group_is_renamed_in_place,
    a_deleted_group_is_gone_and_its_number_is_not_reused,
    a_role_is_added_once,
    a_function_gets_its_description_replaced,
    short_names_differ_by_case_and_sort_by_bytes,
    a_number_beyond_the_databases_is_refused,
);

async fn domain(store: &Store, id: Option<u64>, shortname: &'static str) -> Result<Domain, StorageError> {
    commit!(store, tx, [], domains::upsert(tx, id.map(DomainId::new), shortname, &format!("Domain {shortname}"))).await
}

async fn customer(store: &Store, id: Option<u64>, domain: u64, shortname: &'static str) -> Result<Customer, StorageError> {
    let (id, domain) = (id.map(CustomerId::new), DomainId::new(domain));
    commit!(store, tx, [], customers::upsert(tx, id, domain, shortname, &format!("Customer {shortname}"))).await
}

async fn a_domain_is_found_by_number_and_short_name(database: Database) {
    let store = database.store().await;
    let acme = domain(&store, Some(7), "acme").await.unwrap();
    assert_eq!(acme, Domain { id: DomainId::new(7), shortname: "acme".to_owned(), name: "Domain acme".to_owned() });
    assert_eq!(ask!(store, domains::find_by_id, acme.id).as_ref(), Some(&acme));
    assert_eq!(ask!(store, domains::find_by_shortname, "acme"), Some(acme));
    assert_eq!(ask!(store, domains::find_by_id, DomainId::new(8)), None);
    assert_eq!(ask!(store, domains::find_by_shortname, "Acme"), None);
}

async fn a_domain_keeps_its_number_when_it_is_renamed(database: Database) {
    let store = database.store().await;
    domain(&store, Some(7), "acme").await.unwrap();
    for id in [None, Some(7), Some(8)] {
        let renamed = commit!(store, tx, [], domains::upsert(tx, id.map(DomainId::new), "acme", "New name")).await.unwrap();
        assert_eq!((renamed.id.get(), renamed.name.as_str()), (7, "New name"), "given {id:?}");
    }
    assert_eq!(ask!(store, domains::list).len(), 1);
}

async fn a_number_belongs_to_one_domain(database: Database) {
    let store = database.store().await;
    domain(&store, Some(7), "acme").await.unwrap();
    assert_conflict(domain(&store, Some(7), "other").await, "id");
    assert_eq!(ask!(store, domains::find_by_shortname, "other"), None);
}

async fn a_new_domain_gets_the_next_free_number(database: Database) {
    let store = database.store().await;
    for (given, shortname, expected) in [(None, "first", 1), (Some(41), "chosen", 41), (None, "next", 42), (Some(5), "low", 5)] {
        assert_eq!(domain(&store, given, shortname).await.unwrap().id.get(), expected, "{shortname}");
    }
    let listed: Vec<_> = ask!(store, domains::list).into_iter().map(|domain| domain.id.get()).collect();
    assert_eq!(listed, [1, 5, 41, 42]);
}

async fn a_customer_is_found_by_number_and_short_name(database: Database) {
    let store = database.store().await;
    domain(&store, Some(1), "acme").await.unwrap();
    let first = customer(&store, Some(7), 1, "first").await.unwrap();
    assert_eq!((first.id.get(), first.domain.get(), first.name.as_str()), (7, 1, "Customer first"));
    assert_eq!(ask!(store, customers::find_by_id, first.id).as_ref(), Some(&first));
    assert_eq!(ask!(store, customers::find_by_shortname, "first").as_ref(), Some(&first));
    assert_eq!(ask!(store, customers::find_by_shortname, "FIRST"), None);
    let second = customer(&store, None, 1, "second").await.unwrap();
    assert_eq!(second.id.get(), 8);
    assert_eq!(ask!(store, customers::list), [first, second]);
}

async fn a_customer_keeps_its_number_when_it_moves(database: Database) {
    let store = database.store().await;
    domain(&store, Some(1), "acme").await.unwrap();
    domain(&store, Some(2), "other").await.unwrap();
    customer(&store, Some(7), 1, "first").await.unwrap();
    for id in [None, Some(7), Some(9)] {
        let moved = customer(&store, id, 2, "first").await.unwrap();
        assert_eq!((moved.id.get(), moved.domain.get()), (7, 2), "given {id:?}");
    }
}

async fn a_number_belongs_to_one_customer(database: Database) {
    let store = database.store().await;
    domain(&store, Some(1), "acme").await.unwrap();
    customer(&store, Some(7), 1, "first").await.unwrap();
    assert_conflict(customer(&store, Some(7), 1, "second").await, "id");
}

async fn a_customer_needs_its_domain(database: Database) {
    let store = database.store().await;
    assert_conflict(customer(&store, None, 1, "first").await, "");
    assert_eq!(ask!(store, customers::list), []);
}

async fn a_group_is_renamed_in_place(database: Database) {
    let store = database.store().await;
    let group = commit!(store, tx, [], groups::upsert(tx, "group1", "Group one")).await.unwrap();
    let renamed = commit!(store, tx, [], groups::upsert(tx, "group1", "The first group")).await.unwrap();
    assert_eq!((renamed.id, renamed.name.as_str()), (group.id, "The first group"));
    assert_eq!(ask!(store, groups::find_by_shortname, "group1").as_ref(), Some(&renamed));
    assert_eq!(ask!(store, groups::list), [renamed]);
    assert_eq!(ask!(store, groups::find_by_shortname, "group2"), None);
}

async fn a_deleted_group_is_gone_and_its_number_is_not_reused(database: Database) {
    let store = database.store().await;
    let group = commit!(store, tx, [], groups::upsert(tx, "group1", "Group one")).await.unwrap();
    assert!(commit!(store, tx, [], groups::delete(tx, "group1")).await.unwrap());
    assert!(!commit!(store, tx, [], groups::delete(tx, "group1")).await.unwrap());
    assert_eq!(ask!(store, groups::find_by_shortname, "group1"), None);
    let again = commit!(store, tx, [], groups::upsert(tx, "group1", "Group one")).await.unwrap();
    assert_ne!(again.id, group.id);
}

async fn a_role_is_added_once(database: Database) {
    let store = database.store().await;
    let analyst = commit!(store, tx, [], roles::upsert(tx, "analyst")).await.unwrap();
    assert_eq!(commit!(store, tx, [], roles::upsert(tx, "analyst")).await.unwrap(), analyst);
    assert_eq!(ask!(store, roles::find_by_name, "analyst").as_ref(), Some(&analyst));
    assert_eq!(ask!(store, roles::list), [analyst]);
    assert_eq!(ask!(store, roles::find_by_name, "Analyst"), None);
}

async fn a_function_gets_its_description_replaced(database: Database) {
    let store = database.store().await;
    let first = commit!(store, tx, [], functions::upsert(tx, "read", "Read cases")).await.unwrap();
    let second = commit!(store, tx, [], functions::upsert(tx, "read", "")).await.unwrap();
    assert_eq!((second.id, second.description.as_str()), (first.id, ""));
    assert_eq!(ask!(store, functions::find_by_name, "read").as_ref(), Some(&second));
    assert_eq!(ask!(store, functions::list), [second]);
    assert_eq!(ask!(store, functions::find_by_name, "write"), None);
}

async fn short_names_differ_by_case_and_sort_by_bytes(database: Database) {
    let store = database.store().await;
    for shortname in ["b", "ä", "a", "B", "_", "A"] {
        commit!(store, tx, [], groups::upsert(tx, shortname, "A group")).await.unwrap();
        commit!(store, tx, [], roles::upsert(tx, shortname)).await.unwrap();
        commit!(store, tx, [], functions::upsert(tx, shortname, "")).await.unwrap();
    }
    let sorted = ["A", "B", "_", "a", "b", "ä"];
    assert_eq!(ask!(store, groups::list).into_iter().map(|group| group.shortname).collect::<Vec<_>>(), sorted);
    assert_eq!(ask!(store, roles::list).into_iter().map(|role| role.name).collect::<Vec<_>>(), sorted);
    assert_eq!(ask!(store, functions::list).into_iter().map(|function| function.name).collect::<Vec<_>>(), sorted);
}

async fn a_number_beyond_the_databases_is_refused(database: Database) {
    let store = database.store().await;
    let largest = u64::try_from(i64::MAX).unwrap();
    assert_eq!(domain(&store, Some(largest), "largest").await.unwrap().id.get(), largest);
    assert!(matches!(domain(&store, Some(largest + 1), "beyond").await, Err(StorageError::Driver(_))));
    assert_eq!(ask!(store, domains::list).len(), 1);
}
