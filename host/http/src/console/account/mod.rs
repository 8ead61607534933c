//! `/account`: what users see and do about themselves.

pub(crate) mod applications;
pub(crate) mod overview;
pub(crate) mod password;
pub(crate) mod sessions;

use axum::response::{IntoResponse, Response};

use crate::protocol::log_failure;
use crate::refusal::Refusal;

/// The answer while the database is out of reach.
fn unavailable(error: &dyn std::error::Error) -> Response {
    log_failure(error);
    Refusal::Unavailable.into_response()
}
