//! Consent: the user sees what a client would be given, and says yes or no.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::answer;
use crate::app::App;
use crate::browser::Browser;
use crate::form::{GuardedForm, Query};
use crate::pages::ConsentForm;
use crate::protocol::{ConsentOutcome, ConsentPage, consent};
use crate::refusal::Refusal;

pub(crate) async fn get(State(app): State<App>, browser: Browser, Query(params): Query) -> Response {
    let Some(pending) = params.get("request") else { return Refusal::Malformed.into_response() };
    match consent::page(app.argus(), pending, browser.session.as_deref(), &browser.meta).await {
        Ok(ConsentOutcome::Page(page)) => show(&app, &browser, &page),
        Ok(ConsentOutcome::Other(outcome)) => answer::authorize(&app, &browser.meta, Ok(outcome)),
        Err(error) => answer::authorize_error(&app, &browser.meta, &error),
    }
}

pub(crate) async fn post(State(app): State<App>, GuardedForm { browser, params }: GuardedForm) -> Response {
    let Some(pending) = params.get("request") else { return Refusal::Malformed.into_response() };
    let allow = match params.get("decision") {
        Some("allow") => true,
        Some("deny") => false,
        _ => return Refusal::Malformed.into_response(),
    };
    let outcome = consent::decide_consent(app.argus(), pending, browser.session.as_deref(), allow, &browser.meta).await;
    answer::authorize(&app, &browser.meta, outcome)
}

fn show(app: &App, browser: &Browser, page: &ConsentPage) -> Response {
    let (csrf, cookie) = browser.form_token(app);
    let mut response = ConsentForm { frame: app.frame(), page, csrf: &csrf }.respond(&page.redirect_origin);
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
