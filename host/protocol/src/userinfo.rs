//! UserInfo (OpenID Connect Core §5.3): the claims of the ID token, computed anew from what the directory says
//! and the client is allowed now.

use argus_domain::audit::{AuditEvent, AuditEventKind};
use argus_domain::claim::Target;
use argus_domain::oauth::GrantType;
use argus_storage::{StorageError, client_sessions};
use serde_json::{Map, Value, json};
use thiserror::Error;

use crate::access::{Bearer, BearerError, authorize_bearer};
use crate::argus::{Argus, RequestMeta};
use crate::claims::assemble::{AssemblyRequest, ProviderFailed, assemble};
use crate::claims::record::IssuanceRecord;
use crate::rollout;

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum UserInfoError {
    /// The token is not good for this.
    #[error(transparent)]
    Bearer(#[from] BearerError),
    /// A claim provider whose contract is `fail` failed.
    #[error(transparent)]
    ProviderFailed(#[from] ProviderFailed),
}

impl UserInfoError {
    /// The body of the 500 that answers a failed claim provider: where to look, and nothing of the cause.
    pub fn server_error_body(correlation_id: &str) -> Value {
        json!({"error": "server_error", "error_description": format!("the claims could not be computed; correlation id {correlation_id}")})
    }
}

impl From<StorageError> for UserInfoError {
    fn from(error: StorageError) -> Self {
        Self::Bearer(error.into())
    }
}

/// The claims behind an access token with scope `openid`.
#[tracing::instrument(name = "userinfo", skip_all)]
pub async fn userinfo(argus: &Argus, token: &str, meta: &RequestMeta) -> Result<Value, UserInfoError> {
    let Bearer { claims, client, scopes } = authorize_bearer(argus, token, "openid").await?;
    let invalid = || UserInfoError::Bearer(BearerError::InvalidToken);
    let session = claims.sid.ok_or_else(invalid)?;
    let found = {
        let mut reader = argus.store().read().await?;
        client_sessions::find_with_snapshot(&mut reader, session).await?
    };
    let (session, user) = found.filter(|(session, user)| session.revoked_at.is_none() && user.enabled).ok_or_else(invalid)?;
    let audiences: Vec<String> = claims.aud.iter().map(str::to_owned).collect();
    let request = AssemblyRequest {
        user: &user,
        scopes: &scopes,
        audiences: &audiences,
        sign_in: &session.sign_in,
        grant_type: GrantType::AuthorizationCode,
        issued_at: argus.now(),
        targets: &[Target::Userinfo],
    };
    let event = AuditEvent::new(argus.now(), AuditEventKind::ClaimProviderFailed, &*meta.correlation_id)
        .by(format!("client:{}", claims.client_id))
        .subject(user.subject.as_str())
        .client(claims.client_id)
        .address(meta.address.as_deref());
    let assembled = assemble(&argus.settings().issuer, &client, request).await;
    rollout::observe(argus, &assembled);
    let mut assembled = match assembled {
        Ok(assembled) => assembled,
        Err(failed) => {
            IssuanceRecord::failed(argus, &client, &event, &failed).write_alone(argus).await?;
            return Err(failed.into());
        }
    };
    IssuanceRecord::unannounced(argus, &client, &event, &assembled).write_alone(argus).await?;
    argus.rollout().submit(&mut assembled, &meta.correlation_id);
    let mut answer = Map::new();
    answer.insert("sub".to_owned(), user.subject.as_str().into());
    answer.extend(assembled.userinfo.into_object());
    Ok(Value::Object(answer))
}
