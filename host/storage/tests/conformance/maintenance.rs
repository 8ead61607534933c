//! The sweep: what has expired goes, a batch at a time; what is live stays.

use std::time::Duration;

use argus_domain::Timestamp;
use argus_domain::ids::UserId;
use argus_storage::maintenance::{Swept, sweep};
use argus_storage::{Store, audit, authorization_grants, browser_sessions, client_sessions, consents, revoked_tokens, users};

use crate::database::Database;
use crate::samples::{DAY, MILLISECOND, NOW, add_user, browser_session, client_id, client_session, client_session_id, event, grant};

on_both_engines!(
    nothing_is_swept_from_an_empty_database,
    what_is_due_is_swept_and_what_is_not_stays,
    a_revoked_session_is_kept_a_week,
    a_sweep_takes_a_batch_the_oldest_first,
    a_sweep_touches_nothing_that_does_not_expire,
);

async fn run(store: &Store, now: Timestamp, batch: u32) -> Swept {
    commit!(store, tx, [], sweep(tx, now, batch)).await.unwrap()
}

/// One of each kind, ending at a time.
async fn one_of_each(store: &Store, number: u32, user: UserId, end: Timestamp) {
    let mut grant = grant(&format!("code {number}"), user);
    let mut client = client_session(number.into(), user);
    let mut browser = browser_session(number.into(), user);
    (grant.expires_at, client.expires_at, browser.expires_at) = (end, end, end);
    let ids = vec![format!("jti {number}")];
    commit!(store, tx, [grant], authorization_grants::insert(tx, &grant)).await.unwrap();
    commit!(store, tx, [client], client_sessions::insert(tx, &client)).await.unwrap();
    commit!(store, tx, [browser], browser_sessions::insert(tx, &browser)).await.unwrap();
    commit!(store, tx, [ids], revoked_tokens::insert(tx, &ids, NOW, end)).await.unwrap();
}

async fn nothing_is_swept_from_an_empty_database(database: Database) {
    let store = database.store().await;
    assert_eq!(run(&store, NOW, 100).await, Swept::default());
}

/// Codes and client sessions are kept for a day, so that a code that comes again is recognised and a `sid` outlives its tokens.
async fn what_is_due_is_swept_and_what_is_not_stays(database: Database) {
    let store = database.store().await;
    let user = add_user(&store, "alice").await;
    one_of_each(&store, 1, user, NOW).await;
    one_of_each(&store, 2, user, NOW.after(MILLISECOND)).await;
    assert_eq!(run(&store, NOW.before(MILLISECOND), 100).await.total(), 0);
    assert_eq!(run(&store, NOW, 100).await, Swept { browser_sessions: 1, revoked_tokens: 1, ..Swept::default() });
    assert_eq!(
        run(&store, NOW.after(DAY).before(MILLISECOND), 100).await,
        Swept { browser_sessions: 1, revoked_tokens: 1, ..Swept::default() }
    );
    assert_eq!(run(&store, NOW.after(DAY), 100).await, Swept { authorization_grants: 1, client_sessions: 1, ..Swept::default() });
    assert!(ask!(store, client_sessions::find, client_session_id(1)).is_none());
    assert!(ask!(store, client_sessions::find, client_session_id(2)).is_some());
    assert!(ask!(store, authorization_grants::find_by_code_hash, &grant("code 1", user).code_hash).is_none());
    assert!(ask!(store, authorization_grants::find_by_code_hash, &grant("code 2", user).code_hash).is_some());
}

async fn a_revoked_session_is_kept_a_week(database: Database) {
    let store = database.store().await;
    let user = add_user(&store, "alice").await;
    for number in [1, 2] {
        let mut session = client_session(number, user);
        session.expires_at = NOW.after(DAY * 90);
        commit!(store, tx, [session], client_sessions::insert(tx, &session)).await.unwrap();
    }
    commit!(store, tx, [], client_sessions::revoke(tx, client_session_id(1), NOW)).await.unwrap();
    assert_eq!(run(&store, NOW.after(DAY * 7).before(MILLISECOND), 100).await.client_sessions, 0);
    assert_eq!(run(&store, NOW.after(DAY * 7), 100).await.client_sessions, 1);
    assert!(ask!(store, client_sessions::find, client_session_id(2)).is_some());
}

async fn a_sweep_takes_a_batch_the_oldest_first(database: Database) {
    let store = database.store().await;
    let user = add_user(&store, "alice").await;
    for number in [5, 3, 1, 4, 2] {
        one_of_each(&store, number, user, NOW.after(Duration::from_secs(number.into()))).await;
    }
    let long_after = NOW.after(DAY * 30);
    let swept = |each| Swept {
        authorization_grants: each,
        client_sessions: each,
        browser_sessions: each,
        revoked_tokens: each,
        ..Swept::default()
    };
    assert_eq!(run(&store, long_after, 2).await, swept(2));
    let left: Vec<_> = ask!(store, client_sessions::list_by_user, user).into_iter().map(|session| session.id).collect();
    assert_eq!(left, [3, 4, 5].map(client_session_id));
    assert_eq!(run(&store, long_after, 2).await, swept(2));
    assert_eq!(run(&store, long_after, 2).await, swept(1));
    assert_eq!(run(&store, long_after, 2).await, swept(0));
}

async fn a_sweep_touches_nothing_that_does_not_expire(database: Database) {
    let store = database.store().await;
    let user = add_user(&store, "alice").await;
    let consent = argus_domain::grant::Consent::default();
    commit!(store, tx, [consent], consents::upsert(tx, user, client_id(1), &consent, NOW)).await.unwrap();
    let event = event("kept");
    commit!(store, tx, [event], tx.audit(&event)).await.unwrap();
    assert_eq!(run(&store, NOW.after(DAY * 36_500), 100).await.total(), 0);
    assert!(ask!(store, users::find_by_id, user).is_some());
    assert!(ask!(store, consents::find, user, client_id(1)).is_some());
    assert_eq!(ask!(store, audit::verify), [("main".to_owned(), 1)], "the trail is append-only");
}
