//! Claims: names, the reserved ones, ordered sets of them, and the attachment of claim providers to a client.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use thiserror::Error;
use utoipa::ToSchema;

/// Claims the protocol itself sets or may come to set. No claim provider and no configuration may name one.
///
/// RFC 7519 §4.1, OpenID Connect Core §2 and §3.3.2.11, RFC 7800 (`cnf`), RFC 8417 (`events`, `toe`, `txn`),
/// RFC 8693 (`act`, `may_act`), RFC 9068, RFC 7662 (`active`, `token_type`), OpenID Connect back-channel logout (`sid`).
pub const RESERVED_CLAIMS: &[&str] = &[
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "nbf",
    "jti",
    "nonce",
    "azp",
    "at_hash",
    "c_hash",
    "s_hash",
    "auth_time",
    "acr",
    "amr",
    "sid",
    "scope",
    "client_id",
    "cnf",
    "act",
    "may_act",
    "events",
    "toe",
    "txn",
    "typ",
    "alg",
    "kid",
    "token_type",
    "token_use",
    "active",
    "sub_jwk",
    "_claim_names",
    "_claim_sources",
    "gty",
];

/// Longest claim name accepted, in bytes.
pub const MAX_CLAIM_NAME_BYTES: usize = 128;

/// The name of a claim that a claim provider may set: non-empty, printable, at most [`MAX_CLAIM_NAME_BYTES`], not reserved.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct ClaimName(String);

/// Why a text is no name for a provided claim.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ClaimNameError {
    /// One of [`RESERVED_CLAIMS`].
    #[error("`{0}` is a claim of the protocol and cannot be set by a claim provider")]
    Reserved(String),
    /// Empty, too long, or with a control character or white space.
    #[error("a claim name is 1 to {MAX_CLAIM_NAME_BYTES} printable characters without white space")]
    Malformed,
}

impl ClaimName {
    /// Accepts a claim name, or says why not.
    pub fn parse(name: &str) -> Result<Self, ClaimNameError> {
        if name.is_empty() || name.len() > MAX_CLAIM_NAME_BYTES || name.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(ClaimNameError::Malformed);
        }
        if is_reserved(name) {
            return Err(ClaimNameError::Reserved(name.to_owned()));
        }
        Ok(Self(name.to_owned()))
    }

    /// The name as it stands in the token.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClaimName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether the protocol keeps this claim name for itself.
pub fn is_reserved(name: &str) -> bool {
    RESERVED_CLAIMS.contains(&name)
}

/// Claims in the order in which they were set; setting a name again replaces its value in place.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct ClaimSet(Map<String, Value>);

impl ClaimSet {
    /// An empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a claim; returns the value it replaced.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<Value>) -> Option<Value> {
        self.0.insert(name.into(), value.into())
    }

    /// The value of a claim.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Whether no claim is set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds every claim of `other`, replacing equal names.
    pub fn merge(&mut self, other: ClaimSet) {
        self.0.extend(other.0);
    }

    /// The set as a JSON object.
    pub fn into_object(self) -> Map<String, Value> {
        self.0
    }
}

/// Which token a claim goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The ID token (OpenID Connect Core §2).
    IdToken,
    /// The UserInfo response (OpenID Connect Core §5.3).
    Userinfo,
    /// The JWT access token (RFC 9068).
    AccessToken,
}

impl Target {
    /// The wire form, as in an attachment's `targets`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::IdToken => "id_token",
            Self::Userinfo => "userinfo",
            Self::AccessToken => "access_token",
        }
    }
}

/// What happens to an issuance when the attachment's provider fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// No token is issued: `server_error`.
    #[default]
    Fail,
    /// The token is issued without the attachment's claims, and the omission is recorded.
    Omit,
}

/// One entry of a client's `openIDCustomClaims`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClaimProviderAttachment {
    /// Registered name of the claim provider.
    pub provider: String,
    /// Handed to the provider as it stands, key order kept.
    pub configuration: Value,
    /// Where the claims go; absent = ID token and UserInfo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub targets: Option<Vec<Target>>,
    /// The failure contract; absent = `fail`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_failure: Option<OnFailure>,
    /// SHA-256 of the version to run, whatever becomes of the provider; absent = the current one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

impl ClaimProviderAttachment {
    /// The targets in force.
    pub fn targets(&self) -> &[Target] {
        self.targets.as_deref().unwrap_or(&[Target::IdToken, Target::Userinfo])
    }

    /// The failure contract in force.
    pub fn on_failure(&self) -> OnFailure {
        self.on_failure.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protocol_claims_are_refused() {
        for name in RESERVED_CLAIMS {
            assert_eq!(ClaimName::parse(name), Err(ClaimNameError::Reserved((*name).to_owned())));
        }
    }

    #[test]
    fn groups_is_ours_to_set() {
        assert!(ClaimName::parse("groups").is_ok());
        assert!(ClaimName::parse("https://example.com/claims/level").is_ok());
    }

    #[test]
    fn names_without_printable_text_are_refused() {
        for name in ["", " ", "a b", "a\n", &"x".repeat(MAX_CLAIM_NAME_BYTES + 1)] {
            assert_eq!(ClaimName::parse(name), Err(ClaimNameError::Malformed));
        }
    }

    #[test]
    fn setting_a_claim_again_keeps_its_place() {
        let mut claims = ClaimSet::new();
        claims.set("a", 1);
        claims.set("b", 2);
        assert_eq!(claims.set("a", 3), Some(Value::from(1)));
        assert_eq!(serde_json::to_string(&claims).ok().as_deref(), Some(r#"{"a":3,"b":2}"#));
    }
}
