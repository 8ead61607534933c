//! The authorization request (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1), validated in the order that keeps users safe.
//!
//! First the client and its redirect URI: until both hold, an error is a page. Then everything else: from here on an error is
//! a redirect. Two types, [`AuthorizePageError`] and [`Refusal`], so that no caller can confuse them.

use std::sync::Arc;
use std::time::Duration;

use argus_domain::client::PkcePolicy;
use argus_domain::ids::ClientId;
use argus_domain::oauth::{ErrorCode, GrantType, error_description};
use argus_domain::pkce::CodeChallenge;
use argus_domain::scope::ScopeSet;
use argus_keys::TokenType;
use serde::Deserialize;

use super::AuthorizePageError;
use super::response::{AuthorizationResponse, ResponseMode, ResponseTarget};
use crate::argus::Argus;
use crate::failure::log_failure;
use crate::params::{Params, named};
use crate::registry::PreparedClient;
use crate::scopes::{ScopeError, granted_scopes};

/// Longest `state`, `nonce` and other free text taken, in bytes.
const MAX_FREE_TEXT_BYTES: usize = 4096;

/// A request that may be answered by redirect.
pub(crate) struct ValidatedAuthorizationRequest {
    pub(crate) client: Arc<PreparedClient>,
    pub(crate) target: ResponseTarget,
    pub(crate) scopes: ScopeSet,
    pub(crate) nonce: Option<String>,
    pub(crate) code_challenge: Option<CodeChallenge>,
    pub(crate) prompt: Prompt,
    pub(crate) max_age: Option<Duration>,
    /// Subject of a valid `id_token_hint`.
    pub(crate) expected_subject: Option<String>,
    pub(crate) login_hint: Option<String>,
}

/// `prompt`, a set; values this server does not know mean nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Prompt {
    pub(crate) none: bool,
    pub(crate) login: bool,
    pub(crate) consent: bool,
}

/// An error that goes to the client by redirect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: ErrorCode,
    pub(crate) description: String,
}

impl Refusal {
    pub(crate) fn new(code: ErrorCode, description: impl Into<String>) -> Self {
        Self { code, description: error_description(&description.into()) }
    }
}

/// A request that is refused by redirect, and why.
pub(crate) struct RefusedAuthorizationRequest {
    pub(crate) target: ResponseTarget,
    pub(crate) refusal: Refusal,
}

impl RefusedAuthorizationRequest {
    pub(crate) fn respond(&self, argus: &Argus) -> AuthorizationResponse {
        self.target.refuse(argus, &self.refusal)
    }
}

/// Reads a request: a page error, a refusal by redirect, or a valid request.
pub(crate) async fn validate(
    argus: &Argus,
    params: &Params,
) -> Result<Result<ValidatedAuthorizationRequest, RefusedAuthorizationRequest>, AuthorizePageError> {
    let client = client(argus, params).await?;
    let redirect_uri = params.once("redirect_uri").map_err(|repeated| AuthorizePageError::Malformed(repeated.to_string()))?;
    let redirect_uri = redirect_uri.ok_or(AuthorizePageError::MissingRedirectUri)?;
    let redirect_uri = client.client.resolve_redirect_uri(redirect_uri).ok_or_else(|| AuthorizePageError::UnregisteredRedirectUri {
        client: client.client.settings.name.clone(),
        requested: redirect_uri.chars().take(200).collect(),
    })?;
    let mode = match params.get("response_mode") {
        Some("form_post") => ResponseMode::FormPost,
        _ => ResponseMode::Query,
    };
    let target = ResponseTarget { redirect_uri, mode, state: params.get("state").map(str::to_owned) };
    let valid = everything_else(argus, params, client, target.clone()).await;
    Ok(valid.map_err(|refusal| RefusedAuthorizationRequest { target, refusal }))
}

async fn client(argus: &Argus, params: &Params) -> Result<Arc<PreparedClient>, AuthorizePageError> {
    let id = params.once("client_id").map_err(|repeated| AuthorizePageError::Malformed(repeated.to_string()))?;
    let id = id.and_then(|id| id.parse::<ClientId>().ok()).ok_or(AuthorizePageError::UnknownClient)?;
    let client = argus.registry().client(id).await?.ok_or(AuthorizePageError::UnknownClient)?;
    if client.client.settings.enabled { Ok(client) } else { Err(AuthorizePageError::ClientDisabled) }
}

async fn everything_else(
    argus: &Argus,
    params: &Params,
    client: Arc<PreparedClient>,
    target: ResponseTarget,
) -> Result<ValidatedAuthorizationRequest, Refusal> {
    let invalid = |description: &str| Refusal::new(ErrorCode::InvalidRequest, description);
    params.check_unique().map_err(|repeated| invalid(&repeated.to_string()))?;
    if let Some((name, _)) = params.pairs().iter().find(|(name, value)| name != "id_token_hint" && value.len() > MAX_FREE_TEXT_BYTES) {
        return Err(invalid(&format!("{} is longer than {MAX_FREE_TEXT_BYTES} bytes", named(name))));
    }
    if params.get("request").is_some() {
        return Err(Refusal::new(ErrorCode::RequestNotSupported, "request objects are not supported"));
    }
    if params.get("request_uri").is_some() {
        return Err(Refusal::new(ErrorCode::RequestUriNotSupported, "request objects are not supported"));
    }
    if !matches!(params.get("response_mode"), None | Some("query" | "form_post")) {
        return Err(invalid("response_mode must be query or form_post"));
    }
    match params.get("response_type") {
        Some("code") => {}
        None => return Err(invalid("response_type is missing")),
        Some(_) => return Err(Refusal::new(ErrorCode::UnsupportedResponseType, "response_type must be code")),
    }
    if !client.client.allows_grant(GrantType::AuthorizationCode) {
        return Err(Refusal::new(ErrorCode::UnauthorizedClient, "this client may not use the authorization_code grant"));
    }
    let scopes = granted_scopes(argus, &client, params.get("scope")).await.map_err(|error| refused_scope(&error))?;
    let code_challenge = CodeChallenge::parse(params.get("code_challenge"), params.get("code_challenge_method"))
        .map_err(|error| invalid(&error.to_string()))?;
    if code_challenge.is_none() && client.client.settings.pkce == PkcePolicy::Required {
        return Err(invalid("this client must use PKCE: code_challenge is missing"));
    }
    let prompt = prompt(params.get("prompt"))?;
    let max_age = params
        .get("max_age")
        .map(|text| text.parse::<u32>().map_err(|_| invalid("max_age must be a number of seconds")))
        .transpose()?
        .map(|seconds| Duration::from_secs(seconds.into()));
    let expected_subject = params.get("id_token_hint").map(|hint| subject_of_hint(argus, hint)).transpose()?;
    let nonce = params.get("nonce").map(str::to_owned);
    let login_hint = params.get("login_hint").map(str::to_owned);
    Ok(ValidatedAuthorizationRequest { client, target, scopes, nonce, code_challenge, prompt, max_age, expected_subject, login_hint })
}

fn refused_scope(error: &ScopeError) -> Refusal {
    match error {
        ScopeError::Malformed(_) | ScopeError::NotAllowed(_) => Refusal::new(ErrorCode::InvalidScope, error.to_string()),
        ScopeError::Storage(error) => {
            log_failure(error);
            Refusal::new(ErrorCode::TemporarilyUnavailable, "try again in a moment")
        }
    }
}

fn prompt(text: Option<&str>) -> Result<Prompt, Refusal> {
    let mut prompt = Prompt::default();
    let values: Vec<&str> = text.unwrap_or("").split(' ').filter(|value| !value.is_empty()).collect();
    for value in &values {
        match *value {
            "none" => prompt.none = true,
            // Choosing another user is signing in again.
            "login" | "select_account" => prompt.login = true,
            "consent" => prompt.consent = true,
            _ => {}
        }
    }
    if prompt.none && values.len() > 1 {
        return Err(Refusal::new(ErrorCode::InvalidRequest, "prompt=none cannot be combined"));
    }
    Ok(prompt)
}

/// An ID token says who is expected; it may have expired (OpenID Connect Core §3.1.2.1).
fn subject_of_hint(argus: &Argus, hint: &str) -> Result<String, Refusal> {
    #[derive(Deserialize)]
    struct Hint {
        iss: String,
        sub: String,
    }
    match argus.keys().verify::<Hint>(hint, TokenType::IdToken) {
        Ok(claims) if claims.iss == argus.settings().issuer.as_str() => Ok(claims.sub),
        _ => Err(Refusal::new(ErrorCode::InvalidRequest, "id_token_hint is not an ID token of this issuer")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompt_is_a_set() {
        assert_eq!(prompt(None), Ok(Prompt::default()));
        assert_eq!(prompt(Some("login consent")), Ok(Prompt { none: false, login: true, consent: true }));
        assert_eq!(prompt(Some("select_account create")), Ok(Prompt { login: true, ..Prompt::default() }));
        assert_eq!(prompt(Some("none")), Ok(Prompt { none: true, ..Prompt::default() }));
        assert!(prompt(Some("none login")).is_err());
    }
}
