//! The schema: from nothing, again, from many sides at once, and never backwards.

use argus_domain::facts::Facts;
use argus_storage::claim_providers::{self, Approval, ClaimProvider};
use argus_storage::{Engine, Migrated, StorageError, users};
use futures_util::future::join_all;

use crate::database::Database;
use crate::samples::{NOW, add_user, new_version};

on_both_engines!(
    an_empty_database_is_brought_to_the_latest_version,
    a_second_migration_does_nothing,
    processes_that_start_at_once_wait_for_each_other,
    a_step_that_fails_leaves_nothing_and_is_tried_again,
    a_database_of_a_newer_program_is_refused_and_left_alone,
    a_write_without_a_schema_is_an_error,
    claim_providers_from_before_approvals_stay_as_they_are,
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

async fn claim_providers_from_before_approvals_stay_as_they_are(database: Database) {
    let store = database.open("main").await;
    // In the way of the fifth step.
    database.run("CREATE TABLE recorded_inputs (correlation_id TEXT)").await;
    assert!(matches!(store.migrate().await, Err(StorageError::Driver(_))));
    assert_eq!(store.schema_version().await.unwrap().0, 4);
    database
        .run(
            "DROP TABLE recorded_inputs; \
             INSERT INTO claim_provider_components (digest, component, size, created_at) VALUES ('one', '1', 1, 1), ('two', '22', 2, 2); \
             INSERT INTO claim_providers (name, current_digest, builtin) VALUES ('level', 'one', 0), ('userGroups', 'two', 1); \
             INSERT INTO claim_provider_versions (provider, digest, uploaded_by, uploaded_at) \
             VALUES ('level', 'one', 'cli', 1), ('level', 'two', 'user:alice', 2), ('userGroups', 'two', 'system', 3)",
        )
        .await;
    let latest = store.schema_version().await.unwrap().1;
    assert_eq!(store.migrate().await.unwrap(), Migrated { from: 4, to: latest });

    let provider = |name: &str, current: &str, builtin| {
        let (name, current) = (name.to_owned(), Some(current.to_owned()));
        ClaimProvider { name, builtin, current, previous: None, shadow: None, current_since: None }
    };
    assert_eq!(ask!(store, claim_providers::list), [provider("level", "one", false), provider("userGroups", "two", true)]);
    let versions = [ask!(store, claim_providers::versions, "level"), ask!(store, claim_providers::versions, "userGroups")].concat();
    let told = |(digest, size, by, at): (&str, u64, &str, i64)| {
        let at = argus_domain::Timestamp::from_unix_millis(at);
        let approval = Some(Approval { facts: Facts::ALL, by: "migration".to_owned(), at });
        let (digest, uploaded_by) = (digest.to_owned(), by.to_owned());
        claim_providers::ClaimProviderVersion { digest, size, uploaded_by, uploaded_at: at, uploaded_from: None, metadata: None, approval }
    };
    assert_eq!(versions, [("two", 2, "user:alice", 2), ("one", 1, "cli", 1), ("two", 2, "system", 3)].map(told));

    // References hold as before.
    if database.engine == Engine::Sqlite {
        assert!(database.numbers("SELECT COUNT(*) FROM pragma_foreign_key_check").await == [0]);
    }
    for orphan in [
        "INSERT INTO claim_provider_versions (provider, digest, uploaded_by, uploaded_at) VALUES ('nobody', 'one', 'cli', 1)",
        "INSERT INTO claim_provider_versions (provider, digest, uploaded_by, uploaded_at) VALUES ('level', 'none', 'cli', 1)",
        "UPDATE claim_providers SET current_digest = 'none'",
        "UPDATE claim_providers SET previous_digest = 'none'",
        "UPDATE claim_providers SET shadow_digest = 'none'",
        "DELETE FROM claim_provider_components WHERE digest = 'one'",
    ] {
        assert!(database.refuses(orphan).await, "{orphan}");
    }
    // What the component says of itself is put on record when it comes again.
    assert!(!commit!(store, tx, [], claim_providers::insert_version(tx, &new_version("level", "one"), NOW)).await.unwrap());
    let found = ask!(store, claim_providers::version, "level", "one").unwrap();
    assert_eq!((found.metadata, found.approval.unwrap().by.as_str()), (Some(crate::samples::metadata("level")), "migration"));
    assert!(commit!(store, tx, [], claim_providers::promote(tx, "level", "two", Some("one"), NOW)).await.unwrap());
    assert_eq!(commit!(store, tx, [], claim_providers::rollback(tx, "level", "two", NOW)).await.unwrap().as_deref(), Some("one"));
    assert!(commit!(store, tx, [], claim_providers::delete(tx, "level")).await.unwrap());
    assert_eq!(database.count("claim_provider_versions").await, 1, "versions go with their provider");
}
