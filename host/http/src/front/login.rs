//! Sign-in with user name and password.

use argus_domain::secret::Secret;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::{answer, redirect};
use crate::answer::retry_after;
use crate::app::App;
use crate::browser::Browser;
use crate::endpoint;
use crate::form::{GuardedForm, Query};
use crate::pages::{SignInForm, SignInProblem};
use crate::protocol::{SignInError, authorize, sign_in};

pub(crate) async fn get(State(app): State<App>, browser: Browser, Query(params): Query) -> Response {
    show(&app, &browser, Shown { request: params.get("request"), username: None, problem: None }).await
}

pub(crate) async fn post(State(app): State<App>, GuardedForm { browser, params }: GuardedForm) -> Response {
    let request = params.get("request");
    let username = params.get("username").unwrap_or("");
    let password = Secret::new(params.get("password").unwrap_or(""));
    let session = match sign_in::sign_in(app.argus(), username, password, browser.session.as_deref(), &browser.meta).await {
        Ok(session) => session,
        Err(error) => return refuse(&app, &browser, request, username, error).await,
    };
    let mut response = match request {
        Some(pending) => {
            let outcome = authorize::resume(app.argus(), pending, Some(session.cookie.expose()), &browser.meta).await;
            answer::authorize(&app, &browser.meta, outcome)
        }
        None => redirect::see_other(&format!("{}{}", app.base(), endpoint::HOME.path)),
    };
    let lifetime = session.expires_at.since(app.argus().now());
    // Whatever became of the request, the user is signed in.
    if let Some(cookie) = app.cookies().set_session(session.cookie.expose(), lifetime) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

async fn refuse(app: &App, browser: &Browser, request: Option<&str>, username: &str, error: SignInError) -> Response {
    let (problem, delay) = match error {
        SignInError::WrongCredentials => (SignInProblem::WrongCredentials, None),
        SignInError::TooManyAttempts { retry_after } => (SignInProblem::TooManyAttempts, Some(retry_after)),
        SignInError::Busy => (SignInProblem::Busy, Some(std::time::Duration::from_secs(2))),
        SignInError::Unavailable(_) => return answer::page_error(app, &browser.meta, StatusCode::SERVICE_UNAVAILABLE, &error),
    };
    let mut response = show(app, browser, Shown { request, username: Some(username), problem: Some(problem) }).await;
    if let Some(delay) = delay {
        retry_after(&mut response, delay);
    }
    response
}

struct Shown<'a> {
    request: Option<&'a str>,
    username: Option<&'a str>,
    problem: Option<SignInProblem>,
}

async fn show(app: &App, browser: &Browser, shown: Shown<'_>) -> Response {
    let page = match sign_in::page(app.argus(), shown.request).await {
        Ok(page) => page,
        Err(error) => return answer::authorize_error(app, &browser.meta, &error),
    };
    let (csrf, cookie) = browser.form_token(app);
    let form = SignInForm {
        frame: app.frame(),
        client: page.client_name.as_deref(),
        username: shown.username.or(page.login_hint.as_deref()).unwrap_or(""),
        request: shown.request,
        csrf: &csrf,
        problem: shown.problem,
    };
    let mut response = form.respond(page.redirect_origin.as_deref()).into_response();
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
