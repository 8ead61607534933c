//! The consent form.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::{Frame, form_page};
use crate::protocol::ConsentPage;
use crate::security_headers::FormTarget;

/// What a client would be given, in words, and each claim with the value this user's would have.
#[derive(Template)]
#[template(path = "consent.html")]
pub(crate) struct ConsentForm<'a> {
    pub(crate) frame: &'a Frame,
    pub(crate) page: &'a ConsentPage,
    pub(crate) csrf: &'a str,
}

impl ConsentForm<'_> {
    /// The page; `client_origin` is where both answers lead.
    pub(crate) fn respond(&self, client_origin: &str) -> Response {
        form_page(StatusCode::OK, self, FormTarget::OwnThen(&[client_origin]))
    }
}
