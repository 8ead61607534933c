//! Signing in with a password.
//!
//! An unknown user name costs the same time as a known one and gets the same answer. Guessing is limited per user name and
//! address; each password that is checked is on record, so that the limit also bounds what a guesser can write there.

use std::time::Duration;

use argus_domain::Timestamp;
use argus_domain::audit::{AuditEvent, AuditEventKind};
use argus_domain::grant::{BrowserSession, SignIn};
use argus_domain::ids::BrowserSessionId;
use argus_domain::secret::Secret;
use argus_keys::password::HashingError;
use argus_storage::users::UserCredentials;
use argus_storage::{StorageError, users};
use thiserror::Error;

use crate::argus::{Argus, RequestMeta};
use crate::authorize::{AuthorizePageError, PendingAuthorization, validate};
use crate::federation::{self, UpstreamChoice};
use crate::session;

/// What the sign-in page shows of the request it serves.
#[derive(Clone, Debug, Default)]
pub struct SignInPage {
    /// The relying party that asked.
    pub client_name: Option<String>,
    /// The user name it expects.
    pub login_hint: Option<String>,
    /// Where the answer will go, for the content security policy.
    pub redirect_origin: Option<String>,
    /// Identity providers that the user may come from.
    pub upstreams: Vec<UpstreamChoice>,
}

/// A session that has just begun.
#[derive(Debug)]
pub struct NewSession {
    /// The cookie's value: it leaves for the browser and is stored nowhere.
    pub cookie: Secret,
    /// The session's absolute end.
    pub expires_at: Timestamp,
}

/// Why nobody is signed in.
#[derive(Debug, Error)]
pub enum SignInError {
    /// Unknown user, wrong password, or a disabled user: the answer does not tell which.
    #[error("The user name or password is wrong.")]
    WrongCredentials,
    /// Passwords are switched off for the domain of the user name.
    #[error("People of this organisation sign in at the organisation.")]
    ElsewhereOnly {
        /// The connection to sign in through.
        slug: String,
    },
    /// Too many failures.
    #[error("Too many failed attempts. Wait a moment, then try again.")]
    TooManyAttempts {
        /// How long to wait.
        retry_after: Duration,
    },
    /// The hashing queue is full.
    #[error("Too many people are signing in right now. Try again in a moment.")]
    Busy,
    /// The database is out of reach.
    #[error("The service is not available at the moment. Try again shortly.")]
    Unavailable(#[from] StorageError),
}

/// Prepares the sign-in page.
pub async fn page(argus: &Argus, pending: Option<&str>) -> Result<SignInPage, AuthorizePageError> {
    let upstreams = federation::choices(argus).await?;
    let Some(pending) = pending else { return Ok(SignInPage { upstreams, ..SignInPage::default() }) };
    let pending = PendingAuthorization::open(argus, pending)?;
    match validate(argus, &pending.params()).await? {
        Ok(request) => Ok(SignInPage {
            client_name: Some(request.client.client.settings.name.clone()),
            login_hint: request.login_hint.clone(),
            redirect_origin: Some(request.target.redirect_uri.origin()),
            upstreams,
        }),
        Err(_) => Err(AuthorizePageError::Expired),
    }
}

/// Checks a password and begins a browser session, in place of the one of `old_cookie`, if any.
#[tracing::instrument(name = "sign_in", skip_all)]
pub async fn sign_in(
    argus: &Argus,
    username: &str,
    password: Secret,
    old_cookie: Option<&str>,
    meta: &RequestMeta,
) -> Result<NewSession, SignInError> {
    if let Some(slug) = federation::forced_for(argus, username).await? {
        return Err(SignInError::ElsewhereOnly { slug });
    }
    let user = check_password(argus, username, password, meta).await?;
    let cookie = Secret::new(argus.random().token());
    let now = argus.now();
    let begun = BrowserSession {
        id: BrowserSessionId::new(argus.random().sortable_uuid(now)),
        token_hash: cookie.hash(),
        user: user.id,
        sign_in: SignIn { authenticated_at: now, amr: vec!["pwd".to_owned()], client_ip: meta.address.clone(), federated_by: None },
        last_seen_at: now,
        expires_at: now.after(argus.settings().sessions.absolute()),
    };
    let expires_at = begun.expires_at;
    let event = AuditEvent::new(now, AuditEventKind::SignInSucceeded, &*meta.correlation_id)
        .by(format!("user:{}", user.subject))
        .subject(user.subject.as_str())
        .address(meta.address.as_deref())
        .with("amr", vec!["pwd"]);
    if !session::begin(argus, user, begun, old_cookie, event).await? {
        return Err(SignInError::WrongCredentials);
    }
    metrics::counter!("argus_sign_ins_total", "outcome" => "success").increment(1);
    Ok(NewSession { cookie, expires_at })
}

/// Checks a password, within the limits for guessing; returns whose it is. Failures are on record.
pub(crate) async fn check_password(
    argus: &Argus,
    username: &str,
    password: Secret,
    meta: &RequestMeta,
) -> Result<UserCredentials, SignInError> {
    let address = meta.address.as_deref();
    let limited = |retry_after| {
        metrics::counter!("argus_sign_ins_total", "outcome" => "limited").increment(1);
        Err(SignInError::TooManyAttempts { retry_after })
    };
    if let Some(retry_after) = argus.attempts().wait(username, address, || argus.now()) {
        return limited(retry_after);
    }
    let credentials = {
        let mut reader = argus.store().read().await?;
        users::find_credentials(&mut reader, username).await?
    };
    let stored = credentials.as_ref().and_then(|credentials| credentials.password_hash.clone());
    let right = match argus.passwords().verify(&password, stored).await {
        Ok(right) => right,
        Err(HashingError::TooLong) => false,
        Err(HashingError::Busy | HashingError::Stopped) => return Err(SignInError::Busy),
    };
    let Some(user) = credentials.as_ref().filter(|user| right && user.enabled) else {
        let retry_after = argus.attempts().failed(username, address, || argus.now());
        argus.record(failure(argus, username, credentials.as_ref(), meta)).await?;
        if let Some(retry_after) = retry_after {
            return limited(retry_after);
        }
        metrics::counter!("argus_sign_ins_total", "outcome" => "failure").increment(1);
        return Err(SignInError::WrongCredentials);
    };
    if let Some(retry_after) = argus.attempts().wait(username, address, || argus.now()) {
        return limited(retry_after);
    }
    Ok(user.clone())
}

/// The event of a failed attempt. A name that nobody has is not put on record: it may be a password in the wrong field, and the
/// trail forgets nothing.
fn failure(argus: &Argus, username: &str, known: Option<&UserCredentials>, meta: &RequestMeta) -> AuditEvent {
    let event =
        AuditEvent::new(argus.now(), AuditEventKind::SignInFailed, &*meta.correlation_id).by("anonymous").address(meta.address.as_deref());
    match known {
        Some(user) if user.enabled => event.subject(user.subject.as_str()).with("username", username).failed("wrong password"),
        Some(user) => event.subject(user.subject.as_str()).with("username", username).failed("the user is disabled"),
        None => event.failed("unknown user name"),
    }
}
