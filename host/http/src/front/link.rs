//! Somebody who came in at an identity provider for the first time tells who they are here.

use argus_domain::secret::Secret;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::answer;
use super::federation::{go_on, refuse};
use super::login::problem_of;
use crate::answer::retry_after;
use crate::app::App;
use crate::browser::Browser;
use crate::form::{GuardedForm, Query};
use crate::pages::{LinkForm, SignInProblem};
use crate::protocol::{LinkError, federation};

pub(crate) async fn get(State(app): State<App>, Path(slug): Path<String>, browser: Browser, Query(params): Query) -> Response {
    show(&app, &browser, &slug, params.get("handle").unwrap_or_default(), "", None).await
}

pub(crate) async fn post(State(app): State<App>, Path(slug): Path<String>, GuardedForm { browser, params }: GuardedForm) -> Response {
    let (handle, username) = (params.get("handle").unwrap_or_default(), params.get("username").unwrap_or_default());
    let (argus, cookie) = (app.argus(), browser.upstream.as_deref());
    let arrived = if params.get("new").is_some() {
        federation::add(argus, &slug, handle, cookie, &browser.meta).await
    } else {
        let password = Secret::new(params.get("password").unwrap_or_default());
        federation::link(argus, &slug, handle, cookie, (username, password), &browser.meta).await
    };
    let error = match arrived {
        Ok(arrived) => return go_on(&app, &browser, &slug, arrived).await,
        Err(error) => error,
    };
    let Some((problem, delay)) = (match &error {
        LinkError::SignIn(error) => problem_of(error),
        _ => None,
    }) else {
        return failed(&app, &browser, &error);
    };
    let mut response = show(&app, &browser, &slug, handle, username, Some(problem)).await;
    if let Some(delay) = delay {
        retry_after(&mut response, delay);
    }
    response
}

async fn show(app: &App, browser: &Browser, slug: &str, handle: &str, username: &str, problem: Option<SignInProblem>) -> Response {
    let page = match federation::link_page(app.argus(), slug, handle, browser.upstream.as_deref()).await {
        Ok(page) => page,
        Err(error) => return failed(app, browser, &error),
    };
    let (csrf, cookie) = browser.form_token(app);
    let form = LinkForm {
        frame: app.frame(),
        slug,
        upstream: &page.upstream,
        display: &page.display,
        may_add: page.may_add,
        username,
        handle,
        csrf: &csrf,
        problem,
    };
    let mut response = form.respond(page.leads_to.as_deref()).into_response();
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

fn failed(app: &App, browser: &Browser, error: &LinkError) -> Response {
    match error {
        LinkError::Expired => answer::page_error(app, &browser.meta, StatusCode::BAD_REQUEST, error),
        LinkError::SignIn(_) => answer::page_error(app, &browser.meta, StatusCode::SERVICE_UNAVAILABLE, error),
        LinkError::Federation(error) => refuse(app, browser, error),
    }
}
