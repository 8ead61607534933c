//! The application's routes. A cookie without meaning of its own ties a browser to what this program remembers of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Query, State};
use axum::http::header::{CACHE_CONTROL, COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use openidconnect::CsrfToken;
use serde::Deserialize;

use crate::page;
use crate::sign_in::{Begun, RelyingParty, SignedIn};

/// A real application would have `__Host-` before the name and `Secure` after the value: both need https.
const COOKIE_NAME: &str = "case-desk";

struct Application {
    relying_party: RelyingParty,
    browsers: Mutex<HashMap<String, Browser>>,
}

/// What is remembered of a browser.
enum Browser {
    SigningIn(Begun),
    SignedIn(SignedIn),
}

type Shared = State<Arc<Application>>;

pub(crate) fn router(relying_party: RelyingParty) -> Router {
    let application = Application { relying_party, browsers: Mutex::default() };
    Router::new()
        .route("/", get(home))
        .route("/login", get(login))
        .route("/callback", get(callback))
        .route("/logout", get(logout))
        .with_state(Arc::new(application))
}

async fn home(State(application): Shared, headers: HeaderMap) -> Response {
    let page = match cookie(&headers).and_then(|id| application.signed_in(id)) {
        Some(user) => page::claims(&user),
        None => page::welcome(),
    };
    ([(CACHE_CONTROL, "no-store")], page).into_response()
}

async fn login(State(application): Shared) -> Response {
    match application.relying_party.begin().await {
        Ok((url, begun)) => redirect_with(&application, &url, Browser::SigningIn(begun)),
        Err(error) => refuse(&format!("{error:#}")),
    }
}

#[derive(Deserialize)]
struct Answer {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

async fn callback(State(application): Shared, headers: HeaderMap, Query(answer): Query<Answer>) -> Response {
    // Whatever the answer is, the request it belongs to is over: it is taken, not read.
    let begun = match cookie(&headers).and_then(|id| application.take(id)) {
        Some(Browser::SigningIn(begun)) => begun,
        _ => return refuse("No sign-in was begun in this browser."),
    };
    // An answer that was asked for elsewhere would sign this browser in as somebody else (RFC 6749 §10.12).
    if answer.state.as_ref() != Some(begun.state.secret()) {
        return refuse("The answer belongs to another sign-in.");
    }
    let Some(code) = answer.code else {
        let error = answer.error.unwrap_or_else(|| "no code came back".to_owned());
        return refuse(&format!("{error}: {}", answer.error_description.unwrap_or_default()));
    };
    match application.relying_party.finish(code, begun).await {
        Ok(user) => redirect_with(&application, "/", Browser::SignedIn(user)),
        Err(error) => refuse(&format!("{error:#}")),
    }
}

async fn logout(State(application): Shared, headers: HeaderMap) -> Response {
    let sign_out = match cookie(&headers).and_then(|id| application.take(id)) {
        Some(Browser::SignedIn(user)) => user.sign_out,
        _ => None,
    };
    (StatusCode::SEE_OTHER, [(LOCATION, sign_out.unwrap_or_else(|| "/".to_owned()))]).into_response()
}

impl Application {
    fn signed_in(&self, id: &str) -> Option<SignedIn> {
        match self.browsers.lock().unwrap_or_else(PoisonError::into_inner).get(id) {
            Some(Browser::SignedIn(user)) => Some(user.clone()),
            _ => None,
        }
    }

    fn take(&self, id: &str) -> Option<Browser> {
        self.browsers.lock().unwrap_or_else(PoisonError::into_inner).remove(id)
    }
}

/// Remembers the browser under a new id, so that no id from before the sign-in stays valid, and sends it on.
fn redirect_with(application: &Application, target: &str, browser: Browser) -> Response {
    let id = CsrfToken::new_random().secret().clone();
    application.browsers.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), browser);
    let cookie = format!("{COOKIE_NAME}={id}; Path=/; HttpOnly; SameSite=Lax");
    (StatusCode::SEE_OTHER, [(LOCATION, target.to_owned()), (SET_COOKIE, cookie)]).into_response()
}

fn refuse(reason: &str) -> Response {
    let page: Html<String> = page::failure(reason);
    (StatusCode::BAD_REQUEST, page).into_response()
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies.flat_map(|cookies| cookies.split("; ")).find_map(|cookie| cookie.strip_prefix(COOKIE_NAME)?.strip_prefix('='))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;
    use openidconnect::{ClientId, IssuerUrl};
    use tower::ServiceExt;

    use super::*;

    async fn get(path: &str) -> Response {
        let relying_party = RelyingParty {
            http: crate::sign_in::http_client().expect("a client"),
            // Nothing listens there.
            issuer: IssuerUrl::new("http://127.0.0.1:9".to_owned()).expect("a URL"),
            id: ClientId::new("id".to_owned()),
            secret: None,
            url: "http://127.0.0.1:8081/".to_owned(),
        };
        router(relying_party).oneshot(Request::get(path).body(Body::empty()).expect("a request")).await.expect("a response")
    }

    #[tokio::test]
    async fn the_first_page_offers_to_sign_in() {
        assert_eq!(get("/").await.status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn an_answer_nobody_asked_for_is_refused() {
        assert_eq!(get("/callback?code=a&state=b").await.status(), StatusCode::BAD_REQUEST);
    }

    #[tokio::test]
    async fn an_issuer_that_does_not_answer_is_told() {
        assert_eq!(get("/login").await.status(), StatusCode::BAD_REQUEST);
    }

    #[tokio::test]
    async fn signing_out_without_a_session_leads_home() {
        assert_eq!(get("/logout").await.headers()[LOCATION], "/");
    }
}
