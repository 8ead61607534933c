//! The page at the root.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::{Frame, plain_page};

/// Who is signed in, or a way to do so.
#[derive(Template)]
#[template(path = "home.html")]
pub(crate) struct HomePage<'a> {
    pub(crate) frame: &'a Frame,
    /// Display name and user name.
    pub(crate) user: Option<(&'a str, &'a str)>,
    /// Whether the user administers this installation.
    pub(crate) is_admin: bool,
}

impl HomePage<'_> {
    pub(crate) fn respond(&self) -> Response {
        plain_page(StatusCode::OK, self)
    }
}
