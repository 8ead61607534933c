//! Where the browser comes back to: a listener on loopback with a port of its own (RFC 8252 §7.3), which takes one answer.
//!
//! Any page in any browser on this machine can send requests here, so whatever does not carry the state of this very sign-in is
//! answered by 404, and waiting goes on.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use argus_domain::secret::{Secret, SecretHash};
use axum::Router;
use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use url::form_urlencoded;

use super::page;
use crate::logging::escape;

const PATH: &str = "/callback";
/// How long the browser has to read its page once the answer is there.
const LAST_PAGE: Duration = Duration::from_secs(2);

/// What the answer to this sign-in has to carry.
pub(super) struct Expected {
    /// Of the `state` that was sent.
    pub(super) state: SecretHash,
    /// RFC 9207: who has to have answered.
    pub(super) issuer: String,
}

/// A bound listener.
pub(super) struct Callback {
    listener: TcpListener,
    redirect_uri: String,
}

struct Waiting {
    expected: Expected,
    answer: Mutex<Option<oneshot::Sender<Result<Secret>>>>,
}

impl Callback {
    /// Binds a free port.
    pub(super) async fn bind() -> Result<Self> {
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.context("cannot listen on 127.0.0.1")?;
        let redirect_uri = format!("http://{}{PATH}", listener.local_addr()?);
        Ok(Self { listener, redirect_uri })
    }

    /// Where the browser is to be sent.
    pub(super) fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// Waits for the answer, and returns its code.
    pub(super) async fn code(self, expected: Expected, patience: Duration) -> Result<Secret> {
        let (sender, receiver) = oneshot::channel();
        let waiting = Arc::new(Waiting { expected, answer: Mutex::new(Some(sender)) });
        let router = Router::new().fallback(move |request: Request| {
            let answer = waiting.answer(&request);
            async move { answer }
        });
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = axum::serve(self.listener, router).with_graceful_shutdown(async move {
            let _ = stopped.await;
        });
        let mut serving = tokio::spawn(serving.into_future());
        let answer = tokio::time::timeout(patience, receiver).await;
        drop(stop);
        // A browser may keep a connection open on which it never asks anything.
        if tokio::time::timeout(LAST_PAGE, &mut serving).await.is_err() {
            serving.abort();
        }
        match answer {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => bail!("the listener for the browser's answer ended"),
            Err(_) => bail!("no answer came within {} minutes: run the command again", patience.as_secs() / 60),
        }
    }
}

impl Waiting {
    fn answer(&self, request: &Request) -> Response {
        let asked = request.method() == Method::GET && request.uri().path() == PATH;
        let Some(answer) = asked.then(|| read(request.uri().query().unwrap_or_default(), &self.expected)).flatten() else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let sender = self.answer.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(sender) = sender else { return StatusCode::NOT_FOUND.into_response() };
        let page = page::respond(answer.is_ok());
        let _ = sender.send(answer);
        page
    }
}

/// Reads the query of an answer; none when it does not belong to this sign-in.
fn read(query: &str, expected: &Expected) -> Option<Result<Secret>> {
    let parameters: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    // RFC 6749 §3.1: a parameter that comes twice is none.
    let one = |name: &str| {
        let mut values = parameters.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_ref());
        values.next().filter(|_| values.next().is_none())
    };
    one("state").filter(|state| expected.state.matches(state))?;
    // With the right state and another issuer, the answer was made by a server that this sign-in was never meant for.
    if one("iss") != Some(expected.issuer.as_str()) {
        return Some(Err(anyhow!("the answer does not come from {}", expected.issuer)));
    }
    if let Some(error) = one("error") {
        let reason = one("error_description").unwrap_or(error);
        return Some(Err(anyhow!("the server refused the sign-in: {} ({})", escape(reason), escape(error))));
    }
    Some(one("code").map(Secret::new).context("the server's answer has no code"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "http://127.0.0.1:8080";

    fn expected() -> Expected {
        Expected { state: SecretHash::of("s1"), issuer: ISSUER.to_owned() }
    }

    fn code(query: &str) -> Option<Result<String, String>> {
        read(query, &expected()).map(|answer| answer.map(|code| code.expose().to_owned()).map_err(|error| error.to_string()))
    }

    #[test]
    fn a_code_is_read() {
        assert_eq!(code("code=a%2Bb&state=s1&iss=http%3A%2F%2F127.0.0.1%3A8080&more=x"), Some(Ok("a+b".to_owned())));
    }

    #[test]
    fn answers_to_somebody_else_do_not_count() {
        for query in ["", "code=a", "code=a&state=s2&iss=http://127.0.0.1:8080", "code=a&state=s1&state=s1&iss=http://127.0.0.1:8080"] {
            assert_eq!(code(query), None, "{query}");
        }
    }

    #[test]
    fn refusals_and_answers_that_do_not_fit_end_the_sign_in() {
        for (query, told) in [
            ("code=a&state=s1", "does not come from"),
            ("code=a&state=s1&iss=http://127.0.0.1:8081", "does not come from"),
            ("code=a&state=s1&iss=http://127.0.0.1:8080&iss=http://127.0.0.1:8080", "does not come from"),
            ("error=access_denied&error_description=no%1B[m&state=s1&iss=http://127.0.0.1:8080", "no\\u{1b}[m (access_denied)"),
            ("error=access_denied&state=s1&iss=http://127.0.0.1:8080", "access_denied"),
            ("state=s1&iss=http://127.0.0.1:8080", "has no code"),
            ("code=a&code=b&state=s1&iss=http://127.0.0.1:8080", "has no code"),
        ] {
            let error = code(query).unwrap().unwrap_err();
            assert!(error.contains(told), "{query}: {error}");
        }
    }

    /// What is sent meanwhile by others is not found, and changes nothing.
    #[tokio::test]
    async fn waiting_goes_on_until_the_right_answer_comes() {
        let callback = Callback::bind().await.unwrap();
        let uri = callback.redirect_uri().to_owned();
        let right = format!("{uri}?code=c1&state=s1&iss={ISSUER}");
        let waiting = tokio::spawn(callback.code(expected(), Duration::from_secs(60)));
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        for wrong in [format!("{uri}?code=c1&state=s2&iss={ISSUER}"), uri.clone(), right.replace("/callback", "/other")] {
            assert_eq!(http.get(&wrong).send().await.unwrap().status(), 404, "{wrong}");
        }
        assert_eq!(http.post(&right).send().await.unwrap().status(), 404);
        let page = http.get(&right).send().await.unwrap();
        assert_eq!(page.status(), 200);
        for (name, value) in [("cache-control", "no-store"), ("referrer-policy", "no-referrer"), ("x-content-type-options", "nosniff")] {
            assert_eq!(page.headers()[name], value);
        }
        assert!(page.headers()["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
        assert!(page.text().await.unwrap().contains("You can close this window"));
        assert_eq!(waiting.await.unwrap().unwrap().expose(), "c1");
        assert!(http.get(&right).send().await.is_err(), "nobody listens any more");
    }

    #[tokio::test]
    async fn waiting_ends() {
        let callback = Callback::bind().await.unwrap();
        let error = callback.code(expected(), Duration::ZERO).await.unwrap_err();
        assert!(error.to_string().starts_with("no answer came"), "{error}");
    }
}
