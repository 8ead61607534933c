//! Where users are signed in, for administrators.

use argus_domain::audit::AuditEventKind;
use argus_domain::ids::BrowserSessionId;
use serde::Serialize;
use utoipa::ToSchema;

use super::users::find;
use crate::administrator::{AdministrationError, Administrator};
use crate::argus::Argus;
use crate::revoke::{end_user_sessions, last_access_token};
use crate::session::live_of;

type Result<T> = std::result::Result<T, AdministrationError>;

/// A sign-in that lasts.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionView {
    /// Identifier.
    pub id: BrowserSessionId,
    /// When the user signed in.
    pub signed_in_at: i64,
    /// When it was last used, to within a minute.
    pub last_seen_at: i64,
    /// The address it was begun from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// The live sessions of a user, the latest used first.
pub async fn list(argus: &Argus, username: &str) -> Result<Vec<SessionView>> {
    let user = find(argus, username).await?;
    let live = live_of(argus, user.id).await?;
    Ok(live
        .into_iter()
        .map(|session| SessionView {
            id: session.id,
            signed_in_at: session.sign_in.authenticated_at.unix_seconds(),
            last_seen_at: session.last_seen_at.unix_seconds(),
            address: session.sign_in.client_ip,
        })
        .collect())
}

/// Signs a user out everywhere: every session, refresh token and access token ends, those with `offline_access` too.
#[tracing::instrument(name = "users.end_sessions", skip_all)]
pub async fn end_all(argus: &Argus, username: &str, by: &Administrator) -> Result<()> {
    let user = find(argus, username).await?;
    let (now, until) = (argus.now(), last_access_token(argus, argus.now()));
    let event = by.event(argus, AuditEventKind::SessionEnded).subject(user.subject.as_str()).with("reason", "an administrator ended it");
    let ended = argus
        .store()
        .write(move |tx| {
            let event = event.clone();
            Box::pin(async move {
                let ended = end_user_sessions(tx, user.id, now, until).await?;
                let sessions: Vec<String> = ended.browser_sessions.iter().map(ToString::to_string).collect();
                let count = ended.client_sessions.len();
                tx.audit(&event.with("sessions", sessions).with("clientSessions", count)).await?;
                Ok(ended.client_sessions)
            })
        })
        .await?;
    argus.revocations().add(ended.into_iter().map(|session| (session.to_string(), until)));
    Ok(())
}
