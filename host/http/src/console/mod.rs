//! Pages for people who are signed in here: about themselves, and for administrators.

pub(crate) mod account;
pub(crate) mod admin;

mod next;
mod visitor;

use axum::response::{IntoResponse, Response};
pub(crate) use next::NextPage;
pub(crate) use visitor::Visitor;

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
