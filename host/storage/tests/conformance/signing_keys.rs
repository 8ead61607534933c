//! Signing keys: pending, active, retiring, and never back.

use argus_domain::signing::{SigningAlgorithm, SigningKeyState, StoredSigningKey};
use argus_storage::{Store, signing_keys};
use futures_util::future::join_all;
use serde_json::json;

use crate::database::Database;
use crate::samples::{DAY, MINUTE, NOW, assert_conflict};

on_both_engines!(
    a_key_comes_back_as_it_was_made,
    keys_are_listed_the_oldest_first,
    a_kid_belongs_to_one_key,
    a_key_moves_on_once,
    of_16_activations_one_counts,
    a_key_never_becomes_pending_again,
    a_key_is_removed_once,
);

fn key(kid: &str) -> StoredSigningKey {
    StoredSigningKey {
        kid: kid.to_owned(),
        algorithm: SigningAlgorithm::ES256,
        state: SigningKeyState::Pending,
        private_sealed: vec![0, 1, 254, 255, 39],
        public_jwk: json!({"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "a": null}),
        created_at: NOW,
        activated_at: None,
        retired_at: None,
    }
}

async fn insert(store: &Store, key: &StoredSigningKey) {
    let key = key.clone();
    commit!(store, tx, [key], signing_keys::insert(tx, &key)).await.unwrap();
}

async fn a_key_comes_back_as_it_was_made(database: Database) {
    let store = database.store().await;
    let (active, retired) = (Some(NOW.after(MINUTE)), Some(NOW.after(DAY)));
    let mut keys = vec![key("a"), key("b"), key("c"), key("d")];
    for (key, algorithm) in keys.iter_mut().zip(SigningAlgorithm::ALL) {
        key.algorithm = algorithm;
    }
    (keys[1].state, keys[1].activated_at) = (SigningKeyState::Active, active);
    (keys[2].state, keys[2].activated_at, keys[2].retired_at) = (SigningKeyState::Retiring, active, retired);
    for key in &keys {
        insert(&store, key).await;
    }
    assert_eq!(ask!(store, signing_keys::list), keys);
}

async fn keys_are_listed_the_oldest_first(database: Database) {
    let store = database.store().await;
    for (kid, created_at) in [("b", NOW.after(MINUTE)), ("c", NOW), ("a", NOW.after(DAY)), ("B", NOW)] {
        insert(&store, &StoredSigningKey { created_at, ..key(kid) }).await;
    }
    let kids: Vec<_> = ask!(store, signing_keys::list).into_iter().map(|key| key.kid).collect();
    assert_eq!(kids, ["B", "c", "b", "a"]);
}

async fn a_kid_belongs_to_one_key(database: Database) {
    let store = database.store().await;
    insert(&store, &key("a")).await;
    let second = StoredSigningKey { algorithm: SigningAlgorithm::RS256, ..key("a") };
    assert_conflict(commit!(store, tx, [second], signing_keys::insert(tx, &second)).await, "kid");
    assert_eq!(ask!(store, signing_keys::list), [key("a")]);
}

async fn a_key_moves_on_once(database: Database) {
    use SigningKeyState::{Active, Pending, Retiring};
    let store = database.store().await;
    insert(&store, &key("a")).await;
    insert(&store, &key("other")).await;
    let steps =
        [(Active, Retiring, false), (Pending, Active, true), (Pending, Active, false), (Active, Retiring, true), (Active, Retiring, false)];
    for (minutes, (from, to, moved)) in (1..).zip(steps) {
        let now = NOW.after(MINUTE * minutes);
        assert_eq!(commit!(store, tx, [], signing_keys::set_state(tx, "a", from, to, now)).await.unwrap(), moved, "{from:?} {to:?}");
    }
    let (activated_at, retired_at) = (Some(NOW.after(MINUTE * 2)), Some(NOW.after(MINUTE * 4)));
    let moved = StoredSigningKey { state: Retiring, activated_at, retired_at, ..key("a") };
    assert_eq!(ask!(store, signing_keys::list), [moved, key("other")]);
}

async fn of_16_activations_one_counts(database: Database) {
    let nodes = [database.node("one").await, database.node("two").await];
    insert(&nodes[0], &key("a")).await;
    let racers = (0..16).map(|racer| {
        let store = nodes[racer % 2].clone();
        tokio::spawn(async move {
            let (from, to) = (SigningKeyState::Pending, SigningKeyState::Active);
            commit!(store, tx, [], signing_keys::set_state(tx, "a", from, to, NOW)).await.unwrap()
        })
    });
    assert_eq!(join_all(racers).await.into_iter().filter(|moved| *moved.as_ref().unwrap()).count(), 1);
}

async fn a_key_never_becomes_pending_again(database: Database) {
    let store = database.store().await;
    let active = StoredSigningKey { state: SigningKeyState::Active, activated_at: Some(NOW), ..key("a") };
    insert(&store, &active).await;
    let (from, to) = (SigningKeyState::Active, SigningKeyState::Pending);
    assert!(!commit!(store, tx, [], signing_keys::set_state(tx, "a", from, to, NOW)).await.unwrap());
    assert_eq!(ask!(store, signing_keys::list), [active]);
}

async fn a_key_is_removed_once(database: Database) {
    let store = database.store().await;
    insert(&store, &key("a")).await;
    insert(&store, &key("b")).await;
    for removed in [true, false] {
        assert_eq!(commit!(store, tx, [], signing_keys::remove(tx, "a")).await.unwrap(), removed);
    }
    assert_eq!(ask!(store, signing_keys::list), [key("b")]);
}
