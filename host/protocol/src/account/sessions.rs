//! Where a user is signed in, and ending it.

use argus_domain::Timestamp;
use argus_domain::audit::AuditEventKind;
use argus_domain::ids::BrowserSessionId;
use argus_storage::{StorageError, browser_sessions};

use super::event;
use crate::argus::{Argus, RequestMeta};
use crate::revoke::{end_browser_session, last_access_token};
use crate::session::{SignedIn, live_of};

/// A sign-in that lasts.
#[derive(Clone, Debug)]
pub struct Session {
    /// Identifier.
    pub id: BrowserSessionId,
    /// When the user signed in.
    pub signed_in_at: Timestamp,
    /// When it was last used, to within a minute.
    pub last_seen_at: Timestamp,
    /// The address it was begun from.
    pub address: Option<String>,
    /// Whether it is the one that asks.
    pub is_this: bool,
}

/// The live sessions of a user, the one that asks first, then the latest used first.
pub async fn list(argus: &Argus, user: &SignedIn) -> Result<Vec<Session>, StorageError> {
    let live = live_of(argus, user.user).await?;
    let mut sessions: Vec<Session> = live
        .into_iter()
        .map(|session| Session {
            id: session.id,
            signed_in_at: session.sign_in.authenticated_at,
            last_seen_at: session.last_seen_at,
            address: session.sign_in.client_ip,
            is_this: session.id == user.session,
        })
        .collect();
    // Stable: the others stay in their order.
    sessions.sort_by_key(|session| !session.is_this);
    Ok(sessions)
}

/// Ends one session of the user's, with the client sessions opened from it; whether it was there.
pub async fn end(argus: &Argus, user: &SignedIn, id: BrowserSessionId, meta: &RequestMeta) -> Result<bool, StorageError> {
    let ended = end_all_of(argus, user, Which::One(id), meta).await?;
    Ok(ended > 0)
}

/// Ends every session of the user's but the one that asks; returns how many.
pub async fn end_others(argus: &Argus, user: &SignedIn, meta: &RequestMeta) -> Result<usize, StorageError> {
    end_all_of(argus, user, Which::Others, meta).await
}

#[derive(Clone, Copy)]
enum Which {
    One(BrowserSessionId),
    Others,
}

async fn end_all_of(argus: &Argus, user: &SignedIn, which: Which, meta: &RequestMeta) -> Result<usize, StorageError> {
    let (now, until) = (argus.now(), last_access_token(argus, argus.now()));
    let event = event(argus, AuditEventKind::SessionEnded, user, meta).with("reason", "the user ended it");
    let (owner, this) = (user.user, user.session);
    let (sessions, client_sessions) = argus
        .store()
        .write(move |tx| {
            let event = event.clone();
            Box::pin(async move {
                // Looked up by the user's number: what is somebody else's is not there.
                let mut sessions = browser_sessions::list_by_user(tx, owner).await?;
                sessions.retain(|session| match which {
                    Which::One(id) => session.id == id,
                    Which::Others => session.id != this,
                });
                let mut ended = Vec::new();
                for session in &sessions {
                    ended.extend(end_browser_session(tx, session.id, now, until).await?);
                    tx.audit(&event.clone().with("session", session.id.to_string())).await?;
                }
                Ok((sessions.len(), ended))
            })
        })
        .await?;
    argus.revocations().add(client_sessions.into_iter().map(|id| (id.to_string(), until)));
    Ok(sessions)
}
