//! What the console keeps: requests of owners, one-time links, and users that are looked for.

use argus_domain::client_request::Wanted;
use argus_domain::ids::UserId;
use argus_domain::secret::SecretHash;
use argus_storage::users::UserFilter;
use argus_storage::{Store, client_requests, clients, one_time_links, users};
use futures_util::future::join_all;
use serde_json::{Map, json};

use crate::database::Database;
use crate::samples::{DAY, MINUTE, NOW, add_user, client_id, client_settings};

on_both_engines!(
    a_request_waits_until_it_is_decided_once_or_its_client_goes,
    of_16_uses_of_a_link_one_succeeds,
    a_link_ends_with_the_password_it_resets,
    a_link_for_nobody_is_put_back_unless_another_was_made,
    a_link_takes_the_place_of_the_one_before_and_ends,
    users_are_found_by_a_part_of_what_they_are_called,
    an_owner_finds_clients_of_its_own_only,
);

fn enable() -> Wanted {
    Wanted::Settings(Map::from_iter([("enabled".to_owned(), json!(true))]))
}

async fn a_request_waits_until_it_is_decided_once_or_its_client_goes(database: Database) {
    let store = database.store().await;
    for number in [1, 2] {
        let settings = client_settings("c");
        commit!(store, tx, [settings], clients::insert(tx, client_id(number), &settings, "cli", NOW)).await.unwrap();
        let wanted = enable();
        commit!(store, tx, [wanted], client_requests::insert(tx, client_id(number), &wanted, NOW)).await.unwrap();
    }
    let waiting = ask!(store, client_requests::list);
    assert_eq!(waiting.iter().map(|request| request.client).collect::<Vec<_>>(), [client_id(1), client_id(2)]);
    assert_eq!((&waiting[0].wanted, waiting[0].requested_at), (&enable(), NOW));
    let id = waiting[0].id;
    assert_eq!(ask!(store, client_requests::find, id).as_ref(), Some(&waiting[0]));
    assert!(!commit!(store, tx, [id], client_requests::delete(tx, id, client_id(2))).await.unwrap(), "it is another client's");
    assert!(commit!(store, tx, [id], client_requests::delete(tx, id, client_id(1))).await.unwrap());
    assert!(!commit!(store, tx, [id], client_requests::delete(tx, id, client_id(1))).await.unwrap());
    assert_eq!(ask!(store, client_requests::list_by_client, client_id(2)).len(), 1);
    commit!(store, tx, [], clients::delete(tx, client_id(2))).await.unwrap();
    assert_eq!(ask!(store, client_requests::list), []);
}

async fn put_link(store: &Store, token: &str, user: Option<UserId>) {
    let hash = SecretHash::of(token);
    commit!(store, tx, [hash], one_time_links::replace(tx, &hash, user, NOW.after(DAY))).await.unwrap();
}

async fn of_16_uses_of_a_link_one_succeeds(database: Database) {
    let store = database.store().await;
    let user = add_user(&store, "alice").await;
    put_link(&store, "token", Some(user)).await;
    let uses = (0..16).map(|_| {
        let hash = SecretHash::of("token");
        commit!(store, tx, [hash], one_time_links::take(tx, &hash, NOW))
    });
    let taken = join_all(uses).await.into_iter().filter(|taken| taken.as_ref().unwrap().is_some()).count();
    assert_eq!(taken, 1);
}

async fn a_link_ends_with_the_password_it_resets(database: Database) {
    let store = database.store().await;
    let user = add_user(&store, "alice").await;
    let hash = SecretHash::of("token");
    put_link(&store, "token", Some(user)).await;
    commit!(store, tx, [], users::set_password_hash(tx, user, Some("hash"), NOW)).await.unwrap();
    assert_eq!(ask!(store, one_time_links::find, &hash, NOW), None);
    put_link(&store, "token", Some(user)).await;
    commit!(store, tx, [], users::set_enabled(tx, user, false, NOW)).await.unwrap();
    assert_eq!(ask!(store, one_time_links::find, &hash, NOW), None);
}

async fn a_link_for_nobody_is_put_back_unless_another_was_made(database: Database) {
    let store = database.store().await;
    let (first, second) = (SecretHash::of("first"), SecretHash::of("second"));
    put_link(&store, "first", None).await;
    let until = commit!(store, tx, [first], one_time_links::take(tx, &first, NOW)).await.unwrap().unwrap();
    assert_eq!(until, NOW.after(DAY));
    commit!(store, tx, [first], one_time_links::put_back(tx, &first, until)).await.unwrap();
    assert_eq!(ask!(store, one_time_links::find, &first, NOW), Some(None));
    let _ = commit!(store, tx, [first], one_time_links::take(tx, &first, NOW)).await.unwrap();
    put_link(&store, "second", None).await;
    commit!(store, tx, [first], one_time_links::put_back(tx, &first, until)).await.unwrap();
    assert_eq!((ask!(store, one_time_links::find, &first, NOW), ask!(store, one_time_links::find, &second, NOW)), (None, Some(None)));
}

async fn a_link_takes_the_place_of_the_one_before_and_ends(database: Database) {
    let store = database.store().await;
    let user = add_user(&store, "alice").await;
    put_link(&store, "first", Some(user)).await;
    put_link(&store, "nobodys", None).await;
    put_link(&store, "second", Some(user)).await;
    let (first, second, nobodys) = (SecretHash::of("first"), SecretHash::of("second"), SecretHash::of("nobodys"));
    assert_eq!(ask!(store, one_time_links::find, &first, NOW), None);
    assert_eq!(ask!(store, one_time_links::find, &second, NOW), Some(Some(user)));
    assert_eq!(ask!(store, one_time_links::find, &nobodys, NOW), Some(None));
    let end = NOW.after(DAY);
    assert_eq!(ask!(store, one_time_links::find, &second, end), None);
    assert_eq!(commit!(store, tx, [second], one_time_links::take(tx, &second, end)).await.unwrap(), None);
    let before = end.before(MINUTE);
    assert_eq!(commit!(store, tx, [], one_time_links::delete_expired(tx, before, 10)).await.unwrap(), 0);
    assert_eq!(commit!(store, tx, [], one_time_links::delete_expired(tx, end, 10)).await.unwrap(), 2);
}

async fn users_are_found_by_a_part_of_what_they_are_called(database: Database) {
    let store = database.store().await;
    assert!(!ask!(store, users::exist));
    for name in ["Alice", "bob", "100%_sure"] {
        add_user(&store, name).await;
    }
    assert!(ask!(store, users::exist));
    for (text, expected) in
        [("", &["100%_sure", "Alice", "bob"][..]), ("LIC", &["Alice"]), ("%_", &["100%_sure"]), ("%", &["100%_sure"]), ("nobody", &[])]
    {
        let filter = UserFilter { text: Some(text).filter(|text| !text.is_empty()), ..UserFilter::default() };
        let found = ask!(store, users::list_snapshots_by_username, filter, None, 10);
        assert_eq!(found.into_iter().map(|user| user.username).collect::<Vec<_>>(), expected, "{text}");
    }
    let rest = ask!(store, users::list_snapshots_by_username, UserFilter::default(), Some("ALICE"), 10);
    assert_eq!(rest.into_iter().map(|user| user.username).collect::<Vec<_>>(), ["bob"]);
}

async fn an_owner_finds_clients_of_its_own_only(database: Database) {
    let store = database.store().await;
    let (alice, bob) = (add_user(&store, "alice").await, add_user(&store, "bob").await);
    let mut settings = client_settings("c");
    settings.owner = Some("alice".to_owned());
    commit!(store, tx, [settings], clients::insert(tx, client_id(1), &settings, "cli", NOW)).await.unwrap();
    assert!(ask!(store, clients::find_by_owner, client_id(1), alice).is_some());
    assert!(ask!(store, clients::find_by_owner, client_id(1), bob).is_none());
    assert!(ask!(store, clients::find_by_owner, client_id(2), alice).is_none());
    assert_eq!(ask!(store, clients::exist_beside, &client_id(1).to_string()), (false, false));
    assert_eq!(ask!(store, clients::exist_beside, "other"), (true, false));
}
