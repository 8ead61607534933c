//! The authorization endpoint (RFC 6749 §3.1, §4.1; OpenID Connect Core §3.1.2).
//!
//! One decision, `decide`, is taken for a request that has just arrived and for one that comes back from sign-in or consent;
//! it ends in a response to the client, or in the page that is still needed.

mod pending;
mod request;
mod response;

use argus_domain::audit::{AuditEvent, AuditEventKind};
use argus_domain::client::ConsentPolicy;
use argus_domain::grant::{AuthorizationGrant, AuthorizationGrantState, BrowserSession, Consent};
use argus_domain::ids::{ClientId, ClientSessionId, SubjectIdentifier, UserId};
use argus_domain::oauth::ErrorCode;
use argus_domain::scope::is_administration_scope;
use argus_domain::secret::{Secret, SecretHash};
use argus_storage::{StorageError, authorization_grants, browser_sessions};
use thiserror::Error;

pub(crate) use pending::{PendingAuthorization, Shown};
pub(crate) use request::{Refusal, RefusedAuthorizationRequest, ValidatedAuthorizationRequest, validate};
pub use response::{AuthorizationResponse, ResponseMode};

use crate::argus::{Argus, RequestMeta};
use crate::federation;
use crate::params::Params;
use crate::session;
use crate::settings::{IpBinding, seconds};

/// Where a request goes next.
#[derive(Debug)]
pub enum AuthorizeOutcome {
    /// Back to the client, with a code or an error.
    Respond(AuthorizationResponse),
    /// To the sign-in page.
    SignIn {
        /// The request, sealed.
        pending: String,
        /// The connection to an identity provider that the client asked for (`idp_hint`), in place of the page.
        upstream: Option<String>,
    },
    /// To the consent page.
    Consent {
        /// The request, sealed.
        pending: String,
    },
}

/// An error shown as a page, because there is no place it may be sent to.
#[derive(Debug, Error)]
pub enum AuthorizePageError {
    /// `client_id` is missing, malformed or not registered.
    #[error("The application that sent you here is not registered.")]
    UnknownClient,
    /// The client is disabled.
    #[error("The application that sent you here is disabled.")]
    ClientDisabled,
    /// No `redirect_uri`.
    #[error("The application did not say where to send you back to (redirect_uri is missing).")]
    MissingRedirectUri,
    /// `redirect_uri` is none of the client's.
    #[error("{client} asked to send you to an address that is not registered for it: {requested}")]
    UnregisteredRedirectUri {
        /// Name of the client.
        client: String,
        /// The URI it sent, cut.
        requested: String,
    },
    /// The request cannot be read.
    #[error("The request cannot be read: {0}.")]
    Malformed(String),
    /// A pending request is too old, or was altered.
    #[error("This sign-in took too long or its link was altered. Go back to the application and start again.")]
    Expired,
    /// The database is out of reach.
    #[error("The service is not available at the moment. Try again shortly.")]
    Unavailable(#[from] StorageError),
}

impl AuthorizePageError {
    /// HTTP status of the page.
    pub fn status(&self) -> u16 {
        match self {
            Self::UnknownClient
            | Self::ClientDisabled
            | Self::MissingRedirectUri
            | Self::UnregisteredRedirectUri { .. }
            | Self::Malformed(_)
            | Self::Expired => 400,
            Self::Unavailable(_) => 503,
        }
    }
}

/// Serves a request that has just arrived.
#[tracing::instrument(name = "authorize", skip_all)]
pub async fn authorize(
    argus: &Argus,
    params: &Params,
    session_cookie: Option<&str>,
    meta: &RequestMeta,
) -> Result<AuthorizeOutcome, AuthorizePageError> {
    let pending = PendingAuthorization::new(params, argus.now());
    let validated = validate(argus, params).await;
    record_refusal(argus, params, &validated, meta).await?;
    match validated? {
        Err(refused) => Ok(AuthorizeOutcome::Respond(refused.respond(argus))),
        Ok(request) => {
            let outcome = decide(argus, &request, &pending, session_cookie, meta).await?.into_outcome(argus, &request, &pending);
            Ok(hinted(argus, params, outcome).await?)
        }
    }
}

/// A hint at a connection that is not there, or not in use, is none.
async fn hinted(argus: &Argus, params: &Params, outcome: AuthorizeOutcome) -> Result<AuthorizeOutcome, StorageError> {
    match (outcome, params.once("idp_hint").ok().flatten()) {
        (AuthorizeOutcome::SignIn { pending, .. }, Some(hint)) => {
            let upstream = federation::is_enabled(argus, hint).await?.then(|| hint.to_owned());
            Ok(AuthorizeOutcome::SignIn { pending, upstream })
        }
        (outcome, _) => Ok(outcome),
    }
}

/// Logs a refusal, and puts that of a known client's request on record: a redirect URI that is not registered may be an attack
/// on the client. Anybody can send such requests, so only some of them are recorded.
async fn record_refusal(
    argus: &Argus,
    params: &Params,
    validated: &Result<Result<ValidatedAuthorizationRequest, RefusedAuthorizationRequest>, AuthorizePageError>,
    meta: &RequestMeta,
) -> Result<(), StorageError> {
    let (reason, known) = match validated {
        Ok(Ok(_)) | Err(AuthorizePageError::Unavailable(_)) => return Ok(()),
        Ok(Err(refused)) => (refused.refusal.description.clone(), true),
        Err(error) => (error.to_string(), !matches!(error, AuthorizePageError::UnknownClient | AuthorizePageError::Expired)),
    };
    tracing::info!(correlation_id = %meta.correlation_id, client = params.get("client_id"), reason, "authorization request refused");
    let client = params.once("client_id").ok().flatten().and_then(|id| id.parse::<ClientId>().ok()).filter(|_| known);
    let Some(client) = client.filter(|client| argus.refusals().admits(*client, argus.now())) else { return Ok(()) };
    let event = AuditEvent::new(argus.now(), AuditEventKind::AuthorizationRefused, &*meta.correlation_id)
        .by("anonymous")
        .client(client)
        .address(meta.address.as_deref())
        .failed(&reason);
    argus.record(event).await
}

/// Serves a request that comes back from the sign-in page.
#[tracing::instrument(name = "authorize.resume", skip_all)]
pub async fn resume(
    argus: &Argus,
    pending: &str,
    session_cookie: Option<&str>,
    meta: &RequestMeta,
) -> Result<AuthorizeOutcome, AuthorizePageError> {
    let pending = PendingAuthorization::open(argus, pending)?;
    match validate(argus, &pending.params()).await? {
        Err(refused) => Ok(AuthorizeOutcome::Respond(refused.respond(argus))),
        Ok(request) => Ok(decide(argus, &request, &pending, session_cookie, meta).await?.into_outcome(argus, &request, &pending)),
    }
}

/// What a valid request needs next.
pub(crate) enum Decision {
    /// Nothing: it was answered.
    Respond(AuthorizationResponse),
    /// A sign-in.
    SignIn,
    /// The user's word, in this session.
    Consent(Approver),
}

/// The session in which a request can be approved.
pub(crate) struct Approver {
    pub(crate) session: BrowserSession,
    pub(crate) user: UserId,
    pub(crate) subject: SubjectIdentifier,
    pub(crate) given: Option<Consent>,
}

impl Decision {
    pub(crate) fn into_outcome(
        self,
        argus: &Argus,
        request: &ValidatedAuthorizationRequest,
        pending: &PendingAuthorization,
    ) -> AuthorizeOutcome {
        let missing = match self {
            Self::Respond(response) => return AuthorizeOutcome::Respond(response),
            Self::SignIn if request.prompt.none => ErrorCode::LoginRequired,
            Self::Consent(_) if request.prompt.none => ErrorCode::ConsentRequired,
            Self::SignIn => return AuthorizeOutcome::SignIn { pending: pending.seal(argus), upstream: None },
            Self::Consent(_) => return AuthorizeOutcome::Consent { pending: pending.seal(argus) },
        };
        let refusal = Refusal::new(missing, "prompt=none was asked for, but the user has to be asked");
        AuthorizeOutcome::Respond(request.target.refuse(argus, &refusal))
    }
}

/// Decides: sign in, ask, or answer.
pub(crate) async fn decide(
    argus: &Argus,
    request: &ValidatedAuthorizationRequest,
    pending: &PendingAuthorization,
    session_cookie: Option<&str>,
    meta: &RequestMeta,
) -> Result<Decision, AuthorizePageError> {
    let approver = match approver(argus, request, pending, session_cookie, meta).await? {
        Found::Approver(approver) => *approver,
        Found::Nobody => return Ok(Decision::SignIn),
        Found::SomebodyElse => {
            let refusal = Refusal::new(ErrorCode::LoginRequired, "another user has signed in than id_token_hint is about");
            return Ok(Decision::Respond(request.target.refuse(argus, &refusal)));
        }
    };
    let settings = &request.client.client.settings;
    let ask = request.prompt.consent
        || match settings.consent {
            ConsentPolicy::Always => true,
            ConsentPolicy::Implicit => false,
            ConsentPolicy::Remember => !approver.given.as_ref().is_some_and(|given| given.covers(&asked(request))),
        };
    if ask {
        return Ok(Decision::Consent(approver));
    }
    Ok(Decision::Respond(approve(argus, request, &approver).await?))
}

/// What the user would be asked to allow.
pub(crate) fn asked(request: &ValidatedAuthorizationRequest) -> Consent {
    let claims = request.client.attachments.iter().flat_map(|attachment| attachment.claim_names().map(str::to_owned)).collect();
    Consent { scopes: request.scopes.clone(), claims }
}

/// Who is signed in, as far as the request is concerned.
enum Found {
    /// A live session that satisfies everything the request asks of a sign-in.
    Approver(Box<Approver>),
    /// Nobody who would do: the user has to sign in.
    Nobody,
    /// A user who has just signed in for this request, but is not the one it expects (OpenID Connect Core §3.1.2.1).
    SomebodyElse,
}

async fn approver(
    argus: &Argus,
    request: &ValidatedAuthorizationRequest,
    pending: &PendingAuthorization,
    session_cookie: Option<&str>,
    meta: &RequestMeta,
) -> Result<Found, AuthorizePageError> {
    let Some(cookie) = session_cookie else { return Ok(Found::Nobody) };
    let now = argus.now();
    let found = {
        let mut reader = argus.store().read().await?;
        browser_sessions::find_for_authorization(&mut reader, &SecretHash::of(cookie), request.client.client.id).await?
    };
    let Some(found) = found.filter(|found| found.enabled && found.session.is_live(now, argus.settings().sessions.idle())) else {
        return Ok(Found::Nobody);
    };
    let authenticated_at = found.session.sign_in.authenticated_at;
    let signed_in_for_this_request = authenticated_at >= pending.requested_at;
    // What changes this installation is allowed by whoever is at the keyboard, not by a browser that was left signed in.
    let administers = request.scopes.iter().any(|scope| scope.ends_with(":write") && is_administration_scope(scope));
    let max_age = if administers { Some(request.max_age.map_or(session::RECENT, |age| age.min(session::RECENT))) } else { request.max_age };
    let too_old = max_age.is_some_and(|max_age| now.since(authenticated_at) > max_age || max_age.is_zero());
    let somebody_else = request.expected_subject.as_deref().is_some_and(|subject| subject != found.subject.as_str());
    let moved = argus.settings().sessions.ip_binding == IpBinding::Enforce && found.session.sign_in.client_ip != meta.address;
    if somebody_else && signed_in_for_this_request {
        return Ok(Found::SomebodyElse);
    }
    if ((request.prompt.login || too_old) && !signed_in_for_this_request) || somebody_else || moved {
        return Ok(Found::Nobody);
    }
    session::touch(argus, found.session.id, found.session.last_seen_at).await?;
    let approver = Approver { user: found.session.user, subject: found.subject, session: found.session, given: found.consent };
    Ok(Found::Approver(Box::new(approver)))
}

/// Opens an authorization grant and answers with its code.
pub(crate) async fn approve(
    argus: &Argus,
    request: &ValidatedAuthorizationRequest,
    approver: &Approver,
) -> Result<AuthorizationResponse, StorageError> {
    let (code, grant) = grant(argus, request, approver);
    argus
        .store()
        .write(move |tx| {
            let grant = grant.clone();
            Box::pin(async move { authorization_grants::insert(tx, &grant).await })
        })
        .await?;
    Ok(request.target.grant(argus, &code))
}

/// A new grant and its code, which only the client will see.
pub(crate) fn grant(argus: &Argus, request: &ValidatedAuthorizationRequest, approver: &Approver) -> (Secret, AuthorizationGrant) {
    let now = argus.now();
    let code = Secret::new(argus.random().token());
    let grant = AuthorizationGrant {
        code_hash: code.hash(),
        client: request.client.client.id,
        user: approver.user,
        browser_session: approver.session.id,
        client_session: ClientSessionId::new(argus.random().sortable_uuid(now)),
        redirect_uri: request.target.redirect_uri.as_str().to_owned(),
        scopes: request.scopes.clone(),
        nonce: request.nonce.clone(),
        code_challenge: request.code_challenge.clone(),
        sign_in: approver.session.sign_in.clone(),
        expires_at: now.after(seconds(argus.settings().tokens.authorization_code_seconds)),
        state: AuthorizationGrantState::Approved,
    };
    (code, grant)
}
