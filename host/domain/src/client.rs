//! Relying parties: their settings, and the rules a registration has to keep.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::claim::ClaimProviderAttachment;
use crate::ids::{ClientId, CustomerId};
use crate::oauth::{GrantType, TokenEndpointAuthMethod};
use crate::object;
use crate::problem::{Pointer, Problem};
use crate::redirect_uri::{self, ValidatedRedirectUri};
use crate::scope::{MAX_SCOPE_BYTES, ScopeSet, is_scope_token};
use crate::secret::SecretHash;
use crate::signing::SigningAlgorithm;
use crate::time::Timestamp;

/// RFC 6749 §2.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ClientType {
    /// Can keep a secret.
    Confidential,
    /// Cannot: native and single-page applications.
    Public,
}

/// Whether a client has to use PKCE. Once it sends a challenge, the verifier is checked whatever the policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PkcePolicy {
    /// A request without a challenge is refused.
    #[default]
    Required,
    /// For confidential clients that cannot do PKCE.
    Optional,
}

/// When a user is asked what a client may see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ConsentPolicy {
    /// At every authorization.
    Always,
    /// Once, and again when more is asked for.
    #[default]
    Remember,
    /// Never: first-party clients.
    Implicit,
}

/// A client's settings, in the shape of the import document and of the admin API.
///
/// `openIDCustomClaims` is kept as it was given, order and all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClientSettings {
    /// Display name.
    pub name: String,
    /// Confidential or public; cannot be changed later.
    pub r#type: ClientType,
    /// A disabled client gets no token and its tokens are no longer accepted.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// How it says that it authenticates; absent = `client_secret_basic`, or `none` for public clients. Has to fit the type, and
    /// decides nothing else: a secret is taken from the header and from the form alike.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_method: Option<TokenEndpointAuthMethod>,
    /// Compared exactly.
    #[serde(default)]
    pub redirect_uris: Vec<String>,
    /// Compared exactly.
    #[serde(default)]
    pub post_logout_redirect_uris: Vec<String>,
    /// Kept for OpenID Connect back-channel logout, which is not served yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_uri: Option<String>,
    /// Grants it may use.
    #[serde(default = "default_grant_types")]
    pub grant_types: Vec<GrantType>,
    /// Scopes it may ask for.
    #[serde(default = "default_scopes")]
    pub scopes: Vec<String>,
    /// Audiences it may reach, or answers for at introspection.
    #[serde(default)]
    pub resources: Vec<String>,
    /// Short name of the customer it is defined for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    /// PKCE policy.
    #[serde(default)]
    pub pkce: PkcePolicy,
    /// Consent policy.
    #[serde(default)]
    pub consent: ConsentPolicy,
    /// User name of the owner; absent = the installation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Algorithm of its ID tokens.
    #[serde(default)]
    pub id_token_signed_response_alg: SigningAlgorithm,
    /// Life of its access tokens; absent = the server's default. Never beyond the server's maximum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token_lifetime_seconds: Option<u32>,
    /// Life of its refresh tokens; absent = the server's default. Never beyond the server's maximum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token_lifetime_seconds: Option<u32>,
    /// How long what claim providers are given for this client is recorded, so that an issuance can be replayed; absent = it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record_claim_inputs_seconds: Option<u32>,
    /// Claim providers attached, in order.
    #[serde(default, rename = "openIDCustomClaims", deserialize_with = "object::list")]
    pub open_id_custom_claims: Vec<ClaimProviderAttachment>,
}

fn yes() -> bool {
    true
}

fn default_grant_types() -> Vec<GrantType> {
    vec![GrantType::AuthorizationCode]
}

fn default_scopes() -> Vec<String> {
    vec!["openid".to_owned()]
}

/// Longest retention of recorded inputs: 30 days.
pub const MAX_RECORDING_SECONDS: u32 = 30 * 86_400;

/// Most redirect URIs of a kind.
const MAX_URIS: usize = 50;

/// The server's bounds on what a client may be given.
#[derive(Clone, Copy, Debug)]
pub struct LifetimeLimits {
    /// Longest access token.
    pub access_token: Duration,
    /// Longest refresh token.
    pub refresh_token: Duration,
}

/// Whether a text is fit to be a name: 1 to 200 characters, not only spaces, no control characters; nor such as change the direction of
/// writing, or show as nothing, by which a name can look like another.
pub fn is_short_text(text: &str) -> bool {
    let misleads =
        |c: char| matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    !text.trim().is_empty() && text.chars().count() <= 200 && !text.chars().any(|c| c.is_control() || misleads(c))
}

impl ClientSettings {
    /// Every rule a registration has to keep that needs no look at the directory, the resources or the claim providers.
    pub fn check(&self, limits: LifetimeLimits) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut refuse = |pointer: Pointer, message: &str| problems.push(Problem::new(pointer, message));
        let at = |member: &str| Pointer::root().join(member);

        if !is_short_text(&self.name) {
            refuse(at("name"), "must be 1 to 200 characters without control characters");
        }
        match (self.r#type, self.token_endpoint_auth_method) {
            (ClientType::Confidential, Some(TokenEndpointAuthMethod::None)) => {
                refuse(at("tokenEndpointAuthMethod"), "a confidential client authenticates: client_secret_basic or client_secret_post");
            }
            (ClientType::Public, Some(TokenEndpointAuthMethod::ClientSecretBasic | TokenEndpointAuthMethod::ClientSecretPost)) => {
                refuse(at("tokenEndpointAuthMethod"), "a public client has no secret: none");
            }
            _ => {}
        }
        if self.r#type == ClientType::Public {
            if self.pkce == PkcePolicy::Optional {
                refuse(at("pkce"), "PKCE cannot be optional for a public client");
            }
            if self.grant_types.contains(&GrantType::ClientCredentials) {
                refuse(at("grantTypes"), "client_credentials is for confidential clients");
            }
        }
        if self.grant_types.is_empty() {
            refuse(at("grantTypes"), "must name at least one grant type");
        }
        let has_code = self.grant_types.contains(&GrantType::AuthorizationCode);
        if has_code && self.redirect_uris.is_empty() {
            refuse(at("redirectUris"), "must name at least one redirect URI for the authorization_code grant");
        }
        if self.grant_types.contains(&GrantType::RefreshToken) && !has_code {
            refuse(at("grantTypes"), "refresh_token comes with authorization_code");
        }
        for (member, uris) in [("redirectUris", &self.redirect_uris), ("postLogoutRedirectUris", &self.post_logout_redirect_uris)] {
            if uris.len() > MAX_URIS {
                refuse(at(member), &format!("has more than {MAX_URIS} entries"));
            }
            for (i, uri) in uris.iter().enumerate() {
                if let Err(error) = redirect_uri::check_registration(uri, self.r#type) {
                    refuse(at(member).join(i), &error.to_string());
                }
            }
        }
        if let Some(uri) = &self.backchannel_logout_uri
            && let Err(error) = redirect_uri::check_registration(uri, ClientType::Confidential)
        {
            refuse(at("backchannelLogoutUri"), &error.to_string());
        }
        for (i, scope) in self.scopes.iter().enumerate() {
            if !is_scope_token(scope) {
                refuse(at("scopes").join(i), "must be printable ASCII without spaces, quotes or backslashes");
            }
        }
        if self.scopes.iter().map(|scope| scope.len() + 1).sum::<usize>() > MAX_SCOPE_BYTES {
            refuse(at("scopes"), &format!("all scopes together must be at most {MAX_SCOPE_BYTES} bytes"));
        }
        let lifetimes = [
            ("accessTokenLifetimeSeconds", self.access_token_lifetime_seconds, limits.access_token),
            ("refreshTokenLifetimeSeconds", self.refresh_token_lifetime_seconds, limits.refresh_token),
        ];
        for (member, seconds, limit) in lifetimes {
            if let Some(seconds) = seconds
                && (seconds == 0 || u64::from(seconds) > limit.as_secs())
            {
                refuse(at(member), &format!("must be 1 to {} seconds, the server's maximum", limit.as_secs()));
            }
        }
        if self.record_claim_inputs_seconds.is_some_and(|seconds| !(1..=MAX_RECORDING_SECONDS).contains(&seconds)) {
            refuse(
                at("recordClaimInputsSeconds"),
                &format!("must be 1 to {MAX_RECORDING_SECONDS} seconds; leave it out to record nothing"),
            );
        }
        problems
    }

    /// The scopes as a set.
    pub fn scope_set(&self) -> ScopeSet {
        self.scopes.iter().cloned().collect()
    }
}

/// A client secret as stored: its hash, in one of two slots so that secrets can be rotated without an outage.
#[derive(Clone, Debug)]
pub struct ClientSecret {
    /// The secret's hash.
    pub hash: SecretHash,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops being accepted; none = until it is rotated out.
    pub expires_at: Option<Timestamp>,
}

/// A registered relying party.
#[derive(Clone, Debug)]
pub struct Client {
    /// `client_id`
    pub id: ClientId,
    /// Its settings.
    pub settings: ClientSettings,
    /// The customer it is defined for, resolved.
    pub customer: Option<CustomerId>,
    /// Counts the saved changes; part of the origin of a claim.
    pub revision: u64,
    /// When it was registered, or registered again after it had been deleted: what was issued before is not its own.
    pub created_at: Timestamp,
    /// Live secrets; empty for public clients.
    pub secrets: Vec<ClientSecret>,
}

impl Client {
    /// The requested redirect URI, if it is one of this client's.
    pub fn resolve_redirect_uri(&self, requested: &str) -> Option<ValidatedRedirectUri> {
        redirect_uri::resolve(&self.settings.redirect_uris, requested)
    }

    /// The requested post-logout redirect URI, if it is one of this client's.
    pub fn resolve_post_logout_redirect_uri(&self, requested: &str) -> Option<ValidatedRedirectUri> {
        redirect_uri::resolve(&self.settings.post_logout_redirect_uris, requested)
    }

    /// Whether `secret` is one of the live secrets. Every secret is compared, so the time does not tell which matched.
    pub fn accepts_secret(&self, secret: &str, now: Timestamp) -> bool {
        self.secrets.iter().fold(false, |accepted, stored| {
            let live = stored.expires_at.is_none_or(|expiry| now < expiry);
            (stored.hash.matches(secret) && live) || accepted
        })
    }

    /// Whether a grant type may be used.
    pub fn allows_grant(&self, grant_type: GrantType) -> bool {
        self.settings.grant_types.contains(&grant_type)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const LIMITS: LifetimeLimits = LifetimeLimits { access_token: Duration::from_secs(3600), refresh_token: Duration::from_secs(86_400) };

    fn pointers(settings: serde_json::Value) -> Vec<String> {
        let settings: ClientSettings = serde_json::from_value(settings).unwrap();
        settings.check(LIMITS).into_iter().map(|problem| problem.pointer.as_str().to_owned()).collect()
    }

    #[test]
    fn a_plain_client_is_accepted() {
        assert!(pointers(json!({"name": "Case desk", "type": "confidential", "redirectUris": ["https://a.example/cb"]})).is_empty());
    }

    #[test]
    fn public_clients_have_no_secret_and_always_pkce() {
        let found = pointers(json!({"name": "App", "type": "public", "tokenEndpointAuthMethod": "client_secret_basic", "pkce": "optional",
            "grantTypes": ["authorization_code", "client_credentials"], "redirectUris": ["com.example.app:/cb"]}));
        assert_eq!(found, ["/tokenEndpointAuthMethod", "/pkce", "/grantTypes"]);
    }

    #[test]
    fn each_bad_uri_is_named() {
        let found =
            pointers(json!({"name": "App", "type": "confidential", "redirectUris": ["https://a.example/cb", "http://a.example/cb"],
            "postLogoutRedirectUris": ["https://a.example/#x"]}));
        assert_eq!(found, ["/redirectUris/1", "/postLogoutRedirectUris/0"]);
    }

    #[test]
    fn lifetimes_stay_within_the_servers_maxima() {
        let found = pointers(json!({"name": "App", "type": "confidential", "redirectUris": ["https://a.example/cb"],
            "accessTokenLifetimeSeconds": 3601, "refreshTokenLifetimeSeconds": 0}));
        assert_eq!(found, ["/accessTokenLifetimeSeconds", "/refreshTokenLifetimeSeconds"]);
    }
}
