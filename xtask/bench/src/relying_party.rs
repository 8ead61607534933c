//! What a relying party does: the code flow with PKCE, refresh, and the calls with an access token. Every answer is checked.

use anyhow::{Context, Result, bail, ensure};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use form_urlencoded::Serializer;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::browser::Browser;
use crate::document::{CALLBACK, Credentials};
use crate::http::{Connection, Request, Response};

const SCOPE: &str = "openid profile email offline_access";

/// The tokens of one answer.
#[derive(Clone)]
pub(crate) struct Tokens {
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
    pub(crate) id_token: String,
}

/// One relying party on one connection.
pub(crate) struct RelyingParty {
    issuer: String,
    id: String,
    authorization: String,
    /// Makes `state`, `nonce` and verifier of each request differ.
    seed: u64,
}

impl RelyingParty {
    pub(crate) fn new(issuer: &str, credentials: &Credentials, number: usize) -> Self {
        let basic = STANDARD.encode(format!("{}:{}", credentials.id, credentials.secret));
        Self {
            issuer: issuer.to_owned(),
            id: credentials.id.to_string(),
            authorization: format!("Basic {basic}"),
            seed: (number as u64) << 32,
        }
    }

    /// The code flow, from the authorization request to the tokens; `claims` have to be in the ID token.
    pub(crate) async fn sign_in(&mut self, connection: &mut Connection, browser: &mut Browser, claims: &[&str]) -> Result<Tokens> {
        let (verifier, state, nonce) = (self.random(), self.random(), self.random());
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier));
        let endpoint = "/oauth2/authorize?";
        let target = Serializer::for_suffix(endpoint.to_owned(), endpoint.len())
            .extend_pairs([("client_id", self.id.as_str()), ("redirect_uri", CALLBACK), ("response_type", "code"), ("scope", SCOPE)])
            .extend_pairs([("state", state.as_str()), ("nonce", nonce.as_str())])
            .extend_pairs([("code_challenge", challenge.as_str()), ("code_challenge_method", "S256")])
            .finish();
        let callback = browser.visit(connection, &target, CALLBACK).await?;
        let code = self.code(&callback, &state)?;
        let form = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", CALLBACK), ("code_verifier", &verifier)];
        let tokens = self.tokens(connection, &form).await?;
        let payload = payload(&tokens.id_token)?;
        ensure!(payload["nonce"] == *nonce, "the ID token has another nonce");
        for claim in claims {
            ensure!(payload[*claim].as_array().is_some_and(|values| !values.is_empty()), "the ID token has no claim {claim}");
        }
        Ok(tokens)
    }

    /// The code of an authorization response.
    fn code(&self, callback: &str, state: &str) -> Result<String> {
        let query = callback.split_once('?').map_or("", |(_, query)| query);
        let parameter = |name: &str| form_urlencoded::parse(query.as_bytes()).find(|(found, _)| found == name).map(|(_, value)| value);
        ensure!(parameter("state").as_deref() == Some(state), "the response has another state: {callback}");
        ensure!(parameter("iss").as_deref() == Some(&self.issuer), "the response has another issuer: {callback}");
        Ok(parameter("code").with_context(|| format!("no code: {callback}"))?.into_owned())
    }

    /// Rotates a refresh token.
    pub(crate) async fn refresh(&self, connection: &mut Connection, refresh_token: &str) -> Result<Tokens> {
        let tokens = self.tokens(connection, &[("grant_type", "refresh_token"), ("refresh_token", refresh_token)]).await?;
        ensure!(tokens.refresh_token != refresh_token, "the refresh token was not rotated");
        Ok(tokens)
    }

    /// A token for the client itself.
    pub(crate) async fn client_credentials(&self, connection: &mut Connection, scope: &str) -> Result<()> {
        let response = self.post(connection, "/oauth2/token", &[("grant_type", "client_credentials"), ("scope", scope)]).await?;
        text(&json(&response)?, "access_token").map(drop)
    }

    /// Asks whether a token is live.
    pub(crate) async fn introspect(&self, connection: &mut Connection, token: &str) -> Result<()> {
        let response = self.post(connection, "/oauth2/introspect", &[("token", token)]).await?;
        ensure!(json(&response)?["active"] == true, "the token is not active: {}", response.body);
        Ok(())
    }

    async fn tokens(&self, connection: &mut Connection, form: &[(&str, &str)]) -> Result<Tokens> {
        let answer = json(&self.post(connection, "/oauth2/token", form).await?)?;
        Ok(Tokens {
            access_token: text(&answer, "access_token")?,
            refresh_token: text(&answer, "refresh_token")?,
            id_token: text(&answer, "id_token")?,
        })
    }

    async fn post(&self, connection: &mut Connection, target: &str, form: &[(&str, &str)]) -> Result<Response> {
        let form = Serializer::new(String::new()).extend_pairs(form).finish();
        connection.send(&Request { target, headers: &[("authorization", &self.authorization)], form: Some(&form) }).await
    }

    /// 43 characters that no other call gives. Nobody attacks a measurement, so a hash of a counter will do.
    fn random(&mut self) -> String {
        self.seed += 1;
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.seed.to_be_bytes()))
    }
}

/// The user's claims for an access token.
pub(crate) async fn user_info(connection: &mut Connection, access_token: &str) -> Result<()> {
    let authorization = format!("Bearer {access_token}");
    let request = Request { target: "/oauth2/userinfo", headers: &[("authorization", &authorization)], form: None };
    text(&json(&connection.send(&request).await?)?, "sub").map(drop)
}

/// One of the documents that only have to be handed out.
pub(crate) async fn document(connection: &mut Connection, target: &str, member: &str) -> Result<()> {
    let response = connection.send(&Request { target, headers: &[], form: None }).await?;
    ensure!(response.status == 200 && response.body.contains(member), "{target} answered {}: {}", response.status, response.body);
    Ok(())
}

fn json(response: &Response) -> Result<Value> {
    if response.status != 200 {
        bail!("answered {}: {}", response.status, response.body);
    }
    Ok(serde_json::from_str(&response.body)?)
}

fn text(answer: &Value, member: &str) -> Result<String> {
    Ok(answer[member].as_str().with_context(|| format!("the answer has no {member}"))?.to_owned())
}

/// Claims of a token whose signature nobody checks here.
fn payload(token: &str) -> Result<Value> {
    let payload = token.split('.').nth(1).context("not a JWT")?;
    Ok(serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload)?)?)
}
