//! The pages of the account.

use argus_domain::directory::DirectorySnapshot;
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::shell::{Shell, shell_page};
use super::texts::AccountTexts;
use crate::endpoint;
use crate::protocol::account::SecurityEvent;
use crate::protocol::applications::{Application, Released};
use crate::protocol::password::MIN_PASSWORD_CHARS;
use crate::protocol::sessions::Session;

/// What is known of the user.
#[derive(Template)]
#[template(path = "account/overview.html")]
pub(crate) struct OverviewPage<'a> {
    pub(crate) shell: Shell<'a>,
    pub(crate) about: &'a DirectorySnapshot,
    pub(crate) events: &'a [SecurityEvent],
    /// Why the picture was not taken.
    pub(crate) picture_problem: Option<&'a str>,
}

impl OverviewPage<'_> {
    pub(crate) fn respond(&self) -> Response {
        shell_page(if self.picture_problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }, self)
    }

    /// Where a new picture is sent.
    fn picture_action(&self) -> String {
        self.shell.path(&endpoint::ACCOUNT_PICTURE)
    }

    fn sentence(&self, event: &SecurityEvent) -> &'static str {
        let texts = &self.shell.frame.texts.account;
        match event.event {
            "sign_in.succeeded" | "sign_in.failed" => texts.event_sign_in,
            "session.ended" => texts.event_session_ended,
            "consent.granted" => texts.event_allowed,
            "consent.withdrawn" | "token.revoked" => texts.event_revoked,
            "code.reused" | "refresh_token.reused" => texts.event_reused,
            "upstream.linked" => texts.event_linked,
            _ => texts.event_changed,
        }
    }

    fn groups(&self) -> String {
        let names: Vec<&str> = self.about.groups.iter().map(|group| group.name.as_str()).collect();
        names.join(", ")
    }
}

/// The applications that are told something about the user.
#[derive(Template)]
#[template(path = "account/applications.html")]
pub(crate) struct ApplicationsPage<'a> {
    pub(crate) shell: Shell<'a>,
    pub(crate) applications: &'a [Application],
}

impl ApplicationsPage<'_> {
    pub(crate) fn respond(&self) -> Response {
        shell_page(StatusCode::OK, self)
    }
}

/// One of them, with everything it is told.
#[derive(Template)]
#[template(path = "account/application.html")]
pub(crate) struct ApplicationPage<'a> {
    pub(crate) shell: Shell<'a>,
    pub(crate) released: &'a Released,
}

impl ApplicationPage<'_> {
    pub(crate) fn respond(&self) -> Response {
        shell_page(StatusCode::OK, self)
    }
}

/// Where the user is signed in.
#[derive(Template)]
#[template(path = "account/sessions.html")]
pub(crate) struct SessionsPage<'a> {
    pub(crate) shell: Shell<'a>,
    pub(crate) sessions: &'a [Session],
}

impl SessionsPage<'_> {
    pub(crate) fn respond(&self) -> Response {
        shell_page(StatusCode::OK, self)
    }
}

/// Why the password form is shown again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PasswordProblem {
    /// The old one is another.
    Wrong,
    /// The new one is too short or too long.
    Length,
    /// The new one is the old one, or the user name.
    Known,
    /// The new one was not typed twice alike.
    NotTheSame,
    /// Too many wrong ones of late.
    TooManyAttempts,
    /// The hashing queue is full.
    Busy,
}

/// The password form.
#[derive(Template)]
#[template(path = "account/password.html")]
pub(crate) struct PasswordPage<'a> {
    pub(crate) shell: Shell<'a>,
    pub(crate) problem: Option<PasswordProblem>,
    /// Whether it was changed.
    pub(crate) done: bool,
}

/// A field of the form, for the template.
struct Field {
    name: &'static str,
    label: &'static str,
    autocomplete: &'static str,
    hint: Option<String>,
    problem: Option<&'static str>,
}

/// What a password has to be.
pub(super) fn password_hint(texts: &AccountTexts) -> String {
    format!("{} {MIN_PASSWORD_CHARS} {}", texts.password_hint_before, texts.password_hint_after)
}

impl PasswordPage<'_> {
    pub(crate) fn respond(&self) -> Response {
        shell_page(self.status(), self)
    }

    fn status(&self) -> StatusCode {
        match self.problem {
            None => StatusCode::OK,
            Some(PasswordProblem::TooManyAttempts) => StatusCode::TOO_MANY_REQUESTS,
            Some(PasswordProblem::Busy) => StatusCode::SERVICE_UNAVAILABLE,
            Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    /// The problem's field, if it has one, and its sentence.
    fn told(&self) -> Option<(&'static str, &'static str)> {
        let texts = &self.shell.frame.texts.account;
        self.problem.map(|problem| match problem {
            PasswordProblem::Wrong => ("old", texts.password_wrong),
            PasswordProblem::Length => ("new", texts.password_length),
            PasswordProblem::Known => ("new", texts.password_known),
            PasswordProblem::NotTheSame => ("again", texts.password_not_the_same),
            PasswordProblem::TooManyAttempts => ("", self.shell.frame.texts.sign_in_too_many_attempts),
            PasswordProblem::Busy => ("", texts.password_busy),
        })
    }

    /// A problem of no field.
    fn general_problem(&self) -> Option<&'static str> {
        self.told().filter(|(field, _)| field.is_empty()).map(|(_, text)| text)
    }

    fn fields(&self) -> [Field; 3] {
        let texts = &self.shell.frame.texts.account;
        let told = self.told();
        let field = |name, label, autocomplete, hint| Field {
            name,
            label,
            autocomplete,
            hint,
            problem: told.filter(|(field, _)| *field == name).map(|(_, text)| text),
        };
        let hint = password_hint(texts);
        [
            field("old", texts.password_old, "current-password", None),
            field("new", texts.password_new, "new-password", Some(hint)),
            field("again", texts.password_again, "new-password", None),
        ]
    }
}
