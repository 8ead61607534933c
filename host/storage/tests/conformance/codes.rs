//! Authorization grants: a code works once, and is recognised when it comes again.

use std::time::Duration;

use argus_domain::grant::AuthorizationGrantState;
use argus_domain::ids::UserId;
use argus_domain::secret::SecretHash;
use argus_storage::{StorageError, Store, authorization_grants, client_sessions, users};
use futures_util::future::join_all;

use crate::database::Database;
use crate::samples::{DAY, MILLISECOND, MINUTE, NOW, add_user, assert_conflict, assert_same, browser_session_id, client_id, grant};

on_both_engines!(
    a_grant_comes_back_as_it_was_approved,
    a_grant_comes_with_the_snapshot_of_its_user,
    a_grant_whose_user_is_gone_has_no_snapshot,
    an_unknown_code_has_no_grant_and_is_not_taken,
    a_code_is_taken_once,
    a_taken_code_is_recognised_when_it_comes_again,
    a_code_works_until_it_expires_and_no_longer,
    a_code_taken_by_a_write_that_failed_was_not_taken,
    a_code_belongs_to_one_grant,
    revoking_reaches_the_pending_grants_it_names_and_no_more,
    revoking_by_user_can_spare_the_grants_of_one_browser_session,
    revoking_client_sessions_revokes_the_grants_that_would_open_another,
);

async fn approve(store: &Store, code: &str) -> SecretHash {
    let user = add_user(store, code).await;
    let grant = grant(code, user);
    let hash = grant.code_hash.clone();
    commit!(store, tx, [grant], authorization_grants::insert(tx, &grant)).await.unwrap();
    hash
}

async fn redeem_after(store: &Store, hash: &SecretHash, wait: Duration) -> bool {
    let hash = hash.clone();
    commit!(store, tx, [hash], authorization_grants::redeem(tx, &hash, NOW.after(wait))).await.unwrap()
}

async fn a_grant_comes_back_as_it_was_approved(database: Database) {
    let store = database.store().await;
    let user = add_user(&store, "alice").await;
    let whole = grant("whole", user);
    let mut bare = grant("bare", user);
    (bare.nonce, bare.code_challenge, bare.sign_in.client_ip, bare.sign_in.federated_by) = (None, None, None, None);
    for grant in [whole, bare] {
        commit!(store, tx, [grant], authorization_grants::insert(tx, &grant)).await.unwrap();
        let found = ask!(store, authorization_grants::find_by_code_hash, &grant.code_hash).unwrap();
        assert_same(&found, &grant);
        assert!(found.code_hash == grant.code_hash);
    }
}

async fn a_grant_comes_with_the_snapshot_of_its_user(database: Database) {
    let store = database.store().await;
    let hash = approve(&store, "alice").await;
    let (found, snapshot) = ask!(store, authorization_grants::find_with_snapshot, &hash).unwrap();
    assert_same(&found, &ask!(store, authorization_grants::find_by_code_hash, &hash).unwrap());
    assert_eq!(Some(snapshot), ask!(store, users::snapshot, found.user));
}

async fn a_grant_whose_user_is_gone_has_no_snapshot(database: Database) {
    let store = database.store().await;
    let hash = approve(&store, "alice").await;
    let user = ask!(store, authorization_grants::find_by_code_hash, &hash).unwrap().user;
    assert!(commit!(store, tx, [user], users::delete(tx, user)).await.unwrap());
    assert!(ask!(store, authorization_grants::find_with_snapshot, &hash).is_none());
}

async fn an_unknown_code_has_no_grant_and_is_not_taken(database: Database) {
    let store = database.store().await;
    let hash = SecretHash::of("unknown");
    assert!(ask!(store, authorization_grants::find_by_code_hash, &hash).is_none());
    assert!(ask!(store, authorization_grants::find_with_snapshot, &hash).is_none());
    assert!(!redeem_after(&store, &hash, Duration::ZERO).await);
}

async fn a_code_is_taken_once(database: Database) {
    let nodes = [database.node("one").await, database.node("two").await];
    for round in 0..4 {
        let hash = approve(&nodes[0], &format!("round {round}")).await;
        let takers = (0..32).map(|taker| {
            let (store, hash) = (nodes[taker % 2].clone(), hash.clone());
            tokio::spawn(async move { redeem_after(&store, &hash, Duration::ZERO).await })
        });
        let taken: Vec<bool> = join_all(takers).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(taken.iter().filter(|taken| **taken).count(), 1, "{taken:?}");
    }
}

async fn a_taken_code_is_recognised_when_it_comes_again(database: Database) {
    let store = database.store().await;
    let hash = approve(&store, "code").await;
    assert!(redeem_after(&store, &hash, Duration::ZERO).await);
    let found = ask!(store, authorization_grants::find_by_code_hash, &hash).unwrap();
    assert_eq!(found.state, AuthorizationGrantState::Redeemed);
    assert!(!redeem_after(&store, &hash, Duration::from_secs(1)).await);
}

async fn a_code_works_until_it_expires_and_no_longer(database: Database) {
    let store = database.store().await;
    let late = approve(&store, "late").await;
    assert!(!redeem_after(&store, &late, MINUTE).await);
    let found = ask!(store, authorization_grants::find_by_code_hash, &late).unwrap();
    assert_eq!(found.state, AuthorizationGrantState::Approved, "refused, not used up");
    let just_in_time = approve(&store, "just in time").await;
    assert!(redeem_after(&store, &just_in_time, MINUTE - MILLISECOND).await);
}

async fn a_code_taken_by_a_write_that_failed_was_not_taken(database: Database) {
    let store = database.store().await;
    let hash = approve(&store, "code").await;
    let taken = hash.clone();
    let outcome = store
        .write(move |tx| {
            let hash = taken.clone();
            Box::pin(async move {
                assert!(authorization_grants::redeem(tx, &hash, NOW).await?);
                Err::<(), _>(StorageError::Configuration("something else failed".to_owned()))
            })
        })
        .await;
    assert!(matches!(outcome, Err(StorageError::Configuration(_))), "{outcome:?}");
    assert!(redeem_after(&store, &hash, Duration::ZERO).await);
}

async fn a_code_belongs_to_one_grant(database: Database) {
    let store = database.store().await;
    let hash = approve(&store, "code").await;
    let mut second = grant("code", ask!(store, authorization_grants::find_by_code_hash, &hash).unwrap().user);
    second.redirect_uri = "https://elsewhere.example".to_owned();
    assert_conflict(commit!(store, tx, [second], authorization_grants::insert(tx, &second)).await, "code_hash");
    assert_ne!(ask!(store, authorization_grants::find_by_code_hash, &hash).unwrap().redirect_uri, second.redirect_uri);
}

/// Approves the grants of three codes of alice and one of bob; each differs from `alice 1` in one thing.
async fn four_grants(store: &Store) -> (UserId, UserId) {
    let (alice, bob) = (add_user(store, "alice").await, add_user(store, "bob").await);
    for (code, user, client, session) in [("alice 1", alice, 1, 2), ("alice 2", alice, 2, 2), ("alice 3", alice, 1, 3), ("bob", bob, 1, 4)]
    {
        let mut grant = grant(code, user);
        (grant.client, grant.browser_session) = (client_id(client), browser_session_id(session));
        commit!(store, tx, [grant], authorization_grants::insert(tx, &grant)).await.unwrap();
    }
    (alice, bob)
}

async fn left(store: &Store) -> Vec<&'static str> {
    let mut left = Vec::new();
    for code in ["alice 1", "alice 2", "alice 3", "bob"] {
        if ask!(store, authorization_grants::find_by_code_hash, &SecretHash::of(code)).is_some() {
            left.push(code);
        }
    }
    left
}

async fn revoking_reaches_the_pending_grants_it_names_and_no_more(database: Database) {
    let store = database.store().await;
    let (alice, bob) = four_grants(&store).await;
    let redeemed = SecretHash::of("alice 3");
    assert!(redeem_after(&store, &redeemed, Duration::ZERO).await);
    let revoke = async |user, client| {
        let client = client_id(client);
        commit!(store, tx, [], authorization_grants::revoke_by_user_and_client(tx, user, client, NOW)).await.unwrap()
    };
    assert_eq!(revoke(alice, 2).await, 1);
    assert_eq!(left(&store).await, ["alice 1", "alice 3", "bob"]);
    let session = browser_session_id(2);
    assert_eq!(commit!(store, tx, [], authorization_grants::revoke_by_browser_session(tx, session, NOW)).await.unwrap(), 1);
    assert_eq!(left(&store).await, ["alice 3", "bob"]);
    assert_eq!(commit!(store, tx, [], authorization_grants::revoke_by_user(tx, alice, NOW)).await.unwrap(), 0);
    assert_eq!(left(&store).await, ["alice 3", "bob"], "a redeemed one is kept: its code is recognised when it comes again");
    // Expired by this clock, and perhaps not by another.
    let later = NOW.after(MINUTE);
    assert_eq!(commit!(store, tx, [], authorization_grants::revoke_by_client(tx, client_id(1), later)).await.unwrap(), 1);
    assert_eq!(left(&store).await, ["alice 3"]);
    assert_eq!(revoke(bob, 1).await, 0);
    assert_eq!(commit!(store, tx, [], authorization_grants::revoke_by_user(tx, bob, NOW.after(DAY))).await.unwrap(), 0);
}

async fn revoking_by_user_can_spare_the_grants_of_one_browser_session(database: Database) {
    let store = database.store().await;
    let (alice, _) = four_grants(&store).await;
    let keep = browser_session_id(2);
    assert_eq!(commit!(store, tx, [], authorization_grants::revoke_by_user_but(tx, alice, keep, NOW)).await.unwrap(), 1);
    assert_eq!(left(&store).await, ["alice 1", "alice 2", "bob"]);
}

async fn revoking_client_sessions_revokes_the_grants_that_would_open_another(database: Database) {
    let store = database.store().await;
    let (alice, bob) = four_grants(&store).await;
    commit!(store, tx, [], client_sessions::revoke_by_user_and_client(tx, alice, client_id(2), NOW)).await.unwrap();
    assert_eq!(left(&store).await, ["alice 1", "alice 3", "bob"]);
    commit!(store, tx, [], client_sessions::revoke_by_browser_session(tx, browser_session_id(2), NOW)).await.unwrap();
    assert_eq!(left(&store).await, ["alice 3", "bob"]);
    commit!(store, tx, [], client_sessions::revoke_by_user(tx, bob, NOW)).await.unwrap();
    assert_eq!(left(&store).await, ["alice 3"]);
    commit!(store, tx, [], client_sessions::revoke_by_client(tx, client_id(1), NOW)).await.unwrap();
    assert_eq!(left(&store).await, [""; 0]);
}
