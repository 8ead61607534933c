//! A client written by hand: sends what it is told, the right thing by default, so that a test changes the one thing it is about.

use openidconnect::{CsrfToken, Nonce, PkceCodeChallenge};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use url::form_urlencoded::Serializer;

use crate::browser::{Browser, Landing, Person};
use crate::document;
use crate::http::{Answer, Http};

/// A client.
#[derive(Clone, Debug)]
pub struct Application {
    /// What it sends its requests with.
    pub http: Http,
    /// `client_id`
    pub id: String,
    /// None for a public client.
    pub secret: Option<String>,
    /// Where it is answered.
    pub redirect_uri: String,
}

/// An authorization request, parameter by parameter.
#[derive(Clone, Debug)]
pub struct AuthorizationRequest {
    /// Names and values, in order.
    pub parameters: Vec<(String, String)>,
    /// What the challenge was made of.
    pub verifier: String,
}

/// A code, with what is needed to redeem it.
#[derive(Clone, Debug)]
pub struct Code {
    /// The code.
    pub code: String,
    /// The PKCE verifier; none when no challenge was sent.
    pub verifier: Option<String>,
    /// The nonce sent.
    pub nonce: Option<String>,
}

/// Tokens.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// The whole answer.
    pub response: Value,
    /// The access token.
    pub access: String,
    /// The refresh token; empty when there is none.
    pub refresh: String,
    /// The ID token; empty when there is none.
    pub id: String,
}

impl AuthorizationRequest {
    /// Sets a parameter.
    #[must_use]
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.parameters.retain(|(known, _)| known != name);
        self.parameters.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds a parameter, whether it is there or not.
    #[must_use]
    pub fn add(mut self, name: &str, value: &str) -> Self {
        self.parameters.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Leaves a parameter out.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.parameters.retain(|(known, _)| known != name);
        self
    }

    /// Without PKCE.
    #[must_use]
    pub fn without_challenge(self) -> Self {
        self.without("code_challenge").without("code_challenge_method")
    }

    /// The value of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Path and query.
    pub fn path(&self) -> String {
        format!("/oauth2/authorize?{}", Serializer::new(String::new()).extend_pairs(&self.parameters).finish())
    }

    /// What the answer to this request is.
    #[track_caller]
    pub fn code_of(&self, landing: &Landing) -> Code {
        assert_eq!(landing.parameter("state").as_deref(), self.get("state"));
        Code {
            code: landing.code(),
            verifier: self.get("code_challenge").map(|_| self.verifier.clone()),
            nonce: self.get("nonce").map(str::to_owned),
        }
    }
}

impl Application {
    /// A client with the redirect URI of the standard document.
    pub fn new(http: Http, id: &str, secret: Option<String>) -> Self {
        let redirect_uri = match id {
            document::DOCUMENTS => "https://documents.example/callback",
            document::ANALYST_TOOL => "https://tool.example/callback",
            _ => document::CASE_DESK_REDIRECT,
        };
        Self { http, id: id.to_owned(), secret, redirect_uri: redirect_uri.to_owned() }
    }

    /// The same client, answered elsewhere.
    #[must_use]
    pub fn answered_at(mut self, redirect_uri: &str) -> Self {
        redirect_uri.clone_into(&mut self.redirect_uri);
        self
    }

    /// A complete authorization request.
    pub fn request(&self, scope: &str) -> AuthorizationRequest {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (state, nonce) = (CsrfToken::new_random(), Nonce::new_random());
        let parameters = [
            ("client_id", self.id.as_str()),
            ("redirect_uri", self.redirect_uri.as_str()),
            ("response_type", "code"),
            ("scope", scope),
            ("state", state.secret()),
            ("nonce", nonce.secret()),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ];
        AuthorizationRequest {
            parameters: parameters.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
            verifier: verifier.secret().to_owned(),
        }
    }

    /// Sends a person's browser with a request for scopes, and takes the code it comes back with.
    pub async fn code(&self, browser: &Browser, person: Person, scope: &str) -> Code {
        let request = self.request(scope);
        request.code_of(&browser.visit(&request.path(), Some(person)).await)
    }

    /// Redeems a code.
    pub async fn redeem(&self, code: &Code) -> Answer {
        let mut form = vec![("grant_type", "authorization_code"), ("code", &code.code), ("redirect_uri", &self.redirect_uri)];
        if let Some(verifier) = &code.verifier {
            form.push(("code_verifier", verifier));
        }
        self.token(&form).await
    }

    /// Signs a person in and redeems the code.
    pub async fn tokens(&self, browser: &Browser, person: Person, scope: &str) -> Tokens {
        Tokens::of(&self.redeem(&self.code(browser, person, scope).await).await.expect(200))
    }

    /// Refreshes.
    pub async fn refresh(&self, refresh_token: &str) -> Answer {
        self.token(&[("grant_type", "refresh_token"), ("refresh_token", refresh_token)]).await
    }

    /// A token for the client itself.
    pub async fn client_credentials(&self, scope: &str) -> Answer {
        self.token(&[("grant_type", "client_credentials"), ("scope", scope)]).await
    }

    /// A request to the token endpoint, authenticated.
    pub async fn token(&self, form: &[(&str, &str)]) -> Answer {
        self.post("/oauth2/token", form).await
    }

    /// Revokes a token.
    pub async fn revoke(&self, token: &str) -> Answer {
        self.post("/oauth2/revoke", &[("token", token)]).await
    }

    /// Introspects a token.
    pub async fn introspect(&self, token: &str) -> Value {
        self.post("/oauth2/introspect", &[("token", token)]).await.expect(200).json()
    }

    /// A request to an endpoint, authenticated with the secret in the header, or by the id alone.
    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.http.send(self.authenticated(self.http.request(Method::POST, path), form)).await
    }

    fn authenticated(&self, request: RequestBuilder, form: &[(&str, &str)]) -> RequestBuilder {
        match &self.secret {
            Some(secret) => request.basic_auth(&self.id, Some(secret)).form(form),
            None => request.form(&[form, &[("client_id", self.id.as_str())]].concat()),
        }
    }

    /// Asks UserInfo.
    pub async fn userinfo(&self, access_token: &str) -> Answer {
        self.http.get_as("/oauth2/userinfo", access_token).await
    }
}

impl Tokens {
    /// What the ID token says, without a look at its signature.
    pub fn id_claims(&self) -> Value {
        crate::jwt::part(&self.id, 1)
    }

    /// Of a successful answer of the token endpoint.
    ///
    /// # Panics
    /// When it is none.
    #[track_caller]
    pub fn of(answer: &Answer) -> Self {
        let response = answer.clone().expect(200).json();
        let text = |name: &str| response[name].as_str().unwrap_or_default().to_owned();
        let tokens = Self { access: text("access_token"), refresh: text("refresh_token"), id: text("id_token"), response };
        assert!(!tokens.access.is_empty(), "{}", tokens.response);
        tokens
    }
}
