//! The authorization response in a form that the browser posts to the client (OAuth 2.0 Form Post Response Mode).

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::{Frame, page_with_policy};
use crate::security_headers::FormTarget;

/// The hash of the one script of all pages, by which the policy admits it; without scripts there is a button.
const SCRIPT_HASH: &str = "sha256-ePniVEkSivX/c7XWBGafqh8tSpiRrKiqYeqbG7N1TOE=";

/// A form that submits itself.
#[derive(Template)]
#[template(path = "form_post.html")]
pub(crate) struct FormPostPage<'a> {
    pub(crate) frame: &'a Frame,
    /// The client's redirect URI.
    pub(crate) action: &'a str,
    pub(crate) parameters: Vec<(&'a str, &'a str)>,
}

impl FormPostPage<'_> {
    /// The page; `client_origin` is that of the redirect URI.
    pub(crate) fn respond(&self, client_origin: &str) -> Response {
        page_with_policy(StatusCode::OK, self, FormTarget::Client { origin: client_origin, script: SCRIPT_HASH })
    }
}

#[cfg(test)]
mod tests {
    use argus_domain::secret::SecretHash;

    use super::*;

    #[test]
    fn the_policy_admits_the_script_in_the_template_and_no_other() {
        const SCRIPT: &str = "document.forms[0].submit()";
        let base64 = SecretHash::of(SCRIPT).as_str().replace('-', "+").replace('_', "/");
        assert_eq!(SCRIPT_HASH, format!("sha256-{base64}="));
        assert!(include_str!("../../templates/form_post.html").contains(&format!("<script>{SCRIPT}</script>")));
    }
}
