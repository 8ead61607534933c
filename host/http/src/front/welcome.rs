//! `/welcome/{token}`: whoever has a one-time link chooses a password.

use argus_domain::secret::Secret;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::browser::Browser;
use crate::form::GuardedForm;
use crate::pages::WelcomePage;
use crate::protocol::one_time_link::{self, LinkFor};
use crate::protocol::{AdministrationError, ChangePasswordError, log_failure};
use crate::refusal::Refusal;

/// What was typed, and what is wrong with it.
#[derive(Default)]
struct Typed {
    username: String,
    name: String,
    problem: Option<String>,
    done: bool,
}

pub(crate) async fn get(State(app): State<App>, Path(token): Path<String>, browser: Browser) -> Result<Response, Refusal> {
    let link = find(&app, &token).await?;
    Ok(show(&app, &browser, &token, &link, &Typed::default()))
}

async fn find(app: &App, token: &str) -> Result<LinkFor, Refusal> {
    match one_time_link::find(app.argus(), token).await {
        Ok(link) => link.ok_or(Refusal::LinkGone),
        Err(error) => {
            log_failure(&error);
            Err(Refusal::Unavailable)
        }
    }
}

fn show(app: &App, browser: &Browser, token: &str, link: &LinkFor, typed: &Typed) -> Response {
    let (csrf, cookie) = browser.form_token(app);
    let (is_administrator, username) = match link {
        LinkFor::Administrator => (true, typed.username.as_str()),
        LinkFor::User(user) => (false, user.username.as_str()),
    };
    let problem = typed.problem.as_deref();
    let page =
        WelcomePage { frame: app.frame(), csrf: &csrf, token, is_administrator, username, name: &typed.name, problem, done: typed.done };
    let mut response = page.respond().into_response();
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

pub(crate) async fn post(
    State(app): State<App>,
    Path(token): Path<String>,
    GuardedForm { browser, params }: GuardedForm,
) -> Result<Response, Refusal> {
    let link = find(&app, &token).await?;
    let text = |name: &str| params.get(name).unwrap_or_default();
    let mut typed = Typed { username: text("username").trim().to_owned(), name: text("name").trim().to_owned(), ..Typed::default() };
    if text("password") == text("again") {
        let password = Secret::new(text("password"));
        let done = match &link {
            LinkFor::User(_) => set_password(&app, &token, password, &browser).await?,
            LinkFor::Administrator => add_administrator(&app, &token, &typed, password, &browser).await?,
        };
        typed.done = done.is_none();
        typed.problem = done;
    } else {
        typed.problem = Some(app.frame().texts.account.password_not_the_same.to_owned());
    }
    Ok(show(&app, &browser, &token, &link, &typed))
}

/// The problem, if there is one.
async fn set_password(app: &App, token: &str, password: Secret, browser: &Browser) -> Result<Option<String>, Refusal> {
    match one_time_link::set_password(app.argus(), token, password, &browser.meta).await {
        Ok(()) => Ok(None),
        // Used meanwhile.
        Err(ChangePasswordError::WrongPassword) => Err(Refusal::NotFound),
        Err(ChangePasswordError::Unavailable(error)) => {
            log_failure(&error);
            Err(Refusal::Unavailable)
        }
        Err(ChangePasswordError::Known) => Ok(Some(app.frame().texts.account.password_known.to_owned())),
        Err(ChangePasswordError::Length) => Ok(Some(app.frame().texts.account.password_length.to_owned())),
        Err(ChangePasswordError::Busy | ChangePasswordError::TooManyAttempts { .. }) => {
            Ok(Some(app.frame().texts.account.password_busy.to_owned()))
        }
    }
}

async fn add_administrator(app: &App, token: &str, typed: &Typed, password: Secret, browser: &Browser) -> Result<Option<String>, Refusal> {
    match one_time_link::add_administrator(app.argus(), token, &typed.username, &typed.name, password, &browser.meta).await {
        Ok(()) => Ok(None),
        Err(AdministrationError::NotFound(_)) => Err(Refusal::NotFound),
        Err(error @ AdministrationError::Storage(_)) => {
            log_failure(&error);
            Err(Refusal::Unavailable)
        }
        Err(AdministrationError::Refused { problems, .. }) if !problems.is_empty() => {
            Ok(Some(problems.iter().map(|problem| format!("{}. ", problem.message)).collect::<String>().trim().to_owned()))
        }
        Err(AdministrationError::Outdated) => Ok(Some(app.frame().texts.operations.welcome_taken.to_owned())),
        Err(error) => Ok(Some(error.to_string())),
    }
}
