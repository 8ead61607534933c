//! Removing versions and whole claim providers: what is in use stays, what nobody has any more goes.

use argus_storage::{Store, claim_providers, claim_traces, shadow_runs};

use crate::database::Database;
use crate::samples::{NOW, add_version, logged, new_version, shadow_count, shadow_sample};

on_both_engines!(
    a_version_in_use_is_not_deleted,
    a_deleted_version_takes_its_component_and_shadow_runs_along,
    a_component_goes_with_the_last_version_that_has_it,
    a_deleted_previous_version_is_no_way_back,
    a_provider_goes_with_its_versions_and_leaves_those_of_others,
    a_built_in_provider_is_not_deleted,
);

async fn delete_version(store: &Store, name: &'static str, digest: &'static str) -> bool {
    commit!(store, tx, [], claim_providers::delete_version(tx, name, digest)).await.unwrap()
}

async fn delete(store: &Store, name: &'static str) -> bool {
    commit!(store, tx, [], claim_providers::delete(tx, name)).await.unwrap()
}

/// A store with versions of `level`: one current, one previous, one in the shadow, one more.
async fn with_versions(database: &Database) -> Store {
    let store = database.store().await;
    for digest in ["previous", "current", "shadow", "more"] {
        add_version(&store, "level", digest).await;
    }
    commit!(store, tx, [], async {
        assert!(claim_providers::promote(tx, "level", "previous", None, NOW).await?);
        assert!(claim_providers::promote(tx, "level", "current", Some("previous"), NOW).await?);
        claim_providers::set_shadow(tx, "level", Some("shadow")).await
    })
    .await
    .unwrap();
    store
}

async fn left(store: &Store, name: &str) -> Vec<String> {
    let mut left: Vec<_> = ask!(store, claim_providers::versions, name).into_iter().map(|version| version.digest).collect();
    left.sort();
    left
}

async fn has_component(store: &Store, digest: &str) -> bool {
    ask!(store, claim_providers::component, digest).is_some()
}

/// Puts a count, a sample and a log of a version on record.
async fn run(store: &Store, name: &'static str, digest: &'static str) {
    let log = logged(name, digest, "request");
    commit!(store, tx, [log], async {
        shadow_runs::add_counts(tx, name, digest, &shadow_count(1, [1, 2, 3])).await?;
        shadow_runs::add_sample(tx, name, digest, &shadow_sample(1), 10).await?;
        claim_traces::insert_log(tx, &log).await
    })
    .await
    .unwrap();
}

async fn a_version_in_use_is_not_deleted(database: Database) {
    let store = with_versions(&database).await;
    for digest in ["current", "shadow", "unknown"] {
        assert!(!delete_version(&store, "level", digest).await, "{digest}");
    }
    assert!(!delete_version(&store, "nobody", "more").await);
    assert_eq!(left(&store, "level").await, ["current", "more", "previous", "shadow"]);
    assert_eq!(database.count("claim_provider_components").await, 4);
}

async fn a_deleted_version_takes_its_component_and_shadow_runs_along(database: Database) {
    let store = with_versions(&database).await;
    run(&store, "level", "more").await;
    run(&store, "level", "shadow").await;
    assert!(delete_version(&store, "level", "more").await);
    assert!(!delete_version(&store, "level", "more").await);
    assert_eq!(left(&store, "level").await, ["current", "previous", "shadow"]);
    assert!(!has_component(&store, "more").await);
    for table in ["claim_provider_shadow_counts", "claim_provider_shadow_samples"] {
        assert_eq!(database.count(table).await, 1, "{table}: the other version's");
    }
    assert_eq!(ask!(store, claim_traces::logs_of_provider, "level", 10).len(), 2, "logs outlive their version");
}

async fn a_component_goes_with_the_last_version_that_has_it(database: Database) {
    let store = with_versions(&database).await;
    add_version(&store, "alias", "more").await;
    assert!(delete_version(&store, "level", "more").await);
    assert!(has_component(&store, "more").await);
    assert!(delete_version(&store, "alias", "more").await);
    assert!(!has_component(&store, "more").await);
    assert!(ask!(store, claim_providers::find, "alias").is_some(), "the name stays");
}

async fn a_deleted_previous_version_is_no_way_back(database: Database) {
    let store = with_versions(&database).await;
    assert!(delete_version(&store, "level", "previous").await);
    assert_eq!(ask!(store, claim_providers::find, "level").unwrap().previous, None);
    assert_eq!(commit!(store, tx, [], claim_providers::rollback(tx, "level", "current", NOW)).await.unwrap(), None);
    assert!(!has_component(&store, "previous").await);
}

async fn a_provider_goes_with_its_versions_and_leaves_those_of_others(database: Database) {
    let store = with_versions(&database).await;
    add_version(&store, "alias", "more").await;
    for (name, digest) in [("level", "shadow"), ("level", "more"), ("alias", "more")] {
        run(&store, name, digest).await;
    }
    assert!(delete(&store, "level").await);
    assert!(!delete(&store, "level").await);
    assert_eq!(ask!(store, claim_providers::find, "level"), None);
    assert_eq!(left(&store, "level").await, [""; 0]);
    assert_eq!(left(&store, "alias").await, ["more"]);
    assert_eq!(database.count("claim_provider_components").await, 1);
    assert!(has_component(&store, "more").await);
    for table in ["claim_provider_shadow_counts", "claim_provider_shadow_samples"] {
        assert_eq!(database.count(table).await, 1, "{table}: the other provider's");
    }
}

async fn a_built_in_provider_is_not_deleted(database: Database) {
    let store = database.store().await;
    let builtin = claim_providers::NewVersion { builtin: true, ..new_version("level", "one") };
    commit!(store, tx, [], claim_providers::insert_version(tx, &builtin, NOW)).await.unwrap();
    assert!(!delete(&store, "level").await);
    assert_eq!(left(&store, "level").await, ["one"]);
}
