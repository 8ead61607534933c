//! Claim providers: versions by digest, approved before they serve; one of them current, one before it, one in the shadow.

use argus_domain::Timestamp;
use argus_domain::facts::Facts;
use argus_domain::issuance::ProviderMetadata;
use argus_storage::claim_providers::{self, Approval, ClaimProvider, NewVersion};
use argus_storage::{StorageError, Store};
use futures_util::future::join_all;

use crate::database::Database;
use crate::samples::{MINUTE, NOW, add_version, metadata, new_version};

on_both_engines!(
    a_component_comes_back_byte_by_byte,
    a_new_version_is_not_current_by_itself,
    inserting_what_is_there_changes_nothing,
    a_version_that_waits_is_approved_by_the_next_upload,
    an_approval_can_be_given_and_changed,
    only_an_approved_version_of_the_provider_is_promoted,
    a_promotion_needs_the_version_it_was_made_on,
    a_rollback_leads_back_and_no_further,
    a_rollback_needs_a_previous_version_and_the_expected_one,
    an_approved_version_runs_in_the_shadow_until_it_is_promoted,
    of_many_promotions_at_once_one_succeeds,
    of_a_promotion_and_a_rollback_one_succeeds,
    a_version_that_is_promoted_while_it_is_deleted_is_either,
    providers_share_a_component,
    a_provider_that_becomes_built_in_stays_so,
);

async fn insert(store: &Store, version: NewVersion<'static>, now: Timestamp) -> bool {
    commit!(store, tx, [], claim_providers::insert_version(tx, &version, now)).await.unwrap()
}

async fn promote(store: &Store, digest: &'static str, expected: Option<&'static str>) -> bool {
    commit!(store, tx, [], claim_providers::promote(tx, "level", digest, expected, NOW)).await.unwrap()
}

async fn rollback(store: &Store, expected: &'static str) -> Option<String> {
    commit!(store, tx, [], claim_providers::rollback(tx, "level", expected, NOW)).await.unwrap()
}

async fn set_shadow(store: &Store, digest: Option<&'static str>) -> bool {
    commit!(store, tx, [], claim_providers::set_shadow(tx, "level", digest)).await.unwrap()
}

fn provider(name: &str) -> ClaimProvider {
    ClaimProvider { name: name.to_owned(), builtin: false, current: None, previous: None, shadow: None, current_since: None }
}

/// The current, the previous and the shadow version of `level`.
async fn state(store: &Store) -> [Option<String>; 3] {
    let found = ask!(store, claim_providers::find, "level").unwrap();
    [found.current, found.previous, found.shadow]
}

fn digests(digests: [&str; 3]) -> [Option<String>; 3] {
    digests.map(|digest| Some(digest).filter(|digest| *digest != "-").map(str::to_owned))
}

/// A store with approved versions of `level`, the first of which is current.
async fn with_versions(database: &Database, digests: &[&'static str]) -> Store {
    let store = database.store().await;
    for digest in digests {
        add_version(&store, "level", digest).await;
    }
    assert!(promote(&store, digests[0], None).await);
    store
}

async fn a_component_comes_back_byte_by_byte(database: Database) {
    let store = database.store().await;
    let bytes: Vec<u8> = (0..3_000_000_u32).map(|number| number.to_le_bytes()[number as usize % 3]).collect();
    let component: &'static [u8] = bytes.clone().leak();
    assert!(insert(&store, NewVersion { component, ..new_version("big", "sha256:big") }, NOW).await);
    assert!(ask!(store, claim_providers::component, "sha256:big").unwrap() == bytes);
    assert_eq!(ask!(store, claim_providers::versions, "big")[0].size, 3_000_000);
    assert!(ask!(store, claim_providers::component, "sha256:none").is_none());
}

async fn a_new_version_is_not_current_by_itself(database: Database) {
    let store = database.store().await;
    assert!(insert(&store, NewVersion { approved: None, ..new_version("level", "one") }, NOW).await);
    let later = NOW.after(MINUTE);
    let facts = Facts { email: true, network: true, ..Facts::default() };
    let second = NewVersion { by: "user:alice", from: Some("192.0.2.1"), approved: Some(facts), ..new_version("level", "two") };
    assert!(insert(&store, second, later).await);
    assert_eq!(ask!(store, claim_providers::find, "level"), Some(provider("level")));
    let [second, first] = ask!(store, claim_providers::versions, "level").try_into().unwrap();
    assert_eq!((first.digest.as_str(), first.size, first.uploaded_by.as_str(), first.uploaded_at), ("one", 3, "cli", NOW));
    assert_eq!((&first.uploaded_from, &first.metadata, &first.approval), (&None, &Some(metadata("level")), &None));
    assert_eq!((second.digest.as_str(), second.uploaded_by.as_str(), second.uploaded_at), ("two", "user:alice", later));
    assert_eq!(second.uploaded_from.as_deref(), Some("192.0.2.1"));
    assert_eq!(second.approval, Some(Approval { facts, by: "user:alice".to_owned(), at: later }));
    assert_eq!(ask!(store, claim_providers::version, "level", "two"), Some(second));
    for (name, digest) in [("level", "three"), ("Level", "one")] {
        assert_eq!(ask!(store, claim_providers::version, name, digest), None, "{name} {digest}");
    }
    assert_eq!(ask!(store, claim_providers::find, "Level"), None);
    assert_eq!(ask!(store, claim_providers::versions, "Level"), []);
}

async fn inserting_what_is_there_changes_nothing(database: Database) {
    let store = with_versions(&database, &["one", "two"]).await;
    let before = (ask!(store, claim_providers::list), ask!(store, claim_providers::versions, "level"));
    let other: &'static ProviderMetadata = Box::leak(Box::new(ProviderMetadata { version: "9".to_owned(), ..metadata("level") }));
    for approved in [None, Some(Facts::default())] {
        let again = NewVersion { by: "user:alice", metadata: Some(other), approved, ..new_version("level", "two") };
        assert!(!insert(&store, again, NOW.after(MINUTE)).await);
    }
    assert_eq!((ask!(store, claim_providers::list), ask!(store, claim_providers::versions, "level")), before);
}

async fn a_version_that_waits_is_approved_by_the_next_upload(database: Database) {
    let store = database.store().await;
    let waiting = NewVersion { approved: None, ..new_version("level", "one") };
    assert!(insert(&store, waiting, NOW).await);
    assert!(!insert(&store, waiting, NOW).await);
    let later = NOW.after(MINUTE);
    assert!(insert(&store, NewVersion { by: "user:alice", ..new_version("level", "one") }, later).await);
    let found = ask!(store, claim_providers::version, "level", "one").unwrap();
    assert_eq!((found.uploaded_by.as_str(), found.uploaded_at), ("cli", NOW));
    assert_eq!(found.approval, Some(Approval { facts: Facts::ALL, by: "user:alice".to_owned(), at: later }));
    assert_eq!(state(&store).await, digests(["-", "-", "-"]));
}

async fn an_approval_can_be_given_and_changed(database: Database) {
    let store = database.store().await;
    assert!(insert(&store, NewVersion { approved: None, ..new_version("level", "one") }, NOW).await);
    for (facts, by) in [(Facts::default(), "user:alice"), (Facts { groups: true, ..Facts::default() }, "user:bob")] {
        assert!(commit!(store, tx, [], claim_providers::approve(tx, "level", "one", facts, by, NOW)).await.unwrap());
        let found = ask!(store, claim_providers::version, "level", "one").unwrap();
        assert_eq!(found.approval, Some(Approval { facts, by: by.to_owned(), at: NOW }));
    }
    for (name, digest) in [("level", "two"), ("other", "one")] {
        assert!(!commit!(store, tx, [], claim_providers::approve(tx, name, digest, Facts::ALL, "cli", NOW)).await.unwrap());
    }
}

async fn only_an_approved_version_of_the_provider_is_promoted(database: Database) {
    let store = database.store().await;
    assert!(insert(&store, NewVersion { approved: None, ..new_version("level", "one") }, NOW).await);
    add_version(&store, "other", "two").await;
    for digest in ["one", "two", "three"] {
        assert!(!promote(&store, digest, None).await, "{digest}");
        assert!(!set_shadow(&store, Some(digest)).await, "{digest}");
    }
    assert!(!commit!(store, tx, [], claim_providers::promote(tx, "nobody", "two", None, NOW)).await.unwrap());
    assert_eq!(ask!(store, claim_providers::list), [provider("level"), provider("other")]);
    assert!(commit!(store, tx, [], claim_providers::approve(tx, "level", "one", Facts::ALL, "cli", NOW)).await.unwrap());
    assert!(promote(&store, "one", None).await);
    let current = ClaimProvider { current: Some("one".to_owned()), current_since: Some(NOW), ..provider("level") };
    assert_eq!(ask!(store, claim_providers::list), [current, provider("other")]);
}

async fn a_promotion_needs_the_version_it_was_made_on(database: Database) {
    let store = with_versions(&database, &["one", "two", "three"]).await;
    for expected in [None, Some("two"), Some("three")] {
        assert!(!promote(&store, "two", expected).await, "{expected:?}");
    }
    assert!(!promote(&store, "one", Some("one")).await, "it is current already");
    assert_eq!(state(&store).await, digests(["one", "-", "-"]));
    let later = NOW.after(MINUTE);
    assert!(commit!(store, tx, [], claim_providers::promote(tx, "level", "two", Some("one"), later)).await.unwrap());
    assert_eq!(state(&store).await, digests(["two", "one", "-"]));
    assert_eq!(ask!(store, claim_providers::find, "level").unwrap().current_since, Some(later));
    assert!(promote(&store, "one", Some("two")).await, "an old version may be promoted again");
    assert_eq!(state(&store).await, digests(["one", "two", "-"]));
}

async fn a_rollback_leads_back_and_no_further(database: Database) {
    let store = with_versions(&database, &["one", "two"]).await;
    assert!(promote(&store, "two", Some("one")).await);
    assert!(set_shadow(&store, Some("one")).await);
    let later = NOW.after(MINUTE);
    let rolled_back = commit!(store, tx, [], claim_providers::rollback(tx, "level", "two", later)).await.unwrap();
    assert_eq!(rolled_back.as_deref(), Some("one"));
    assert_eq!(state(&store).await, digests(["one", "-", "-"]), "what is current does not run in the shadow too");
    assert_eq!(ask!(store, claim_providers::find, "level").unwrap().current_since, Some(later));
    assert_eq!(rollback(&store, "one").await, None);
}

async fn a_rollback_needs_a_previous_version_and_the_expected_one(database: Database) {
    let store = with_versions(&database, &["one", "two", "three"]).await;
    assert_eq!(rollback(&store, "one").await, None);
    assert!(promote(&store, "two", Some("one")).await);
    assert!(set_shadow(&store, Some("three")).await);
    for expected in ["one", "three"] {
        assert_eq!(rollback(&store, expected).await, None);
    }
    assert_eq!(state(&store).await, digests(["two", "one", "three"]));
    assert_eq!(rollback(&store, "two").await.as_deref(), Some("one"));
    assert_eq!(state(&store).await, digests(["one", "-", "three"]));
}

async fn an_approved_version_runs_in_the_shadow_until_it_is_promoted(database: Database) {
    let store = with_versions(&database, &["one", "two", "three"]).await;
    assert!(!set_shadow(&store, None).await, "there was none");
    assert!(!set_shadow(&store, Some("one")).await, "it is current");
    assert!(set_shadow(&store, Some("two")).await);
    assert!(set_shadow(&store, Some("three")).await);
    assert_eq!(state(&store).await, digests(["one", "-", "three"]));
    assert!(promote(&store, "two", Some("one")).await);
    assert_eq!(state(&store).await, digests(["two", "one", "three"]), "another one goes on");
    assert!(promote(&store, "three", Some("two")).await);
    assert_eq!(state(&store).await, digests(["three", "two", "-"]));
    assert!(set_shadow(&store, Some("one")).await);
    assert!(set_shadow(&store, None).await);
    assert_eq!(state(&store).await, digests(["three", "two", "-"]));
}

const CANDIDATES: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

async fn of_many_promotions_at_once_one_succeeds(database: Database) {
    let nodes = [database.node("one").await, database.node("two").await];
    for digest in CANDIDATES {
        add_version(&nodes[0], "level", digest).await;
    }
    // The first time nothing is current, then whoever won before is.
    let mut current: Option<&'static str> = None;
    for round in 0..4 {
        let racers = CANDIDATES.into_iter().enumerate().map(|(racer, digest)| {
            let store = nodes[racer % 2].clone();
            tokio::spawn(async move { promote(&store, digest, current).await.then_some(digest) })
        });
        let winners: Vec<_> = join_all(racers).await.into_iter().filter_map(Result::unwrap).collect();
        assert_eq!(winners.len(), 1, "round {round}: {winners:?}");
        assert_eq!(state(&nodes[1]).await, digests([winners[0], current.unwrap_or("-"), "-"]));
        current = Some(winners[0]);
    }
}

async fn of_a_promotion_and_a_rollback_one_succeeds(database: Database) {
    let nodes = [database.node("one").await, database.node("two").await];
    for digest in ["one", "two", "three"] {
        add_version(&nodes[0], "level", digest).await;
    }
    for round in 0..10 {
        let found = ask!(nodes[0], claim_providers::find, "level").unwrap().current;
        let found: Option<&'static str> = found.map(|digest| ["one", "two", "three"].into_iter().find(|known| *known == digest).unwrap());
        if found != Some("one") {
            assert!(promote(&nodes[0], "one", found).await);
        }
        assert!(promote(&nodes[0], "two", Some("one")).await);
        let (promoted, rolled_back) = tokio::join!(promote(&nodes[0], "three", Some("two")), rollback(&nodes[1], "two"));
        assert!(promoted != rolled_back.is_some(), "round {round}: {promoted} {rolled_back:?}");
        let expected = if promoted { ["three", "two", "-"] } else { ["one", "-", "-"] };
        assert_eq!(state(&nodes[1]).await, digests(expected), "round {round}");
    }
}

async fn a_version_that_is_promoted_while_it_is_deleted_is_either(database: Database) {
    let nodes = [database.node("one").await, database.node("two").await];
    // Elsewhere too, so that no component keeps the version from going.
    for name in ["level", "other"] {
        for digest in ["one", "two"] {
            add_version(&nodes[0], name, digest).await;
        }
    }
    assert!(promote(&nodes[0], "one", None).await);
    for round in 0..10 {
        let two = nodes[1].clone();
        let delete = async move { commit!(two, tx, [], claim_providers::delete_version(tx, "level", "two")).await.unwrap() };
        let (promoted, deleted) = tokio::join!(promote(&nodes[0], "two", Some("one")), delete);
        assert!(promoted != deleted, "round {round}: {promoted} {deleted}");
        let known = ask!(nodes[0], claim_providers::version, "level", "two").is_some();
        assert_eq!((known, &state(&nodes[0]).await[0]), (promoted, &Some(if promoted { "two" } else { "one" }.to_owned())));
        if promoted {
            assert!(promote(&nodes[0], "one", Some("two")).await);
        } else {
            add_version(&nodes[0], "level", "two").await;
        }
    }
}

async fn providers_share_a_component(database: Database) {
    let store = database.store().await;
    add_version(&store, "level", "one").await;
    add_version(&store, "alias", "one").await;
    assert_eq!(ask!(store, claim_providers::list), [provider("alias"), provider("level")]);
    assert_eq!(database.count("claim_provider_components").await, 1);
    // A write that fails leaves no component behind.
    let failed = store
        .write(|tx| {
            Box::pin(async move {
                claim_providers::insert_version(tx, &new_version("lost", "lost"), NOW).await?;
                Err::<(), _>(StorageError::Configuration("something else failed".to_owned()))
            })
        })
        .await;
    assert!(failed.is_err());
    assert!(ask!(store, claim_providers::component, "lost").is_none());
}

async fn a_provider_that_becomes_built_in_stays_so(database: Database) {
    let store = database.store().await;
    add_version(&store, "level", "one").await;
    assert!(insert(&store, NewVersion { builtin: true, ..new_version("level", "two") }, NOW).await);
    assert!(ask!(store, claim_providers::find, "level").unwrap().builtin);
    add_version(&store, "level", "three").await;
    assert!(ask!(store, claim_providers::find, "level").unwrap().builtin, "whatever else is added to it");
}
