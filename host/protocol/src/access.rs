//! Bearer tokens at our own APIs (RFC 6750, RFC 9068 §4): signature, expiry, revocation, client, audience, scope, in this order.

use std::sync::Arc;

use argus_domain::ids::{ClientId, ClientSessionId};
use argus_domain::oauth::ErrorCode;
use argus_domain::scope::ScopeSet;
use argus_domain::secret::SecretHash;
use argus_keys::TokenType;
use argus_storage::StorageError;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use thiserror::Error;

use crate::argus::Argus;
use crate::params::Params;
use crate::registry::PreparedClient;
use crate::settings::Issuer;

/// Claims of an access token. Claims of providers ride along, for introspection.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AccessTokenClaims {
    /// Issuer.
    pub iss: String,
    /// The user, or the client itself.
    pub sub: String,
    /// One audience or several.
    pub aud: Audience,
    /// Expiry, Unix seconds.
    pub exp: i64,
    /// Issuance, Unix seconds.
    pub iat: i64,
    /// The token's own id.
    pub jti: String,
    /// The client it was issued to.
    pub client_id: ClientId,
    /// Granted scopes.
    #[serde(default)]
    pub scope: String,
    /// The client session; absent for a client acting for itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<ClientSessionId>,
    /// Claims of claim providers.
    #[serde(flatten)]
    pub provided: Map<String, Value>,
}

/// `aud`: one string, or a list (RFC 7519 §4.1.3).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// One.
    One(String),
    /// Several.
    Several(Vec<String>),
}

impl Audience {
    /// Whether a resource is meant.
    pub fn contains(&self, audience: &str) -> bool {
        self.iter().any(|one| one == audience)
    }

    /// Every audience.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Several(several) => several.as_slice(),
        }
        .iter()
        .map(String::as_str)
    }
}

impl AccessTokenClaims {
    /// Granted scopes.
    pub fn scopes(&self) -> ScopeSet {
        ScopeSet::parse(&self.scope).unwrap_or_default()
    }
}

/// The bearer of an access token that was accepted.
#[derive(Clone, Debug)]
pub struct Bearer {
    /// What the token says.
    pub claims: Arc<AccessTokenClaims>,
    /// The client it was issued to.
    pub client: Arc<PreparedClient>,
    /// The granted scopes that the client is still allowed.
    pub scopes: ScopeSet,
}

/// Why a bearer gets nothing.
#[derive(Debug, Error)]
pub enum BearerError {
    /// No token at all: the challenge carries no error code (RFC 6750 §3).
    #[error("no access token was sent")]
    Missing,
    /// A request that is not well formed.
    #[error("{0}")]
    Malformed(&'static str),
    /// Whatever is wrong with the token: its bearer learns no more.
    #[error("the access token is invalid, expired or revoked")]
    InvalidToken,
    /// The token is good, but not for this.
    #[error("the access token lacks the scope {scope}")]
    InsufficientScope {
        /// The scope needed.
        scope: String,
    },
    /// The scope is there, but the user may not use it.
    #[error("the user is no administrator")]
    NotAdministrator,
    /// The token is a client's that acts for itself, where a user has to stand behind it.
    #[error("this is for tokens of users, and the client acts for itself")]
    NoUser,
    /// The database is out of reach.
    #[error(transparent)]
    Unavailable(#[from] StorageError),
}

impl BearerError {
    /// HTTP status (RFC 6750 §3.1).
    pub fn status(&self) -> u16 {
        match self {
            Self::Missing | Self::InvalidToken => 401,
            Self::Malformed(_) => 400,
            Self::InsufficientScope { .. } | Self::NotAdministrator | Self::NoUser => 403,
            Self::Unavailable(_) => 503,
        }
    }

    fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Missing => None,
            Self::Malformed(_) => Some(ErrorCode::InvalidRequest),
            Self::InvalidToken => Some(ErrorCode::InvalidToken),
            Self::InsufficientScope { .. } => Some(ErrorCode::InsufficientScope),
            Self::NotAdministrator | Self::NoUser => Some(ErrorCode::InsufficientScope),
            Self::Unavailable(_) => Some(ErrorCode::TemporarilyUnavailable),
        }
    }

    fn description(&self) -> String {
        match self {
            Self::Unavailable(_) => "try again in a moment".to_owned(),
            other => other.to_string(),
        }
    }

    /// The challenge.
    pub fn www_authenticate(&self, issuer: &Issuer) -> String {
        let mut challenge = format!("Bearer realm=\"{}\"", issuer.as_str());
        if let Some(code) = self.code() {
            challenge.push_str(&format!(", error=\"{code}\", error_description=\"{}\"", self.description()));
        }
        if let Self::InsufficientScope { scope } = self {
            challenge.push_str(&format!(", scope=\"{scope}\""));
        }
        challenge
    }

    /// The JSON body; none where the challenge carries no code.
    pub fn body(&self) -> Option<Value> {
        self.code().map(|code| json!({"error": code.as_str(), "error_description": self.description()}))
    }
}

/// The token of a request: in the header or in a form, once (RFC 6750 §2). Never in the query (RFC 9700 §4.3.2).
pub fn bearer_token(headers: &[&str], form: Option<&Params>) -> Result<String, BearerError> {
    let in_form = match form {
        Some(form) => form.once("access_token").map_err(|_| BearerError::Malformed("access_token was sent more than once"))?,
        None => None,
    };
    let token = match (headers, in_form) {
        ([], None) => return Err(BearerError::Missing),
        ([], Some(token)) => token,
        ([header], None) => {
            let Some((scheme, token)) = header.split_once(' ') else {
                return Err(if header.eq_ignore_ascii_case("bearer") {
                    BearerError::Malformed("the Authorization header has no token")
                } else {
                    BearerError::Missing
                });
            };
            if !scheme.eq_ignore_ascii_case("bearer") {
                return Err(BearerError::Missing);
            }
            token.trim()
        }
        _ => return Err(BearerError::Malformed("send the access token by one method, once")),
    };
    let is_b64token = !token.is_empty() && token.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b));
    if is_b64token { Ok(token.to_owned()) } else { Err(BearerError::Malformed("the access token has characters that no token has")) }
}

/// Accepts an access token for our own APIs.
pub async fn authorize_bearer(argus: &Argus, token: &str, scope: &str) -> Result<Bearer, BearerError> {
    let (claims, client) = live_claims(argus, token).await?.ok_or(BearerError::InvalidToken)?;
    if !claims.aud.contains(argus.settings().issuer.as_str()) {
        return Err(BearerError::InvalidToken);
    }
    let scopes = client.still_allowed(&claims.scopes());
    if scopes.contains(scope) {
        Ok(Bearer { claims, client, scopes })
    } else {
        Err(BearerError::InsufficientScope { scope: scope.to_owned() })
    }
}

/// The claims of an access token that is ours, not expired, not revoked, and its client, which is still enabled.
pub(crate) async fn live_claims(argus: &Argus, token: &str) -> Result<Option<(Arc<AccessTokenClaims>, Arc<PreparedClient>)>, StorageError> {
    let Some(claims) = verified_claims(argus, token) else { return Ok(None) };
    let session_revoked = claims.sid.is_some_and(|sid| argus.revocations().contains(&sid.to_string()));
    if claims.iss != argus.settings().issuer.as_str()
        || claims.exp <= argus.now().unix_seconds()
        || session_revoked
        || argus.revocations().contains(&claims.jti)
    {
        return Ok(None);
    }
    let client = argus.registry().client(claims.client_id).await?;
    let issued_to = |client: &Arc<PreparedClient>| client.client.settings.enabled && claims.iat >= client.client.created_at.unix_seconds();
    Ok(client.filter(issued_to).map(|client| (claims, client)))
}

fn verified_claims(argus: &Argus, token: &str) -> Option<Arc<AccessTokenClaims>> {
    let hash = SecretHash::of(token);
    if let Some(claims) = argus.verified_tokens().get(&hash) {
        return Some(claims);
    }
    let claims = Arc::new(argus.keys().verify::<AccessTokenClaims>(token, TokenType::AccessToken).ok()?);
    argus.verified_tokens().remember(hash, Arc::clone(&claims));
    Some(claims)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(text: &str) -> Params {
        Params::parse(text).unwrap()
    }

    #[test]
    fn the_token_comes_by_header_or_form() {
        assert_eq!(bearer_token(&["Bearer abc.def"], None).unwrap(), "abc.def");
        assert_eq!(bearer_token(&["bEaReR abc"], None).unwrap(), "abc");
        assert_eq!(bearer_token(&[], Some(&form("access_token=abc"))).unwrap(), "abc");
    }

    /// A4.2, A4.6
    #[test]
    fn a_missing_token_and_a_malformed_request_differ() {
        for headers in [&[][..], &["Basic abc"][..]] {
            assert!(matches!(bearer_token(headers, None), Err(BearerError::Missing)));
        }
        for (headers, body) in [
            (&["Bearer a", "Bearer b"][..], ""),
            (&["Bearer a"][..], "access_token=a"),
            (&[][..], "access_token=a&access_token=b"),
            (&["Bearer a b"][..], ""),
            (&["Bearer"][..], ""),
            (&["Bearer å"][..], ""),
        ] {
            assert!(matches!(bearer_token(headers, Some(&form(body))), Err(BearerError::Malformed(_))), "{headers:?} {body}");
        }
    }

    #[test]
    fn challenges_follow_the_rfc() {
        let issuer = Issuer::parse("https://id.example.com").unwrap();
        assert_eq!(BearerError::Missing.www_authenticate(&issuer), "Bearer realm=\"https://id.example.com\"");
        assert_eq!(BearerError::Missing.body(), None);
        let insufficient = BearerError::InsufficientScope { scope: "openid".into() };
        assert!(
            insufficient
                .www_authenticate(&issuer)
                .ends_with("error=\"insufficient_scope\", error_description=\"the access token lacks the scope openid\", scope=\"openid\"")
        );
    }
}
