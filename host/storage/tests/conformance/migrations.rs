//! The schema: from nothing, again, from many sides at once, and never backwards.

use argus_storage::{Migrated, StorageError, users};
use futures_util::future::join_all;

use crate::database::Database;
use crate::samples::add_user;

on_both_engines!(
    an_empty_database_is_brought_to_the_latest_version,
    a_second_migration_does_nothing,
    processes_that_start_at_once_wait_for_each_other,
    a_step_that_fails_leaves_nothing_and_is_tried_again,
    a_database_of_a_newer_program_is_refused_and_left_alone,
    a_write_without_a_schema_is_an_error,
);

async fn an_empty_database_is_brought_to_the_latest_version(database: Database) {
    let store = database.open("main").await;
    let (found, latest) = store.schema_version().await.unwrap();
    assert_eq!(found, 0);
    assert_eq!(store.migrate().await.unwrap(), Migrated { from: 0, to: latest });
    assert_eq!(store.schema_version().await.unwrap(), (latest, latest));
    let steps = database.numbers("SELECT version FROM schema_migrations ORDER BY version").await;
    assert_eq!(steps, (1..=i64::from(latest)).collect::<Vec<_>>());
}

async fn a_second_migration_does_nothing(database: Database) {
    let store = database.store().await;
    add_user(&store, "alice").await;
    let latest = store.schema_version().await.unwrap().1;
    for store in [&store, &database.open("other").await] {
        assert_eq!(store.migrate().await.unwrap(), Migrated { from: latest, to: latest });
    }
    assert_eq!(ask!(store, users::count), 1);
    assert_eq!(database.count("schema_migrations").await, i64::from(latest));
}

async fn processes_that_start_at_once_wait_for_each_other(database: Database) {
    let processes = (0..8).map(|number| {
        let (settings, node) = (argus_storage::DatabaseSettings::new(database.url.clone()), format!("node {number}"));
        tokio::spawn(async move { argus_storage::Store::connect(&settings, node).await?.migrate().await })
    });
    let migrated: Vec<_> = join_all(processes).await.into_iter().map(|outcome| outcome.unwrap().unwrap()).collect();
    let latest = database.open("main").await.schema_version().await.unwrap().1;
    assert!(migrated.iter().all(|migrated| migrated.to == latest), "{migrated:?}");
    assert_eq!(database.count("schema_migrations").await, i64::from(latest));
}

async fn a_step_that_fails_leaves_nothing_and_is_tried_again(database: Database) {
    let store = database.open("main").await;
    // In the way of the fourth step, which has begun with other tables by then.
    database.run("CREATE TABLE audit_heads (node TEXT)").await;
    assert!(matches!(store.migrate().await, Err(StorageError::Driver(_))));
    assert_eq!(store.schema_version().await.unwrap().0, 3);
    database.run("CREATE TABLE signing_keys (kid TEXT); DROP TABLE signing_keys; DROP TABLE audit_heads").await;
    let latest = store.schema_version().await.unwrap().1;
    assert_eq!(store.migrate().await.unwrap(), Migrated { from: 3, to: latest });
    add_user(&store, "alice").await;
}

async fn a_database_of_a_newer_program_is_refused_and_left_alone(database: Database) {
    let store = database.store().await;
    let latest = store.schema_version().await.unwrap().1;
    database.run("INSERT INTO schema_migrations (version, name) VALUES (999, '0999_the_future')").await;
    let refused = store.migrate().await.unwrap_err();
    assert!(matches!(refused, StorageError::NewerSchema { found: 999, known } if known == latest), "{refused:?}");
    assert_eq!(refused.to_string(), format!("the database has schema version 999; this program knows versions up to {latest}"));
    assert_eq!(store.schema_version().await.unwrap(), (999, latest));
    assert_eq!(database.count("schema_migrations").await, i64::from(latest) + 1);
}

async fn a_write_without_a_schema_is_an_error(database: Database) {
    let store = database.open("main").await;
    let outcome = commit!(store, tx, [], argus_storage::versions::bump(tx, "registry")).await;
    assert!(matches!(outcome, Err(StorageError::Driver(_))), "{outcome:?}");
    store.migrate().await.unwrap();
    assert_eq!(commit!(store, tx, [], argus_storage::versions::bump(tx, "registry")).await.unwrap(), 1);
}
