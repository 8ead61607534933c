//! Claim providers: versions by digest, one of them current.

use argus_domain::Timestamp;
use argus_storage::claim_providers::{self, ClaimProvider, NewVersion};
use argus_storage::{StorageError, Store};

use crate::database::Database;
use crate::samples::{MINUTE, NOW};

on_both_engines!(
    a_component_comes_back_byte_by_byte,
    a_new_version_becomes_the_current_one,
    registering_what_is_current_changes_nothing,
    an_old_version_becomes_current_again,
    a_version_of_another_provider_does_not_become_current,
    providers_share_a_component,
    a_provider_that_becomes_built_in_has_changed,
);

async fn register(store: &Store, version: NewVersion<'static>, now: Timestamp) -> bool {
    commit!(store, tx, [], claim_providers::register(tx, &version, now)).await.unwrap()
}

fn version(name: &'static str, digest: &'static str) -> NewVersion<'static> {
    NewVersion { name, digest, component: digest.as_bytes(), builtin: false, by: "cli" }
}

fn provider(name: &str, digest: &str) -> ClaimProvider {
    ClaimProvider { name: name.to_owned(), digest: digest.to_owned(), builtin: false }
}

async fn a_component_comes_back_byte_by_byte(database: Database) {
    let store = database.store().await;
    let bytes: Vec<u8> = (0..3_000_000_u32).map(|number| number.to_le_bytes()[number as usize % 3]).collect();
    let component: &'static [u8] = bytes.clone().leak();
    assert!(register(&store, NewVersion { component, ..version("big", "sha256:big") }, NOW).await);
    assert!(ask!(store, claim_providers::component, "sha256:big").unwrap() == bytes);
    assert_eq!(ask!(store, claim_providers::versions, "big")[0].size, 3_000_000);
    assert!(ask!(store, claim_providers::component, "sha256:none").is_none());
}

async fn a_new_version_becomes_the_current_one(database: Database) {
    let store = database.store().await;
    assert!(register(&store, version("level", "one"), NOW).await);
    assert!(register(&store, NewVersion { by: "user:alice", ..version("level", "two") }, NOW.after(MINUTE)).await);
    assert_eq!(ask!(store, claim_providers::find, "level"), Some(provider("level", "two")));
    let versions: Vec<_> = ask!(store, claim_providers::versions, "level")
        .into_iter()
        .map(|version| (version.digest, version.uploaded_by, version.uploaded_at))
        .collect();
    assert_eq!(versions, [("two".to_owned(), "user:alice".to_owned(), NOW.after(MINUTE)), ("one".to_owned(), "cli".to_owned(), NOW)]);
    assert_eq!(ask!(store, claim_providers::find, "Level"), None);
    assert_eq!(ask!(store, claim_providers::versions, "Level"), []);
}

async fn registering_what_is_current_changes_nothing(database: Database) {
    let store = database.store().await;
    assert!(register(&store, version("level", "one"), NOW).await);
    assert!(!register(&store, NewVersion { by: "user:alice", ..version("level", "one") }, NOW.after(MINUTE)).await);
    let versions = ask!(store, claim_providers::versions, "level");
    assert_eq!((versions.len(), versions[0].uploaded_by.as_str(), versions[0].uploaded_at), (1, "cli", NOW));
}

async fn an_old_version_becomes_current_again(database: Database) {
    let store = database.store().await;
    register(&store, version("level", "one"), NOW).await;
    register(&store, version("level", "two"), NOW).await;
    assert!(commit!(store, tx, [], claim_providers::set_current(tx, "level", "one")).await.unwrap());
    assert_eq!(ask!(store, claim_providers::find, "level"), Some(provider("level", "one")));
    assert!(register(&store, version("level", "two"), NOW).await, "known, and not current");
    assert_eq!(ask!(store, claim_providers::find, "level"), Some(provider("level", "two")));
    assert_eq!(ask!(store, claim_providers::versions, "level").len(), 2);
}

async fn a_version_of_another_provider_does_not_become_current(database: Database) {
    let store = database.store().await;
    register(&store, version("level", "one"), NOW).await;
    register(&store, version("other", "two"), NOW).await;
    for (name, digest) in [("level", "two"), ("level", "three"), ("nobody", "one")] {
        assert!(!commit!(store, tx, [], claim_providers::set_current(tx, name, digest)).await.unwrap(), "{name} {digest}");
    }
    assert_eq!(ask!(store, claim_providers::list), [provider("level", "one"), provider("other", "two")]);
}

async fn providers_share_a_component(database: Database) {
    let store = database.store().await;
    register(&store, version("level", "one"), NOW).await;
    assert!(register(&store, version("alias", "one"), NOW).await);
    assert_eq!(ask!(store, claim_providers::list), [provider("alias", "one"), provider("level", "one")]);
    assert_eq!(database.count("claim_provider_components").await, 1);
    // A write that fails leaves no component behind.
    let failed = store
        .write(|tx| {
            Box::pin(async move {
                claim_providers::register(tx, &version("lost", "lost"), NOW).await?;
                Err::<(), _>(StorageError::Configuration("something else failed".to_owned()))
            })
        })
        .await;
    assert!(failed.is_err());
    assert!(ask!(store, claim_providers::component, "lost").is_none());
}

async fn a_provider_that_becomes_built_in_has_changed(database: Database) {
    let store = database.store().await;
    register(&store, version("level", "one"), NOW).await;
    let builtin = NewVersion { builtin: true, ..version("level", "one") };
    assert!(register(&store, builtin, NOW).await);
    assert!(!register(&store, builtin, NOW).await);
    assert!(ask!(store, claim_providers::find, "level").unwrap().builtin);
}
