//! OpenID Connect identity providers: the authorization request, and what is made of the answer.
//!
//! The crate `openidconnect` speaks the protocol (Core §3.1, PKCE, nonce, ID token validation §3.1.3.7). Ours are the check of `iss`
//! (RFC 9207), `azp`, `at_hash`, which algorithms may sign, what is kept of the provider's documents and for how long, and the single
//! use of `state` in one browser.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use argus_domain::Timestamp;
use argus_domain::secret::{Secret, SecretHash};
use argus_domain::upstream::UpstreamIdpSettings;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreClaimName, CoreClaimType, CoreClient, CoreClientAuthMethod, CoreGrantType,
    CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreJwsSigningAlgorithm, CoreResponseMode,
    CoreResponseType, CoreSubjectIdentifierType, CoreTokenResponse,
};
use openidconnect::{
    AccessTokenHash, AdditionalProviderMetadata, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier,
    ProviderMetadata, RedirectUrl, Scope, SignatureVerificationError, TokenResponse,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::sync::Mutex;

use super::depart::Remembered;
use super::identity::UpstreamIdentity;
use super::upstream_http::{self, UpstreamHttp};
use crate::failure::with_causes;
use crate::params::Params;

/// How long the provider's documents are kept.
const KEPT: Duration = Duration::from_secs(3_600);
/// A signature that none of the kept keys verifies has them fetched anew, but not more often than this.
const REFETCH: Duration = Duration::from_secs(60);
/// How long after a failure the provider's documents are asked for again.
const AGAIN: Duration = Duration::from_secs(5);
/// What may sign ID tokens: nothing symmetric, which the client's secret would be the key of.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 10] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EcdsaP521Sha512,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// RFC 9207 §3.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Announced {
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for Announced {}

type Metadata = ProviderMetadata<
    Announced,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

type Client = CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// Why an answer is none: the rule, and a sentence for the audit trail.
pub(super) type OidcRefusal = (&'static str, String);

/// A connection to an OpenID Connect identity provider.
pub(crate) struct OidcParty {
    issuer: String,
    client_id: String,
    client_secret: Option<Secret>,
    scopes: Vec<String>,
    redirect_uri: String,
    http: Arc<dyn UpstreamHttp>,
    known: Mutex<Known>,
}

/// What is known of the provider's documents.
#[derive(Default)]
struct Known {
    metadata: Option<(Timestamp, Arc<Metadata>)>,
    /// Why there were none, the last time.
    failed: Option<(Timestamp, String)>,
}

/// What is remembered of a browser beside what every sign-in has.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct OidcMemory {
    nonce: String,
    verifier: String,
}

impl OidcParty {
    pub(super) fn new(
        settings: &UpstreamIdpSettings,
        client_secret: Option<Secret>,
        redirect_uri: String,
        http: Arc<dyn UpstreamHttp>,
    ) -> Option<Self> {
        let scopes = if settings.scopes.is_empty() { vec!["openid".to_owned()] } else { settings.scopes.clone() };
        Some(Self {
            issuer: settings.issuer.clone()?,
            client_id: settings.client_id.clone()?,
            client_secret,
            scopes,
            redirect_uri,
            http,
            known: Mutex::default(),
        })
    }

    pub(super) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The provider's documents (Discovery §4), at most an hour old; younger than `than`, if there is such a wish.
    async fn metadata(&self, now: Timestamp, than: Duration) -> Result<Arc<Metadata>, OidcRefusal> {
        let mut known = self.known.lock().await;
        if let Some((_, metadata)) = known.metadata.as_ref().filter(|(at, _)| now.since(*at) < than) {
            return Ok(Arc::clone(metadata));
        }
        // Who comes while a provider is out of reach does not wait for it one after the other.
        if let Some((_, reason)) = known.failed.as_ref().filter(|(at, _)| now.since(*at) < AGAIN) {
            return Err(("discovery", reason.clone()));
        }
        let issuer = IssuerUrl::new(self.issuer.clone()).map_err(|error| ("discovery", error.to_string()))?;
        let http = |request: HttpRequest| upstream_http::send(Arc::clone(&self.http), request);
        match Metadata::discover_async(issuer, &http).await {
            Ok(metadata) => {
                let metadata = Arc::new(metadata);
                *known = Known { metadata: Some((now, Arc::clone(&metadata))), failed: None };
                Ok(metadata)
            }
            Err(error) => {
                let reason = format!("the identity provider's documents cannot be had: {}", chain(&error));
                known.failed = Some((now, reason.clone()));
                Err(("discovery", reason))
            }
        }
    }

    fn client(&self, metadata: &Metadata) -> Result<Client, OidcRefusal> {
        let redirect_uri = RedirectUrl::new(self.redirect_uri.clone()).map_err(|error| ("discovery", error.to_string()))?;
        let secret = self.client_secret.as_ref().map(|secret| ClientSecret::new(secret.expose().to_owned()));
        Ok(CoreClient::from_provider_metadata(metadata.clone(), ClientId::new(self.client_id.clone()), secret)
            .set_redirect_uri(redirect_uri))
    }

    /// Where to send the browser, and what is to be remembered.
    pub(super) async fn authorization_url(&self, state: &Secret, fresh: bool, now: Timestamp) -> Result<(String, OidcMemory), OidcRefusal> {
        let client = self.client(&*self.metadata(now, KEPT).await?)?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let state = state.expose().to_owned();
        let mut request = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, move || CsrfToken::new(state), Nonce::new_random)
            .set_pkce_challenge(challenge);
        // The crate adds `openid` by itself.
        for scope in self.scopes.iter().filter(|scope| *scope != "openid") {
            request = request.add_scope(Scope::new(scope.clone()));
        }
        if fresh {
            request = request.add_prompt(CoreAuthPrompt::Login).set_max_age(Duration::ZERO);
        }
        let (url, _, nonce) = request.url();
        Ok((url.to_string(), OidcMemory { nonce: nonce.secret().clone(), verifier: verifier.secret().clone() }))
    }

    /// Makes a user of an authorization response (RFC 6749 §4.1.2, RFC 9207).
    pub(super) async fn identity(
        &self,
        params: &Params,
        remembered: &Remembered,
        settings: &UpstreamIdpSettings,
        now: Timestamp,
    ) -> Result<UpstreamIdentity, OidcRefusal> {
        let Some(memory) = &remembered.oidc else { return Err(("unsolicited", "no sign-in of this browser is under way".to_owned())) };
        let mut metadata = self.metadata(now, KEPT).await?;
        let parameter = |name: &str| params.once(name).map_err(|_| ("response", format!("{name} is there twice")));
        match parameter("iss")? {
            Some(issuer) if issuer != self.issuer => return Err(("issuer", "the response is another issuer's".to_owned())),
            None if metadata.additional_metadata().authorization_response_iss_parameter_supported => {
                return Err(("issuer", "the issuer announces that it names itself, and the response does not".to_owned()));
            }
            _ => {}
        }
        if let Some(error) = parameter("error")? {
            return Err(("status", format!("the identity provider answers {}", error.chars().take(100).collect::<String>())));
        }
        let Some(code) = parameter("code")? else { return Err(("response", "the response has no code".to_owned())) };
        let tokens = self.redeem(&metadata, code, memory).await?;
        let mut claims = match self.verified(&metadata, &tokens, memory, now) {
            Err(("signature", _)) => {
                metadata = self.metadata(now, REFETCH).await?;
                self.verified(&metadata, &tokens, memory, now)?
            }
            verified => verified?,
        };
        if misses_any(&claims, settings) {
            let more = self.userinfo(&metadata, &tokens, &claims).await?;
            for (name, value) in more {
                claims.entry(name).or_insert(value);
            }
        }
        // Core §3.1.3.7, 12: whoever asks for a new sign-in is told when it was.
        if remembered.fresh && !claims.contains_key("auth_time") {
            return Err(("authn-instant", "a new sign-in was asked for, and the ID token does not say when it was".to_owned()));
        }
        self.read(&claims, settings, now)
    }

    async fn redeem(&self, metadata: &Metadata, code: &str, memory: &OidcMemory) -> Result<CoreTokenResponse, OidcRefusal> {
        let refuse = |what: String| ("token", what);
        let http = |request: HttpRequest| upstream_http::send(Arc::clone(&self.http), request);
        self.client(metadata)?
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|error| refuse(error.to_string()))?
            .set_pkce_verifier(PkceCodeVerifier::new(memory.verifier.clone()))
            .request_async(&http)
            .await
            .map_err(|error| refuse(format!("the token endpoint gave no tokens: {}", chain(&error))))
    }

    /// The claims of the ID token, once it is verified.
    fn verified(
        &self,
        metadata: &Metadata,
        tokens: &CoreTokenResponse,
        memory: &OidcMemory,
        now: Timestamp,
    ) -> Result<Map<String, Value>, OidcRefusal> {
        let client = self.client(metadata)?;
        let Some(id_token) = tokens.id_token() else { return Err(("id-token", "there is no ID token".to_owned())) };
        let time = move || DateTime::from_timestamp(now.unix_seconds(), 0).unwrap_or_default();
        let verifier = client.id_token_verifier().set_allowed_algs(ALGORITHMS).set_time_fn(time);
        let checked = id_token.claims(&verifier, &Nonce::new(memory.nonce.clone())).map_err(|error| match error {
            ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey) => {
                ("signature", "none of the identity provider's keys is that of the ID token".to_owned())
            }
            error => ("id-token", chain(&error)),
        })?;
        if let Some(expected) = checked.access_token_hash() {
            let algorithm = id_token.signing_alg().map_err(|error| ("id-token", error.to_string()))?;
            let key = id_token.signing_key(&verifier).map_err(|error| ("id-token", error.to_string()))?;
            let hash =
                AccessTokenHash::from_token(tokens.access_token(), algorithm, key).map_err(|error| ("id-token", error.to_string()))?;
            if hash != *expected {
                return Err(("id-token", "the ID token was issued with another access token".to_owned()));
            }
        }
        if checked.authorized_party().is_some_and(|party| party.as_str() != self.client_id) {
            return Err(("id-token", "the ID token was issued to another party".to_owned()));
        }
        payload(&id_token.to_string()).ok_or(("id-token", "the ID token has no claims".to_owned()))
    }

    /// What UserInfo adds (Core §5.3), which must be about the same user.
    async fn userinfo(
        &self,
        metadata: &Metadata,
        tokens: &CoreTokenResponse,
        claims: &Map<String, Value>,
    ) -> Result<Map<String, Value>, OidcRefusal> {
        let Some(endpoint) = metadata.userinfo_endpoint() else { return Ok(Map::new()) };
        let request = openidconnect::http::Request::get(endpoint.url().as_str())
            .header("accept", "application/json")
            .header("authorization", format!("Bearer {}", tokens.access_token().secret()))
            .body(Vec::new());
        let request = request.map_err(|error| ("userinfo", error.to_string()))?;
        let answer = self.http.send(request).await.map_err(|error| ("userinfo", error.to_string()))?;
        if !answer.status().is_success() {
            return Err(("userinfo", format!("UserInfo answers {}", answer.status())));
        }
        let more: Map<String, Value> = serde_json::from_slice(answer.body())
            .map_err(|_| ("userinfo", "UserInfo answers something that is no JSON object".to_owned()))?;
        if more.get("sub") != claims.get("sub") {
            return Err(("userinfo", "UserInfo is about another user than the ID token".to_owned()));
        }
        Ok(more)
    }

    fn read(&self, claims: &Map<String, Value>, settings: &UpstreamIdpSettings, now: Timestamp) -> Result<UpstreamIdentity, OidcRefusal> {
        let attributes: BTreeMap<String, Vec<String>> = claims.iter().map(|(name, value)| (name.clone(), texts(value))).collect();
        let Some(subject) = claims.get("sub").and_then(Value::as_str) else {
            return Err(("id-token", "the ID token has no sub".to_owned()));
        };
        let key = match &settings.attributes.identifier {
            Some(name) => match attributes.get(name).map(Vec::as_slice) {
                Some([value]) => serde_json::json!(["claim", name, value]),
                _ => return Err(("name-id", format!("the claim {name}, which identifies users, has not exactly one value"))),
            },
            None => serde_json::json!([self.issuer, subject]),
        };
        let auth_time = claims.get("auth_time").and_then(Value::as_i64).map(Timestamp::from_unix_seconds);
        Ok(UpstreamIdentity {
            hash: SecretHash::of(&key.to_string()),
            display: subject.chars().take(256).collect(),
            authenticated_at: auth_time.unwrap_or(now),
            amr: attributes.get("amr").into_iter().flatten().filter(|method| is_method(method)).take(8).cloned().collect(),
            ends_at: None,
            assertion: None,
            attributes,
        })
    }
}

/// Whether a text can be one of RFC 8176: it goes into tokens of ours.
fn is_method(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Whether a claim that is mapped is not in the ID token.
fn misses_any(claims: &Map<String, Value>, settings: &UpstreamIdpSettings) -> bool {
    let mapping = &settings.attributes;
    let members =
        [&mapping.identifier, &mapping.username, &mapping.name, &mapping.email, &mapping.phone, &mapping.groups, &mapping.functions];
    members.into_iter().flatten().chain(settings.user_attributes.values()).any(|name| !claims.contains_key(name))
}

/// A claim as values of an attribute: texts, numbers and flags, alone or in a list.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Number(number) => vec![number.to_string()],
        Value::Bool(flag) => vec![flag.to_string()],
        Value::Array(values) => values.iter().filter(|value| !value.is_array()).flat_map(texts).collect(),
        Value::Null | Value::Object(_) => Vec::new(),
    }
}

/// The claims of a token that was verified.
fn payload(token: &str) -> Option<Map<String, Value>> {
    let part = token.split('.').nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

/// An error with its causes, for the audit trail: some quote what the provider sent.
fn chain(error: &dyn std::error::Error) -> String {
    with_causes(error).chars().take(500).collect()
}
