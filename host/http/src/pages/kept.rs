//! A form that came after its sign-in had ended.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::{Frame, form_page};
use crate::security_headers::FormTarget;

/// What was typed, to be sent again after a sign-in in another window.
#[derive(Template)]
#[template(path = "kept.html")]
pub(crate) struct KeptFormPage<'a> {
    pub(crate) frame: &'a Frame,
    /// Where the form goes.
    pub(crate) action: &'a str,
    /// Its fields, the token against forgery among them.
    pub(crate) pairs: &'a [(String, String)],
    /// Address of the sign-in page.
    pub(crate) sign_in: &'a str,
}

impl KeptFormPage<'_> {
    pub(crate) fn respond(&self) -> Response {
        form_page(StatusCode::FORBIDDEN, self, FormTarget::Own)
    }
}
