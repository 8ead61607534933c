//! The sign-in form.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::texts::Texts;
use super::{Frame, form_page};
use crate::security_headers::FormTarget;

/// Why the form is shown again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignInProblem {
    /// Unknown user name or wrong password: never which of the two.
    WrongCredentials,
    /// There is no user at all.
    NobodyYet,
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
            Self::WrongCredentials | Self::NobodyYet => StatusCode::UNAUTHORIZED,
            Self::TooManyAttempts => StatusCode::TOO_MANY_REQUESTS,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::NoOrganisation => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    fn text(self, texts: &Texts) -> &'static str {
        match self {
            Self::WrongCredentials => texts.sign_in_wrong_credentials,
            Self::NobodyYet => texts.sign_in_nobody_yet,
            Self::TooManyAttempts => texts.sign_in_too_many_attempts,
            Self::Busy => texts.sign_in_busy,
            Self::NoOrganisation => texts.sign_in_no_organisation,
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
        self.problem.map(|problem| problem.text(self.frame.texts))
    }

    fn is_wrong(&self) -> bool {
        self.problem == Some(SignInProblem::WrongCredentials)
    }
}

/// Somebody who came in at an identity provider for the first time tells who they are here.
#[derive(Template)]
#[template(path = "link.html")]
pub(crate) struct LinkForm<'a> {
    pub(crate) frame: &'a Frame,
    pub(crate) slug: &'a str,
    /// The identity provider, for people.
    pub(crate) upstream: &'a str,
    /// What it calls the user.
    pub(crate) display: &'a str,
    /// Whether they may be nobody here.
    pub(crate) may_add: bool,
    pub(crate) username: &'a str,
    pub(crate) handle: &'a str,
    pub(crate) csrf: &'a str,
    pub(crate) problem: Option<SignInProblem>,
}

impl LinkForm<'_> {
    /// The page; `leads_to` is the origin where it can lead.
    pub(crate) fn respond(&self, leads_to: Option<&str>) -> Response {
        let status = self.problem.map_or(StatusCode::OK, SignInProblem::status);
        form_page(status, self, FormTarget::OwnThen(leads_to.as_slice()))
    }

    fn problem_text(&self) -> Option<&'static str> {
        self.problem.map(|problem| problem.text(self.frame.texts))
    }
}
