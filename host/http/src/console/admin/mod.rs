//! `/admin`: pages of administrators. To others there is nothing here.

pub(crate) mod claims;
pub(crate) mod client;
pub(crate) mod clients;
pub(crate) mod identity_providers;
pub(crate) mod new_client;

use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::front::answer::page_error;
use crate::protocol::{AdministrationError, RequestMeta, log_failure};
use crate::refusal::Refusal;

/// The answer to what cannot be done, where no form of a page can tell.
fn failed(app: &App, meta: &RequestMeta, error: &AdministrationError) -> Response {
    match error {
        AdministrationError::NotFound(_) => Refusal::NotFound.into_response(),
        AdministrationError::Storage(_) => {
            log_failure(error);
            Refusal::Unavailable.into_response()
        }
        AdministrationError::Refused { .. } | AdministrationError::Conflict(_) | AdministrationError::Outdated => {
            page_error(app, meta, axum::http::StatusCode::CONFLICT, error)
        }
    }
}
