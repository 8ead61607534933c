//! Revoked access tokens: known until no token they concern is live.

use argus_domain::Timestamp;
use argus_storage::Store;
use argus_storage::revoked_tokens::{self, RevokedToken};

use crate::database::Database;
use crate::samples::{DAY, MILLISECOND, MINUTE, NOW};

on_both_engines!(
    a_revoked_id_is_live_until_its_end,
    ids_given_twice_count_once,
    no_ids_are_no_error,
    revoking_again_can_only_lengthen,
    another_node_asks_for_what_is_new,
);

async fn revoke(store: &Store, ids: &[&str], now: Timestamp, until: Timestamp) {
    let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
    commit!(store, tx, [ids], revoked_tokens::insert(tx, &ids, now, until)).await.unwrap();
}

async fn live(store: &Store, now: Timestamp) -> Vec<RevokedToken> {
    let mut live = ask!(store, revoked_tokens::list_live, now);
    live.sort_by(|a, b| a.id.cmp(&b.id));
    live
}

fn ids(revoked: &[RevokedToken]) -> Vec<&str> {
    revoked.iter().map(|token| token.id.as_str()).collect()
}

async fn a_revoked_id_is_live_until_its_end(database: Database) {
    let store = database.store().await;
    revoke(&store, &["a \"quoted\" ø", "0123", "1e5"], NOW, NOW.after(MINUTE)).await;
    let found = live(&store, NOW.after(MINUTE).before(MILLISECOND)).await;
    assert_eq!(ids(&found), ["0123", "1e5", "a \"quoted\" ø"]);
    assert!(found.iter().all(|token| (token.revoked_at, token.expires_at) == (NOW, NOW.after(MINUTE))));
    assert_eq!(live(&store, NOW.after(MINUTE)).await, []);
}

async fn ids_given_twice_count_once(database: Database) {
    let store = database.store().await;
    revoke(&store, &["a", "b", "a"], NOW, NOW.after(MINUTE)).await;
    assert_eq!(ids(&live(&store, NOW).await), ["a", "b"]);
}

async fn no_ids_are_no_error(database: Database) {
    let store = database.store().await;
    revoke(&store, &[], NOW, NOW.after(MINUTE)).await;
    assert_eq!(live(&store, NOW).await, []);
}

async fn revoking_again_can_only_lengthen(database: Database) {
    let store = database.store().await;
    revoke(&store, &["a"], NOW, NOW.after(MINUTE)).await;
    revoke(&store, &["a"], NOW.after(MILLISECOND), NOW.after(MILLISECOND * 2)).await;
    assert_eq!(live(&store, NOW).await, [RevokedToken { id: "a".to_owned(), revoked_at: NOW, expires_at: NOW.after(MINUTE) }]);
    // A longer end is news: other nodes have to see it again.
    let later = NOW.after(MILLISECOND * 3);
    revoke(&store, &["a"], later, NOW.after(DAY)).await;
    assert_eq!(live(&store, NOW).await, [RevokedToken { id: "a".to_owned(), revoked_at: later, expires_at: NOW.after(DAY) }]);
}

async fn another_node_asks_for_what_is_new(database: Database) {
    let (store, other) = (database.node("one").await, database.node("two").await);
    for (id, at) in [("c", 3), ("a", 1), ("b", 2)] {
        revoke(&store, &[id], NOW.after(MINUTE * at), NOW.after(DAY)).await;
    }
    let since = NOW.after(MINUTE * 2);
    assert_eq!(ids(&ask!(other, revoked_tokens::list_since, since)), ["b", "c"]);
    assert_eq!(ids(&ask!(other, revoked_tokens::list_since, since.after(MILLISECOND))), ["c"]);
    assert_eq!(ids(&ask!(other, revoked_tokens::list_since, NOW.after(DAY))), [""; 0]);
}
