//! Sign-in with user name and password.

use std::time::Duration;

use argus_domain::secret::Secret;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::federation::login_link;
use super::{answer, redirect};
use crate::answer::retry_after;
use crate::app::App;
use crate::browser::Browser;
use crate::console::NextPage;
use crate::endpoint;
use crate::form::{GuardedForm, Query};
use crate::pages::{SignInForm, SignInProblem, UpstreamLink};
use crate::protocol::{NewSession, Params, RequestMeta, SignInError, authorize, federation, one_time_link, sign_in};

/// Name of the button that asks for the identity provider of the address typed.
const ORGANISATION: &str = "organisation";

pub(crate) async fn get(State(app): State<App>, browser: Browser, Query(params): Query) -> Response {
    show(&app, &browser, Shown { waiting: Waiting::of(&app, &params), username: None, problem: None }).await
}

pub(crate) async fn post(State(app): State<App>, GuardedForm { browser, params }: GuardedForm) -> Response {
    let waiting = Waiting::of(&app, &params);
    let username = params.get("username").unwrap_or("");
    if params.get(ORGANISATION).is_some() {
        return at_organisation(&app, &browser, waiting, username).await;
    }
    let password = Secret::new(params.get("password").unwrap_or(""));
    let session = match sign_in::sign_in(app.argus(), username, password, browser.session.as_deref(), &browser.meta).await {
        Ok(session) => session,
        Err(SignInError::ElsewhereOnly { slug }) => return redirect::see_other(&login_link(&app, &slug, &waiting)),
        Err(error) => return refuse(&app, &browser, waiting, username, error).await,
    };
    signed_in(&app, &browser.meta, &session, &waiting).await
}

/// Finds the identity provider of an e-mail address.
async fn at_organisation(app: &App, browser: &Browser, waiting: Waiting<'_>, username: &str) -> Response {
    match federation::serving(app.argus(), username).await {
        Ok(Some(slug)) => redirect::see_other(&login_link(app, &slug, &waiting)),
        Ok(None) => show(app, browser, Shown { waiting, username: Some(username), problem: Some(SignInProblem::NoOrganisation) }).await,
        Err(error) => answer::page_error(app, &browser.meta, StatusCode::SERVICE_UNAVAILABLE, &SignInError::from(error)),
    }
}

/// Somebody has signed in: on to what that was for, with the cookie.
pub(super) async fn signed_in(app: &App, meta: &RequestMeta, session: &NewSession, waiting: &Waiting<'_>) -> Response {
    let mut response = match (waiting.request, &waiting.next) {
        (Some(pending), _) => {
            let outcome = authorize::resume(app.argus(), pending, Some(session.cookie.expose()), meta).await;
            answer::authorize(app, meta, outcome)
        }
        (None, Some(next)) => redirect::see_other(next.as_str()),
        (None, None) => redirect::see_other(&format!("{}{}", app.base(), endpoint::HOME.path)),
    };
    let lifetime = session.expires_at.since(app.argus().now());
    // Whatever became of the request, the user is signed in.
    if let Some(cookie) = app.cookies().set_session(session.cookie.expose(), lifetime) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

async fn refuse(app: &App, browser: &Browser, waiting: Waiting<'_>, username: &str, error: SignInError) -> Response {
    let Some((mut problem, delay)) = problem_of(&error) else {
        return answer::page_error(app, &browser.meta, StatusCode::SERVICE_UNAVAILABLE, &error);
    };
    // Of a new installation there is nothing to find out, and somebody has to be told how to begin.
    if problem == SignInProblem::WrongCredentials && one_time_link::is_needed(app.argus().store()).await.is_ok_and(|is_new| is_new) {
        problem = SignInProblem::NobodyYet;
    }
    let mut response = show(app, browser, Shown { waiting, username: Some(username), problem: Some(problem) }).await;
    if let Some(delay) = delay {
        retry_after(&mut response, delay);
    }
    response
}

/// What the form is to say, and how long to wait; none where it is no use to try again.
pub(super) fn problem_of(error: &SignInError) -> Option<(SignInProblem, Option<Duration>)> {
    match error {
        SignInError::WrongCredentials => Some((SignInProblem::WrongCredentials, None)),
        SignInError::TooManyAttempts { retry_after } => Some((SignInProblem::TooManyAttempts, Some(*retry_after))),
        SignInError::Busy => Some((SignInProblem::Busy, Some(Duration::from_secs(2)))),
        SignInError::ElsewhereOnly { .. } | SignInError::Unavailable(_) => None,
    }
}

/// What the sign-in is for.
pub(super) struct Waiting<'a> {
    /// The sealed request of a client.
    pub(super) request: Option<&'a str>,
    /// A page of ours.
    pub(super) next: Option<NextPage>,
}

impl<'a> Waiting<'a> {
    pub(super) fn of(app: &App, params: &'a Params) -> Self {
        Self { request: params.get("request"), next: params.get("next").and_then(|next| NextPage::parse(app.base(), next)) }
    }
}

struct Shown<'a> {
    waiting: Waiting<'a>,
    username: Option<&'a str>,
    problem: Option<SignInProblem>,
}

async fn show(app: &App, browser: &Browser, shown: Shown<'_>) -> Response {
    let page = match sign_in::page(app.argus(), shown.waiting.request).await {
        Ok(page) => page,
        Err(error) => return answer::authorize_error(app, &browser.meta, &error),
    };
    let upstreams: Vec<UpstreamLink> = page
        .upstreams
        .iter()
        .map(|upstream| UpstreamLink { name: upstream.name.clone(), href: login_link(app, &upstream.slug, &shown.waiting) })
        .collect();
    let leads_to: Vec<&str> =
        page.redirect_origin.as_deref().into_iter().chain(page.upstreams.iter().map(|upstream| upstream.origin.as_str())).collect();
    let (csrf, cookie) = browser.form_token(app);
    let form = SignInForm {
        frame: app.frame(),
        client: page.client_name.as_deref(),
        username: shown.username.or(page.login_hint.as_deref()).unwrap_or(""),
        request: shown.waiting.request,
        next: shown.waiting.next.as_ref().map(NextPage::as_str),
        csrf: &csrf,
        problem: shown.problem,
        upstreams: &upstreams,
        finds_organisations: page.upstreams.iter().any(|upstream| upstream.has_domains),
    };
    let mut response = form.respond(&leads_to).into_response();
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
