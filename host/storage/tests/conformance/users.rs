//! Users: names are unique whatever the case of their letters; what lives on a user goes with the user.

use argus_domain::ids::{CustomerId, DomainId, SubjectIdentifier, UserId};
use argus_storage::users::{self, NewUser, UserProfile};
use argus_storage::{StorageError, Store, browser_sessions, client_sessions, clients, consents, customers, domains};

use crate::database::Database;
use crate::samples::{MINUTE, NOW, add_user, assert_conflict, browser_session, client_id, client_session, client_settings, new_user};

on_both_engines!(
    a_user_comes_back_as_added,
    a_user_name_is_found_whatever_its_case,
    a_user_name_is_unique_whatever_its_case,
    a_sub_and_a_picture_belong_to_one_user,
    a_user_needs_the_customer_named,
    a_profile_is_replaced_as_a_whole,
    nobody_is_renamed_to_a_name_that_is_taken,
    a_password_is_replaced_or_removed,
    credentials_hold_until_they_are_changed_or_their_user_is_disabled,
    a_user_is_disabled_and_made_administrator_without_further_change,
    users_are_listed_page_by_page,
    nothing_lives_on_a_deleted_user,
    a_user_who_owns_a_client_is_not_deleted,
    the_number_of_a_deleted_user_is_not_given_again,
    a_name_no_user_can_have_is_nobodys,
);

async fn insert(store: &Store, user: &NewUser) -> Result<UserId, StorageError> {
    let user = user.clone();
    commit!(store, tx, [user], users::insert(tx, &user, NOW)).await
}

/// Every member has a value of its own.
async fn whole_user(store: &Store) -> NewUser {
    commit!(store, tx, [], domains::upsert(tx, Some(DomainId::new(1)), "acme", "Acme")).await.unwrap();
    commit!(store, tx, [], customers::upsert(tx, Some(CustomerId::new(7)), DomainId::new(1), "first", "First")).await.unwrap();
    let profile = UserProfile {
        username: "Alice".to_owned(),
        name: "Alice \"Å\" O'Hara 🦉".to_owned(),
        email: Some("alice@example.com".to_owned()),
        email_verified: true,
        phone: Some("+4712345678".to_owned()),
        phone_verified: false,
        customer: Some(CustomerId::new(7)),
        admin: true,
        enabled: false,
        attributes: [("department".to_owned(), vec!["Cases".to_owned(), "\\\n\u{1f989}".to_owned()]), ("empty".to_owned(), vec![])].into(),
    };
    NewUser { profile, ..new_user("Alice") }
}

async fn a_user_comes_back_as_added(database: Database) {
    let store = database.store().await;
    let user = whole_user(&store).await;
    let id = insert(&store, &user).await.unwrap();
    let found = ask!(store, users::find_by_id, id).unwrap();
    assert_eq!(found.id, id);
    assert_eq!(found.profile, user.profile);
    assert_eq!((&found.subject, &found.picture_key, found.has_password), (&user.subject, &user.picture_key, true));
    assert_eq!((found.created_at, found.updated_at), (NOW, NOW));
    assert_eq!(ask!(store, users::find_by_subject, &user.subject).as_ref(), Some(&found));
    assert_eq!(ask!(store, users::find_by_username, "Alice"), Some(found));
    assert_eq!(ask!(store, users::picture_by_key, &user.picture_key).map(|shown| shown.name), Some(user.profile.name));
    assert_eq!(ask!(store, users::find_by_subject, &SubjectIdentifier::new("nobody")), None);
    assert_eq!(ask!(store, users::picture_by_key, "nobody"), None);
}

async fn a_user_name_is_found_whatever_its_case(database: Database) {
    let store = database.store().await;
    let id = add_user(&store, "ÅseMarie").await;
    for spelling in ["ÅseMarie", "åsemarie", "ÅSEMARIE"] {
        assert_eq!(ask!(store, users::find_by_username, spelling).map(|user| user.id), Some(id), "{spelling}");
        let credentials = ask!(store, users::find_credentials, spelling).unwrap();
        assert_eq!((credentials.id, credentials.enabled), (id, true));
        assert_eq!(credentials.password_hash.as_deref(), Some("hash of ÅseMarie"));
        assert_eq!(ask!(store, users::snapshot_by_username, spelling).unwrap().username, "ÅseMarie", "shown as it was given");
    }
    assert!(ask!(store, users::find_credentials, "asemarie").is_none());
}

async fn a_user_name_is_unique_whatever_its_case(database: Database) {
    let store = database.store().await;
    add_user(&store, "Åse").await;
    for taken in ["Åse", "åse", "ÅSE"] {
        let other = NewUser { subject: SubjectIdentifier::new("other"), picture_key: "other".to_owned(), ..new_user(taken) };
        assert_conflict(insert(&store, &other).await, "username_key");
    }
    assert_eq!(ask!(store, users::count), 1);
}

async fn a_sub_and_a_picture_belong_to_one_user(database: Database) {
    let store = database.store().await;
    let alice = new_user("alice");
    insert(&store, &alice).await.unwrap();
    assert_conflict(insert(&store, &NewUser { subject: alice.subject, ..new_user("bob") }).await, "subject");
    assert_conflict(insert(&store, &NewUser { picture_key: alice.picture_key, ..new_user("bob") }).await, "picture_key");
}

async fn a_user_needs_the_customer_named(database: Database) {
    let store = database.store().await;
    let mut user = new_user("alice");
    user.profile.customer = Some(CustomerId::new(1));
    assert_conflict(insert(&store, &user).await, "");
    let id = add_user(&store, "bob").await;
    let profile = UserProfile { username: "bob".to_owned(), ..user.profile };
    assert_conflict(commit!(store, tx, [profile], users::update(tx, id, &profile, NOW)).await, "");
}

async fn a_profile_is_replaced_as_a_whole(database: Database) {
    let store = database.store().await;
    let user = whole_user(&store).await;
    let id = insert(&store, &user).await.unwrap();
    let profile = UserProfile { username: "ALICIA".to_owned(), name: "Alicia".to_owned(), ..UserProfile::default() };
    let later = NOW.after(MINUTE);
    assert!(commit!(store, tx, [profile], users::update(tx, id, &profile, later)).await.unwrap());
    let found = ask!(store, users::find_by_username, "alicia").unwrap();
    assert_eq!(found.profile, profile);
    assert_eq!((found.created_at, found.updated_at), (NOW, later));
    assert_eq!((found.subject, found.has_password), (user.subject, true), "what no administrator changes");
    assert!(ask!(store, users::find_by_username, "alice").is_none());
    let nobody = UserId::new(id.get() + 1);
    assert!(!commit!(store, tx, [profile], users::update(tx, nobody, &profile, later)).await.unwrap());
}

async fn nobody_is_renamed_to_a_name_that_is_taken(database: Database) {
    let store = database.store().await;
    add_user(&store, "alice").await;
    let bob = add_user(&store, "bob").await;
    let profile = UserProfile { username: "ALICE".to_owned(), ..new_user("bob").profile };
    assert_conflict(commit!(store, tx, [profile], users::update(tx, bob, &profile, NOW)).await, "username_key");
    assert_eq!(ask!(store, users::find_by_id, bob).unwrap().profile.username, "bob");
}

async fn a_password_is_replaced_or_removed(database: Database) {
    let store = database.store().await;
    let id = add_user(&store, "alice").await;
    for hash in [Some("another hash"), None] {
        assert!(commit!(store, tx, [], users::set_password_hash(tx, id, hash, NOW)).await.unwrap());
        assert_eq!(ask!(store, users::find_credentials, "alice").unwrap().password_hash.as_deref(), hash);
        assert_eq!(ask!(store, users::find_by_id, id).unwrap().has_password, hash.is_some());
    }
    assert!(!commit!(store, tx, [], users::set_password_hash(tx, UserId::new(id.get() + 1), None, NOW)).await.unwrap());
}

async fn credentials_hold_until_they_are_changed_or_their_user_is_disabled(database: Database) {
    let store = database.store().await;
    let id = add_user(&store, "alice").await;
    let read = ask!(store, users::find_credentials, "alice").unwrap();
    let hold = async || commit!(store, tx, [read], users::still_holds(tx, &read)).await.unwrap();
    assert!(hold().await);
    for enabled in [false, true] {
        commit!(store, tx, [], users::set_enabled(tx, id, enabled, NOW)).await.unwrap();
        assert_eq!(hold().await, enabled);
    }
    for hash in [Some("another hash"), None] {
        commit!(store, tx, [], users::set_password_hash(tx, id, hash, NOW)).await.unwrap();
        assert!(!hold().await);
    }
    let without = ask!(store, users::find_credentials, "alice").unwrap();
    assert!(!commit!(store, tx, [without], users::still_holds(tx, &without)).await.unwrap(), "no password is not a password");
}

async fn a_user_is_disabled_and_made_administrator_without_further_change(database: Database) {
    let store = database.store().await;
    let user = whole_user(&store).await;
    let id = insert(&store, &user).await.unwrap();
    assert!(commit!(store, tx, [], users::set_enabled(tx, id, true, NOW)).await.unwrap());
    assert!(commit!(store, tx, [], users::set_admin(tx, id, false, NOW)).await.unwrap());
    let expected = UserProfile { enabled: true, admin: false, ..user.profile };
    assert_eq!(ask!(store, users::find_by_id, id).unwrap().profile, expected);
    assert!(ask!(store, users::find_credentials, "alice").unwrap().enabled);
    let nobody = UserId::new(id.get() + 1);
    assert!(!commit!(store, tx, [], users::set_enabled(tx, nobody, true, NOW)).await.unwrap());
    assert!(!commit!(store, tx, [], users::set_admin(tx, nobody, true, NOW)).await.unwrap());
}

async fn users_are_listed_page_by_page(database: Database) {
    let store = database.store().await;
    let mut ids = Vec::new();
    for name in ["e", "d", "c", "b", "a"] {
        ids.push(add_user(&store, name).await);
    }
    let page = |rows: Vec<users::UserRow>| rows.into_iter().map(|user| user.id).collect::<Vec<_>>();
    assert_eq!(page(ask!(store, users::list, None, 2)), ids[..2]);
    assert_eq!(page(ask!(store, users::list, Some(ids[1]), 2)), ids[2..4]);
    assert_eq!(page(ask!(store, users::list, Some(ids[3]), 2)), ids[4..]);
    assert_eq!(page(ask!(store, users::list, Some(ids[4]), 2)), []);
    assert_eq!(ask!(store, users::count), 5);
}

async fn nothing_lives_on_a_deleted_user(database: Database) {
    let store = database.store().await;
    let (alice, bob) = (add_user(&store, "alice").await, add_user(&store, "bob").await);
    for (number, user) in [(1, alice), (2, bob)] {
        let (browser, client) = (browser_session(number, user), client_session(number, user));
        commit!(store, tx, [browser], browser_sessions::insert(tx, &browser)).await.unwrap();
        commit!(store, tx, [client], client_sessions::insert(tx, &client)).await.unwrap();
        let consent = argus_domain::grant::Consent::default();
        commit!(store, tx, [consent], consents::upsert(tx, user, client_id(1), &consent, NOW)).await.unwrap();
    }
    assert!(commit!(store, tx, [], users::delete(tx, alice)).await.unwrap());
    assert!(!commit!(store, tx, [], users::delete(tx, alice)).await.unwrap());
    assert!(ask!(store, users::find_by_username, "alice").is_none());
    for table in ["users", "browser_sessions", "client_sessions", "consents"] {
        assert_eq!(database.count(table).await, 1, "{table}: bob's, and no other");
    }
}

async fn a_user_who_owns_a_client_is_not_deleted(database: Database) {
    let store = database.store().await;
    let alice = add_user(&store, "alice").await;
    let mut settings = client_settings("Case desk");
    settings.owner = Some("alice".to_owned());
    commit!(store, tx, [settings], clients::insert(tx, client_id(1), &settings, "cli", NOW)).await.unwrap();
    let session = browser_session(1, alice);
    commit!(store, tx, [session], browser_sessions::insert(tx, &session)).await.unwrap();
    assert_conflict(commit!(store, tx, [], users::delete(tx, alice)).await, "");
    assert_eq!(ask!(store, browser_sessions::list_by_user, alice).len(), 1, "nothing was deleted");
}

async fn the_number_of_a_deleted_user_is_not_given_again(database: Database) {
    let store = database.store().await;
    let alice = add_user(&store, "alice").await;
    commit!(store, tx, [], users::delete(tx, alice)).await.unwrap();
    assert!(add_user(&store, "bob").await > alice);
}

/// Whatever is typed into the sign-in page is looked for, and PostgreSQL takes no text with a zero character.
async fn a_name_no_user_can_have_is_nobodys(database: Database) {
    let store = database.store().await;
    add_user(&store, "alice").await;
    for name in ["", " ", "alice\0", "\0", "%", "' OR 1=1 --", &"x".repeat(1_000_000)] {
        assert!(ask!(store, users::find_credentials, name).is_none());
        assert!(ask!(store, users::find_by_username, name).is_none());
        assert!(ask!(store, users::snapshot_by_username, name).is_none());
        assert!(ask!(store, users::picture_by_key, name).is_none());
    }
    let bob = new_user("bob\0");
    assert!(matches!(insert(&store, &bob).await, Err(StorageError::Driver(_))), "and is given to nobody");
}
