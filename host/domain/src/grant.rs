//! What a user allowed, and what lives on it: browser sessions, authorization grants, client sessions, consent.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ids::{BrowserSessionId, ClientId, ClientSessionId, UserId};
use crate::pkce::CodeChallenge;
use crate::scope::ScopeSet;
use crate::secret::SecretHash;
use crate::time::Timestamp;

/// How long after a rotation the refresh token before it still gets the same successor: two tabs, a lost response.
pub const REFRESH_GRACE: Duration = Duration::from_secs(10);

/// How, when and from where a user signed in. Everything that lives on the sign-in carries a copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignIn {
    /// `auth_time`
    pub authenticated_at: Timestamp,
    /// RFC 8176 values.
    pub amr: Vec<String>,
    /// The address as seen by this server: `client_ip`.
    pub client_ip: Option<String>,
    /// Slug of the upstream IdP, for federated users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub federated_by: Option<String>,
}

/// A sign-in of a user in one browser. The cookie holds a random token; only its hash is stored.
#[derive(Clone, Debug)]
pub struct BrowserSession {
    /// Identifier, safe to show and to log.
    pub id: BrowserSessionId,
    /// Hash of the cookie's value.
    pub token_hash: SecretHash,
    /// Who signed in.
    pub user: UserId,
    /// How.
    pub sign_in: SignIn,
    /// When the session was last used, to within a minute.
    pub last_seen_at: Timestamp,
    /// Absolute end.
    pub expires_at: Timestamp,
}

impl BrowserSession {
    /// Whether the session still counts: before its absolute end and not idle for longer than `idle`.
    pub fn is_live(&self, now: Timestamp, idle: Duration) -> bool {
        now < self.expires_at && now.since(self.last_seen_at) < idle
    }
}

/// An approved authorization request, waiting for its code to be redeemed (RFC 6749 §4.1.2).
///
/// A request that waits for sign-in or consent is not stored: it travels sealed with the browser. A denied one leaves an
/// audit event and nothing else.
#[derive(Clone, Debug)]
pub struct AuthorizationGrant {
    /// Hash of the authorization code.
    pub code_hash: SecretHash,
    /// Whom the code is for.
    pub client: ClientId,
    /// Who approved.
    pub user: UserId,
    /// The browser session in which it was approved.
    pub browser_session: BrowserSessionId,
    /// The client session that redemption will open.
    pub client_session: ClientSessionId,
    /// As requested; compared again at redemption.
    pub redirect_uri: String,
    /// Granted scopes.
    pub scopes: ScopeSet,
    /// Returned in the ID token.
    pub nonce: Option<String>,
    /// Checked at redemption.
    pub code_challenge: Option<CodeChallenge>,
    /// The sign-in behind it.
    pub sign_in: SignIn,
    /// When the code dies.
    pub expires_at: Timestamp,
    /// Where the grant is in its life.
    pub state: AuthorizationGrantState,
}

/// The life of a stored [`AuthorizationGrant`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthorizationGrantState {
    /// Its code may be redeemed, once, until it expires.
    Approved,
    /// Its code was redeemed; presenting it again revokes what came of it (RFC 6749 §4.1.2).
    Redeemed,
}

/// The grant a client lives on: the `sid` of its tokens, and the family of its refresh tokens.
#[derive(Clone, Debug)]
pub struct ClientSession {
    /// `sid`
    pub id: ClientSessionId,
    /// The relying party.
    pub client: ClientId,
    /// The user.
    pub user: UserId,
    /// The browser session it was opened from.
    pub browser_session: BrowserSessionId,
    /// Granted scopes: the most a refresh can give.
    pub scopes: ScopeSet,
    /// The sign-in behind it.
    pub sign_in: SignIn,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When refresh tokens stop working, whatever happens.
    pub expires_at: Timestamp,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
    /// Refresh tokens, when the client gets them.
    pub refresh: Option<RefreshTokenFamily>,
}

/// The refresh tokens of one client session: a counter, of which only the current value works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshTokenFamily {
    /// Generation of the current token; the first is 1.
    pub generation: u64,
    /// When the current token replaced the one before.
    pub rotated_at: Timestamp,
    /// The current token, sealed: what a replay within [`REFRESH_GRACE`] is answered with, and what a presented token is compared
    /// with first. None for the first token.
    pub successor: Option<Vec<u8>>,
}

/// What presenting a refresh token of some generation means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshTokenUse {
    /// The current token: rotate it.
    Current,
    /// The one before, within [`REFRESH_GRACE`]: answer with the same successor.
    Replayed,
    /// A token long replaced, or one never issued: the family is revoked (RFC 9700 §4.14.2).
    Reused,
}

impl RefreshTokenFamily {
    /// Judges a presented generation.
    pub fn judge(&self, presented: u64, now: Timestamp) -> RefreshTokenUse {
        if presented == self.generation {
            RefreshTokenUse::Current
        } else if presented.checked_add(1) == Some(self.generation)
            && self.successor.is_some()
            && now.since(self.rotated_at) < REFRESH_GRACE
        {
            RefreshTokenUse::Replayed
        } else {
            RefreshTokenUse::Reused
        }
    }
}

/// What a user allowed a client to see.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// Scopes allowed.
    pub scopes: ScopeSet,
    /// Names of the custom claims that were shown.
    pub claims: BTreeSet<String>,
}

impl Consent {
    /// Whether this consent covers what is asked for now.
    pub fn covers(&self, asked: &Consent) -> bool {
        asked.scopes.is_subset(&self.scopes) && asked.claims.is_subset(&self.claims)
    }

    /// Both consents together.
    #[must_use]
    pub fn union(&self, other: &Consent) -> Self {
        Self { scopes: self.scopes.union(&other.scopes), claims: self.claims.union(&other.claims).cloned().collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn family() -> RefreshTokenFamily {
        RefreshTokenFamily { generation: 5, rotated_at: Timestamp::from_unix_seconds(1000), successor: Some(vec![1]) }
    }

    #[test]
    fn the_current_refresh_token_is_rotated() {
        assert_eq!(family().judge(5, Timestamp::from_unix_seconds(9999)), RefreshTokenUse::Current);
    }

    #[test]
    fn the_one_before_gets_the_same_successor_for_ten_seconds() {
        assert_eq!(family().judge(4, Timestamp::from_unix_millis(1_009_999)), RefreshTokenUse::Replayed);
        assert_eq!(family().judge(4, Timestamp::from_unix_seconds(1010)), RefreshTokenUse::Reused);
    }

    #[test]
    fn any_other_is_reuse() {
        for generation in [0, 1, 3, 6, u64::MAX] {
            assert_eq!(family().judge(generation, Timestamp::from_unix_seconds(1000)), RefreshTokenUse::Reused);
        }
    }

    #[test]
    fn more_scopes_or_more_claims_need_new_consent() {
        let scopes = |text| ScopeSet::parse(text).unwrap();
        let given = Consent { scopes: scopes("openid email"), claims: ["groups".to_owned()].into() };
        assert!(given.covers(&Consent { scopes: scopes("openid"), claims: BTreeSet::new() }));
        assert!(!given.covers(&Consent { scopes: scopes("openid phone"), claims: BTreeSet::new() }));
        assert!(!given.covers(&Consent { scopes: scopes("openid"), claims: ["level".to_owned()].into() }));
    }
}
