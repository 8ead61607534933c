//! Sends a browser to an identity provider, and remembers it.
//!
//! What is remembered lies in the database, so that it can be used once, sealed, for ten minutes. RelayState is a handle of it; the
//! browser is bound to it by a cookie of its own, since the answer may come by a cross-site POST, on which a browser sends no
//! session cookie.

use std::time::Duration;

use argus_domain::Timestamp;
use argus_domain::secret::{Secret, SecretHash};
use argus_domain::upstream::UpstreamIdpSettings;
use argus_keys::seal::Purpose;
use argus_saml::request::AuthnRequest;
use argus_storage::upstream::requests::{self, UpstreamRequest};
use serde::{Deserialize, Serialize};

use super::FederationError;
use super::oidc::OidcMemory;
use super::upstreams::{Party, SamlParty, acs_url, enabled, entity_id};
use crate::argus::{Argus, RequestMeta};
use crate::authorize::{PendingAuthorization, validate};

/// How long a user may take at the identity provider.
pub(super) const LIFETIME: Duration = Duration::from_secs(600);
/// Browsers of one address that are remembered at a time: those that came back are not.
const MAX_PER_ADDRESS: u32 = 1_000;

/// What a sign-in is for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// The sealed request of a client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// A page of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A browser on its way.
#[derive(Debug)]
pub struct Departure {
    /// Where to.
    pub url: String,
    /// What binds the browser to its request, if it has not got it yet.
    pub new_cookie: Option<Secret>,
}

/// What is remembered.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Remembered {
    /// ID of the request to the identity provider.
    pub(super) request_id: String,
    /// Hash of the browser's cookie.
    pub(super) browser: SecretHash,
    /// Hash of its session's cookie, which does not come with a cross-site POST.
    pub(super) session: Option<SecretHash>,
    pub(super) waiting: Waiting,
    pub(super) departed_at: Timestamp,
    /// Whether the user had to sign in there anew.
    pub(super) fresh: bool,
    /// What OpenID Connect has to remember.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) oidc: Option<OidcMemory>,
}

/// Sends a browser away.
#[tracing::instrument(name = "federation.depart", skip_all, fields(slug))]
pub async fn depart(
    argus: &Argus,
    slug: &str,
    waiting: Waiting,
    browser_cookie: Option<&str>,
    session_cookie: Option<&str>,
    meta: &RequestMeta,
) -> Result<Departure, FederationError> {
    let upstream = enabled(argus, slug).await?;
    let fresh = match &waiting.request {
        Some(pending) => {
            let pending = PendingAuthorization::open(argus, pending)?;
            // A refused request is answered when it is resumed; who is asked for a new sign-in must get one there, too.
            validate(argus, &pending.params()).await?.is_ok_and(|request| request.prompt.login || request.max_age.is_some())
        }
        // A page of ours that asks somebody who is signed in wants to know whether it is still them.
        None => waiting.next.is_some() && session_cookie.is_some(),
    };
    let new_cookie = browser_cookie.is_none().then(|| Secret::new(argus.random().token()));
    let browser = new_cookie.as_ref().map_or_else(|| SecretHash::of(browser_cookie.unwrap_or_default()), Secret::hash);
    let handle = Secret::new(argus.random().token());
    let now = argus.now();
    let mut remembered = Remembered {
        request_id: format!("_{}", argus.random().uuid().simple()),
        browser,
        session: session_cookie.map(SecretHash::of),
        waiting,
        departed_at: now,
        fresh,
        oidc: None,
    };
    let url = match &upstream.party {
        Party::Saml(saml) => authn_request(argus, &upstream.settings, saml, &remembered, &handle)?,
        Party::Oidc(oidc) => match oidc.authorization_url(&handle, fresh, now).await {
            Ok((url, memory)) => {
                remembered.oidc = Some(memory);
                url
            }
            Err((rule, reason)) => {
                tracing::warn!(upstream = slug, rule, reason, "an identity provider cannot be reached");
                return Err(FederationError::Unreachable);
            }
        },
    };
    remember(argus, slug, &handle, &remembered, meta).await?;
    Ok(Departure { url, new_cookie })
}

fn authn_request(
    argus: &Argus,
    settings: &UpstreamIdpSettings,
    saml: &SamlParty,
    remembered: &Remembered,
    handle: &Secret,
) -> Result<String, FederationError> {
    let issuer = &argus.settings().issuer;
    let slug = &settings.slug;
    let request = AuthnRequest {
        id: &remembered.request_id,
        issue_instant: remembered.departed_at,
        destination: &saml.sso_url,
        acs_url: &acs_url(issuer, slug),
        issuer: &entity_id(issuer, slug),
        name_id_format: settings.name_id_format.as_deref(),
        force_authn: remembered.fresh,
    };
    request.redirect_url(Some(handle.expose()), Some(&saml.keys.signing)).map_err(|error| FederationError::Message(error.into()))
}

async fn remember(argus: &Argus, slug: &str, handle: &Secret, remembered: &Remembered, meta: &RequestMeta) -> Result<(), FederationError> {
    let now = remembered.departed_at;
    // Strings, numbers and flags always serialize.
    let clear = serde_json::to_vec(remembered).unwrap_or_default();
    let request = UpstreamRequest {
        handle_hash: handle.hash(),
        slug: slug.to_owned(),
        address: meta.address.clone().unwrap_or_default(),
        sealed: argus.sealing().seal(Purpose::UpstreamRequest, &clear),
        expires_at: now.after(LIFETIME),
    };
    let remembered = argus
        .store()
        .write(move |tx| {
            let request = request.clone();
            Box::pin(async move { requests::insert(tx, &request, now, MAX_PER_ADDRESS).await })
        })
        .await?;
    if remembered { Ok(()) } else { Err(FederationError::TooMany) }
}

/// The request of a handle, if it is live and this browser's.
pub(super) async fn recall(
    argus: &Argus,
    slug: &str,
    handle: Option<&str>,
    browser_cookie: Option<&str>,
) -> Result<Option<Remembered>, FederationError> {
    let (Some(handle), Some(cookie)) = (handle, browser_cookie) else { return Ok(None) };
    let found = requests::find(&mut *argus.store().read().await?, slug, &SecretHash::of(handle)).await?;
    let Some(found) = found.filter(|found| argus.now() < found.expires_at) else { return Ok(None) };
    let Ok(clear) = argus.sealing().open(Purpose::UpstreamRequest, &found.sealed) else { return Ok(None) };
    let remembered: Option<Remembered> = serde_json::from_slice(&clear).ok();
    Ok(remembered.filter(|remembered| remembered.browser.matches(cookie)))
}
