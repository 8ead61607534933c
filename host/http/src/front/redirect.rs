//! Redirects: always 303, so that a password in a form is never sent on to where the redirect leads (RFC 9700 §4.12).

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use form_urlencoded::Serializer;

use crate::app::App;
use crate::browser::Browser;
use crate::protocol::Params;
use crate::refusal::Refusal;

/// To any URL.
pub(crate) fn see_other(location: &str) -> Response {
    match HeaderValue::try_from(location) {
        Ok(location) => (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response(),
        Err(error) => {
            tracing::error!(%error, "a redirect leads to something that is no URL");
            Refusal::Failed.into_response()
        }
    }
}

/// To a page of ours that carries a sealed request on; a posted request may be too long for that.
pub(crate) fn to_page(app: &App, path: &str, pending: &str) -> Response {
    let query = Serializer::new(String::new()).append_pair("request", pending).finish();
    if query.len() > app.settings().max_sealed_query_bytes() {
        return Refusal::QueryTooLong.into_response();
    }
    see_other(&format!("{}{path}?{query}", app.base()))
}

/// Asks the browser to send a posted request again by GET, when it had to leave the session cookie out of the post: the user is
/// signed in, and must not be asked again only because the application prefers POST.
pub(crate) fn again_by_get(app: &App, browser: &Browser, path: &str, params: &Params) -> Option<Response> {
    if !browser.may_hide_session() {
        return None;
    }
    let query = Serializer::new(String::new()).extend_pairs(params.pairs()).finish();
    (query.len() <= app.settings().max_query_bytes).then(|| see_other(&format!("{}{path}?{query}", app.base())))
}
