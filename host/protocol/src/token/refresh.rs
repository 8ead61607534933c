//! The `refresh_token` grant (RFC 6749 §6, RFC 9700 §4.14): rotated at each use, reuse detected.
//!
//! A token within the grace gets the same successor, so that two tabs or a lost answer sign nobody out. Any other token that
//! is not the current one revokes the family.

use std::sync::Arc;

use argus_domain::audit::{AuditEvent, AuditEventKind};
use argus_domain::directory::DirectorySnapshot;
use argus_domain::grant::{ClientSession, RefreshTokenUse};
use argus_domain::oauth::GrantType;
use argus_domain::scope::ScopeSet;
use argus_keys::seal::Purpose;
use argus_keys::{KeyRing, TokenType};
use argus_storage::client_sessions;
use subtle::ConstantTimeEq;

use super::issue::{Issue, Issued};
use super::{RefreshTokenClaims, TokenError, TokenResponse};
use crate::argus::{Argus, RequestMeta};
use crate::claims::record::IssuanceRecord;
use crate::params::Params;
use crate::registry::PreparedClient;
use crate::revoke;

pub(super) async fn refresh(
    argus: &Argus,
    client: &Arc<PreparedClient>,
    form: &Params,
    meta: &RequestMeta,
) -> Result<TokenResponse, TokenError> {
    let presented = form.get("refresh_token").ok_or(TokenError::Missing("refresh_token"))?;
    let claims: RefreshTokenClaims = KeyRing::read_unverified(presented).map_err(|_| TokenError::RefreshTokenInvalid)?;
    let now = argus.now();
    if claims.client_id != client.client.id.to_string()
        || claims.iss != argus.settings().issuer.as_str()
        || claims.exp <= now.unix_seconds()
    {
        return Err(TokenError::RefreshTokenInvalid);
    }
    let (session, user) = load(argus, &claims).await?;
    if !is_the_current_one(argus, &session, presented) {
        let verified = argus.keys().verify::<RefreshTokenClaims>(presented, TokenType::RefreshToken);
        verified.map_err(|_| TokenError::RefreshTokenInvalid)?;
    }
    let scopes = client.still_allowed(&narrowed(&session.scopes, form.get("scope"))?);
    match judge(&session, &claims, argus) {
        RefreshTokenUse::Current => rotate(argus, client, &Rotation { session, user, scopes, claims }, meta).await,
        RefreshTokenUse::Replayed => replay(argus, client, &Rotation { session, user, scopes, claims }, meta).await,
        RefreshTokenUse::Reused => reused(argus, &session, meta).await,
    }
}

/// A valid request, and what is stored.
struct Rotation {
    session: ClientSession,
    user: DirectorySnapshot,
    scopes: ScopeSet,
    claims: RefreshTokenClaims,
}

impl Rotation {
    fn issue<'a>(&'a self, client: &'a PreparedClient, argus: &Argus) -> Issue<'a> {
        Issue {
            client,
            user: &self.user,
            session: self.session.id,
            scopes: &self.scopes,
            sign_in: &self.session.sign_in,
            nonce: None,
            grant_type: GrantType::RefreshToken,
            now: argus.now(),
        }
    }
}

async fn load(argus: &Argus, claims: &RefreshTokenClaims) -> Result<(ClientSession, DirectorySnapshot), TokenError> {
    let found = {
        let mut reader = argus.store().read().await?;
        client_sessions::find_with_snapshot(&mut reader, claims.sid).await?
    };
    let (session, user) = found.ok_or(TokenError::RefreshTokenInvalid)?;
    if session.revoked_at.is_some() || argus.now() >= session.expires_at {
        return Err(TokenError::RefreshTokenInvalid);
    }
    if !user.enabled {
        return Err(TokenError::UserDisabled);
    }
    Ok((session, user))
}

/// Whether a token is the session's current one, byte for byte, which was made as a successor and is stored sealed. To compare it
/// costs a fraction of verifying its signature, and proves the same.
fn is_the_current_one(argus: &Argus, session: &ClientSession, presented: &str) -> bool {
    let sealed = session.refresh.as_ref().and_then(|family| family.successor.as_deref());
    let current = sealed.and_then(|sealed| argus.sealing().open(Purpose::RefreshSuccessor, sealed).ok());
    current.is_some_and(|current| current.ct_eq(presented.as_bytes()).into())
}

fn judge(session: &ClientSession, claims: &RefreshTokenClaims, argus: &Argus) -> RefreshTokenUse {
    session.refresh.as_ref().map_or(RefreshTokenUse::Reused, |family| family.judge(claims.generation, argus.now()))
}

/// RFC 6749 §6: the same scopes or fewer.
fn narrowed(granted: &ScopeSet, requested: Option<&str>) -> Result<ScopeSet, TokenError> {
    let Some(requested) = requested else { return Ok(granted.clone()) };
    let requested = ScopeSet::parse(requested).map_err(|error| TokenError::InvalidScope(error.to_string()))?;
    if requested.is_subset(granted) {
        Ok(requested)
    } else {
        Err(TokenError::InvalidScope("scope goes beyond what was granted".to_owned()))
    }
}

async fn rotate(argus: &Argus, client: &Arc<PreparedClient>, rotation: &Rotation, meta: &RequestMeta) -> Result<TokenResponse, TokenError> {
    let issue = rotation.issue(client, argus);
    let issued = issue.make(argus).await?;
    let successor = issue.refresh_token(argus, rotation.claims.generation.saturating_add(1), rotation.session.expires_at)?;
    let sealed = argus.sealing().seal(Purpose::RefreshSuccessor, successor.as_bytes());
    let (id, generation, now) = (rotation.session.id, rotation.claims.generation, issue.now);
    let record = IssuanceRecord::issued(argus, client, event(argus, rotation, &issued, meta), &issued.assembled, &rotation.scopes);
    let won = argus
        .store()
        .write(move |tx| {
            let (sealed, record) = (sealed.clone(), record.clone());
            Box::pin(async move {
                if !client_sessions::rotate(tx, id, generation, now, &sealed).await? {
                    return Ok(false);
                }
                record.write(tx).await?;
                Ok(true)
            })
        })
        .await?;
    if won {
        metrics::counter!("argus_tokens_issued_total", "grant_type" => "refresh_token").increment(1);
        return Ok(issued.into_response(argus, &rotation.scopes, Some(successor), &meta.correlation_id));
    }
    // Another request with the same token was faster: judge again by what it left.
    let (session, user) = load(argus, &rotation.claims).await?;
    match judge(&session, &rotation.claims, argus) {
        RefreshTokenUse::Replayed => {
            let left = Rotation { session, user, scopes: rotation.scopes.clone(), claims: rotation.claims.clone() };
            replayed(argus, client, &left, issued, meta).await
        }
        RefreshTokenUse::Current | RefreshTokenUse::Reused => reused(argus, &session, meta).await,
    }
}

async fn replay(argus: &Argus, client: &Arc<PreparedClient>, rotation: &Rotation, meta: &RequestMeta) -> Result<TokenResponse, TokenError> {
    let issued = rotation.issue(client, argus).make(argus).await?;
    replayed(argus, client, rotation, issued, meta).await
}

/// New access and ID token, and the refresh token that the first answer carried.
async fn replayed(
    argus: &Argus,
    client: &PreparedClient,
    rotation: &Rotation,
    issued: Issued,
    meta: &RequestMeta,
) -> Result<TokenResponse, TokenError> {
    let Rotation { session, user, scopes, .. } = rotation;
    if !user.enabled {
        return Err(TokenError::UserDisabled);
    }
    let sealed = session.refresh.as_ref().and_then(|family| family.successor.as_deref()).ok_or(TokenError::RefreshTokenInvalid)?;
    let successor = argus.sealing().open(Purpose::RefreshSuccessor, sealed).map_err(|_| TokenError::RefreshTokenInvalid)?;
    let successor = String::from_utf8(successor.to_vec()).map_err(|_| TokenError::RefreshTokenInvalid)?;
    let event = event(argus, rotation, &issued, meta).with("replayed", true);
    IssuanceRecord::issued(argus, client, event, &issued.assembled, scopes).write_alone(argus).await?;
    Ok(issued.into_response(argus, scopes, Some(successor), &meta.correlation_id))
}

/// A token long replaced: either party may be the thief, so neither keeps access.
async fn reused(argus: &Argus, session: &ClientSession, meta: &RequestMeta) -> Result<TokenResponse, TokenError> {
    let event = AuditEvent::new(argus.now(), AuditEventKind::RefreshTokenReused, &*meta.correlation_id)
        .by(format!("client:{}", session.client))
        .client(session.client)
        .address(meta.address.as_deref())
        .with("session", session.id.to_string())
        .failed("the refresh token was presented again");
    revoke::end_client_session(argus, session.client, session.id, event).await?;
    Err(TokenError::RefreshTokenReused)
}

fn event(argus: &Argus, rotation: &Rotation, issued: &Issued, meta: &RequestMeta) -> AuditEvent {
    let client = rotation.session.client;
    AuditEvent::new(argus.now(), AuditEventKind::TokenRefreshed, &*meta.correlation_id)
        .by(format!("client:{client}"))
        .subject(rotation.user.subject.as_str())
        .client(client)
        .address(meta.address.as_deref())
        .with("grantType", GrantType::RefreshToken.as_str())
        .with("scopes", rotation.scopes.to_string())
        .with("session", rotation.session.id.to_string())
        .with("jti", issued.jti.as_str())
}
