//! Browser sessions: found by the hash of the cookie, with what the next step needs to know.

use argus_domain::grant::{BrowserSession, Consent};
use argus_domain::ids::SubjectIdentifier;
use argus_domain::secret::SecretHash;
use argus_storage::{Store, browser_sessions, consents, users};

use crate::database::Database;
use crate::samples::{
    MILLISECOND, MINUTE, NOW, add_user, assert_conflict, assert_same, browser_session, browser_session_id, client_id, scopes,
};

on_both_engines!(
    a_session_is_found_by_its_cookie_with_its_user,
    a_disabled_user_shows_in_the_session,
    an_authorization_reads_session_and_consent_at_once,
    a_cookie_belongs_to_one_session,
    the_last_use_is_noted_once_a_minute,
    a_session_ends_once,
    a_renewed_session_goes_on_under_another_cookie,
    grants_need_a_session_that_has_not_ended_and_a_user_who_is_enabled,
    every_session_of_a_user_ends_and_no_other,
    sessions_of_a_user_are_listed_the_last_used_first,
);

async fn begin(store: &Store, session: &BrowserSession) {
    let session = session.clone();
    commit!(store, tx, [session], browser_sessions::insert(tx, &session)).await.unwrap();
}

async fn a_session_is_found_by_its_cookie_with_its_user(database: Database) {
    let store = database.store().await;
    let session = browser_session(1, add_user(&store, "alice").await);
    begin(&store, &session).await;
    let found = ask!(store, browser_sessions::find_by_token_hash, &session.token_hash).unwrap();
    assert_same(&found.session, &session);
    assert!(found.session.token_hash == session.token_hash);
    assert_eq!(found.subject, SubjectIdentifier::new("subject of alice"));
    assert_eq!((found.username.as_str(), found.name.as_str(), found.enabled), ("alice", "The alice", true));
    assert!(ask!(store, browser_sessions::find_by_token_hash, &SecretHash::of("another")).is_none());
}

async fn a_disabled_user_shows_in_the_session(database: Database) {
    let store = database.store().await;
    let user = add_user(&store, "alice").await;
    let session = browser_session(1, user);
    begin(&store, &session).await;
    commit!(store, tx, [], users::set_enabled(tx, user, false, NOW)).await.unwrap();
    assert!(!ask!(store, browser_sessions::find_by_token_hash, &session.token_hash).unwrap().enabled);
    assert!(!ask!(store, browser_sessions::find_for_authorization, &session.token_hash, client_id(1)).unwrap().enabled);
}

async fn an_authorization_reads_session_and_consent_at_once(database: Database) {
    let store = database.store().await;
    let user = add_user(&store, "alice").await;
    let session = browser_session(1, user);
    begin(&store, &session).await;
    let consent = Consent { scopes: scopes("openid email"), claims: ["level".to_owned()].into() };
    commit!(store, tx, [consent], consents::upsert(tx, user, client_id(1), &consent, NOW)).await.unwrap();
    let found = ask!(store, browser_sessions::find_for_authorization, &session.token_hash, client_id(1)).unwrap();
    assert_same(&found.session, &session);
    assert_eq!(found.subject, SubjectIdentifier::new("subject of alice"));
    assert!(found.enabled);
    assert_eq!(found.consent, Some(consent));
    let found = ask!(store, browser_sessions::find_for_authorization, &session.token_hash, client_id(2)).unwrap();
    assert_eq!(found.consent, None, "what another client was allowed does not count");
    assert!(ask!(store, browser_sessions::find_for_authorization, &SecretHash::of("another"), client_id(1)).is_none());
}

async fn a_cookie_belongs_to_one_session(database: Database) {
    let store = database.store().await;
    let session = browser_session(1, add_user(&store, "alice").await);
    begin(&store, &session).await;
    let mut second = browser_session(2, session.user);
    second.token_hash = session.token_hash.clone();
    assert_conflict(commit!(store, tx, [second], browser_sessions::insert(tx, &second)).await, "token_hash");
}

async fn the_last_use_is_noted_once_a_minute(database: Database) {
    let store = database.store().await;
    let session = browser_session(1, add_user(&store, "alice").await);
    begin(&store, &session).await;
    for (at, noted) in [(MINUTE - MILLISECOND, NOW), (MINUTE, NOW.after(MINUTE)), (MINUTE * 2 - MILLISECOND, NOW.after(MINUTE))] {
        let now = NOW.after(at);
        commit!(store, tx, [], browser_sessions::touch(tx, browser_session_id(1), now)).await.unwrap();
        let found = ask!(store, browser_sessions::find_by_token_hash, &session.token_hash).unwrap();
        assert_eq!(found.session.last_seen_at, noted, "used after {at:?}");
    }
}

async fn a_session_ends_once(database: Database) {
    let store = database.store().await;
    let user = add_user(&store, "alice").await;
    let (first, second) = (browser_session(1, user), browser_session(2, user));
    begin(&store, &first).await;
    begin(&store, &second).await;
    assert!(commit!(store, tx, [], browser_sessions::end(tx, browser_session_id(1))).await.unwrap());
    assert!(!commit!(store, tx, [], browser_sessions::end(tx, browser_session_id(1))).await.unwrap());
    assert!(ask!(store, browser_sessions::find_by_token_hash, &first.token_hash).is_none());
    assert!(ask!(store, browser_sessions::find_by_token_hash, &second.token_hash).is_some());
}

async fn a_renewed_session_goes_on_under_another_cookie(database: Database) {
    let store = database.store().await;
    let (alice, bob) = (add_user(&store, "alice").await, add_user(&store, "bob").await);
    let (before, other) = (browser_session(1, alice), browser_session(2, alice));
    begin(&store, &before).await;
    begin(&store, &other).await;
    let old = before.token_hash.clone();
    let mut after = BrowserSession { token_hash: SecretHash::of("another"), ..before.clone() };
    (after.last_seen_at, after.expires_at) = (NOW.after(MINUTE), NOW.after(MINUTE * 2));
    (after.sign_in.authenticated_at, after.sign_in.client_ip) = (NOW.after(MINUTE), None);
    let bobs = BrowserSession { user: bob, ..after.clone() };
    assert!(!commit!(store, tx, [bobs, old], browser_sessions::renew(tx, &bobs, &old)).await.unwrap(), "a session changes no hands");
    assert!(commit!(store, tx, [after, old], browser_sessions::renew(tx, &after, &old)).await.unwrap());
    assert!(!commit!(store, tx, [after, old], browser_sessions::renew(tx, &after, &old)).await.unwrap(), "the cookie is another now");
    assert!(ask!(store, browser_sessions::find_by_token_hash, &old).is_none());
    for cookie in [&old, &after.token_hash] {
        assert_same(&ask!(store, browser_sessions::find_by_present_or_previous, cookie).unwrap().session, &after);
    }
    assert!(ask!(store, browser_sessions::find_by_present_or_previous, &SecretHash::of("a cookie of nobody")).is_none());
    assert_same(&ask!(store, browser_sessions::find_by_token_hash, &after.token_hash).unwrap().session, &after);
    assert_same(&ask!(store, browser_sessions::find_by_token_hash, &other.token_hash).unwrap().session, &other);
}

async fn grants_need_a_session_that_has_not_ended_and_a_user_who_is_enabled(database: Database) {
    let store = database.store().await;
    let user = add_user(&store, "alice").await;
    let backs = async |number| commit!(store, tx, [], browser_sessions::backs_grants(tx, browser_session_id(number))).await.unwrap();
    begin(&store, &browser_session(1, user)).await;
    assert!(backs(1).await);
    assert!(!backs(2).await);
    for enabled in [false, true] {
        commit!(store, tx, [], users::set_enabled(tx, user, enabled, NOW)).await.unwrap();
        assert_eq!(backs(1).await, enabled);
    }
    commit!(store, tx, [], browser_sessions::end(tx, browser_session_id(1))).await.unwrap();
    assert!(!backs(1).await);
}

async fn every_session_of_a_user_ends_and_no_other(database: Database) {
    let store = database.store().await;
    let (alice, bob) = (add_user(&store, "alice").await, add_user(&store, "bob").await);
    for (number, user) in [(1, alice), (2, alice), (3, bob), (4, alice)] {
        begin(&store, &browser_session(number, user)).await;
    }
    let ended = commit!(store, tx, [], browser_sessions::end_by_user_but(tx, bob, browser_session_id(3))).await.unwrap();
    assert_eq!(ended, []);
    let ended = commit!(store, tx, [], browser_sessions::end_by_user_but(tx, alice, browser_session_id(2))).await.unwrap();
    assert_eq!(ended.len(), 2);
    assert_eq!(ask!(store, browser_sessions::list_by_user, alice)[0].id, browser_session_id(2));
    begin(&store, &browser_session(1, alice)).await;
    let mut ended = commit!(store, tx, [], browser_sessions::end_by_user(tx, alice)).await.unwrap();
    ended.sort_unstable();
    assert_eq!(ended, [browser_session_id(1), browser_session_id(2)]);
    assert_eq!(ask!(store, browser_sessions::list_by_user, alice).len(), 0);
    assert_eq!(ask!(store, browser_sessions::list_by_user, bob).len(), 1);
}

async fn sessions_of_a_user_are_listed_the_last_used_first(database: Database) {
    let store = database.store().await;
    let user = add_user(&store, "alice").await;
    for (number, last_seen_at) in [(1, NOW), (2, NOW.after(MINUTE)), (3, NOW)] {
        begin(&store, &BrowserSession { last_seen_at, ..browser_session(number, user) }).await;
    }
    let listed: Vec<_> = ask!(store, browser_sessions::list_by_user, user).into_iter().map(|session| session.id).collect();
    assert_eq!(listed, [2, 1, 3].map(browser_session_id));
}
