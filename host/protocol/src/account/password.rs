//! Changing one's own password.

use std::time::Duration;

use argus_domain::audit::AuditEventKind;
use argus_domain::secret::Secret;
use argus_keys::password::{HashingError, MAX_PASSWORD_BYTES};
use argus_storage::{StorageError, browser_sessions, users};
use thiserror::Error;

use super::event;
use crate::argus::{Argus, RequestMeta};
use crate::revoke::{end_user_sessions_but, last_access_token};
use crate::session::SignedIn;

/// Fewest characters of a password that a user chooses (NIST SP 800-63B §5.1.1.2).
pub const MIN_PASSWORD_CHARS: usize = 8;

/// Why a password was not changed.
#[derive(Debug, Error)]
pub enum ChangePasswordError {
    /// The password that is to be replaced is another.
    #[error("this is not your password")]
    WrongPassword,
    /// Too many wrong ones of late.
    #[error("there were too many failed attempts")]
    TooManyAttempts {
        /// When to try again.
        retry_after: Duration,
    },
    /// The new one is too short or too long.
    #[error("a password has at least {MIN_PASSWORD_CHARS} characters, and at most {MAX_PASSWORD_BYTES} bytes")]
    Length,
    /// The new one is the old one, or the user name.
    #[error("choose a password that is neither the one you have nor your user name")]
    Known,
    /// The hashing queue is full.
    #[error("too many passwords are being checked; try again in a moment")]
    Busy,
    /// The database is out of reach.
    #[error(transparent)]
    Unavailable(#[from] StorageError),
}

impl From<HashingError> for ChangePasswordError {
    fn from(error: HashingError) -> Self {
        match error {
            HashingError::TooLong => Self::Length,
            HashingError::Busy | HashingError::Stopped => Self::Busy,
        }
    }
}

/// Whether a user may have such a password.
pub(crate) fn check_new(password: &Secret, username: &str) -> Result<(), ChangePasswordError> {
    if password.expose().chars().count() < MIN_PASSWORD_CHARS || password.expose().len() > MAX_PASSWORD_BYTES {
        return Err(ChangePasswordError::Length);
    }
    if password.expose().eq_ignore_ascii_case(username) { Err(ChangePasswordError::Known) } else { Ok(()) }
}

/// Changes the password of a user who knows the one before. Every other session ends: whoever knew the old one may be in it.
#[tracing::instrument(name = "account.change_password", skip_all)]
pub async fn change(argus: &Argus, user: &SignedIn, old: Secret, new: Secret, meta: &RequestMeta) -> Result<(), ChangePasswordError> {
    let address = meta.address.as_deref();
    if let Some(retry_after) = argus.attempts().wait(&user.username, address, || argus.now()) {
        return Err(ChangePasswordError::TooManyAttempts { retry_after });
    }
    check_new(&new, &user.username)?;
    let credentials = users::find_credentials(&mut *argus.store().read().await?, &user.username).await?;
    let Some(credentials) = credentials.filter(|found| found.id == user.user) else { return Err(ChangePasswordError::WrongPassword) };
    let right = match argus.passwords().verify(&old, credentials.password_hash.clone()).await {
        Err(HashingError::TooLong) => false,
        answer => answer?,
    };
    if !right {
        argus.attempts().failed(&user.username, address, || argus.now());
        let event = event(argus, AuditEventKind::UserChanged, user, meta).with("passwordChanged", true).failed("wrong password");
        argus.record(event).await?;
        return Err(ChangePasswordError::WrongPassword);
    }
    if new.expose() == old.expose() {
        return Err(ChangePasswordError::Known);
    }
    let hash = argus.passwords().hash(&new, argus.random()).await?;
    let (now, until) = (argus.now(), last_access_token(argus, argus.now()));
    let changed = event(argus, AuditEventKind::UserChanged, user, meta).with("passwordChanged", true);
    let ended = event(argus, AuditEventKind::SessionEnded, user, meta).with("reason", "the password was changed");
    let this = user.session;
    let sessions = argus
        .store()
        .write(move |tx| {
            let (credentials, hash, changed, ended) = (credentials.clone(), hash.clone(), changed.clone(), ended.clone());
            Box::pin(async move {
                // Somebody else may have changed it since it was checked, or this session may have been ended.
                let is_there = browser_sessions::list_by_user(tx, credentials.id).await?.iter().any(|session| session.id == this);
                if !is_there || !users::still_holds(tx, &credentials).await? {
                    return Ok(None);
                }
                users::set_password_hash(tx, credentials.id, Some(&hash), now).await?;
                let gone = end_user_sessions_but(tx, credentials.id, this, now, until).await?;
                tx.audit(&changed).await?;
                for session in &gone.browser_sessions {
                    tx.audit(&ended.clone().with("session", session.to_string())).await?;
                }
                Ok(Some(gone.client_sessions))
            })
        })
        .await?
        .ok_or(ChangePasswordError::WrongPassword)?;
    argus.revocations().add(sessions.into_iter().map(|id| (id.to_string(), until)));
    Ok(())
}
