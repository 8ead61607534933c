//! The authorization endpoint (RFC 6749 §3.1), by GET and, as OpenID Connect Core §3.1.2.1 demands, by POST.

use axum::extract::State;
use axum::response::Response;

use super::{answer, redirect};
use crate::app::App;
use crate::browser::Browser;
use crate::endpoint;
use crate::form::{Form, Query};
use crate::protocol::{Params, authorize};

pub(crate) async fn get(State(app): State<App>, browser: Browser, Query(params): Query) -> Response {
    serve(&app, &browser, &params).await
}

/// Not a form of ours: any application may post its request, so there is no token to check; nothing is done without the user.
pub(crate) async fn post(State(app): State<App>, browser: Browser, Form(params): Form) -> Response {
    match redirect::again_by_get(&app, &browser, endpoint::AUTHORIZE.path, &params) {
        Some(redirect) => redirect,
        None => serve(&app, &browser, &params).await,
    }
}

async fn serve(app: &App, browser: &Browser, params: &Params) -> Response {
    let outcome = authorize::authorize(app.argus(), params, browser.session.as_deref(), &browser.meta).await;
    answer::authorize(app, &browser.meta, outcome)
}
