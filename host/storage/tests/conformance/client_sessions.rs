//! Client sessions: of several rotations of a refresh token one counts, and nothing lives on a revoked session.

use argus_domain::grant::{RefreshTokenFamily, RefreshTokenUse};
use argus_domain::ids::{ClientSessionId, UserId};
use argus_storage::{Store, client_sessions, users};
use futures_util::future::join_all;

use crate::database::Database;
use crate::samples::{
    DAY, MILLISECOND, NOW, add_user, assert_conflict, assert_same, browser_session_id, client_id, client_session, client_session_id, scopes,
};

on_both_engines!(
    a_session_comes_back_as_it_was_opened,
    a_session_comes_with_the_snapshot_of_its_user,
    an_id_belongs_to_one_session,
    of_32_rotations_one_counts_and_all_see_its_successor,
    each_rotation_follows_the_one_before,
    a_session_without_refresh_tokens_is_never_rotated,
    a_revoked_session_is_not_rotated,
    an_expired_session_is_not_rotated,
    a_session_is_revoked_once,
    revoking_by_user_and_client_reaches_what_it_names_and_no_more,
    revoking_by_user_can_spare_what_one_browser_session_opened,
    the_end_of_a_browser_session_spares_offline_access,
    sessions_of_a_user_are_listed_the_latest_first,
    users_of_a_client_are_listed_the_latest_first,
);

async fn open(store: &Store, session: &argus_domain::grant::ClientSession) -> ClientSessionId {
    let session = session.clone();
    commit!(store, tx, [session], client_sessions::insert(tx, &session)).await.unwrap();
    session.id
}

async fn rotate(store: &Store, id: ClientSessionId, expected: u64, successor: &[u8]) -> bool {
    let successor = successor.to_vec();
    commit!(store, tx, [successor], client_sessions::rotate(tx, id, expected, NOW, &successor)).await.unwrap()
}

async fn a_session_comes_back_as_it_was_opened(database: Database) {
    let store = database.store().await;
    let user = add_user(&store, "alice").await;
    let first = client_session(1, user);
    let mut rotated = client_session(2, user);
    rotated.refresh = Some(RefreshTokenFamily { generation: 7, rotated_at: NOW, successor: Some(vec![0, 255, 39, 92]) });
    rotated.revoked_at = Some(NOW.after(MILLISECOND));
    let mut without = client_session(3, user);
    without.refresh = None;
    for session in [first, rotated, without] {
        open(&store, &session).await;
        assert_same(&ask!(store, client_sessions::find, session.id).unwrap(), &session);
    }
    assert!(ask!(store, client_sessions::find, client_session_id(4)).is_none());
}

async fn a_session_comes_with_the_snapshot_of_its_user(database: Database) {
    let store = database.store().await;
    let user = add_user(&store, "alice").await;
    let session = client_session(1, user);
    open(&store, &session).await;
    let (found, snapshot) = ask!(store, client_sessions::find_with_snapshot, session.id).unwrap();
    assert_same(&found, &session);
    assert_eq!(Some(snapshot), ask!(store, users::snapshot, user));
    assert!(ask!(store, client_sessions::find_with_snapshot, client_session_id(2)).is_none());
}

async fn an_id_belongs_to_one_session(database: Database) {
    let store = database.store().await;
    let session = client_session(1, add_user(&store, "alice").await);
    open(&store, &session).await;
    assert_conflict(commit!(store, tx, [session], client_sessions::insert(tx, &session)).await, "id");
}

async fn of_32_rotations_one_counts_and_all_see_its_successor(database: Database) {
    let nodes = [database.node("one").await, database.node("two").await];
    let id = open(&nodes[0], &client_session(1, add_user(&nodes[0], "alice").await)).await;
    for generation in 1..5 {
        let racers = (0..32_u8).map(|racer| {
            let store = nodes[usize::from(racer) % 2].clone();
            tokio::spawn(async move { rotate(&store, id, generation, &[racer]).await.then_some(racer) })
        });
        let winners: Vec<u8> = join_all(racers).await.into_iter().filter_map(Result::unwrap).collect();
        assert_eq!(winners.len(), 1, "{winners:?}");
        for store in &nodes {
            let family = ask!(store, client_sessions::find, id).unwrap().refresh.unwrap();
            assert_eq!(family.generation, generation + 1);
            assert_eq!(family.judge(generation, NOW), RefreshTokenUse::Replayed, "the losers come back within the grace period");
            assert_eq!(family.successor, Some(winners.clone()));
        }
    }
}

async fn each_rotation_follows_the_one_before(database: Database) {
    let store = database.store().await;
    let id = open(&store, &client_session(1, add_user(&store, "alice").await)).await;
    assert!(!rotate(&store, id, 2, b"from the future").await);
    assert!(rotate(&store, id, 1, b"second").await);
    assert!(!rotate(&store, id, 1, b"from the past").await);
    assert!(rotate(&store, id, 2, b"third").await);
    let family = ask!(store, client_sessions::find, id).unwrap().refresh.unwrap();
    assert_eq!((family.generation, family.successor.as_deref()), (3, Some(&b"third"[..])));
    assert!(!rotate(&store, client_session_id(2), 1, b"nobody's").await);
}

async fn a_session_without_refresh_tokens_is_never_rotated(database: Database) {
    let store = database.store().await;
    let mut session = client_session(1, add_user(&store, "alice").await);
    session.refresh = None;
    open(&store, &session).await;
    for generation in [0, 1] {
        assert!(!rotate(&store, session.id, generation, b"successor").await);
    }
    assert_eq!(ask!(store, client_sessions::find, session.id).unwrap().refresh, None);
}

async fn a_revoked_session_is_not_rotated(database: Database) {
    let store = database.store().await;
    let id = open(&store, &client_session(1, add_user(&store, "alice").await)).await;
    assert!(commit!(store, tx, [], client_sessions::revoke(tx, id, NOW)).await.unwrap());
    assert!(!rotate(&store, id, 1, b"successor").await);
    let found = ask!(store, client_sessions::find, id).unwrap();
    assert_eq!(found.revoked_at, Some(NOW));
    assert_eq!(found.refresh.unwrap().generation, 1);
}

async fn an_expired_session_is_not_rotated(database: Database) {
    let store = database.store().await;
    let id = open(&store, &client_session(1, add_user(&store, "alice").await)).await;
    let end = NOW.after(DAY);
    assert!(!commit!(store, tx, [], client_sessions::rotate(tx, id, 1, end, b"late")).await.unwrap());
    assert!(commit!(store, tx, [], client_sessions::rotate(tx, id, 1, end.before(MILLISECOND), b"in time")).await.unwrap());
}

async fn a_session_is_revoked_once(database: Database) {
    let nodes = [database.node("one").await, database.node("two").await];
    let id = open(&nodes[0], &client_session(1, add_user(&nodes[0], "alice").await)).await;
    let racers = (0..32).map(|racer| {
        let store = nodes[racer % 2].clone();
        tokio::spawn(async move { commit!(store, tx, [], client_sessions::revoke(tx, id, NOW)).await.unwrap() })
    });
    let revoked = join_all(racers).await.into_iter().filter(|revoked| *revoked.as_ref().unwrap()).count();
    assert_eq!(revoked, 1);
    let later = NOW.after(MILLISECOND);
    assert!(!commit!(nodes[0], tx, [], client_sessions::revoke(tx, id, later)).await.unwrap());
    assert_eq!(ask!(nodes[0], client_sessions::find, id).unwrap().revoked_at, Some(NOW), "the first time stands");
}

/// Opens the sessions 1 to 5: two of the first user at client 1, one of hers at client 2, one of the second user at each.
async fn five_sessions(store: &Store) -> (UserId, UserId) {
    let (alice, bob) = (add_user(store, "alice").await, add_user(store, "bob").await);
    for (number, user, client) in [(1, alice, 1), (2, alice, 1), (3, alice, 2), (4, bob, 1), (5, bob, 2)] {
        let mut session = client_session(number, user);
        session.client = client_id(client);
        session.created_at = NOW.after(MILLISECOND * u32::try_from(number).unwrap());
        open(store, &session).await;
    }
    (alice, bob)
}

fn ids(numbers: &[u128]) -> Vec<ClientSessionId> {
    numbers.iter().map(|number| client_session_id(*number)).collect()
}

fn sorted(mut ids: Vec<ClientSessionId>) -> Vec<ClientSessionId> {
    ids.sort_unstable();
    ids
}

async fn revoking_by_user_and_client_reaches_what_it_names_and_no_more(database: Database) {
    let store = database.store().await;
    let (alice, bob) = five_sessions(&store).await;
    let revoked = commit!(store, tx, [], client_sessions::revoke_by_user_and_client(tx, alice, client_id(1), NOW)).await.unwrap();
    assert_eq!(sorted(revoked), ids(&[1, 2]));
    let revoked = commit!(store, tx, [], client_sessions::revoke_by_user(tx, alice, NOW)).await.unwrap();
    assert_eq!(revoked, ids(&[3]), "those revoked before are not told again");
    let revoked = commit!(store, tx, [], client_sessions::revoke_by_client(tx, client_id(1), NOW)).await.unwrap();
    assert_eq!(revoked, ids(&[4]));
    assert_eq!(ask!(store, client_sessions::find, client_session_id(5)).unwrap().revoked_at, None);
    assert_eq!(ask!(store, client_sessions::list_by_user, bob).len(), 1);
}

async fn revoking_by_user_can_spare_what_one_browser_session_opened(database: Database) {
    let store = database.store().await;
    let user = add_user(&store, "alice").await;
    for (number, browser) in [(1, 1), (2, 9), (3, 9)] {
        let mut session = client_session(number, user);
        session.browser_session = browser_session_id(browser);
        session.scopes = scopes("offline_access");
        open(&store, &session).await;
    }
    let keep = browser_session_id(1);
    let revoked = commit!(store, tx, [], client_sessions::revoke_by_user_but(tx, user, keep, NOW)).await.unwrap();
    assert_eq!(sorted(revoked), ids(&[2, 3]));
    assert_eq!(ask!(store, client_sessions::list_by_user, user).len(), 1);
}

async fn the_end_of_a_browser_session_spares_offline_access(database: Database) {
    let store = database.store().await;
    let user = add_user(&store, "alice").await;
    let scopes_of = [
        (1, "openid"),
        (2, "offline_access openid"),
        (3, "email offline_access openid"),
        (4, "offline_access"),
        (5, "offline_accessory xoffline_access offline-access"),
        (6, "Offline_Access"),
        (7, "openid z offlineXaccess"),
    ];
    for (number, text) in scopes_of {
        let mut session = client_session(number, user);
        session.scopes = scopes(text);
        open(&store, &session).await;
    }
    let mut elsewhere = client_session(8, user);
    elsewhere.browser_session = browser_session_id(9);
    open(&store, &elsewhere).await;
    let ended = commit!(store, tx, [], client_sessions::revoke_by_browser_session(tx, browser_session_id(2), NOW)).await.unwrap();
    assert_eq!(sorted(ended), ids(&[1, 5, 6, 7]));
}

async fn sessions_of_a_user_are_listed_the_latest_first(database: Database) {
    let store = database.store().await;
    let (alice, _) = five_sessions(&store).await;
    let listed: Vec<_> = ask!(store, client_sessions::list_by_user, alice).into_iter().map(|session| session.id).collect();
    assert_eq!(listed, ids(&[3, 2, 1]));
    commit!(store, tx, [], client_sessions::revoke(tx, client_session_id(2), NOW)).await.unwrap();
    let listed: Vec<_> = ask!(store, client_sessions::list_by_user, alice).into_iter().map(|session| session.id).collect();
    assert_eq!(listed, ids(&[3, 1]), "revoked ones are left out");
}

async fn users_of_a_client_are_listed_the_latest_first(database: Database) {
    let store = database.store().await;
    let (alice, bob) = five_sessions(&store).await;
    assert_eq!(ask!(store, client_sessions::users_of_client, client_id(1), 10), [bob, alice]);
    assert_eq!(ask!(store, client_sessions::users_of_client, client_id(1), 1), [bob]);
    assert_eq!(ask!(store, client_sessions::users_of_client, client_id(3), 10), []);
}
