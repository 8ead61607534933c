//! The sign-in form.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::{Frame, form_page};
use crate::security_headers::FormTarget;

/// Why the form is shown again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignInProblem {
    /// Unknown user name or wrong password: never which of the two.
    WrongCredentials,
    /// Too many failures of late.
    TooManyAttempts,
    /// The hashing queue is full.
    Busy,
    /// No identity provider is found by the address.
    NoOrganisation,
}

impl SignInProblem {
    fn status(self) -> StatusCode {
        match self {
            Self::WrongCredentials => StatusCode::UNAUTHORIZED,
            Self::TooManyAttempts => StatusCode::TOO_MANY_REQUESTS,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::NoOrganisation => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

/// User name and password.
#[derive(Template)]
#[template(path = "sign_in.html")]
pub(crate) struct SignInForm<'a> {
    pub(crate) frame: &'a Frame,
    /// Name of the client that waits, if one does.
    pub(crate) client: Option<&'a str>,
    /// The user name so far: as typed, or the client's hint.
    pub(crate) username: &'a str,
    /// The sealed authorization request.
    pub(crate) request: Option<&'a str>,
    /// The page of ours that waits, where no client does.
    pub(crate) next: Option<&'a str>,
    pub(crate) csrf: &'a str,
    pub(crate) problem: Option<SignInProblem>,
    /// Identity providers of organisations.
    pub(crate) upstreams: &'a [UpstreamLink],
    /// Whether some of them are found by e-mail addresses.
    pub(crate) finds_organisations: bool,
}

/// A way to an identity provider.
pub(crate) struct UpstreamLink {
    pub(crate) name: String,
    pub(crate) href: String,
}

impl SignInForm<'_> {
    /// The page; `leads_to` are the origins where a sign-in can lead.
    pub(crate) fn respond(&self, leads_to: &[&str]) -> Response {
        let status = self.problem.map_or(StatusCode::OK, SignInProblem::status);
        form_page(status, self, FormTarget::OwnThen(leads_to))
    }

    fn problem_text(&self) -> Option<&'static str> {
        let texts = self.frame.texts;
        self.problem.map(|problem| match problem {
            SignInProblem::WrongCredentials => texts.sign_in_wrong_credentials,
            SignInProblem::TooManyAttempts => texts.sign_in_too_many_attempts,
            SignInProblem::Busy => texts.sign_in_busy,
            SignInProblem::NoOrganisation => texts.sign_in_no_organisation,
        })
    }

    fn is_wrong(&self) -> bool {
        self.problem == Some(SignInProblem::WrongCredentials)
    }
}
