//! Takes the answer of an identity provider, and begins a session for the user it is about.

use std::sync::Arc;
use std::time::Duration;

use argus_domain::Timestamp;
use argus_domain::audit::{AuditEvent, AuditEventKind};
use argus_domain::grant::{BrowserSession, SignIn};
use argus_domain::ids::{BrowserSessionId, SubjectIdentifier, UserId};
use argus_domain::secret::{Secret, SecretHash};
use argus_domain::upstream::LinkMode;
use argus_saml::connection::DEFAULT_CLOCK_SKEW;
use argus_saml::encoding::decode_parameter;
use argus_saml::{Connection, PendingRequest, Refusal, VerifiedAssertion, response};
use argus_storage::StorageError;
use argus_storage::upstream::idps;
use argus_storage::upstream::refusals::{self, UpstreamRefusal};

use super::FederationError;
use super::depart::{Remembered, Waiting, recall};
use super::enter::{Entry, Newcomer, Outcome};
use super::identity::UpstreamIdentity;
use super::link;
use super::upstreams::{Upstream, enabled};
use crate::argus::{Argus, RequestMeta};
use crate::params::Params;
use crate::revoke::last_access_token;
use crate::session::Beginning;
use crate::sign_in::NewSession;

/// What became of an answer.
#[derive(Debug)]
pub enum Arrived {
    /// Its user is in.
    In(Arrival),
    /// Its user has to tell who they are here, at the page with this handle.
    Confirm {
        /// Good for one use, in this browser.
        handle: Secret,
    },
}

/// Somebody who came in.
#[derive(Debug)]
pub struct Arrival {
    /// The session that has just begun.
    pub session: NewSession,
    /// What it was for.
    pub waiting: Waiting,
}

/// Takes the form that an identity provider's page posts (SAML 2.0 Bindings §3.5).
#[tracing::instrument(name = "federation.arrive", skip_all, fields(slug))]
pub async fn saml_response(
    argus: &Argus,
    slug: &str,
    params: &Params,
    browser_cookie: Option<&str>,
    meta: &RequestMeta,
) -> Result<Arrived, FederationError> {
    let upstream = enabled(argus, slug).await?;
    let connection = Arc::clone(&upstream.saml()?.connection);
    let clock_skew = connection.clock_skew();
    let handle = params.once("RelayState").ok().flatten();
    let remembered = recall(argus, slug, handle, browser_cookie).await?;
    let now = argus.now();
    let response = params.once("SAMLResponse").ok().flatten().unwrap_or_default().to_owned();
    let pending = remembered.as_ref().map(|remembered| PendingRequest { id: remembered.request_id.clone() });
    let verified = verify(connection, response, pending, now).await;
    let assertion = match verified {
        Ok(assertion) => assertion,
        Err(refusal) => return refuse(argus, slug, refusal.rule.name(), &refusal.reason, meta).await,
    };
    let identity = match UpstreamIdentity::of_assertion(&assertion, &upstream.settings) {
        Ok(identity) => identity,
        Err(reason) => return refuse(argus, slug, "name-id", &reason, meta).await,
    };
    if is_stale(&identity, remembered.as_ref(), clock_skew) {
        return refuse(argus, slug, "authn-instant", STALE, meta).await;
    }
    let handle = remembered.as_ref().and(handle).map(SecretHash::of);
    let visit = Visit { identity, handle, remembered, newcomer: None };
    enter(argus, &upstream, visit, meta).await
}

const STALE: &str = "a new sign-in was asked for, and the user had signed in before";

fn is_stale(identity: &UpstreamIdentity, remembered: Option<&Remembered>, clock_skew: Duration) -> bool {
    remembered.is_some_and(|remembered| remembered.fresh && identity.authenticated_at.after(clock_skew) < remembered.departed_at)
}

/// Takes an authorization response of an OpenID provider (RFC 6749 §4.1.2).
#[tracing::instrument(name = "federation.arrive", skip_all, fields(slug))]
pub async fn authorization_response(
    argus: &Argus,
    slug: &str,
    params: &Params,
    browser_cookie: Option<&str>,
    meta: &RequestMeta,
) -> Result<Arrived, FederationError> {
    let upstream = enabled(argus, slug).await?;
    let oidc = upstream.oidc()?;
    let handle = params.once("state").ok().flatten();
    let remembered = recall(argus, slug, handle, browser_cookie).await?;
    let (Some(handle), Some(remembered)) = (handle, remembered) else {
        return refuse(argus, slug, "unsolicited", "no sign-in of this browser is under way", meta).await;
    };
    let identity = match oidc.identity(params, &remembered, &upstream.settings, argus.now()).await {
        Ok(identity) => identity,
        Err((rule, reason)) => return refuse(argus, slug, rule, &reason, meta).await,
    };
    if is_stale(&identity, Some(&remembered), DEFAULT_CLOCK_SKEW) {
        return refuse(argus, slug, "authn-instant", STALE, meta).await;
    }
    let visit = Visit { identity, handle: Some(SecretHash::of(handle)), remembered: Some(remembered), newcomer: None };
    enter(argus, &upstream, visit, meta).await
}

/// Verification takes a thread of its own: the largest document takes milliseconds.
async fn verify(
    connection: Arc<Connection>,
    parameter: String,
    pending: Option<PendingRequest>,
    now: Timestamp,
) -> Result<VerifiedAssertion, Refusal> {
    let verify = move || {
        let document = decode_parameter(&parameter)?;
        response::verify(&document, &connection, pending.as_ref(), now)
    };
    match tokio::task::spawn_blocking(verify).await {
        Ok(verified) => verified,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// Somebody at the gate.
pub(super) struct Visit {
    pub(super) identity: UpstreamIdentity,
    /// What is used up.
    pub(super) handle: Option<SecretHash>,
    pub(super) remembered: Option<Remembered>,
    /// What they told, if they were asked who they are here.
    pub(super) newcomer: Option<Newcomer>,
}

pub(super) async fn enter(argus: &Argus, upstream: &Upstream, visit: Visit, meta: &RequestMeta) -> Result<Arrived, FederationError> {
    let Visit { identity, handle, remembered, newcomer } = visit;
    let (now, slug) = (argus.now(), upstream.settings.slug.as_str());
    let (cookie, ticket) = (Secret::new(argus.random().token()), Secret::new(argus.random().token()));
    let asks = upstream.settings.link == LinkMode::Confirm;
    let newcomer = match (newcomer, &remembered) {
        (Some(told), _) => told,
        (None, Some(remembered)) if asks => Newcomer::Decide(Some(link::ticket(argus, slug, &ticket, &identity, remembered, meta))),
        (None, None) if asks => {
            return refuse(argus, slug, "user", "nobody here is linked to the user of a response that came without a request", meta).await;
        }
        (None, _) => Newcomer::Decide(None),
    };
    let (begun, session) = beginning(argus, slug, &identity, remembered.as_ref(), &cookie, meta);
    let expires_at = session.expires_at;
    let until = last_access_token(argus, now);
    let entry = Entry {
        settings: upstream.settings.clone(),
        identity,
        handle,
        newcomer,
        fresh: (SubjectIdentifier::new(argus.random().uuid().to_string()), argus.random().token()),
        beginning: Beginning { session, begun, old: remembered.as_ref().and_then(|remembered| remembered.session.clone()), until },
        now,
    };
    let outcome = argus
        .store()
        .write(move |tx| {
            let entry = entry.clone();
            Box::pin(async move { entry.write(tx).await })
        })
        .await?;
    match outcome {
        Outcome::In(ended) => {
            argus.revocations().add(ended.into_iter().map(|id| (id.to_string(), until)));
            metrics::counter!("argus_sign_ins_total", "outcome" => "success").increment(1);
            let waiting = remembered.map(|remembered| remembered.waiting).unwrap_or_default();
            Ok(Arrived::In(Arrival { session: NewSession { cookie, expires_at }, waiting }))
        }
        Outcome::Confirm => Ok(Arrived::Confirm { handle: ticket }),
        Outcome::Refused(rule, reason) => refuse(argus, slug, rule, &reason, meta).await,
    }
}

/// The session that begins, but for whose it is, and its event.
fn beginning(
    argus: &Argus,
    slug: &str,
    identity: &UpstreamIdentity,
    remembered: Option<&Remembered>,
    cookie: &Secret,
    meta: &RequestMeta,
) -> (AuditEvent, BrowserSession) {
    let now = argus.now();
    // A clock ahead of ours is no reason for a sign-in in the future. One that was asked for counts from now on: it is what the
    // client waits for, by our clock.
    let fresh = remembered.is_some_and(|remembered| remembered.fresh);
    let authenticated_at = if fresh { now } else { identity.authenticated_at.min(now) };
    let absolute = now.after(argus.settings().sessions.absolute());
    let session = BrowserSession {
        id: BrowserSessionId::new(argus.random().sortable_uuid(now)),
        token_hash: cookie.hash(),
        user: UserId::new(0),
        sign_in: SignIn {
            authenticated_at,
            amr: identity.amr.clone(),
            client_ip: meta.address.clone(),
            federated_by: Some(slug.to_owned()),
        },
        last_seen_at: now,
        expires_at: identity.ends_at.map_or(absolute, |end| end.min(absolute)),
    };
    let begun = AuditEvent::new(now, AuditEventKind::SignInSucceeded, &*meta.correlation_id)
        .address(meta.address.as_deref())
        .with("upstream", slug)
        .with("amr", identity.amr.clone());
    (begun, session)
}

async fn record(argus: &Argus, slug: &str, rule: &str, reason: &str, event: AuditEvent) -> Result<(), StorageError> {
    let refusal =
        UpstreamRefusal { at: event.at, rule: rule.to_owned(), reason: reason.to_owned(), correlation_id: event.correlation_id.clone() };
    let slug = slug.to_owned();
    argus
        .store()
        .write(move |tx| {
            let (slug, refusal, event) = (slug.clone(), refusal.clone(), event.clone());
            Box::pin(async move {
                // Deleted in the meantime: nobody will look.
                if idps::find(tx, &slug).await?.is_some() {
                    refusals::insert(tx, &slug, &refusal).await?;
                }
                tx.audit(&event).await
            })
        })
        .await
}

/// Anybody can post anything here: only some of what is refused is put on record.
pub(super) async fn refuse<T>(argus: &Argus, slug: &str, rule: &str, reason: &str, meta: &RequestMeta) -> Result<T, FederationError> {
    tracing::info!(correlation_id = %meta.correlation_id, upstream = slug, rule, reason, "a sign-in at an identity provider was refused");
    metrics::counter!("argus_sign_ins_total", "outcome" => "failure").increment(1);
    if argus.upstream_refusals().admits(slug, argus.now()) {
        let event = AuditEvent::new(argus.now(), AuditEventKind::SignInFailed, &*meta.correlation_id)
            .by("anonymous")
            .address(meta.address.as_deref())
            .with("upstream", slug)
            .with("rule", rule)
            .failed(reason);
        record(argus, slug, rule, reason, event).await?;
    }
    Err(FederationError::Refused)
}
