//! Pages for people who are signed in here: about themselves, and for administrators.

pub(crate) mod account;
pub(crate) mod admin;
pub(crate) mod apps;

mod next;
mod upload;
mod visitor;

use axum::response::{IntoResponse, Response};
pub(crate) use next::NextPage;
pub(crate) use visitor::Visitor;

use crate::app::App;
use crate::front::answer::page_error;
use crate::protocol::{AdministrationError, RequestMeta, log_failure};
use crate::refusal::Refusal;

/// An answer in place of the one that was asked for.
#[derive(Debug)]
pub(crate) struct Instead(Box<Response>);

impl From<Response> for Instead {
    fn from(response: Response) -> Self {
        Self(Box::new(response))
    }
}

impl From<Refusal> for Instead {
    fn from(refusal: Refusal) -> Self {
        refusal.into_response().into()
    }
}

impl IntoResponse for Instead {
    fn into_response(self) -> Response {
        *self.0
    }
}

/// The answer to what cannot be done, where no form of a page can tell.
pub(crate) fn failed(app: &App, meta: &RequestMeta, error: &AdministrationError) -> Response {
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
