//! The `authorization_code` grant (RFC 6749 §4.1.3, RFC 7636 §4.5).
//!
//! One read, one write. Everything is checked and made beforehand; then one transaction looks whether the sign-in behind the code
//! still holds, redeems the code, opens the client session and records the event. Of two requests with one code, the
//! compare-and-swap lets one through; the other is reuse, and revokes what the first got.

use std::sync::Arc;

use argus_domain::audit::{AuditEvent, AuditEventKind};
use argus_domain::grant::{AuthorizationGrant, AuthorizationGrantState, ClientSession, RefreshTokenFamily};
use argus_domain::oauth::GrantType;
use argus_domain::secret::SecretHash;
use argus_storage::{StorageError, authorization_grants, browser_sessions, client_sessions};

use super::issue::{Issue, refresh_token_end};
use super::{TokenError, TokenResponse};
use crate::argus::{Argus, RequestMeta};
use crate::claims::record::IssuanceRecord;
use crate::params::Params;
use crate::registry::PreparedClient;
use crate::revoke;

pub(super) async fn redeem(
    argus: &Argus,
    client: &Arc<PreparedClient>,
    form: &Params,
    meta: &RequestMeta,
) -> Result<TokenResponse, TokenError> {
    let code = SecretHash::of(form.get("code").ok_or(TokenError::Missing("code"))?);
    let redirect_uri = form.get("redirect_uri").ok_or(TokenError::Missing("redirect_uri"))?;
    let found = {
        let mut reader = argus.store().read().await?;
        authorization_grants::find_with_snapshot(&mut reader, &code).await?
    };
    let (grant, user) = found.ok_or(TokenError::CodeInvalid)?;
    if grant.client != client.client.id {
        return Err(TokenError::CodeOfAnotherClient);
    }
    if grant.state == AuthorizationGrantState::Redeemed {
        return reused(argus, &grant, meta).await;
    }
    let now = argus.now();
    if now >= grant.expires_at {
        return Err(TokenError::CodeInvalid);
    }
    if grant.redirect_uri != redirect_uri {
        return Err(TokenError::RedirectUriMismatch);
    }
    if let Err(error) = check_verifier(&grant, form.get("code_verifier")) {
        burn(argus, &grant).await?;
        return Err(error);
    }
    if !user.enabled {
        return Err(TokenError::UserDisabled);
    }

    let scopes = client.still_allowed(&grant.scopes);
    let issue = Issue {
        client,
        user: &user,
        session: grant.client_session,
        scopes: &scopes,
        sign_in: &grant.sign_in,
        nonce: grant.nonce.as_deref(),
        grant_type: GrantType::AuthorizationCode,
        now,
    };
    let issued = issue.make(argus).await?;
    let expires_at = refresh_token_end(argus, client, now);
    let refreshes = client.client.allows_grant(GrantType::RefreshToken);
    let refresh_token = refreshes.then(|| issue.refresh_token(argus, 1, expires_at)).transpose()?;
    let session = ClientSession {
        id: grant.client_session,
        client: grant.client,
        user: grant.user,
        browser_session: grant.browser_session,
        scopes: scopes.clone(),
        sign_in: grant.sign_in.clone(),
        created_at: now,
        expires_at,
        revoked_at: None,
        refresh: refreshes.then_some(RefreshTokenFamily { generation: 1, rotated_at: now, successor: None }),
    };
    let event = AuditEvent::new(now, AuditEventKind::TokenIssued, &*meta.correlation_id)
        .by(format!("client:{}", client.client.id))
        .subject(user.subject.as_str())
        .client(client.client.id)
        .address(meta.address.as_deref())
        .with("grantType", GrantType::AuthorizationCode.as_str())
        .with("scopes", scopes.to_string())
        .with("session", session.id.to_string())
        .with("jti", issued.jti.as_str());
    let record = IssuanceRecord::issued(argus, client, event, &issued.assembled, &scopes);
    let browser_session = grant.browser_session;
    let redemption = argus
        .store()
        .write(move |tx| {
            let (code, session, record) = (code.clone(), session.clone(), record.clone());
            Box::pin(async move {
                if !browser_sessions::backs_grants(tx, browser_session).await? {
                    return Ok(Redemption::SignInEnded);
                }
                if !authorization_grants::redeem(tx, &code, now).await? {
                    return Ok(Redemption::Lost);
                }
                client_sessions::insert(tx, &session).await?;
                record.write(tx).await?;
                Ok(Redemption::Won)
            })
        })
        .await?;
    match redemption {
        Redemption::Won => {}
        Redemption::Lost => return reused(argus, &grant, meta).await,
        Redemption::SignInEnded => return Err(TokenError::SignInEnded),
    }
    metrics::counter!("argus_tokens_issued_total", "grant_type" => "authorization_code").increment(1);
    Ok(issued.into_response(argus, &scopes, refresh_token, &meta.correlation_id))
}

/// What became of a code.
enum Redemption {
    Won,
    /// Another request was faster.
    Lost,
    /// The user signed out, was disabled or got another password.
    SignInEnded,
}

/// A verifier must come exactly when a challenge came (RFC 9700 §2.1.1: no downgrade in either direction).
fn check_verifier(grant: &AuthorizationGrant, verifier: Option<&str>) -> Result<(), TokenError> {
    match (&grant.code_challenge, verifier) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err(TokenError::VerifierUnexpected),
        (Some(_), None) => Err(TokenError::VerifierWrong),
        (Some(challenge), Some(verifier)) if challenge.verify(verifier) => Ok(()),
        (Some(_), Some(_)) => Err(TokenError::VerifierWrong),
    }
}

/// Whoever guessed at the verifier gets no second guess.
async fn burn(argus: &Argus, grant: &AuthorizationGrant) -> Result<(), StorageError> {
    let (code, now) = (grant.code_hash.clone(), argus.now());
    argus
        .store()
        .write(move |tx| {
            let code = code.clone();
            Box::pin(async move { authorization_grants::redeem(tx, &code, now).await.map(drop) })
        })
        .await
}

/// Somebody else has the code too: whatever was issued for it is revoked (RFC 6749 §4.1.2).
async fn reused(argus: &Argus, grant: &AuthorizationGrant, meta: &RequestMeta) -> Result<TokenResponse, TokenError> {
    let event = AuditEvent::new(argus.now(), AuditEventKind::CodeReused, &*meta.correlation_id)
        .by(format!("client:{}", grant.client))
        .client(grant.client)
        .address(meta.address.as_deref())
        .with("session", grant.client_session.to_string())
        .failed("the code was presented again");
    revoke::end_client_session(argus, grant.client, grant.client_session, event).await?;
    Err(TokenError::CodeReused)
}
