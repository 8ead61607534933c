//! Consent: what a client will be told about the user, shown with the values, and the user's word on it.

use argus_domain::audit::{AuditEvent, AuditEventKind};
use argus_domain::claim::Target;
use argus_domain::grant::Consent;
use argus_domain::ids::SubjectIdentifier;
use argus_domain::oauth::{ErrorCode, GrantType};
use argus_storage::{authorization_grants, consents, users};

use crate::argus::{Argus, RequestMeta};
use crate::authorize::{
    Approver, AuthorizeOutcome, AuthorizePageError, Decision, PendingAuthorization, Refusal, Shown, ValidatedAuthorizationRequest, asked,
    decide, grant, validate,
};
use crate::claims::assemble::{AssemblyRequest, assemble};
use crate::release::{self, ReleasedClaim, ReleasedScope};
use crate::rollout;

/// What the consent page asks for, or where the request went without asking.
#[derive(Debug)]
pub enum ConsentOutcome {
    /// The page.
    Page(ConsentPage),
    /// No question is left: it was answered, or the user has to sign in.
    Other(AuthorizeOutcome),
}

/// The question.
#[derive(Clone, Debug)]
pub struct ConsentPage {
    /// The request, sealed, for the form: with who is asked.
    pub pending: String,
    /// Who asks.
    pub client_name: String,
    /// Who is asked.
    pub user_name: String,
    /// The name the user signs in with.
    pub username: String,
    /// What is asked for, in words.
    pub scopes: Vec<ReleasedScope>,
    /// What the client will be told, with the values of this user.
    pub claims: Vec<ReleasedClaim>,
    /// Where the answer will go, for the content security policy.
    pub redirect_origin: String,
}

/// Prepares the consent page.
#[tracing::instrument(name = "consent.page", skip_all)]
pub async fn page(
    argus: &Argus,
    pending: &str,
    session_cookie: Option<&str>,
    meta: &RequestMeta,
) -> Result<ConsentOutcome, AuthorizePageError> {
    let mut pending = PendingAuthorization::open(argus, pending)?;
    let request = match validate(argus, &pending.params()).await? {
        Ok(request) => request,
        Err(refused) => return Ok(ConsentOutcome::Other(AuthorizeOutcome::Respond(refused.respond(argus)))),
    };
    let approver = match decide(argus, &request, &pending, session_cookie, meta).await? {
        Decision::Consent(approver) => approver,
        decision => return Ok(ConsentOutcome::Other(decision.into_outcome(argus, &request, &pending))),
    };
    pending.shown = Some(Shown { to: approver.subject.clone(), asked: asked(&request) });
    ask(argus, &request, &pending, &approver, meta).await
}

async fn ask(
    argus: &Argus,
    request: &ValidatedAuthorizationRequest,
    pending: &PendingAuthorization,
    approver: &Approver,
    meta: &RequestMeta,
) -> Result<ConsentOutcome, AuthorizePageError> {
    let snapshot = {
        let mut reader = argus.store().read().await?;
        users::snapshot(&mut reader, approver.user).await?
    };
    let failed = |description: String| {
        let refusal = Refusal::new(ErrorCode::ServerError, description);
        Ok(ConsentOutcome::Other(AuthorizeOutcome::Respond(request.target.refuse(argus, &refusal))))
    };
    let Some(user) = snapshot else {
        return failed(format!("the user is gone; correlation id {}", meta.correlation_id));
    };
    let audiences = argus.registry().audiences(&argus.settings().issuer, &request.client, &request.scopes).await?;
    let preview = AssemblyRequest {
        user: &user,
        scopes: &request.scopes,
        audiences: &audiences,
        sign_in: &approver.session.sign_in,
        grant_type: GrantType::AuthorizationCode,
        issued_at: argus.now(),
        targets: &[Target::IdToken, Target::Userinfo, Target::AccessToken],
    };
    let assembled = assemble(&argus.settings().issuer, &request.client, preview).await;
    rollout::observe(argus, &assembled);
    let assembled = match assembled {
        Ok(assembled) => assembled,
        Err(error) => {
            tracing::error!(%error, "consent page: claims could not be assembled");
            return failed(format!("the claims could not be computed; correlation id {}", meta.correlation_id));
        }
    };
    let scopes = release::scopes(argus, &request.scopes).await?;
    Ok(ConsentOutcome::Page(ConsentPage {
        pending: pending.seal(argus),
        client_name: request.client.client.settings.name.clone(),
        user_name: user.name.clone(),
        username: user.username.clone(),
        scopes,
        claims: release::claims(assembled),
        redirect_origin: request.target.redirect_uri.origin(),
    }))
}

/// Takes the user's word.
#[tracing::instrument(name = "consent.decide", skip_all)]
pub async fn decide_consent(
    argus: &Argus,
    pending: &str,
    session_cookie: Option<&str>,
    allow: bool,
    meta: &RequestMeta,
) -> Result<AuthorizeOutcome, AuthorizePageError> {
    let pending = PendingAuthorization::open(argus, pending)?;
    let request = match validate(argus, &pending.params()).await? {
        Ok(request) => request,
        Err(refused) => return Ok(AuthorizeOutcome::Respond(refused.respond(argus))),
    };
    if !allow {
        return deny(argus, &request, &pending, meta).await;
    }
    let approver = match decide(argus, &request, &pending, session_cookie, meta).await? {
        Decision::Consent(approver) if pending.shown.as_ref().is_some_and(|shown| shown.covers(&approver, &asked(&request))) => approver,
        // Somebody else has signed in since, whose values were not on the page, or the client asks for more than it said.
        Decision::Consent(_) => return Ok(AuthorizeOutcome::Consent { pending: pending.seal(argus) }),
        decision => return Ok(decision.into_outcome(argus, &request, &pending)),
    };
    let (code, grant) = grant(argus, &request, &approver);
    let event = event(argus, AuditEventKind::ConsentGranted, &request, Some(&approver.subject), meta);
    let consent = approver.given.unwrap_or_default().union(&asked(&request));
    let event = event.with("claims", consent.claims.iter().cloned().collect::<Vec<_>>());
    remember(argus, grant, consent, event).await?;
    Ok(AuthorizeOutcome::Respond(request.target.grant(argus, &code)))
}

impl Shown {
    fn covers(&self, approver: &Approver, asked: &Consent) -> bool {
        self.to == approver.subject && self.asked.covers(asked)
    }
}

/// A no is a no, whatever was given before, or in another window since.
async fn deny(
    argus: &Argus,
    request: &ValidatedAuthorizationRequest,
    pending: &PendingAuthorization,
    meta: &RequestMeta,
) -> Result<AuthorizeOutcome, AuthorizePageError> {
    let event = event(argus, AuditEventKind::ConsentDenied, request, pending.shown.as_ref().map(|shown| &shown.to), meta);
    // Without a page that was shown, it is nobody's word: anybody can send it.
    if pending.shown.is_some() || argus.refusals().admits(request.client.client.id, argus.now()) {
        argus.record(event.failed("the user refused")).await?;
    }
    let refusal = Refusal::new(ErrorCode::AccessDenied, "the user refused");
    Ok(AuthorizeOutcome::Respond(request.target.refuse(argus, &refusal)))
}

fn event(
    argus: &Argus,
    kind: AuditEventKind,
    request: &ValidatedAuthorizationRequest,
    user: Option<&SubjectIdentifier>,
    meta: &RequestMeta,
) -> AuditEvent {
    let event = AuditEvent::new(argus.now(), kind, &*meta.correlation_id)
        .client(request.client.client.id)
        .address(meta.address.as_deref())
        .with("scopes", request.scopes.to_string());
    match user {
        Some(user) => event.by(format!("user:{user}")).subject(user.as_str()),
        None => event.by("anonymous"),
    }
}

async fn remember(
    argus: &Argus,
    grant: argus_domain::grant::AuthorizationGrant,
    consent: Consent,
    event: AuditEvent,
) -> Result<(), argus_storage::StorageError> {
    let now = argus.now();
    argus
        .store()
        .write(move |tx| {
            let (grant, consent, event) = (grant.clone(), consent.clone(), event.clone());
            Box::pin(async move {
                consents::upsert(tx, grant.user, grant.client, &consent, now).await?;
                authorization_grants::insert(tx, &grant).await?;
                tx.audit(&event).await
            })
        })
        .await
}
