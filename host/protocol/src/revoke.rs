//! Revocation (RFC 7009), and the one way each kind of session ends before its time.

use std::time::Duration;

use argus_domain::Timestamp;
use argus_domain::audit::{AuditEvent, AuditEventKind};
use argus_domain::ids::{BrowserSessionId, ClientId, ClientSessionId, UserId};
use argus_domain::oauth::ErrorCode;
use argus_keys::TokenType;
use argus_storage::{StorageError, Tx, browser_sessions, client_sessions, revoked_tokens, versions};

use crate::access::AccessTokenClaims;
use crate::argus::{Argus, RequestMeta};
use crate::failure::log_failure;
use crate::oauth_error::OAuthError;
use crate::params::Params;
use crate::settings::seconds;
use crate::token::client_authentication::authenticate;
use crate::token::{RefreshTokenClaims, record_failed_authentication};

/// The counter that tells other nodes to look at the revoked tokens.
pub(crate) const REVOCATIONS: &str = "revocations";
/// Access tokens are refused for this much longer than they live, for clocks that differ.
const LEEWAY: Duration = Duration::from_secs(60);

/// Serves a revocation request. A token that means nothing is no error (RFC 7009 §2.2).
#[tracing::instrument(name = "revoke", skip_all)]
pub async fn revoke(argus: &Argus, form: &Params, authorization: Option<&str>, meta: &RequestMeta) -> Result<(), OAuthError> {
    let client = match authenticate(argus, form, authorization).await {
        Ok(client) => client,
        Err(error) => {
            record_failed_authentication(argus, &error, meta).await;
            return Err(OAuthError::client_authentication(&error, &meta.correlation_id));
        }
    };
    let invalid = |description: String| OAuthError::refused(ErrorCode::InvalidRequest, description);
    let token =
        form.once("token").map_err(|repeated| invalid(repeated.to_string()))?.ok_or_else(|| invalid("token is missing".to_owned()))?;
    let id = client.client.id;
    let another = || OAuthError::refused(ErrorCode::InvalidGrant, "the token was issued to another client");
    let event = AuditEvent::new(argus.now(), AuditEventKind::TokenRevoked, &*meta.correlation_id)
        .by(format!("client:{id}"))
        .client(id)
        .address(meta.address.as_deref());
    let done = if let Ok(claims) = argus.keys().verify::<RefreshTokenClaims>(token, TokenType::RefreshToken) {
        if claims.client_id != id.to_string() {
            return Err(another());
        }
        let event = event.subject(claims.sub).with("tokenType", "refresh_token").with("session", claims.sid.to_string());
        end_client_session(argus, id, claims.sid, event).await
    } else if let Ok(claims) = argus.keys().verify::<AccessTokenClaims>(token, TokenType::AccessToken) {
        if claims.client_id != id {
            return Err(another());
        }
        revoke_access_token(argus, &claims, event).await
    } else {
        Ok(())
    };
    done.map_err(|error| {
        log_failure(&error);
        OAuthError::storage(&error, &meta.correlation_id)
    })
}

async fn revoke_access_token(argus: &Argus, claims: &AccessTokenClaims, event: AuditEvent) -> Result<(), StorageError> {
    let now = argus.now();
    let until = Timestamp::from_unix_seconds(claims.exp).after(LEEWAY);
    if until <= now {
        return Ok(());
    }
    let jti = claims.jti.clone();
    if argus.revocations().contains(&jti) {
        return Ok(());
    }
    let event = event.subject(claims.sub.as_str()).with("tokenType", "access_token").with("jti", jti.as_str());
    let revoked = jti.clone();
    argus
        .store()
        .write(move |tx| {
            let (jti, event) = (jti.clone(), event.clone());
            Box::pin(async move {
                revoked_tokens::insert(tx, &[jti], now, until).await?;
                versions::bump(tx, REVOCATIONS).await?;
                tx.audit(&event).await
            })
        })
        .await?;
    argus.revocations().add([(revoked, until)]);
    Ok(())
}

/// Ends a client session: its refresh tokens work no more, nor do the access tokens issued on it. Whoever holds an old token or
/// code can ask for it again and again: once the session has ended, only some of that is recorded.
pub(crate) async fn end_client_session(
    argus: &Argus,
    client: ClientId,
    session: ClientSessionId,
    event: AuditEvent,
) -> Result<(), StorageError> {
    let now = argus.now();
    let may_record = argus.refusals().admits(client, now);
    let until = last_access_token(argus, now);
    argus
        .store()
        .write(move |tx| {
            let event = event.clone();
            Box::pin(async move {
                let revoked = client_sessions::revoke(tx, session, now).await?;
                revoke_sessions_tokens(tx, &[session], now, until).await?;
                if revoked || may_record { tx.audit(&event).await } else { Ok(()) }
            })
        })
        .await?;
    argus.revocations().add([(session.to_string(), until)]);
    Ok(())
}

/// Within a transaction: ends a browser session, the grants approved in it and the client sessions opened from it; returns those.
/// Client sessions with `offline_access` live on: that is what the scope means (OpenID Connect Core §11).
pub(crate) async fn end_browser_session(
    tx: &mut Tx,
    session: BrowserSessionId,
    now: Timestamp,
    until: Timestamp,
) -> Result<Vec<ClientSessionId>, StorageError> {
    browser_sessions::end(tx, session).await?;
    let ended = client_sessions::revoke_by_browser_session(tx, session, now).await?;
    revoke_sessions_tokens(tx, &ended, now, until).await?;
    Ok(ended)
}

/// Sessions that have ended together.
pub(crate) struct Ended {
    pub(crate) browser_sessions: Vec<BrowserSessionId>,
    pub(crate) client_sessions: Vec<ClientSessionId>,
}

/// Within a transaction: ends every session and grant of a user, whatever their scopes.
pub(crate) async fn end_user_sessions(tx: &mut Tx, user: UserId, now: Timestamp, until: Timestamp) -> Result<Ended, StorageError> {
    let browser_sessions = browser_sessions::end_by_user(tx, user).await?;
    let client_sessions = client_sessions::revoke_by_user(tx, user, now).await?;
    revoke_sessions_tokens(tx, &client_sessions, now, until).await?;
    Ok(Ended { browser_sessions, client_sessions })
}

/// Within a transaction: the same, but for one browser session and what was opened from it.
pub(crate) async fn end_user_sessions_but(
    tx: &mut Tx,
    user: UserId,
    keep: BrowserSessionId,
    now: Timestamp,
    until: Timestamp,
) -> Result<Ended, StorageError> {
    let browser_sessions = browser_sessions::end_by_user_but(tx, user, keep).await?;
    let client_sessions = client_sessions::revoke_by_user_but(tx, user, keep, now).await?;
    revoke_sessions_tokens(tx, &client_sessions, now, until).await?;
    Ok(Ended { browser_sessions, client_sessions })
}

/// Within a transaction: ends every session and grant of whoever came in through a connection, whatever their scopes.
pub(crate) async fn end_upstream_sessions(tx: &mut Tx, slug: &str, now: Timestamp, until: Timestamp) -> Result<Ended, StorageError> {
    let client_sessions = client_sessions::revoke_by_upstream(tx, slug, now).await?;
    let browser_sessions = browser_sessions::end_by_upstream(tx, slug).await?;
    revoke_sessions_tokens(tx, &client_sessions, now, until).await?;
    Ok(Ended { browser_sessions, client_sessions })
}

/// When every access token issued by now has expired.
pub(crate) fn last_access_token(argus: &Argus, now: Timestamp) -> Timestamp {
    access_tokens_end(now, seconds(argus.settings().tokens.access_token_max_seconds))
}

/// When every access token issued by now has expired, of which none lives longer than `access_token_max`.
pub(crate) fn access_tokens_end(now: Timestamp, access_token_max: Duration) -> Timestamp {
    now.after(access_token_max + LEEWAY)
}

/// Within a transaction: marks the access tokens of sessions revoked, and tells the other nodes.
pub(crate) async fn revoke_sessions_tokens(
    tx: &mut Tx,
    sessions: &[ClientSessionId],
    now: Timestamp,
    until: Timestamp,
) -> Result<(), StorageError> {
    if sessions.is_empty() {
        return Ok(());
    }
    let ids: Vec<String> = sessions.iter().map(ToString::to_string).collect();
    revoked_tokens::insert(tx, &ids, now, until).await?;
    versions::bump(tx, REVOCATIONS).await.map(drop)
}
