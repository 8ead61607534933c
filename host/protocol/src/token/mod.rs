//! The token endpoint (RFC 6749 §3.2): one grant type a file, one list of refusals, one mapping to the wire.

pub mod client_authentication;
mod client_credentials;
mod code;
mod issue;
mod refresh;

use std::sync::Arc;

use argus_domain::audit::{AuditEvent, AuditEventKind};
use argus_domain::client::ClientType;
use argus_domain::oauth::{ErrorCode, GrantType};
use argus_keys::key_ring::SignError;
use argus_storage::StorageError;
use serde::Serialize;
use thiserror::Error;

pub(crate) use issue::{Issue, RefreshTokenClaims, jti};

use crate::argus::{Argus, RequestMeta};
use crate::claims::assemble::ProviderFailed;
use crate::claims::record::IssuanceRecord;
use crate::failure::log_failure;
use crate::oauth_error::OAuthError;
use crate::params::{Params, Repeated};
use crate::registry::PreparedClient;
use client_authentication::{ClientAuthenticationError, authenticate};

/// A successful answer (RFC 6749 §5.1, OpenID Connect Core §3.1.3.3).
#[derive(Clone, Debug, Serialize)]
pub struct TokenResponse {
    access_token: String,
    token_type: &'static str,
    expires_in: u64,
    /// Never empty (RFC 6749 §3.3).
    #[serde(skip_serializing_if = "String::is_empty")]
    scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
}

/// Why no token is issued.
#[derive(Debug, Error)]
pub(crate) enum TokenError {
    #[error(transparent)]
    Repeated(#[from] Repeated),
    #[error("{0} is missing")]
    Missing(&'static str),
    #[error("grant_type must be authorization_code, refresh_token or client_credentials")]
    UnsupportedGrantType,
    #[error("this client may not use the {0} grant")]
    UnauthorizedClient(&'static str),
    #[error("{0}")]
    InvalidScope(String),
    #[error("the code is unknown or has expired")]
    CodeInvalid,
    #[error("the code was already used; the tokens issued for it are revoked")]
    CodeReused,
    #[error("the sign-in that the code came of has ended")]
    SignInEnded,
    #[error("the code was issued to another client")]
    CodeOfAnotherClient,
    #[error("redirect_uri is not the one of the authorization request")]
    RedirectUriMismatch,
    #[error("code_verifier does not match code_challenge")]
    VerifierWrong,
    #[error("code_verifier was sent, but the authorization request had no code_challenge")]
    VerifierUnexpected,
    #[error("the refresh token is invalid, expired or revoked")]
    RefreshTokenInvalid,
    #[error("the refresh token was already used; the tokens issued on the same grant are revoked")]
    RefreshTokenReused,
    #[error("the user may no longer sign in")]
    UserDisabled,
    #[error(transparent)]
    ProviderFailed(#[from] ProviderFailed),
    #[error(transparent)]
    Sign(#[from] SignError),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl TokenError {
    fn response(&self, correlation_id: &str) -> OAuthError {
        let refused = |code| OAuthError::refused(code, self.to_string());
        match self {
            Self::Repeated(_) | Self::Missing(_) => refused(ErrorCode::InvalidRequest),
            Self::UnsupportedGrantType => refused(ErrorCode::UnsupportedGrantType),
            Self::UnauthorizedClient(_) => refused(ErrorCode::UnauthorizedClient),
            Self::InvalidScope(_) => refused(ErrorCode::InvalidScope),
            Self::CodeInvalid
            | Self::CodeReused
            | Self::SignInEnded
            | Self::CodeOfAnotherClient
            | Self::RedirectUriMismatch
            | Self::VerifierWrong
            | Self::VerifierUnexpected
            | Self::RefreshTokenInvalid
            | Self::RefreshTokenReused
            | Self::UserDisabled => refused(ErrorCode::InvalidGrant),
            Self::ProviderFailed(_) | Self::Sign(_) => OAuthError::server_error(correlation_id),
            Self::Storage(error) => OAuthError::storage(error, correlation_id),
        }
    }
}

/// Serves a token request.
#[tracing::instrument(name = "token.exchange", skip_all)]
pub async fn exchange(argus: &Argus, form: &Params, authorization: Option<&str>, meta: &RequestMeta) -> Result<TokenResponse, OAuthError> {
    let client = match authenticate(argus, form, authorization).await {
        Ok(client) => client,
        Err(error) => {
            record_failed_authentication(argus, &error, meta).await;
            return Err(OAuthError::client_authentication(&error, &meta.correlation_id));
        }
    };
    match grant(argus, &client, form, meta).await {
        Ok(response) => Ok(response),
        Err(error) => {
            record_refusal(argus, &client, &error, meta).await;
            Err(error.response(&meta.correlation_id))
        }
    }
}

async fn grant(argus: &Argus, client: &Arc<PreparedClient>, form: &Params, meta: &RequestMeta) -> Result<TokenResponse, TokenError> {
    form.check_unique()?;
    let grant_type =
        GrantType::parse(form.get("grant_type").ok_or(TokenError::Missing("grant_type"))?).ok_or(TokenError::UnsupportedGrantType)?;
    if !client.client.allows_grant(grant_type) {
        return Err(TokenError::UnauthorizedClient(grant_type.as_str()));
    }
    match grant_type {
        GrantType::AuthorizationCode => code::redeem(argus, client, form, meta).await,
        GrantType::RefreshToken => refresh::refresh(argus, client, form, meta).await,
        GrantType::ClientCredentials => client_credentials::issue(argus, client, form, meta).await,
    }
}

/// Logs that a client did not authenticate, and puts it on record. Anybody can send such requests, so only some are recorded.
pub(crate) async fn record_failed_authentication(argus: &Argus, error: &ClientAuthenticationError, meta: &RequestMeta) {
    let client = if let ClientAuthenticationError::Failed { client } = error { *client } else { None };
    match error {
        ClientAuthenticationError::Storage(error) => log_failure(error),
        refused => tracing::info!(error = %refused, client = client.map(tracing::field::display), "client authentication failed"),
    }
    let Some(client) = client.filter(|client| argus.refusals().admits(*client, argus.now())) else { return };
    let event = AuditEvent::new(argus.now(), AuditEventKind::ClientAuthenticationFailed, &*meta.correlation_id)
        .by("anonymous")
        .client(client)
        .address(meta.address.as_deref())
        .failed(error.to_string());
    record(argus, event).await;
}

/// Puts a refused token request on record. Reuse is recorded where it revokes, in the same transaction.
async fn record_refusal(argus: &Argus, client: &PreparedClient, error: &TokenError, meta: &RequestMeta) {
    match error {
        TokenError::Storage(_) | TokenError::Sign(_) | TokenError::ProviderFailed(_) => log_failure(error),
        refused => tracing::info!(error = %refused, client = %client.client.id, "token request refused"),
    }
    metrics::counter!("argus_token_refusals_total", "error" => error.response("").code.as_str()).increment(1);
    let kind = match error {
        TokenError::CodeReused | TokenError::RefreshTokenReused | TokenError::Storage(_) => return,
        TokenError::ProviderFailed(_) => AuditEventKind::ClaimProviderFailed,
        // Anybody can send requests for a public client, so only some are recorded.
        _ if client.client.settings.r#type == ClientType::Public && !argus.refusals().admits(client.client.id, argus.now()) => return,
        _ => AuditEventKind::TokenRefused,
    };
    let event = AuditEvent::new(argus.now(), kind, &*meta.correlation_id)
        .by(format!("client:{}", client.client.id))
        .client(client.client.id)
        .address(meta.address.as_deref())
        .failed(error.to_string());
    let recorded = match error {
        TokenError::ProviderFailed(failed) => IssuanceRecord::failed(argus, client, &event, failed).write_alone(argus).await,
        _ => argus.record(event).await,
    };
    // Its failure is logged only: the request it belongs to was refused already, and nothing was issued.
    if let Err(error) = recorded {
        tracing::error!(%error, "audit event of a refusal was not written");
    }
}

/// Writes the event of a refusal.
async fn record(argus: &Argus, event: AuditEvent) {
    if let Err(error) = argus.record(event).await {
        tracing::error!(%error, "audit event of a refusal was not written");
    }
}
