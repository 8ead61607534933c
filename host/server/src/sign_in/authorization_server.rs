//! A server as this program, its client, sees it: metadata (RFC 8414), authorization request, token endpoint, revocation.

use anyhow::{Context, Result, bail, ensure};
use argus_domain::Timestamp;
use argus_domain::pkce::CodeChallenge;
use argus_domain::secret::Secret;
use argus_protocol::administration::{COMMAND_LINE_CLIENT, command_line_scopes};
use argus_protocol::settings::Issuer;
use axum::body::{Body, Bytes};
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{Method, Request, StatusCode};
use serde::Deserialize;
use url::Url;
use url::form_urlencoded::Serializer;

use super::store::Tokens;
use crate::https::{self, Https};
use crate::logging::escape;

/// A server, discovered.
pub(super) struct AuthorizationServer<'a> {
    https: &'a Https,
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    revocation_endpoint: String,
}

/// An answer of the token endpoint (RFC 6749 §5.1).
#[derive(Deserialize)]
pub(super) struct Granted {
    access_token: String,
    token_type: String,
    expires_in: i64,
    refresh_token: Option<String>,
}

/// RFC 6749 §5.2.
#[derive(Deserialize)]
struct Refusal {
    error: String,
    error_description: Option<String>,
}

impl Granted {
    /// What is kept. A server that does not rotate refresh tokens leaves them out.
    pub(super) fn into_tokens(self, now: Timestamp, previous: Option<Secret>) -> Tokens {
        Tokens {
            access_token: Secret::new(self.access_token),
            expires_at: now.unix_seconds().saturating_add(self.expires_in),
            refresh_token: self.refresh_token.map(Secret::new).or(previous),
        }
    }
}

impl<'a> AuthorizationServer<'a> {
    /// Reads the server's metadata, which have to be that server's own.
    pub(super) async fn discover(https: &'a Https, server: &Issuer) -> Result<Self> {
        let url = server.url("/.well-known/openid-configuration");
        let request = Request::get(&url).header(ACCEPT, "application/json").body(Body::empty())?;
        let (status, body) = Self::exchange(https, request).await?;
        ensure!(status == StatusCode::OK, "{url} answered {status}: is {} the issuer's URL?", server.as_str());
        let metadata: Metadata = serde_json::from_slice(&body).with_context(|| format!("{url} is no metadata document"))?;
        metadata.check(server)?;
        Ok(Self { https, metadata })
    }

    /// Where a person's browser goes.
    pub(super) fn authorization_url(&self, redirect_uri: &str, state: &Secret, challenge: &CodeChallenge) -> String {
        let query = Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("client_id", COMMAND_LINE_CLIENT)
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("scope", &command_line_scopes().join(" "))
            .append_pair("state", state.expose())
            .append_pair("code_challenge", challenge.as_str())
            .append_pair("code_challenge_method", "S256")
            .finish();
        let endpoint = &self.metadata.authorization_endpoint;
        format!("{endpoint}{}{query}", if endpoint.contains('?') { '&' } else { '?' })
    }

    /// Redeems a code.
    pub(super) async fn redeem(&self, code: &Secret, verifier: &Secret, redirect_uri: &str) -> Result<Granted> {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.expose()),
            ("redirect_uri", redirect_uri),
            ("code_verifier", verifier.expose()),
        ];
        match self.token(&form).await? {
            Ok(granted) => Ok(granted),
            Err(refusal) => bail!("the server refused the sign-in: {}", refusal.text()),
        }
    }

    /// Refreshes; none when the refresh token is dead.
    pub(super) async fn refresh(&self, refresh_token: &Secret) -> Result<Option<Granted>> {
        match self.token(&[("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose())]).await? {
            Ok(granted) => Ok(Some(granted)),
            Err(refusal) if refusal.error == "invalid_grant" => Ok(None),
            Err(refusal) => bail!("the server refused to refresh the sign-in: {}", refusal.text()),
        }
    }

    /// Revokes a token, and with a refresh token the grant behind it.
    pub(super) async fn revoke(&self, token: &Secret) -> Result<()> {
        let (status, _) = self.post(&self.metadata.revocation_endpoint, &[("token", token.expose())]).await?;
        ensure!(status == StatusCode::OK, "the server answered {status}");
        Ok(())
    }

    async fn token(&self, form: &[(&str, &str)]) -> Result<Result<Granted, Refusal>> {
        let (status, body) = self.post(&self.metadata.token_endpoint, form).await?;
        // The parser's own message would quote what it read.
        let unreadable = || format!("the token endpoint answered {status}, and not as RFC 6749 says");
        if status == StatusCode::OK {
            let Ok(granted) = serde_json::from_slice::<Granted>(&body) else { bail!(unreadable()) };
            ensure!(granted.token_type.eq_ignore_ascii_case("bearer"), "the server issued a token that is no bearer token");
            return Ok(Ok(granted));
        }
        let Ok(refusal) = serde_json::from_slice(&body) else { bail!(unreadable()) };
        Ok(Err(refusal))
    }

    async fn post(&self, url: &str, form: &[(&str, &str)]) -> Result<(StatusCode, Bytes)> {
        let form = Serializer::new(String::new()).append_pair("client_id", COMMAND_LINE_CLIENT).extend_pairs(form).finish();
        let request = Request::builder().method(Method::POST).uri(url).header(ACCEPT, "application/json");
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(Body::from(form))?;
        Self::exchange(self.https, request).await
    }

    async fn exchange(https: &Https, request: Request<Body>) -> Result<(StatusCode, Bytes)> {
        let response = https.send(request).await?;
        Ok((response.status(), https::read(response.into_body()).await?))
    }
}

impl Metadata {
    /// RFC 8414 §3.3. Every endpoint has to be the server's own too: a code or token sent elsewhere would be given away.
    fn check(&self, server: &Issuer) -> Result<()> {
        let expected = server.as_str();
        ensure!(self.issuer == expected, "the server at {expected} calls itself {}: use that URL", escape(&self.issuer));
        for endpoint in [&self.authorization_endpoint, &self.token_endpoint, &self.revocation_endpoint] {
            // It goes to a terminal and to a browser as it is.
            let own = !endpoint.contains(char::is_control)
                && Url::parse(endpoint).is_ok_and(|url| url.origin().ascii_serialization() == server.origin());
            ensure!(own, "the server at {expected} names an endpoint that is not its own: {}", escape(endpoint));
        }
        Ok(())
    }
}

impl Refusal {
    fn text(&self) -> String {
        match &self.error_description {
            Some(description) => format!("{} ({})", escape(description), escape(&self.error)),
            None => escape(&self.error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(issuer: &str, token_endpoint: &str) -> Metadata {
        Metadata {
            issuer: issuer.to_owned(),
            authorization_endpoint: "https://id.example.com/oauth2/authorize".to_owned(),
            token_endpoint: token_endpoint.to_owned(),
            revocation_endpoint: "https://id.example.com/oauth2/revoke".to_owned(),
        }
    }

    #[test]
    fn metadata_have_to_be_the_servers_own() {
        let server = https::server("https://id.example.com").unwrap();
        let (own, other) = ("https://id.example.com", "https://id.example.net");
        assert!(metadata(own, "https://id.example.com/oauth2/token").check(&server).is_ok());
        assert!(metadata(other, "https://id.example.com/oauth2/token").check(&server).is_err());
        for endpoint in
            ["https://id.example.net/oauth2/token", "http://id.example.com/oauth2/token", "https://id.example.com.evil.example/", "/"]
        {
            assert!(metadata(own, endpoint).check(&server).is_err(), "{endpoint}");
        }
    }
}
