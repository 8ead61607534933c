//! Sign-out, started by a client (OpenID Connect RP-Initiated Logout 1.0) or here, and its confirmation.

use axum::extract::State;
use axum::http::header;
use axum::response::Response;

use super::{answer, redirect};
use crate::answer::status;
use crate::app::App;
use crate::browser::Browser;
use crate::endpoint;
use crate::form::{Form, GuardedForm, Query};
use crate::pages::{SignOutForm, SignedOutPage};
use crate::protocol::{EndSessionOutcome, EndSessionPageError, Params, end_session};

pub(crate) async fn request(State(app): State<App>, browser: Browser, Query(params): Query) -> Response {
    serve(&app, &browser, &params).await
}

/// Like the authorization endpoint, any application may post here: the use case asks the user unless the client proves itself.
pub(crate) async fn posted_request(State(app): State<App>, browser: Browser, Form(params): Form) -> Response {
    match redirect::again_by_get(&app, &browser, endpoint::END_SESSION.path, &params) {
        Some(redirect) => redirect,
        None => serve(&app, &browser, &params).await,
    }
}

pub(crate) async fn confirm(State(app): State<App>, GuardedForm { browser, params }: GuardedForm) -> Response {
    let outcome = end_session::confirm(app.argus(), params.get("request"), browser.session.as_deref(), &browser.meta).await;
    map(&app, &browser, outcome)
}

async fn serve(app: &App, browser: &Browser, params: &Params) -> Response {
    let outcome = end_session::request(app.argus(), params, browser.session.as_deref(), &browser.meta).await;
    map(app, browser, outcome)
}

fn map(app: &App, browser: &Browser, outcome: Result<EndSessionOutcome, EndSessionPageError>) -> Response {
    let (mut response, cookie) = match outcome {
        Ok(EndSessionOutcome::Confirm { pending, client_name, user_name, redirect_origin }) => {
            let (csrf, cookie) = browser.form_token(app);
            let form = SignOutForm { frame: app.frame(), client: client_name.as_deref(), user: &user_name, request: &pending, csrf: &csrf };
            (form.respond(redirect_origin.as_deref()), cookie)
        }
        Ok(EndSessionOutcome::SignedOut { redirect: Some(target) }) => (redirect::see_other(&target), app.cookies().clear_session()),
        Ok(EndSessionOutcome::SignedOut { redirect: None }) => {
            (SignedOutPage { frame: app.frame() }.respond(), app.cookies().clear_session())
        }
        Err(error) => (answer::page_error(app, &browser.meta, status(error.status()), &error), None),
    };
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
