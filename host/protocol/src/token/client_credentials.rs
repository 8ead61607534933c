//! The `client_credentials` grant (RFC 6749 §4.4): a confidential client acting for itself.
//!
//! There is no user, so no claim provider runs: what they are given is a user's facts.

use std::sync::Arc;

use argus_domain::audit::{AuditEvent, AuditEventKind};
use argus_domain::oauth::GrantType;
use argus_domain::scope::{ScopeSet, is_about_user};

use super::issue::{AccessTokenRequest, access_token_lifetime, jti};
use super::{TokenError, TokenResponse};
use crate::argus::{Argus, RequestMeta};
use crate::params::Params;
use crate::registry::PreparedClient;
use crate::scopes::{ScopeError, granted_scopes};

pub(super) async fn issue(
    argus: &Argus,
    client: &Arc<PreparedClient>,
    form: &Params,
    meta: &RequestMeta,
) -> Result<TokenResponse, TokenError> {
    let requested = granted_scopes(argus, client, form.get("scope")).await.map_err(|error| match error {
        ScopeError::Malformed(_) | ScopeError::NotAllowed(_) => TokenError::InvalidScope(error.to_string()),
        ScopeError::Storage(error) => TokenError::Storage(error),
    })?;
    // Scopes of this server speak of a user, of whom there is none here.
    let scopes: ScopeSet = requested.iter().filter(|scope| !is_about_user(scope)).map(str::to_owned).collect();
    let now = argus.now();
    let audiences = argus.registry().audiences(&argus.settings().issuer, client, &scopes).await?;
    let (id, lifetime, jti) = (client.client.id, access_token_lifetime(argus, client), jti(argus.random()));
    let subject = id.to_string();
    let request = AccessTokenRequest {
        client: id,
        subject: &subject,
        audiences: &audiences,
        scopes: &scopes,
        session: None,
        jti: &jti,
        now,
        lifetime,
    };
    let access_token = request.sign(argus, serde_json::Map::new())?;
    let event = AuditEvent::new(now, AuditEventKind::TokenIssued, &*meta.correlation_id)
        .by(format!("client:{id}"))
        .client(id)
        .address(meta.address.as_deref())
        .with("grantType", GrantType::ClientCredentials.as_str())
        .with("scopes", scopes.to_string())
        .with("jti", jti.as_str());
    argus.record(event).await?;
    metrics::counter!("argus_tokens_issued_total", "grant_type" => "client_credentials").increment(1);
    Ok(TokenResponse {
        access_token,
        token_type: "Bearer",
        expires_in: lifetime.into(),
        scope: scopes.to_string(),
        refresh_token: None,
        id_token: None,
    })
}
