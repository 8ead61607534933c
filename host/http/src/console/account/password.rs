//! `/account/password`

use argus_domain::secret::Secret;
use axum::extract::State;
use axum::response::Response;

use super::unavailable;
use crate::answer::retry_after;
use crate::app::App;
use crate::console::visitor::{Visitor, VisitorForm};
use crate::pages::{PasswordPage, PasswordProblem, Section, Shell};
use crate::protocol::{ChangePasswordError, password};

pub(crate) async fn get(State(app): State<App>, visitor: Visitor) -> Response {
    show(&app, visitor, None, false)
}

pub(crate) async fn post(State(app): State<App>, VisitorForm { visitor, params }: VisitorForm) -> Response {
    let field = |name: &str| params.get(name).unwrap_or("");
    if field("new") != field("again") {
        return show(&app, visitor, Some(PasswordProblem::NotTheSame), false);
    }
    let (old, new) = (Secret::new(field("old")), Secret::new(field("new")));
    let (problem, delay) = match password::change(app.argus(), &visitor.user, old, new, &visitor.meta).await {
        Ok(()) => return show(&app, visitor, None, true),
        Err(ChangePasswordError::Unavailable(error)) => return unavailable(&error),
        Err(ChangePasswordError::WrongPassword) => (PasswordProblem::Wrong, None),
        Err(ChangePasswordError::Length) => (PasswordProblem::Length, None),
        Err(ChangePasswordError::Known) => (PasswordProblem::Known, None),
        Err(ChangePasswordError::TooManyAttempts { retry_after }) => (PasswordProblem::TooManyAttempts, Some(retry_after)),
        Err(ChangePasswordError::Busy) => (PasswordProblem::Busy, Some(std::time::Duration::from_secs(2))),
    };
    let mut response = show(&app, visitor, Some(problem), false);
    if let Some(delay) = delay {
        retry_after(&mut response, delay);
    }
    response
}

fn show(app: &App, visitor: Visitor, problem: Option<PasswordProblem>, done: bool) -> Response {
    let page = PasswordPage { shell: Shell::new(app.frame(), &visitor, Section::Password), problem, done }.respond();
    visitor.show(page)
}
