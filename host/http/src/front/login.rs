//! Sign-in with user name and password.

use argus_domain::secret::Secret;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::{answer, redirect};
use crate::answer::retry_after;
use crate::app::App;
use crate::browser::Browser;
use crate::console::NextPage;
use crate::endpoint;
use crate::form::{GuardedForm, Query};
use crate::pages::{SignInForm, SignInProblem};
use crate::protocol::{Params, SignInError, authorize, sign_in};

pub(crate) async fn get(State(app): State<App>, browser: Browser, Query(params): Query) -> Response {
    show(&app, &browser, Shown { waiting: Waiting::of(&app, &params), username: None, problem: None }).await
}

pub(crate) async fn post(State(app): State<App>, GuardedForm { browser, params }: GuardedForm) -> Response {
    let waiting = Waiting::of(&app, &params);
    let username = params.get("username").unwrap_or("");
    let password = Secret::new(params.get("password").unwrap_or(""));
    let session = match sign_in::sign_in(app.argus(), username, password, browser.session.as_deref(), &browser.meta).await {
        Ok(session) => session,
        Err(error) => return refuse(&app, &browser, waiting, username, error).await,
    };
    let mut response = match (waiting.request, &waiting.next) {
        (Some(pending), _) => {
            let outcome = authorize::resume(app.argus(), pending, Some(session.cookie.expose()), &browser.meta).await;
            answer::authorize(&app, &browser.meta, outcome)
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
    let (problem, delay) = match error {
        SignInError::WrongCredentials => (SignInProblem::WrongCredentials, None),
        SignInError::TooManyAttempts { retry_after } => (SignInProblem::TooManyAttempts, Some(retry_after)),
        SignInError::Busy => (SignInProblem::Busy, Some(std::time::Duration::from_secs(2))),
        SignInError::Unavailable(_) => return answer::page_error(app, &browser.meta, StatusCode::SERVICE_UNAVAILABLE, &error),
    };
    let mut response = show(app, browser, Shown { waiting, username: Some(username), problem: Some(problem) }).await;
    if let Some(delay) = delay {
        retry_after(&mut response, delay);
    }
    response
}

/// What the sign-in is for.
struct Waiting<'a> {
    /// The sealed request of a client.
    request: Option<&'a str>,
    /// A page of ours.
    next: Option<NextPage>,
}

impl<'a> Waiting<'a> {
    fn of(app: &App, params: &'a Params) -> Self {
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
    let (csrf, cookie) = browser.form_token(app);
    let form = SignInForm {
        frame: app.frame(),
        client: page.client_name.as_deref(),
        username: shown.username.or(page.login_hint.as_deref()).unwrap_or(""),
        request: shown.waiting.request,
        next: shown.waiting.next.as_ref().map(NextPage::as_str),
        csrf: &csrf,
        problem: shown.problem,
    };
    let mut response = form.respond(page.redirect_origin.as_deref()).into_response();
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
