//! Who is signed in in this browser.

use std::time::Duration;

use argus_domain::Timestamp;
use argus_domain::audit::{AuditEvent, AuditEventKind};
use argus_domain::grant::BrowserSession;
use argus_domain::ids::{BrowserSessionId, ClientSessionId, SubjectIdentifier, UserId};
use argus_domain::secret::SecretHash;
use argus_storage::users::UserCredentials;
use argus_storage::{StorageError, Tx, browser_sessions, users};

use crate::argus::Argus;
use crate::revoke::{end_browser_session, last_access_token};
use crate::settings::seconds;

/// The user of a live browser session.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The session.
    pub session: BrowserSessionId,
    /// The user's number in the directory.
    pub user: UserId,
    /// The user's `sub`.
    pub subject: SubjectIdentifier,
    /// What the user signs in with.
    pub username: String,
    /// Display name.
    pub name: String,
    /// Whether the user administers this installation.
    pub is_admin: bool,
    /// When the user signed in.
    pub signed_in_at: Timestamp,
    /// When the session was last used, to within a minute.
    pub(crate) last_seen_at: Timestamp,
}

/// How long after a sign-in its user may do what cannot be undone without signing in again.
pub(crate) const RECENT: Duration = Duration::from_secs(15 * 60);

impl SignedIn {
    /// Whether the sign-in is so recent that it is most likely still the same person at the keyboard.
    pub fn is_recent(&self, argus: &Argus) -> bool {
        argus.now().since(self.signed_in_at) < RECENT
    }
}

/// The user behind a session cookie, if the session is live and the user enabled.
pub async fn current(argus: &Argus, cookie: Option<&str>) -> Result<Option<SignedIn>, StorageError> {
    let Some(cookie) = cookie else { return Ok(None) };
    let found = {
        let mut reader = argus.store().read().await?;
        browser_sessions::find_by_token_hash(&mut reader, &SecretHash::of(cookie)).await?
    };
    let live = found.filter(|found| found.enabled && found.session.is_live(argus.now(), argus.settings().sessions.idle()));
    Ok(live.map(|found| SignedIn {
        session: found.session.id,
        user: found.session.user,
        subject: found.subject,
        username: found.username,
        name: found.name,
        is_admin: found.admin,
        signed_in_at: found.session.sign_in.authenticated_at,
        last_seen_at: found.session.last_seen_at,
    }))
}

/// The same, for somebody who is at work in the pages: the session counts as used.
pub async fn visit(argus: &Argus, cookie: Option<&str>) -> Result<Option<SignedIn>, StorageError> {
    let Some(signed_in) = current(argus, cookie).await? else { return Ok(None) };
    touch(argus, signed_in.session, signed_in.last_seen_at).await?;
    Ok(Some(signed_in))
}

/// Notes that a session is in use, at most once a minute.
pub(crate) async fn touch(argus: &Argus, id: BrowserSessionId, last_seen_at: Timestamp) -> Result<(), StorageError> {
    let now = argus.now();
    if now.since(last_seen_at) < seconds(60) {
        return Ok(());
    }
    argus.store().write(move |tx| Box::pin(async move { browser_sessions::touch(tx, id, now).await })).await
}

/// The live sessions of a user, the latest used first.
pub(crate) async fn live_of(argus: &Argus, user: UserId) -> Result<Vec<BrowserSession>, StorageError> {
    let mut sessions = browser_sessions::list_by_user(&mut *argus.store().read().await?, user).await?;
    let (now, idle) = (argus.now(), argus.settings().sessions.idle());
    sessions.retain(|session| session.is_live(now, idle));
    Ok(sessions)
}

/// Begins a session in place of the one of `old_cookie`; `begun` is its event, but for the session. False when the credentials
/// that were checked have changed since: what ended everything that lived on them must not miss this.
pub(crate) async fn begin(
    argus: &Argus,
    credentials: UserCredentials,
    session: BrowserSession,
    old_cookie: Option<&str>,
    begun: AuditEvent,
) -> Result<bool, StorageError> {
    let until = last_access_token(argus, argus.now());
    let new = Beginning { old: old_cookie.map(SecretHash::of), session, begun, until };
    let ended = argus
        .store()
        .write(move |tx| {
            let (new, credentials) = (new.clone(), credentials.clone());
            Box::pin(async move {
                if !users::still_holds(tx, &credentials).await? {
                    return Ok(None);
                }
                new.write(tx).await.map(Some)
            })
        })
        .await?;
    let Some(ended) = ended else { return Ok(false) };
    argus.revocations().add(ended.into_iter().map(|id| (id.to_string(), until)));
    Ok(true)
}

/// A session that is about to begin.
#[derive(Clone)]
pub(crate) struct Beginning {
    pub(crate) session: BrowserSession,
    /// Its event, but for the session.
    pub(crate) begun: AuditEvent,
    /// The cookie that the browser had.
    pub(crate) old: Option<SecretHash>,
    /// When the access tokens of what ends have expired.
    pub(crate) until: Timestamp,
}

impl Beginning {
    /// The same user goes on in the same session, so that signing out ends what came of every sign-in in this browser; under
    /// another cookie, so that whoever planted or saw the old one is not signed in. Another user's session ends as by signing
    /// out. A session that has expired and was not swept yet lets nobody in, but client sessions were opened from it: it is no
    /// exception.
    pub(crate) async fn write(mut self, tx: &mut Tx) -> Result<Vec<ClientSessionId>, StorageError> {
        let before = match &self.old {
            Some(old) => browser_sessions::find_by_present_or_previous(tx, old).await?,
            None => None,
        };
        let mut ended = Vec::new();
        if let Some(before) = before {
            if before.session.user == self.session.user {
                let renewed = BrowserSession { id: before.session.id, ..self.session.clone() };
                if browser_sessions::renew(tx, &renewed, &before.session.token_hash).await? {
                    self.session = renewed;
                    self.audit(tx).await?;
                    return Ok(ended);
                }
                // Another node was faster with the same cookie: this sign-in is a session of its own.
            } else {
                let (id, now) = (before.session.id, self.begun.at);
                ended = end_browser_session(tx, id, now, self.until).await?;
                let event = AuditEvent::new(now, AuditEventKind::SessionEnded, self.begun.correlation_id.as_str())
                    .by(self.begun.actor.as_str())
                    .subject(before.subject.as_str())
                    .address(self.begun.address.as_deref())
                    .with("session", id.to_string())
                    .with("reason", "another user signed in");
                tx.audit(&event).await?;
            }
        }
        browser_sessions::insert(tx, &self.session).await?;
        self.audit(tx).await?;
        Ok(ended)
    }

    async fn audit(self, tx: &mut Tx) -> Result<(), StorageError> {
        tx.audit(&self.begun.with("session", self.session.id.to_string())).await
    }
}
