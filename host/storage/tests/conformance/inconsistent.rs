//! Rows that this code never writes are refused by name, and never guessed at.

use argus_domain::secret::SecretHash;
use argus_domain::signing::{SigningAlgorithm, SigningKeyState, StoredSigningKey};
use argus_storage::{
    StorageError, Store, authorization_grants, browser_sessions, claim_providers, claim_traces, client_sessions, clients, shadow_runs,
    signing_keys, users,
};
use serde_json::json;

use crate::database::Database;
use crate::samples::{
    NOW, add_user, add_version, browser_session, client_id, client_session, client_settings, grant, logged, shadow_count,
};

on_both_engines!(
    a_client_session_that_cannot_be_is_refused,
    a_grant_that_cannot_be_is_refused_without_naming_its_code,
    a_browser_session_that_cannot_be_is_refused,
    a_signing_key_that_cannot_be_is_refused,
    a_user_and_a_client_that_cannot_be_are_refused,
    a_claim_provider_version_that_cannot_be_is_refused,
    a_shadow_run_and_a_log_that_cannot_be_are_refused,
);

#[track_caller]
fn assert_inconsistent<T>(outcome: Result<T, StorageError>, expected: (&str, &str)) {
    match outcome {
        Err(StorageError::Inconsistent { table, column, .. }) => assert_eq!((table, column), expected),
        Err(other) => panic!("{expected:?}: {other}"),
        Ok(_) => panic!("{expected:?} was accepted"),
    }
}

/// Makes one change to the only row of a table, looks, and takes the change back.
async fn with_change<T>(database: &Database, table: &str, change: &str, look: impl AsyncFnOnce() -> T) -> T {
    database.run(&format!("CREATE TABLE before_change AS SELECT * FROM {table}")).await;
    assert_eq!(database.run(&format!("UPDATE {table} SET {change}")).await, 1, "{change}");
    let seen = look().await;
    database.run(&format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM before_change; DROP TABLE before_change")).await;
    seen
}

async fn a_client_session_that_cannot_be_is_refused(database: Database) {
    let store = database.store().await;
    let session = client_session(1, add_user(&store, "alice").await);
    commit!(store, tx, [session], client_sessions::insert(tx, &session)).await.unwrap();
    let find = async || client_sessions::find(&mut store.read().await.unwrap(), session.id).await;
    for (change, column) in [
        ("refresh_generation = NULL", "refresh_generation"),
        ("refresh_generation = 0", "refresh_generation"),
        ("refresh_rotated_at = NULL", "refresh_generation"),
        ("scopes = 'a \"b\"'", "scopes"),
        ("sign_in = '{}'", "sign_in"),
        ("client_id = 'not a client'", "client_id"),
        ("browser_session_id = ''", "browser_session_id"),
    ] {
        assert_inconsistent(with_change(&database, "client_sessions", change, find).await, ("client_sessions", column));
    }
    assert!(find().await.unwrap().is_some());
}

async fn a_grant_that_cannot_be_is_refused_without_naming_its_code(database: Database) {
    let store = database.store().await;
    let grant = grant("code", add_user(&store, "alice").await);
    commit!(store, tx, [grant], authorization_grants::insert(tx, &grant)).await.unwrap();
    let find = async || authorization_grants::find_by_code_hash(&mut store.read().await.unwrap(), &grant.code_hash).await;
    for (change, column) in
        [("client_id = 'x'", "client_id"), ("client_session_id = 'x'", "client_session_id"), ("sign_in = '[]'", "sign_in")]
    {
        let outcome = with_change(&database, "authorization_grants", change, find).await;
        let told = outcome.as_ref().unwrap_err().to_string();
        assert!(!told.contains(SecretHash::of("code").as_str()), "{told}");
        assert_inconsistent(outcome, ("authorization_grants", column));
    }
}

async fn a_browser_session_that_cannot_be_is_refused(database: Database) {
    let store = database.store().await;
    let session = browser_session(1, add_user(&store, "alice").await);
    commit!(store, tx, [session], browser_sessions::insert(tx, &session)).await.unwrap();
    let find = async || browser_sessions::find_by_token_hash(&mut store.read().await.unwrap(), &session.token_hash).await;
    for (change, column) in [("id = 'x'", "id"), ("sign_in = 'x'", "sign_in")] {
        assert_inconsistent(with_change(&database, "browser_sessions", change, find).await, ("browser_sessions", column));
    }
}

async fn a_signing_key_that_cannot_be_is_refused(database: Database) {
    let store = database.store().await;
    let (state, activated_at) = (SigningKeyState::Active, Some(NOW));
    let key = StoredSigningKey {
        kid: "a".to_owned(),
        algorithm: SigningAlgorithm::ES256,
        state,
        private_sealed: vec![1],
        public_jwk: json!({}),
        created_at: NOW,
        activated_at,
        retired_at: None,
    };
    commit!(store, tx, [key], signing_keys::insert(tx, &key)).await.unwrap();
    let list = async || signing_keys::list(&mut store.read().await.unwrap()).await;
    for (change, column) in [
        ("state = 'pending'", "state"),
        ("state = 'retiring'", "state"),
        ("state = 'ACTIVE'", "state"),
        ("activated_at = NULL", "state"),
        ("retired_at = 1", "state"),
        ("algorithm = 'none'", "algorithm"),
        ("public_jwk = '{'", "public_jwk"),
    ] {
        assert_inconsistent(with_change(&database, "signing_keys", change, list).await, ("signing_keys", column));
    }
}

async fn change(database: &Database, sql: &str) {
    assert_eq!(database.run(sql).await, 1, "{sql}");
}

async fn a_user_and_a_client_that_cannot_be_are_refused(database: Database) {
    let store: Store = database.store().await;
    let user = add_user(&store, "alice").await;
    let settings = client_settings("Case desk");
    commit!(store, tx, [settings], clients::insert(tx, client_id(1), &settings, "cli", NOW)).await.unwrap();
    change(&database, "UPDATE users SET attributes = '{\"a\":1}'").await;
    change(&database, "UPDATE clients SET settings = '{\"name\":\"without a type\"}'").await;
    change(&database, "UPDATE client_revisions SET settings = '{\"unknown\":1}'").await;
    let mut reader = store.read().await.unwrap();
    assert_inconsistent(users::find_by_id(&mut reader, user).await, ("users", "attributes"));
    assert_inconsistent(users::snapshot(&mut reader, user).await, ("users", "attributes"));
    assert_inconsistent(clients::find(&mut reader, client_id(1)).await, ("clients", "settings"));
    assert_inconsistent(clients::list_revisions(&mut reader, client_id(1)).await, ("client_revisions", "settings"));
    assert_inconsistent(clients::revision(&mut reader, client_id(1), 1).await, ("client_revisions", "settings"));
}

async fn a_claim_provider_version_that_cannot_be_is_refused(database: Database) {
    let store = database.store().await;
    add_version(&store, "level", "one").await;
    let find = async || claim_providers::version(&mut store.read().await.unwrap(), "level", "one").await;
    for (change, column) in [
        ("approved_facts = NULL", "approved_facts"),
        ("approved_by = NULL", "approved_facts"),
        ("approved_at = NULL", "approved_facts"),
        ("approved_facts = '[\"passwords\"]'", "approved_facts"),
        ("metadata = '{}'", "metadata"),
    ] {
        assert_inconsistent(with_change(&database, "claim_provider_versions", change, find).await, ("claim_provider_versions", column));
    }
    assert!(find().await.unwrap().is_some());
}

async fn a_shadow_run_and_a_log_that_cannot_be_are_refused(database: Database) {
    let store = database.store().await;
    add_version(&store, "level", "one").await;
    let log = logged("level", "one", "request");
    commit!(store, tx, [log], async {
        shadow_runs::add_counts(tx, "level", "one", &shadow_count(1, [1, 2, 3])).await?;
        claim_traces::insert_log(tx, &log).await
    })
    .await
    .unwrap();
    let counts = async || shadow_runs::counts(&mut store.read().await.unwrap(), "level", "one").await;
    let table = "claim_provider_shadow_counts";
    assert_inconsistent(with_change(&database, table, "client_id = 'x'", counts).await, (table, "client_id"));
    let logs = async || claim_traces::logs_of_request(&mut store.read().await.unwrap(), "request").await;
    for (change, column) in [("client_id = 'x'", "client_id"), ("target = 'refresh_token'", "target")] {
        assert_inconsistent(with_change(&database, "claim_provider_logs", change, logs).await, ("claim_provider_logs", column));
    }
}
