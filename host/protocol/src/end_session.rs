//! RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0).
//!
//! A request with a valid `id_token_hint` of the signed-in user ends the session at once; any other is asked about first, so
//! that a link cannot sign people out. The browser goes back only to a URI registered by a client that identified itself.

use argus_domain::audit::{AuditEvent, AuditEventKind};
use argus_domain::ids::ClientId;
use argus_domain::redirect_uri::ValidatedRedirectUri;
use argus_domain::secret::SecretHash;
use argus_keys::TokenType;
use argus_keys::seal::Purpose;
use argus_storage::{StorageError, browser_sessions};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::argus::{Argus, RequestMeta};
use crate::params::Params;
use crate::revoke::{end_browser_session, last_access_token};
use crate::session;

/// Where a sign-out goes next.
#[derive(Debug)]
pub enum EndSessionOutcome {
    /// The user is asked.
    Confirm {
        /// The request, sealed.
        pending: String,
        /// Who asks for it, if that is known.
        client_name: Option<String>,
        /// Who would be signed out.
        user_name: String,
        /// Where the answer may lead, for the content security policy.
        redirect_origin: Option<String>,
    },
    /// No session is left.
    SignedOut {
        /// Where the client wants the browser, `state` included.
        redirect: Option<String>,
    },
}

/// An error shown as a page.
#[derive(Debug, Error)]
pub enum EndSessionPageError {
    /// `id_token_hint` is no ID token of this issuer.
    #[error("The application sent a sign-out request that does not check out (id_token_hint).")]
    InvalidHint,
    /// `post_logout_redirect_uri` is not registered, or no client is known to have registered it.
    #[error("The application asked to send you to an address that is not registered for signing out.")]
    UnregisteredRedirectUri,
    /// Parameters that cannot be read, or contradict each other.
    #[error("The request cannot be read: {0}.")]
    Malformed(String),
    /// A confirmation that was altered.
    #[error("This sign-out link was altered. Sign out again from the application.")]
    Altered,
    /// The database is out of reach.
    #[error("The service is not available at the moment. Try again shortly.")]
    Unavailable(#[from] StorageError),
}

impl EndSessionPageError {
    /// HTTP status of the page.
    pub fn status(&self) -> u16 {
        match self {
            Self::InvalidHint | Self::UnregisteredRedirectUri | Self::Malformed(_) | Self::Altered => 400,
            Self::Unavailable(_) => 503,
        }
    }
}

#[derive(Deserialize)]
struct Hint {
    iss: String,
    sub: String,
    aud: ClientId,
}

#[derive(Serialize, Deserialize)]
struct Pending {
    redirect: Option<String>,
}

/// Serves a request that has just arrived.
#[tracing::instrument(name = "end_session", skip_all)]
pub async fn request(
    argus: &Argus,
    params: &Params,
    session_cookie: Option<&str>,
    meta: &RequestMeta,
) -> Result<EndSessionOutcome, EndSessionPageError> {
    params.check_unique().map_err(|repeated| EndSessionPageError::Malformed(repeated.to_string()))?;
    let hint = params.get("id_token_hint").map(|hint| verify(argus, hint)).transpose()?;
    let named = match params.get("client_id") {
        Some(id) => Some(id.parse::<ClientId>().map_err(|_| EndSessionPageError::Malformed("client_id is not known".to_owned()))?),
        None => None,
    };
    if let (Some(hint), Some(named)) = (&hint, named)
        && hint.aud != named
    {
        return Err(EndSessionPageError::Malformed("client_id is not the client of id_token_hint".to_owned()));
    }
    let client = match hint.as_ref().map(|hint| hint.aud).or(named) {
        Some(id) => argus.registry().client(id).await?,
        None => None,
    };
    let target = match params.get("post_logout_redirect_uri") {
        None => None,
        Some(uri) => {
            let resolved = client.as_ref().and_then(|client| client.client.resolve_post_logout_redirect_uri(uri));
            Some(resolved.ok_or(EndSessionPageError::UnregisteredRedirectUri)?)
        }
    };
    let redirect = target.as_ref().map(|target| with_state(target, params.get("state")));
    let Some(current) = session::current(argus, session_cookie).await? else {
        end(argus, session_cookie, meta).await?;
        return Ok(EndSessionOutcome::SignedOut { redirect });
    };
    if hint.is_some_and(|hint| hint.sub == current.subject.as_str()) {
        end(argus, session_cookie, meta).await?;
        return Ok(EndSessionOutcome::SignedOut { redirect });
    }
    let clear = serde_json::to_vec(&Pending { redirect }).unwrap_or_default();
    Ok(EndSessionOutcome::Confirm {
        pending: URL_SAFE_NO_PAD.encode(argus.sealing().seal(Purpose::EndSession, &clear)),
        client_name: client.map(|client| client.client.settings.name.clone()),
        user_name: current.name,
        redirect_origin: target.map(|target| target.origin()),
    })
}

/// Serves the user's "yes".
#[tracing::instrument(name = "end_session.confirm", skip_all)]
pub async fn confirm(
    argus: &Argus,
    pending: Option<&str>,
    session_cookie: Option<&str>,
    meta: &RequestMeta,
) -> Result<EndSessionOutcome, EndSessionPageError> {
    let redirect = match pending {
        None => None,
        Some(pending) => {
            let sealed = URL_SAFE_NO_PAD.decode(pending).map_err(|_| EndSessionPageError::Altered)?;
            let clear = argus.sealing().open(Purpose::EndSession, &sealed).map_err(|_| EndSessionPageError::Altered)?;
            serde_json::from_slice::<Pending>(&clear).map_err(|_| EndSessionPageError::Altered)?.redirect
        }
    };
    end(argus, session_cookie, meta).await?;
    Ok(EndSessionOutcome::SignedOut { redirect })
}

/// The signature must hold; the token may have expired (RP-Initiated Logout §2).
fn verify(argus: &Argus, hint: &str) -> Result<Hint, EndSessionPageError> {
    match argus.keys().verify::<Hint>(hint, TokenType::IdToken) {
        Ok(hint) if hint.iss == argus.settings().issuer.as_str() => Ok(hint),
        _ => Err(EndSessionPageError::InvalidHint),
    }
}

fn with_state(uri: &ValidatedRedirectUri, state: Option<&str>) -> String {
    match state {
        Some(state) => uri.with_query([("state", state)]),
        None => uri.as_str().to_owned(),
    }
}

/// Ends the browser session and what came of it, also one that lets nobody in any more: it has expired, or goes on under
/// another cookie that this browser did not keep.
async fn end(argus: &Argus, session_cookie: Option<&str>, meta: &RequestMeta) -> Result<(), StorageError> {
    let Some(cookie) = session_cookie else { return Ok(()) };
    let found = {
        let mut reader = argus.store().read().await?;
        browser_sessions::find_by_present_or_previous(&mut reader, &SecretHash::of(cookie)).await?
    };
    let Some(current) = found else { return Ok(()) };
    let now = argus.now();
    let until = last_access_token(argus, now);
    let event = AuditEvent::new(now, AuditEventKind::SessionEnded, &*meta.correlation_id)
        .by(format!("user:{}", current.subject))
        .subject(current.subject.as_str())
        .address(meta.address.as_deref())
        .with("session", current.session.id.to_string());
    let session = current.session.id;
    let ended = argus
        .store()
        .write(move |tx| {
            let event = event.clone();
            Box::pin(async move {
                let ended = end_browser_session(tx, session, now, until).await?;
                tx.audit(&event).await?;
                Ok(ended)
            })
        })
        .await?;
    argus.revocations().add(ended.into_iter().map(|id| (id.to_string(), until)));
    Ok(())
}
