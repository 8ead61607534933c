//! Consents: one per user and client, replaced as a whole.

use argus_domain::grant::Consent;
use argus_domain::ids::UserId;
use argus_storage::{Store, consents};

use crate::database::Database;
use crate::samples::{MINUTE, NOW, add_user, client_id, scopes};

on_both_engines!(
    a_consent_comes_back_as_it_was_given,
    the_later_consent_replaces_the_earlier,
    a_consent_may_be_longer_than_a_scope_parameter,
    a_consent_is_taken_back_once,
    consents_of_a_user_are_listed_the_latest_first,
);

async fn give(store: &Store, user: UserId, client: u128, scope: &str, at: u32) {
    let consent = Consent { scopes: scopes(scope), claims: ["b".to_owned(), "a \"quoted\" one".to_owned()].into() };
    commit!(store, tx, [consent], consents::upsert(tx, user, client_id(client), &consent, NOW.after(MINUTE * at))).await.unwrap();
}

async fn a_consent_comes_back_as_it_was_given(database: Database) {
    let store = database.store().await;
    let user = add_user(&store, "alice").await;
    give(&store, user, 1, "openid cases:read", 0).await;
    let found = ask!(store, consents::find, user, client_id(1)).unwrap();
    assert_eq!(found.scopes, scopes("cases:read openid"));
    assert_eq!(found.claims, ["a \"quoted\" one".to_owned(), "b".to_owned()].into());
    give(&store, user, 2, "", 0).await;
    assert!(ask!(store, consents::find, user, client_id(2)).unwrap().scopes.is_empty());
    assert!(ask!(store, consents::find, user, client_id(3)).is_none());
    assert!(ask!(store, consents::find, UserId::new(user.get() + 1), client_id(1)).is_none());
}

async fn the_later_consent_replaces_the_earlier(database: Database) {
    let store = database.store().await;
    let user = add_user(&store, "alice").await;
    give(&store, user, 1, "openid email", 0).await;
    give(&store, user, 1, "openid", 1).await;
    let listed = ask!(store, consents::list_by_user, user);
    assert_eq!(listed.len(), 1);
    assert_eq!((&listed[0].1.scopes, listed[0].2), (&scopes("openid"), NOW.after(MINUTE)));
}

async fn a_consent_may_be_longer_than_a_scope_parameter(database: Database) {
    let store = database.store().await;
    let user = add_user(&store, "alice").await;
    let many = (0..400).map(|number| format!("resource:scope-{number}")).collect();
    let consent = Consent { scopes: many, claims: ["level".to_owned()].into() };
    commit!(store, tx, [consent], consents::upsert(tx, user, client_id(1), &consent, NOW)).await.unwrap();
    assert_eq!(ask!(store, consents::find, user, client_id(1)), Some(consent));
}

async fn a_consent_is_taken_back_once(database: Database) {
    let store = database.store().await;
    let user = add_user(&store, "alice").await;
    give(&store, user, 1, "openid", 0).await;
    give(&store, user, 2, "openid", 0).await;
    assert!(commit!(store, tx, [], consents::revoke(tx, user, client_id(1))).await.unwrap());
    assert!(!commit!(store, tx, [], consents::revoke(tx, user, client_id(1))).await.unwrap());
    assert!(ask!(store, consents::find, user, client_id(1)).is_none());
    assert!(ask!(store, consents::find, user, client_id(2)).is_some());
}

async fn consents_of_a_user_are_listed_the_latest_first(database: Database) {
    let store = database.store().await;
    let (alice, bob) = (add_user(&store, "alice").await, add_user(&store, "bob").await);
    for (user, client, at) in [(alice, 3, 0), (alice, 1, 0), (alice, 2, 1), (bob, 4, 0)] {
        give(&store, user, client, "openid", at).await;
    }
    let listed: Vec<_> = ask!(store, consents::list_by_user, alice).into_iter().map(|(client, ..)| client).collect();
    assert_eq!(listed, [2, 1, 3].map(client_id));
}
