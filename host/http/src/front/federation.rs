//! Sign-in at an organisation's identity provider: away, and back.

use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use form_urlencoded::Serializer;

use super::login::{Waiting as Awaited, signed_in};
use super::{answer, redirect};
use crate::answer::status;
use crate::app::App;
use crate::browser::Browser;
use crate::console::NextPage;
use crate::endpoint;
use crate::form::{Form, Query};
use crate::protocol::{Arrived, FederationError, Waiting, federation};

/// Where a browser is sent to for a connection, below the issuer.
pub(super) fn login_path(slug: &str) -> String {
    endpoint::UPSTREAM_LOGIN.path.replace("{slug}", slug)
}

/// The same with what the sign-in is for, as a link.
pub(super) fn login_link(app: &App, slug: &str, awaited: &Awaited<'_>) -> String {
    let mut query = Serializer::new(String::new());
    if let Some(request) = awaited.request {
        query.append_pair("request", request);
    }
    if let Some(next) = &awaited.next {
        query.append_pair("next", next.as_str());
    }
    let query = query.finish();
    let separator = if query.is_empty() { "" } else { "?" };
    format!("{}{}{separator}{query}", app.base(), login_path(slug))
}

/// Sends the browser to the identity provider.
pub(crate) async fn depart(State(app): State<App>, Path(slug): Path<String>, browser: Browser, Query(params): Query) -> Response {
    let awaited = Awaited::of(&app, &params);
    let waiting = Waiting { request: awaited.request.map(str::to_owned), next: awaited.next.map(|next| next.as_str().to_owned()) };
    let (cookie, session) = (browser.upstream.as_deref(), browser.session.as_deref());
    let departure = match federation::depart(app.argus(), &slug, waiting, cookie, session, &browser.meta).await {
        Ok(departure) => departure,
        Err(error) => return refuse(&app, &browser, &error),
    };
    let mut response = redirect::see_other(&departure.url);
    if let Some(cookie) = departure.new_cookie.and_then(|cookie| app.cookies().set_upstream(cookie.expose())) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// Takes the identity provider's answer. No token guards the form, since it is a page of somebody else's that posts it: the answer is
/// signed, and bound to this browser.
pub(crate) async fn acs(State(app): State<App>, Path(slug): Path<String>, browser: Browser, Form(params): Form) -> Response {
    let arrived = federation::saml_response(app.argus(), &slug, &params, browser.upstream.as_deref(), &browser.meta).await;
    let_in(&app, &browser, &slug, arrived).await
}

/// Takes an OpenID provider's answer.
pub(crate) async fn callback(State(app): State<App>, Path(slug): Path<String>, browser: Browser, Query(params): Query) -> Response {
    let arrived = federation::authorization_response(app.argus(), &slug, &params, browser.upstream.as_deref(), &browser.meta).await;
    let_in(&app, &browser, &slug, arrived).await
}

async fn let_in(app: &App, browser: &Browser, slug: &str, arrived: Result<Arrived, FederationError>) -> Response {
    match arrived {
        Ok(arrived) => go_on(app, browser, slug, arrived).await,
        Err(error) => refuse(app, browser, &error),
    }
}

/// On to what the sign-in was for, or to the page that asks who the user is here.
pub(super) async fn go_on(app: &App, browser: &Browser, slug: &str, arrived: Arrived) -> Response {
    let arrival = match arrived {
        Arrived::In(arrival) => arrival,
        Arrived::Confirm { handle } => {
            let query = Serializer::new(String::new()).append_pair("handle", handle.expose()).finish();
            return redirect::see_other(&format!("{}{}?{query}", app.base(), endpoint::UPSTREAM_LINK.path.replace("{slug}", slug)));
        }
    };
    let next = arrival.waiting.next.as_deref().and_then(|next| NextPage::parse(app.base(), next));
    signed_in(app, &browser.meta, &arrival.session, &Awaited { request: arrival.waiting.request.as_deref(), next }).await
}

/// What an administrator gives to the identity provider.
pub(crate) async fn metadata(State(app): State<App>, Path(slug): Path<String>, browser: Browser) -> Response {
    match federation::service_provider_metadata(app.argus(), &slug).await {
        Ok(metadata) => {
            let content_type = HeaderValue::from_static("application/samlmetadata+xml");
            ([(header::CONTENT_TYPE, content_type)], metadata).into_response()
        }
        Err(error) => refuse(&app, &browser, &error),
    }
}

pub(super) fn refuse(app: &App, browser: &Browser, error: &FederationError) -> Response {
    answer::page_error(app, &browser.meta, status(error.status()), error)
}
