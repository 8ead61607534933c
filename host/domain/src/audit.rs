//! The audit trail: what is recorded, and the hash chain that shows when a record was altered, removed or inserted.
//!
//! Each node of an installation writes a chain of its own. An event holds names, ids and reasons, never a token, a code, a
//! secret or a claim's value.

use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::time::Timestamp;

macro_rules! event_kinds {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// What happened.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum AuditEventKind {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        impl AuditEventKind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name in the trail.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

event_kinds! {
    /// A user signed in.
    SignInSucceeded = "sign_in.succeeded",
    /// A sign-in was refused.
    SignInFailed = "sign_in.failed",
    /// A browser session was ended.
    SessionEnded = "session.ended",
    /// A user allowed a client something.
    ConsentGranted = "consent.granted",
    /// A user took back what a client was allowed; its sessions ended with it.
    ConsentWithdrawn = "consent.withdrawn",
    /// A user refused a client.
    ConsentDenied = "consent.denied",
    /// An authorization request of a known client was refused, with a page or by redirect.
    AuthorizationRefused = "authorization.refused",
    /// Tokens were issued for a code or to a client itself.
    TokenIssued = "token.issued",
    /// A refresh token was rotated.
    TokenRefreshed = "token.refreshed",
    /// A token request was refused.
    TokenRefused = "token.refused",
    /// A token or a client session was revoked.
    TokenRevoked = "token.revoked",
    /// A code was presented again.
    CodeReused = "code.reused",
    /// A refresh token was presented again after its grace.
    RefreshTokenReused = "refresh_token.reused",
    /// A client failed to authenticate.
    ClientAuthenticationFailed = "client.authentication_failed",
    /// A client was registered.
    ClientCreated = "client.created",
    /// A client's settings were changed.
    ClientChanged = "client.changed",
    /// A client was deleted.
    ClientDeleted = "client.deleted",
    /// A client got a new secret.
    ClientSecretRotated = "client.secret_rotated",
    /// The owner of a client asked administrators for something.
    ClientRequested = "client.requested",
    /// An administrator decided what an owner asked for.
    ClientRequestDecided = "client.request_decided",
    /// A component was added to the registry.
    ClaimProviderUploaded = "claim_provider.uploaded",
    /// The facts a version reads were approved.
    ClaimProviderApproved = "claim_provider.approved",
    /// A version became the current one.
    ClaimProviderPromoted = "claim_provider.promoted",
    /// The version before the current one became current again.
    ClaimProviderRolledBack = "claim_provider.rolled_back",
    /// A version failed too often, and stopped being current, or running in the shadow of the current one.
    ClaimProviderDemoted = "claim_provider.demoted",
    /// A version began to run in the shadow of the current one, or stopped.
    ClaimProviderShadowed = "claim_provider.shadowed",
    /// A version, or a whole claim provider, was deleted.
    ClaimProviderDeleted = "claim_provider.deleted",
    /// Recorded inputs or differing values of users were read by an administrator.
    ClaimValuesRead = "claim_values.read",
    /// Claim providers were attached to a client, or detached.
    ClaimProviderAttached = "claim_provider.attached",
    /// A claim provider failed at an issuance.
    ClaimProviderFailed = "claim_provider.failed",
    /// A signing key was made.
    KeyCreated = "key.created",
    /// A signing key began to sign, and the one it replaces stopped.
    KeyActivated = "key.activated",
    /// A retired signing key was removed.
    KeyRemoved = "key.removed",
    /// A user was added.
    UserCreated = "user.created",
    /// A user was changed.
    UserChanged = "user.changed",
    /// A user was deleted.
    UserDeleted = "user.deleted",
    /// A link was made that sets the password of a user, or makes an administrator.
    PasswordLinkMade = "password_link.made",
    /// A user was disabled; every session and token ended with it.
    UserDisabled = "user.disabled",
    /// A domain, customer, group, role, function or resource was added or changed.
    DirectoryChanged = "directory.changed",
    /// A connection to an upstream identity provider was added or changed.
    UpstreamIdpChanged = "upstream_idp.changed",
    /// A connection was deleted; who came in through it is out.
    UpstreamIdpDeleted = "upstream_idp.deleted",
    /// An upstream identity provider publishes metadata with other keys or addresses; they wait for an administrator.
    UpstreamIdpMetadataOffered = "upstream_idp.metadata_offered",
    /// A user of an upstream identity provider became a user here.
    UpstreamLinked = "upstream.linked",
    /// A document was imported.
    DocumentImported = "document.imported",
}

impl PartialSchema for AuditEventKind {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::String).enum_values(Some(Self::ALL.iter().map(|kind| kind.as_str()))).into()
    }
}

impl ToSchema for AuditEventKind {}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// As asked.
    Success,
    /// Refused or failed.
    Failure,
}

/// An event. In the trail it has its place in the chain beside: `node`, `sequence` and `hash`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditEvent {
    /// When, in milliseconds since the epoch.
    #[schema(value_type = i64)]
    pub at: Timestamp,
    /// What.
    pub event: AuditEventKind,
    /// How it ended.
    pub outcome: Outcome,
    /// Who did it: `user:…`, `client:…`, `cli`, `system`, or `anonymous` for a request that nobody has put a name to.
    pub actor: String,
    /// Subject identifier of the user concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The client concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Network address of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Ties together everything one request caused.
    pub correlation_id: String,
    /// More, by kind.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object)]
    pub details: Map<String, Value>,
}

impl AuditEvent {
    /// An event of the system itself; the other members are set by the methods below.
    pub fn new(at: Timestamp, event: AuditEventKind, correlation_id: impl Into<String>) -> Self {
        Self {
            at,
            event,
            outcome: Outcome::Success,
            actor: "system".to_owned(),
            subject: None,
            client_id: None,
            address: None,
            correlation_id: correlation_id.into(),
            details: Map::new(),
        }
    }

    /// Who did it.
    #[must_use]
    pub fn by(mut self, actor: impl Into<String>) -> Self {
        self.actor = actor.into();
        self
    }

    /// The user concerned.
    #[must_use]
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// The client concerned.
    #[must_use]
    pub fn client(mut self, client: impl ToString) -> Self {
        self.client_id = Some(client.to_string());
        self
    }

    /// The network address of the request.
    #[must_use]
    pub fn address(mut self, address: Option<&str>) -> Self {
        self.address = address.map(str::to_owned);
        self
    }

    /// A failure, and why.
    #[must_use]
    pub fn failed(mut self, reason: impl Into<String>) -> Self {
        self.outcome = Outcome::Failure;
        self.details.insert("reason".to_owned(), Value::String(reason.into()));
        self
    }

    /// A further member.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }
}

/// The hash of an event and, through its predecessor, of every event before it: base64url of SHA-256.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChainHash(String);

impl ChainHash {
    /// What the first event of a chain follows.
    pub fn genesis() -> Self {
        Self(String::new())
    }

    /// From its stored form.
    pub fn from_stored(hash: impl Into<String>) -> Self {
        Self(hash.into())
    }

    /// The stored form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The hash of the event that follows this one: SHA-256 over the lengths and bytes of predecessor, node, number and body.
    #[must_use]
    pub fn next(&self, node: &str, sequence: u64, body: &str) -> Self {
        let mut context = Context::new(&SHA256);
        for part in [self.0.as_bytes(), node.as_bytes(), &sequence.to_be_bytes(), body.as_bytes()] {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        Self(URL_SAFE_NO_PAD.encode(context.finish()))
    }
}

/// An event as stored: its body is the exact text that was hashed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    /// The node that wrote it.
    pub node: String,
    /// Its number in the node's chain; the first is 1.
    pub sequence: u64,
    /// The [`AuditEvent`] as JSON.
    pub body: String,
    /// Its place in the chain.
    pub hash: ChainHash,
}

/// Where a chain breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// A number is missing or out of order.
    #[error("audit chain of node {node}: event {expected} is missing, {found} follows")]
    Gap {
        /// The chain.
        node: String,
        /// The number due.
        expected: u64,
        /// The number found.
        found: u64,
    },
    /// A body or hash was altered.
    #[error("audit chain of node {node}: event {sequence} was altered")]
    Altered {
        /// The chain.
        node: String,
        /// The event.
        sequence: u64,
    },
    /// Events at the end are missing.
    #[error("audit chain of node {node}: the last event is {last}, but {recorded} were recorded")]
    Truncated {
        /// The chain.
        node: String,
        /// The last number found.
        last: u64,
        /// The number of the chain's head.
        recorded: u64,
    },
}

/// Walks one node's chain, record by record.
#[derive(Clone, Debug)]
pub struct ChainVerifier {
    node: String,
    last: u64,
    hash: ChainHash,
}

impl ChainVerifier {
    /// Starts before the first event of a node.
    pub fn new(node: impl Into<String>) -> Self {
        Self { node: node.into(), last: 0, hash: ChainHash::genesis() }
    }

    /// Checks the next record.
    pub fn check(&mut self, record: &AuditRecord) -> Result<(), ChainError> {
        let expected = self.last + 1;
        if record.sequence != expected {
            return Err(ChainError::Gap { node: self.node.clone(), expected, found: record.sequence });
        }
        let hash = self.hash.next(&self.node, record.sequence, &record.body);
        if hash != record.hash {
            return Err(ChainError::Altered { node: self.node.clone(), sequence: record.sequence });
        }
        self.last = expected;
        self.hash = hash;
        Ok(())
    }

    /// Checks that the chain ends where its head says; returns the number of events.
    pub fn finish(self, head_sequence: u64, head_hash: &ChainHash) -> Result<u64, ChainError> {
        if self.last != head_sequence {
            return Err(ChainError::Truncated { node: self.node, last: self.last, recorded: head_sequence });
        }
        if self.hash != *head_hash {
            return Err(ChainError::Altered { node: self.node, sequence: self.last });
        }
        Ok(self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(bodies: &[&str]) -> Vec<AuditRecord> {
        let mut hash = ChainHash::genesis();
        let mut records = Vec::new();
        for (sequence, body) in (1..).zip(bodies) {
            hash = hash.next("main", sequence, body);
            records.push(AuditRecord { node: "main".into(), sequence, body: (*body).into(), hash: hash.clone() });
        }
        records
    }

    fn verify(records: &[AuditRecord], head: &AuditRecord) -> Result<u64, ChainError> {
        let mut verifier = ChainVerifier::new("main");
        for record in records {
            verifier.check(record)?;
        }
        verifier.finish(head.sequence, &head.hash)
    }

    #[test]
    fn an_untouched_chain_verifies() {
        let records = chain(&["a", "b", "c"]);
        assert_eq!(verify(&records, &records[2]), Ok(3));
    }

    #[test]
    fn an_altered_event_shows() {
        let mut records = chain(&["a", "b", "c"]);
        records[1].body = "x".into();
        assert_eq!(verify(&records, &records[2].clone()), Err(ChainError::Altered { node: "main".into(), sequence: 2 }));
    }

    #[test]
    fn a_removed_event_shows() {
        let mut records = chain(&["a", "b", "c"]);
        let head = records[2].clone();
        records.remove(1);
        assert_eq!(verify(&records, &head), Err(ChainError::Gap { node: "main".into(), expected: 2, found: 3 }));
    }

    #[test]
    fn a_cut_tail_shows() {
        let records = chain(&["a", "b", "c"]);
        assert_eq!(verify(&records[..2], &records[2]), Err(ChainError::Truncated { node: "main".into(), last: 2, recorded: 3 }));
    }
}
