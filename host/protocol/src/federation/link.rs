//! Somebody who comes in for the first time tells who they are here, by signing in once, or that they are nobody yet.
//!
//! Meanwhile what the identity provider said lies where requests lie: sealed, for ten minutes, good for one use in one browser.

use argus_domain::secret::{Secret, SecretHash};
use argus_keys::seal::Purpose;
use argus_storage::StorageError;
use argus_storage::upstream::requests::{self, UpstreamRequest};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::FederationError;
use super::arrive::{Arrived, Visit, enter};
use super::depart::{LIFETIME, Remembered};
use super::enter::Newcomer;
use super::identity::UpstreamIdentity;
use super::upstreams::enabled;
use crate::argus::{Argus, RequestMeta};
use crate::sign_in::{self, SignInError};

/// What the page shows.
#[derive(Clone, Debug)]
pub struct LinkPage {
    /// The identity provider, for people.
    pub upstream: String,
    /// What it calls the user.
    pub display: String,
    /// Whether somebody who is nobody here can become somebody.
    pub may_add: bool,
    /// Where the answer to the application will go, for the content security policy.
    pub leads_to: Option<String>,
}

/// Why nobody came in.
#[derive(Debug, Error)]
pub enum LinkError {
    /// The page is too old, was used, or is another browser's.
    #[error("This sign-in took too long. Go back to the application and start again.")]
    Expired,
    /// The password.
    #[error(transparent)]
    SignIn(#[from] SignInError),
    /// The gate.
    #[error(transparent)]
    Federation(#[from] FederationError),
}

impl From<StorageError> for LinkError {
    fn from(error: StorageError) -> Self {
        Self::Federation(error.into())
    }
}

/// What is kept until they tell.
#[derive(Serialize, Deserialize)]
struct Ticket {
    identity: UpstreamIdentity,
    remembered: Remembered,
}

/// The ticket of a handle, to be stored.
pub(super) fn ticket(
    argus: &Argus,
    slug: &str,
    handle: &Secret,
    identity: &UpstreamIdentity,
    remembered: &Remembered,
    meta: &RequestMeta,
) -> UpstreamRequest {
    // The assertion is used up with the request.
    let identity = UpstreamIdentity { assertion: None, ..identity.clone() };
    let ticket = Ticket { identity, remembered: remembered.clone() };
    // Strings, numbers, flags, lists and maps of them always serialize.
    let clear = serde_json::to_vec(&ticket).unwrap_or_default();
    UpstreamRequest {
        handle_hash: handle.hash(),
        slug: slug.to_owned(),
        address: meta.address.clone().unwrap_or_default(),
        sealed: argus.sealing().seal(Purpose::UpstreamTicket, &clear),
        expires_at: argus.now().after(LIFETIME),
    }
}

async fn find(argus: &Argus, slug: &str, handle: &str, browser_cookie: Option<&str>) -> Result<Ticket, LinkError> {
    let found = requests::find(&mut *argus.store().read().await?, slug, &SecretHash::of(handle)).await?;
    let found = found.filter(|found| argus.now() < found.expires_at).ok_or(LinkError::Expired)?;
    let clear = argus.sealing().open(Purpose::UpstreamTicket, &found.sealed).map_err(|_| LinkError::Expired)?;
    let ticket: Ticket = serde_json::from_slice(&clear).map_err(|_| LinkError::Expired)?;
    let is_theirs = browser_cookie.is_some_and(|cookie| ticket.remembered.browser.matches(cookie));
    if is_theirs { Ok(ticket) } else { Err(LinkError::Expired) }
}

/// Prepares the page.
pub async fn link_page(argus: &Argus, slug: &str, handle: &str, browser_cookie: Option<&str>) -> Result<LinkPage, LinkError> {
    let ticket = find(argus, slug, handle, browser_cookie).await?;
    let settings = &enabled(argus, slug).await?.settings;
    let waiting = sign_in::page(argus, ticket.remembered.waiting.request.as_deref()).await.map_err(FederationError::from)?;
    Ok(LinkPage {
        upstream: settings.name.clone(),
        display: ticket.identity.display,
        may_add: settings.jit,
        leads_to: waiting.redirect_origin,
    })
}

/// They are this user here.
#[tracing::instrument(name = "federation.link", skip_all, fields(slug))]
pub async fn link(
    argus: &Argus,
    slug: &str,
    handle: &str,
    browser_cookie: Option<&str>,
    (username, password): (&str, Secret),
    meta: &RequestMeta,
) -> Result<Arrived, LinkError> {
    // Found first: whoever has no ticket gets no guess at a password here.
    let ticket = find(argus, slug, handle, browser_cookie).await?;
    let user = sign_in::check_password(argus, username, password, meta).await?;
    go_on(argus, slug, handle, ticket, Newcomer::Is(user), meta).await
}

/// They are nobody here yet.
#[tracing::instrument(name = "federation.add", skip_all, fields(slug))]
pub async fn add(argus: &Argus, slug: &str, handle: &str, browser_cookie: Option<&str>, meta: &RequestMeta) -> Result<Arrived, LinkError> {
    let ticket = find(argus, slug, handle, browser_cookie).await?;
    go_on(argus, slug, handle, ticket, Newcomer::IsNew, meta).await
}

async fn go_on(
    argus: &Argus,
    slug: &str,
    handle: &str,
    ticket: Ticket,
    newcomer: Newcomer,
    meta: &RequestMeta,
) -> Result<Arrived, LinkError> {
    let upstream = enabled(argus, slug).await?;
    let visit = Visit {
        identity: ticket.identity,
        handle: Some(SecretHash::of(handle)),
        remembered: Some(ticket.remembered),
        newcomer: Some(newcomer),
    };
    Ok(enter(argus, &upstream, visit, meta).await?)
}
