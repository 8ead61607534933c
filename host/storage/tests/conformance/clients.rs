//! Clients: settings kept as given, a revision per change, two secrets at most.

use argus_domain::Timestamp;
use argus_domain::client::ClientSettings;
use argus_domain::grant::Consent;
use argus_domain::ids::{CustomerId, DomainId};
use argus_domain::secret::SecretHash;
use argus_storage::{Store, client_sessions, clients, consents, customers, domains};
use futures_util::future::join_all;
use serde_json::json;

use crate::database::Database;
use crate::samples::{
    DAY, MILLISECOND, MINUTE, NOW, add_user, assert_conflict, client_id, client_session, client_session_id, client_settings,
};

on_both_engines!(
    a_client_comes_back_with_its_settings_untouched,
    an_id_belongs_to_one_client,
    customer_and_owner_have_to_exist,
    a_change_needs_the_revision_it_was_made_on,
    of_16_changes_of_one_revision_one_is_saved,
    revisions_tell_who_saved_what_and_outlive_the_client,
    clients_are_found_by_name_and_owner,
    clients_are_paged_by_name_and_found_by_a_part_of_it,
    a_client_has_a_new_secret_and_the_one_before,
    a_secret_needs_its_client,
    nothing_lives_on_a_deleted_client,
);

async fn register(store: &Store, number: u128, settings: &ClientSettings) {
    let settings = settings.clone();
    commit!(store, tx, [settings], clients::insert(tx, client_id(number), &settings, "cli", NOW)).await.unwrap();
}

/// Sets a secret whose predecessor is accepted for another minute.
async fn set_secret(store: &Store, secret: &str, now: Timestamp) {
    let hash = SecretHash::of(secret);
    commit!(store, tx, [hash], clients::set_secret(tx, client_id(1), &hash, now, now.after(MINUTE))).await.unwrap();
}

async fn a_client_comes_back_with_its_settings_untouched(database: Database) {
    let store = database.store().await;
    commit!(store, tx, [], domains::upsert(tx, Some(DomainId::new(1)), "acme", "Acme")).await.unwrap();
    commit!(store, tx, [], customers::upsert(tx, Some(CustomerId::new(7)), DomainId::new(1), "first", "First")).await.unwrap();
    add_user(&store, "Alice").await;
    let document = json!({"name": "Case desk ø", "type": "confidential", "enabled": false, "tokenEndpointAuthMethod": "client_secret_post",
        "redirectUris": ["https://b.example/", "https://a.example/"], "postLogoutRedirectUris": ["https://a.example/out"],
        "backchannelLogoutUri": "https://a.example/bc", "grantTypes": ["authorization_code", "refresh_token"],
        "scopes": ["openid", "cases:read"], "resources": ["https://cases.example"], "customer": "first", "pkce": "optional",
        "consent": "always", "owner": "alice", "idTokenSignedResponseAlg": "EdDSA", "accessTokenLifetimeSeconds": 60,
        "refreshTokenLifetimeSeconds": 3600, "openIDCustomClaims": [{"provider": "userGroups",
        "configuration": {"z": 1.50, "a": {"y": [], "b": null}, "m": "\u{1f989}"}, "targets": ["userinfo"], "onFailure": "omit"}]});
    let settings: ClientSettings = serde_json::from_value(document.clone()).unwrap();
    register(&store, 1, &settings).await;
    let found = ask!(store, clients::find, client_id(1)).unwrap();
    assert_eq!(serde_json::to_string(&found.settings).unwrap(), document.to_string(), "order of members included");
    assert_eq!((found.id, found.customer, found.revision), (client_id(1), Some(CustomerId::new(7)), 1));
    assert!(found.secrets.is_empty());
    assert!(ask!(store, clients::find, client_id(2)).is_none());
}

async fn an_id_belongs_to_one_client(database: Database) {
    let store = database.store().await;
    register(&store, 1, &client_settings("First")).await;
    let second = client_settings("Second");
    assert_conflict(commit!(store, tx, [second], clients::insert(tx, client_id(1), &second, "cli", NOW)).await, "id");
    assert_eq!(ask!(store, clients::list).len(), 1);
    assert_eq!(ask!(store, clients::list_revisions, client_id(1)).len(), 1);
}

async fn customer_and_owner_have_to_exist(database: Database) {
    let store = database.store().await;
    let plain = client_settings("Case desk");
    register(&store, 1, &plain).await;
    let no_customer = ClientSettings { customer: Some("nobody".to_owned()), ..plain.clone() };
    let no_owner = ClientSettings { owner: Some("nobody".to_owned()), ..plain };
    for settings in [no_customer, no_owner] {
        assert_conflict(commit!(store, tx, [settings], clients::insert(tx, client_id(2), &settings, "cli", NOW)).await, "");
        assert_conflict(commit!(store, tx, [settings], clients::update(tx, client_id(1), 1, &settings, "cli", NOW)).await, "");
    }
    assert_eq!(ask!(store, clients::list).len(), 1);
    assert_eq!(ask!(store, clients::find, client_id(1)).unwrap().revision, 1);
}

async fn a_change_needs_the_revision_it_was_made_on(database: Database) {
    let store = database.store().await;
    register(&store, 1, &client_settings("First")).await;
    for (expected, name, saved) in [(2, "early", false), (1, "Second", true), (1, "late", false), (2, "Third", true)] {
        let settings = client_settings(name);
        let outcome = commit!(store, tx, [settings], clients::update(tx, client_id(1), expected, &settings, "cli", NOW)).await;
        assert_eq!(outcome.unwrap(), saved, "{name}");
    }
    let found = ask!(store, clients::find, client_id(1)).unwrap();
    assert_eq!((found.revision, found.settings.name.as_str()), (3, "Third"));
    let settings = client_settings("nobody's");
    assert!(!commit!(store, tx, [settings], clients::update(tx, client_id(2), 1, &settings, "cli", NOW)).await.unwrap());
}

async fn of_16_changes_of_one_revision_one_is_saved(database: Database) {
    let nodes = [database.node("one").await, database.node("two").await];
    register(&nodes[0], 1, &client_settings("First")).await;
    let racers = (0..16).map(|racer| {
        let (store, settings) = (nodes[racer % 2].clone(), client_settings(&format!("By {racer}")));
        tokio::spawn(async move {
            let saved = commit!(store, tx, [settings], clients::update(tx, client_id(1), 1, &settings, "cli", NOW)).await.unwrap();
            saved.then_some(settings.name)
        })
    });
    let saved: Vec<String> = join_all(racers).await.into_iter().filter_map(Result::unwrap).collect();
    assert_eq!(saved.len(), 1, "{saved:?}");
    let found = ask!(nodes[1], clients::find, client_id(1)).unwrap();
    assert_eq!((found.revision, &found.settings.name), (2, &saved[0]));
    assert_eq!(ask!(nodes[0], clients::list_revisions, client_id(1)).len(), 2);
}

async fn revisions_tell_who_saved_what_and_outlive_the_client(database: Database) {
    let store = database.store().await;
    register(&store, 1, &client_settings("First")).await;
    let (settings, later) = (client_settings("Second"), NOW.after(MINUTE));
    assert!(commit!(store, tx, [settings], clients::update(tx, client_id(1), 1, &settings, "user:alice", later)).await.unwrap());
    assert!(commit!(store, tx, [], clients::delete(tx, client_id(1))).await.unwrap());
    let told: Vec<_> = ask!(store, clients::list_revisions, client_id(1))
        .into_iter()
        .map(|revision| (revision.revision, revision.settings.name, revision.actor, revision.at))
        .collect();
    let expected = [(1, "First", "cli", NOW), (2, "Second", "user:alice", later)];
    assert_eq!(told, expected.map(|(revision, name, actor, at)| (revision, name.to_owned(), actor.to_owned(), at)));
    let second = ask!(store, clients::revision, client_id(1), 2).unwrap();
    assert_eq!((second.revision, second.settings.name.as_str(), second.actor.as_str(), second.at), (2, "Second", "user:alice", later));
    for (number, revision) in [(1, 0), (1, 3), (2, 1)] {
        assert!(ask!(store, clients::revision, client_id(number), revision).is_none(), "{number} {revision}");
    }
}

async fn clients_are_found_by_name_and_owner(database: Database) {
    let store = database.store().await;
    let alice = add_user(&store, "alice").await;
    let owned = ClientSettings { owner: Some("ALICE".to_owned()), ..client_settings("Shared name") };
    for (number, settings) in [(2, &owned), (1, &client_settings("Shared name")), (3, &client_settings("Another"))] {
        register(&store, number, settings).await;
    }
    let numbers = |found: Vec<argus_domain::client::Client>| found.into_iter().map(|client| client.id).collect::<Vec<_>>();
    assert_eq!(numbers(ask!(store, clients::find_by_name, "Shared name")), [1, 2].map(client_id));
    assert_eq!(numbers(ask!(store, clients::find_by_name, "shared name")), []);
    assert_eq!(numbers(ask!(store, clients::list_by_owner, alice)), [client_id(2)]);
    assert_eq!(numbers(ask!(store, clients::list)), [1, 2, 3].map(client_id));
    // Found by what it is called now, owned by whoever owns it now.
    let settings = client_settings("Renamed");
    assert!(commit!(store, tx, [settings], clients::update(tx, client_id(2), 1, &settings, "cli", NOW)).await.unwrap());
    assert_eq!(numbers(ask!(store, clients::find_by_name, "Renamed")), [client_id(2)]);
    assert_eq!(numbers(ask!(store, clients::list_by_owner, alice)), []);
}

async fn a_client_has_a_new_secret_and_the_one_before(database: Database) {
    let store = database.store().await;
    register(&store, 1, &client_settings("Case desk")).await;
    set_secret(&store, "first", NOW).await;
    let found = ask!(store, clients::find, client_id(1)).unwrap();
    assert_eq!((found.secrets.len(), found.secrets[0].created_at, found.secrets[0].expires_at), (1, NOW, None));
    assert!(found.accepts_secret("first", NOW.after(DAY)));

    set_secret(&store, "second", NOW.after(DAY)).await;
    let found = ask!(store, clients::find, client_id(1)).unwrap();
    assert!(found.accepts_secret("second", NOW.after(DAY * 2)));
    assert!(found.accepts_secret("first", NOW.after(DAY + MINUTE - MILLISECOND)));
    assert!(!found.accepts_secret("first", NOW.after(DAY + MINUTE)));

    set_secret(&store, "third", NOW.after(DAY)).await;
    let found = ask!(store, clients::list).remove(0);
    assert!(found.accepts_secret("third", NOW.after(DAY)) && found.accepts_secret("second", NOW.after(DAY)));
    assert!(!found.accepts_secret("first", NOW.after(DAY)), "gone with the third");
    assert!(found.secrets[0].hash.matches("third") && found.secrets[1].hash.matches("second"), "the newest first");
}

async fn clients_are_paged_by_name_and_found_by_a_part_of_it(database: Database) {
    let store = database.store().await;
    for (number, name) in [(1, "100% b"), (2, "a_b"), (3, "a_b"), (4, "axb"), (5, "A!B")] {
        register(&store, number, &client_settings(name)).await;
    }
    let page = async |text: &str, after: Option<(&str, u128)>, limit| {
        let after = after.map(|(name, number)| (name, client_id(number)));
        let found = ask!(store, clients::page, text, after, limit);
        (1..=5).filter(|number| found.iter().any(|row| row.id == client_id(*number))).collect::<Vec<u128>>()
    };
    for (text, expected) in
        [("", &[1, 2, 3, 4, 5][..]), ("B", &[1, 2, 3, 4, 5]), ("a_b", &[2, 3]), ("%", &[1]), ("a!", &[5]), ("'", &[]), ("nosuch", &[])]
    {
        assert_eq!(page(text, None, 9).await, expected, "{text}");
    }
    assert_eq!(page("_", None, 1).await, [2]);
    assert_eq!(page("_", Some(("a_b", 2)), 1).await, [3], "two of one name are two");
    assert_eq!(page("_", Some(("a_b", 3)), 1).await, []);
}

async fn a_secret_needs_its_client(database: Database) {
    let store = database.store().await;
    let hash = SecretHash::of("secret");
    assert_conflict(commit!(store, tx, [hash], clients::set_secret(tx, client_id(1), &hash, NOW, NOW)).await, "");
}

async fn nothing_lives_on_a_deleted_client(database: Database) {
    let store = database.store().await;
    let user = add_user(&store, "alice").await;
    for number in [1, 2] {
        register(&store, number, &client_settings("Case desk")).await;
        let mut session = client_session(number, user);
        session.client = client_id(number);
        commit!(store, tx, [session], client_sessions::insert(tx, &session)).await.unwrap();
        let consent = Consent::default();
        commit!(store, tx, [consent], consents::upsert(tx, user, client_id(number), &consent, NOW)).await.unwrap();
    }
    set_secret(&store, "secret", NOW).await;
    assert!(commit!(store, tx, [], clients::delete(tx, client_id(1))).await.unwrap());
    assert!(!commit!(store, tx, [], clients::delete(tx, client_id(1))).await.unwrap());
    assert!(ask!(store, clients::find, client_id(1)).is_none());
    assert!(ask!(store, client_sessions::find, client_session_id(1)).is_none());
    assert!(ask!(store, consents::find, user, client_id(1)).is_none());
    assert_eq!(database.count("client_secrets").await, 0);
    for table in ["clients", "client_sessions", "consents"] {
        assert_eq!(database.count(table).await, 1, "{table}: the other client's, and no more");
    }
}
