//! Who is signed in in this browser.

use argus_domain::ids::{BrowserSessionId, SubjectIdentifier};
use argus_domain::secret::SecretHash;
use argus_storage::{StorageError, browser_sessions};

use crate::argus::Argus;

/// The user of a live browser session.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The session.
    pub session: BrowserSessionId,
    /// The user's `sub`.
    pub subject: SubjectIdentifier,
    /// What the user signs in with.
    pub username: String,
    /// Display name.
    pub name: String,
}

/// The user behind a session cookie, if the session is live and the user enabled.
pub async fn current(argus: &Argus, cookie: Option<&str>) -> Result<Option<SignedIn>, StorageError> {
    let Some(cookie) = cookie else { return Ok(None) };
    let found = {
        let mut reader = argus.store().read().await?;
        browser_sessions::find_by_token_hash(&mut reader, &SecretHash::of(cookie)).await?
    };
    let live = found.filter(|found| found.enabled && found.session.is_live(argus.now(), argus.settings().sessions.idle()));
    Ok(live.map(|found| SignedIn { session: found.session.id, subject: found.subject, username: found.username, name: found.name }))
}
