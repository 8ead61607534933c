//! Introspection (RFC 7662), for confidential clients: whether a token is live, and what it says.
//!
//! A token for named resources is shown to the client it was issued to and to clients that answer for one of those resources;
//! a token for this server's own API to any client that authenticates. To everyone else it is as inactive as a made-up one.

use argus_domain::client::ClientType;
use argus_keys::TokenType;
use argus_storage::{StorageError, client_sessions};
use serde_json::{Value, json};

use crate::access::{AccessTokenClaims, live_claims};
use crate::argus::{Argus, RequestMeta};
use crate::failure::log_failure;
use crate::oauth_error::OAuthError;
use crate::params::Params;
use crate::registry::PreparedClient;
use crate::token::client_authentication::{ClientAuthenticationError, authenticate};
use crate::token::{RefreshTokenClaims, record_failed_authentication};

/// Serves an introspection request.
#[tracing::instrument(name = "introspect", skip_all)]
pub async fn introspect(argus: &Argus, form: &Params, authorization: Option<&str>, meta: &RequestMeta) -> Result<Value, OAuthError> {
    let unavailable = |error: StorageError| {
        log_failure(&error);
        OAuthError::storage(&error, &meta.correlation_id)
    };
    let authenticated = authenticate(argus, form, authorization).await.and_then(|client| match client.client.settings.r#type {
        ClientType::Confidential => Ok(client),
        ClientType::Public => Err(ClientAuthenticationError::Failed { client: Some(client.client.id) }),
    });
    let client = match authenticated {
        Ok(client) => client,
        Err(error) => {
            record_failed_authentication(argus, &error, meta).await;
            return Err(OAuthError::client_authentication(&error, &meta.correlation_id));
        }
    };
    let token =
        form.once("token").map_err(|repeated| OAuthError::refused(argus_domain::oauth::ErrorCode::InvalidRequest, repeated.to_string()))?;
    let token = token.ok_or_else(|| OAuthError::refused(argus_domain::oauth::ErrorCode::InvalidRequest, "token is missing"))?;
    if let Some((claims, _)) = live_claims(argus, token).await.map_err(unavailable)?
        && may_see(argus, &client, &claims)
    {
        let mut answer = json!(*claims);
        answer["token_type"] = "Bearer".into();
        return Ok(active(answer));
    }
    let refresh = argus.keys().verify::<RefreshTokenClaims>(token, TokenType::RefreshToken);
    if let Ok(claims) = refresh
        && claims.client_id == client.client.id.to_string()
        && claims.exp > argus.now().unix_seconds()
        && is_current(argus, &claims).await.map_err(unavailable)?
    {
        let answer = json!({"iss": claims.iss, "sub": claims.sub, "exp": claims.exp, "iat": claims.iat, "jti": claims.jti, "client_id": claims.client_id});
        return Ok(active(answer));
    }
    Ok(json!({"active": false}))
}

fn active(mut claims: Value) -> Value {
    claims["active"] = true.into();
    claims
}

fn may_see(argus: &Argus, client: &PreparedClient, claims: &AccessTokenClaims) -> bool {
    claims.client_id == client.client.id
        || claims.aud.contains(argus.settings().issuer.as_str())
        || client.client.settings.resources.iter().any(|resource| claims.aud.contains(resource))
}

async fn is_current(argus: &Argus, claims: &RefreshTokenClaims) -> Result<bool, StorageError> {
    let mut reader = argus.store().read().await?;
    let session = client_sessions::find(&mut reader, claims.sid).await?;
    Ok(session.is_some_and(|session| {
        session.revoked_at.is_none()
            && argus.now() < session.expires_at
            && session.refresh.is_some_and(|family| family.generation == claims.generation)
    }))
}
