//! Values to store. Ids are numbered, time stands still.

use std::sync::LazyLock;
use std::time::Duration;

use argus_domain::Timestamp;
use argus_domain::audit::{AuditEvent, AuditEventKind};
use argus_domain::claim::Target;
use argus_domain::client::ClientSettings;
use argus_domain::facts::Facts;
use argus_domain::grant::{AuthorizationGrant, AuthorizationGrantState, BrowserSession, ClientSession, RefreshTokenFamily, SignIn};
use argus_domain::ids::{BrowserSessionId, ClientId, ClientSessionId, SubjectIdentifier, UserId};
use argus_domain::issuance::ProviderMetadata;
use argus_domain::pkce::CodeChallenge;
use argus_domain::scope::ScopeSet;
use argus_domain::secret::SecretHash;
use argus_storage::claim_providers::{self, NewVersion};
use argus_storage::claim_traces::LoggedInvocation;
use argus_storage::shadow_runs::{ShadowCount, ShadowSample};
use argus_storage::users::{self, NewUser, UserProfile};
use argus_storage::{StorageError, Store};
use serde_json::json;
use uuid::Uuid;

/// The time of every test.
pub(crate) const NOW: Timestamp = Timestamp::from_unix_seconds(1_750_000_000);
pub(crate) const MILLISECOND: Duration = Duration::from_millis(1);
pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const DAY: Duration = Duration::from_secs(86_400);

pub(crate) fn client_id(number: u128) -> ClientId {
    ClientId::new(Uuid::from_u128(number))
}

pub(crate) fn client_session_id(number: u128) -> ClientSessionId {
    ClientSessionId::new(Uuid::from_u128(number))
}

pub(crate) fn browser_session_id(number: u128) -> BrowserSessionId {
    BrowserSessionId::new(Uuid::from_u128(number))
}

pub(crate) fn scopes(text: &str) -> ScopeSet {
    ScopeSet::parse(text).unwrap()
}

pub(crate) fn sign_in() -> SignIn {
    SignIn {
        authenticated_at: NOW.before(MINUTE),
        amr: vec!["pwd".to_owned(), "otp".to_owned()],
        client_ip: Some("2001:db8::7".to_owned()),
        federated_by: Some("acme-keycloak".to_owned()),
    }
}

/// The grant of a code that lives for a minute.
pub(crate) fn grant(code: &str, user: UserId) -> AuthorizationGrant {
    AuthorizationGrant {
        code_hash: SecretHash::of(code),
        client: client_id(1),
        user,
        browser_session: browser_session_id(2),
        client_session: client_session_id(3),
        redirect_uri: "https://case.example/callback?a=1&b=ø".to_owned(),
        scopes: scopes("openid profile cases:read"),
        nonce: Some("n-0S6_WzA2Mj".to_owned()),
        code_challenge: Some(CodeChallenge::from_stored("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")),
        sign_in: sign_in(),
        expires_at: NOW.after(MINUTE),
        state: AuthorizationGrantState::Approved,
    }
}

/// A session with refresh tokens that lives for a day.
pub(crate) fn client_session(number: u128, user: UserId) -> ClientSession {
    ClientSession {
        id: client_session_id(number),
        client: client_id(1),
        user,
        browser_session: browser_session_id(2),
        scopes: scopes("openid profile"),
        sign_in: sign_in(),
        created_at: NOW,
        expires_at: NOW.after(DAY),
        revoked_at: None,
        refresh: Some(RefreshTokenFamily { generation: 1, rotated_at: NOW, successor: None }),
    }
}

/// A session that lives for a day.
pub(crate) fn browser_session(number: u128, user: UserId) -> BrowserSession {
    BrowserSession {
        id: browser_session_id(number),
        token_hash: SecretHash::of(&format!("cookie {number}")),
        user,
        sign_in: sign_in(),
        last_seen_at: NOW,
        expires_at: NOW.after(DAY),
    }
}

/// A user who is enabled and nothing else.
pub(crate) fn new_user(username: &str) -> NewUser {
    NewUser {
        subject: SubjectIdentifier::new(format!("subject of {username}")),
        picture_key: format!("picture of {username}"),
        password_hash: Some(format!("hash of {username}")),
        profile: UserProfile { username: username.to_owned(), name: format!("The {username}"), enabled: true, ..UserProfile::default() },
    }
}

/// Adds [`new_user`].
pub(crate) async fn add_user(store: &Store, username: &str) -> UserId {
    let user = new_user(username);
    commit!(store, tx, [user], users::insert(tx, &user, NOW)).await.unwrap()
}

/// Settings of a confidential client.
pub(crate) fn client_settings(name: &str) -> ClientSettings {
    serde_json::from_value(json!({"name": name, "type": "confidential", "redirectUris": ["https://case.example/callback"]})).unwrap()
}

pub(crate) fn metadata(name: &str) -> ProviderMetadata {
    ProviderMetadata {
        name: name.to_owned(),
        version: "0.1.0".to_owned(),
        description: "Says \"ø\".".to_owned(),
        configuration_schema: "{}".to_owned(),
        needs: Facts { profile: true, attributes: true, ..Facts::default() },
    }
}

/// A version whose component is its digest, from the command line, with every fact approved.
pub(crate) fn new_version(name: &'static str, digest: &'static str) -> NewVersion<'static> {
    static METADATA: LazyLock<ProviderMetadata> = LazyLock::new(|| metadata("level"));
    let (metadata, approved) = (&*METADATA, Some(Facts::ALL));
    NewVersion { name, digest, component: digest.as_bytes(), builtin: false, by: "cli", from: None, metadata: Some(metadata), approved }
}

/// Adds [`new_version`].
pub(crate) async fn add_version(store: &Store, name: &'static str, digest: &'static str) {
    assert!(commit!(store, tx, [], claim_providers::insert_version(tx, &new_version(name, digest), NOW)).await.unwrap());
}

pub(crate) fn shadow_count(client: u128, [equal, different, failed]: [u64; 3]) -> ShadowCount {
    ShadowCount { client: client_id(client), equal, different, failed }
}

pub(crate) fn shadow_sample(number: u8) -> ShadowSample {
    let (correlation_id, changes) = (format!("request {number}"), format!("[{number}]"));
    ShadowSample { client: client_id(1), correlation_id, at: NOW.after(MINUTE * number.into()), changes, sealed: vec![number, 0, 255] }
}

/// What an invocation for the ID token said.
pub(crate) fn logged(provider: &str, digest: &str, correlation_id: &str) -> LoggedInvocation {
    LoggedInvocation {
        provider: provider.to_owned(),
        digest: digest.to_owned(),
        client: client_id(1),
        correlation_id: correlation_id.to_owned(),
        attachment: 1,
        target: Target::IdToken,
        at: NOW,
        lines: format!("[{{\"message\":\"ø {correlation_id}\"}}]"),
    }
}

/// An event that can be told from others.
pub(crate) fn event(correlation_id: &str) -> AuditEvent {
    AuditEvent::new(NOW, AuditEventKind::TokenIssued, correlation_id).by("client:1").subject("someone").client(client_id(1))
}

/// Asserts that a row stands in the way, and where.
#[track_caller]
pub(crate) fn assert_conflict<T: std::fmt::Debug>(outcome: Result<T, StorageError>, columns: &str) {
    match outcome {
        Err(StorageError::Conflict { columns: found, .. }) => assert_eq!(found, columns),
        other => panic!("a conflict on `{columns}` was expected, not {other:?}"),
    }
}

/// Asserts that two values are the same, as far as they show themselves.
#[track_caller]
pub(crate) fn assert_same<T: std::fmt::Debug>(found: &T, expected: &T) {
    assert_eq!(format!("{found:?}"), format!("{expected:?}"));
}
