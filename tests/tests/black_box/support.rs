//! What several modules need.

use argus_tests::document::{self, ALICE, CASE_DESK};
use argus_tests::http::Answer;
use argus_tests::{Installation, Jwks, Person, Tokens};
use reqwest::Method;
use serde_json::Value;

/// Claims of the protocol, in ID tokens.
pub(crate) const ID_TOKEN_CLAIMS: &[&str] = &["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "amr", "at_hash", "sid"];
/// Claims of the protocol, in access tokens.
pub(crate) const ACCESS_TOKEN_CLAIMS: &[&str] = &["iss", "sub", "aud", "exp", "iat", "jti", "client_id", "scope", "sid"];

/// A serving installation with the standard directory and these clients.
pub(crate) fn serving(clients: Value) -> Installation {
    serving_with(clients, "")
}

/// The same with a configuration.
pub(crate) fn serving_with(clients: Value, configuration: &str) -> Installation {
    let installation = Installation::new(configuration);
    let mut document = document::directory();
    document["clients"] = clients;
    installation.import(&document);
    installation.serve();
    installation
}

/// Tokens of alice at the case desk, of the shared installation.
pub(crate) async fn alices(scope: &str) -> Tokens {
    let argus = Installation::shared();
    argus.application(CASE_DESK).tokens(&argus.browser(), ALICE, scope).await
}

/// What a token says beyond the protocol, once it is verified and the protocol's claims are all there.
#[track_caller]
pub(crate) fn beyond_protocol(jwks: &Jwks, token: &str, protocol: &[&str]) -> Value {
    let mut claims = jwks.verify(token).claims;
    let members = claims.as_object_mut().unwrap();
    for name in protocol {
        assert!(members.shift_remove(*name).is_some(), "{name} is missing");
    }
    claims
}

/// The claims of UserInfo without `sub`.
#[track_caller]
pub(crate) fn without_sub(mut userinfo: Value) -> Value {
    assert!(userinfo.as_object_mut().unwrap().shift_remove("sub").is_some_and(|sub| sub.is_string()));
    userinfo
}

/// A token of somebody who signed in with the command line's own client, which anybody may use for what is theirs.
pub(crate) async fn command_line_token(argus: &Installation, person: Person, scope: &str) -> String {
    let command_line = argus.application("6b1f2d0c-43f6-4c5e-9d0e-6f2a3c1b7a55").answered_at("http://127.0.0.1:4711/callback");
    command_line.tokens(&argus.browser(), person, scope).await.access
}

/// Sends a request with a token, on the condition of an entity tag, with a JSON body.
pub(crate) async fn send_as(
    argus: &Installation,
    token: &str,
    method: Method,
    path: &str,
    tag: Option<&str>,
    body: Option<&str>,
) -> Answer {
    let http = argus.http();
    let content_type = if method == Method::PATCH { "application/merge-patch+json" } else { "application/json" };
    let mut request = http.request(method, path).bearer_auth(token);
    if let Some(tag) = tag {
        request = request.header("if-match", tag);
    }
    if let Some(body) = body {
        request = request.header("content-type", content_type).body(body.to_owned());
    }
    http.send(request).await
}

/// A program of somebody, with a token for what is theirs.
pub(crate) struct Caller<'a> {
    pub(crate) argus: &'a Installation,
    pub(crate) token: String,
}

impl<'a> Caller<'a> {
    /// Signed in with the command line's own client.
    pub(crate) async fn new(argus: &'a Installation, person: Person, scope: &str) -> Self {
        Self { argus, token: command_line_token(argus, person, scope).await }
    }

    /// Sends a request, on the condition of an entity tag, with a JSON body.
    pub(crate) async fn send(&self, method: Method, path: &str, tag: Option<&str>, body: Option<&Value>) -> Answer {
        send_as(self.argus, &self.token, method, path, tag, body.map(Value::to_string).as_deref()).await
    }
}

/// A program of an administrator, with a token for the administration API.
pub(crate) struct Admin {
    pub(crate) argus: Installation,
    token: String,
}

impl Admin {
    /// At an installation that alice administers.
    pub(crate) async fn new(scope: &str) -> Self {
        Self::at(crate::plugin_sign_in::administered(), scope).await
    }

    /// At this installation; signed in with the command line's own client, which any administrator may use.
    pub(crate) async fn at(argus: Installation, scope: &str) -> Self {
        let token = command_line_token(&argus, ALICE, scope).await;
        Self { argus, token }
    }

    /// The access token.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// Sends a request, on the condition of an entity tag, with a JSON body.
    pub(crate) async fn send(&self, method: Method, path: &str, tag: Option<&str>, body: Option<&str>) -> Answer {
        send_as(&self.argus, &self.token, method, path, tag, body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None, None).await
    }

    pub(crate) async fn post(&self, path: &str, members: &Value) -> Answer {
        self.send(Method::POST, path, None, Some(&members.to_string())).await
    }

    pub(crate) async fn patch(&self, path: &str, tag: &str, patch: &Value) -> Answer {
        self.send(Method::PATCH, path, Some(tag), Some(&patch.to_string())).await
    }

    /// A request without the content type of JSON.
    pub(crate) async fn post_text(&self, path: &str, text: &'static str) -> Answer {
        let http = self.argus.http();
        http.send(http.request(Method::POST, path).bearer_auth(&self.token).body(text)).await
    }
}

/// The places of the problems that the administration API tells.
#[track_caller]
pub(crate) fn pointers(answer: &Answer) -> Vec<String> {
    assert_eq!((answer.status, answer.header("content-type")), (422, "application/problem+json"), "{}", answer.text);
    let problems = answer.json()["problems"].as_array().cloned().unwrap_or_default();
    problems.iter().map(|problem| problem["pointer"].as_str().unwrap().to_owned()).collect()
}
