//! Outcomes of the use cases as pages and redirects.

use std::error::Error;
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::Response;

use super::federation::login_path;
use super::redirect::{see_other, to_page};
use crate::answer::{retry_after, status};
use crate::app::App;
use crate::endpoint;
use crate::pages::{ErrorPage, FormPostPage};
use crate::protocol::{AuthorizationResponse, AuthorizeOutcome, AuthorizePageError, RequestMeta, ResponseMode, log_failure};

/// Where an authorization request goes next.
pub(crate) fn authorize(app: &App, meta: &RequestMeta, outcome: Result<AuthorizeOutcome, AuthorizePageError>) -> Response {
    match outcome {
        Ok(AuthorizeOutcome::Respond(response)) => to_client(app, &response),
        Ok(AuthorizeOutcome::SignIn { pending, upstream: None }) => to_page(app, endpoint::LOGIN.path, &pending),
        Ok(AuthorizeOutcome::SignIn { pending, upstream: Some(slug) }) => to_page(app, &login_path(&slug), &pending),
        Ok(AuthorizeOutcome::Consent { pending }) => to_page(app, endpoint::CONSENT.path, &pending),
        Err(error) => authorize_error(app, meta, &error),
    }
}

/// The response to the client: by redirect, or in a form that the browser posts.
fn to_client(app: &App, response: &AuthorizationResponse) -> Response {
    match response.mode {
        ResponseMode::Query => see_other(&response.location()),
        ResponseMode::FormPost => {
            let origin = response.redirect_uri.origin();
            FormPostPage { frame: app.frame(), action: response.redirect_uri.as_str(), parameters: response.parameters().collect() }
                .respond(&origin)
        }
    }
}

/// An error with no place to be sent to (RFC 6749 §4.1.2.1): a page, whatever else the request says.
pub(crate) fn authorize_error(app: &App, meta: &RequestMeta, error: &AuthorizePageError) -> Response {
    page_error(app, meta, status(error.status()), error)
}

/// A use case's error as a page. The error's text is a sentence for people; for 5xx it never holds the cause.
pub(crate) fn page_error(app: &App, meta: &RequestMeta, status: StatusCode, error: &dyn Error) -> Response {
    let mut response = ErrorPage::of_request(error.to_string(), status, app.frame(), &meta.correlation_id).respond(status);
    if status.is_server_error() {
        log_failure(error);
        retry_after(&mut response, Duration::from_secs(1));
    }
    response
}
