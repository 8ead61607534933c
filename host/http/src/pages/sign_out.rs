//! Sign-out: the question, and the page after.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::{Frame, form_page, plain_page};
use crate::security_headers::FormTarget;

/// Asks whether to sign out: a link alone must not end a session.
#[derive(Template)]
#[template(path = "sign_out.html")]
pub(crate) struct SignOutForm<'a> {
    pub(crate) frame: &'a Frame,
    /// Name of the client that asks, if one does.
    pub(crate) client: Option<&'a str>,
    /// Name of the user.
    pub(crate) user: &'a str,
    /// The sealed request: where to go after.
    pub(crate) request: &'a str,
    pub(crate) csrf: &'a str,
}

impl SignOutForm<'_> {
    /// The page; `client_origin` is where the user is sent after, if anywhere.
    pub(crate) fn respond(&self, client_origin: Option<&str>) -> Response {
        form_page(StatusCode::OK, self, FormTarget::OwnThen(client_origin.as_slice()))
    }
}

/// Says that nobody is signed in any more.
#[derive(Template)]
#[template(path = "signed_out.html")]
pub(crate) struct SignedOutPage<'a> {
    pub(crate) frame: &'a Frame,
}

impl SignedOutPage<'_> {
    pub(crate) fn respond(&self) -> Response {
        plain_page(StatusCode::OK, self)
    }
}
