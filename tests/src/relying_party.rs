//! The unmodified `openidconnect` crate as relying party: discovery, code with PKCE, verification, UserInfo, refresh,
//! introspection.
//!
//! The crate drops claims it does not know, so the claims of a token it has verified are read from the token's text.

use anyhow::{Context, Result, ensure};
use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreProviderMetadata, CoreTokenResponse, CoreUserInfoClaims};
use openidconnect::{
    AccessToken, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet, EndpointNotSet, EndpointSet, IntrospectionUrl,
    IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge, RedirectUrl, RefreshToken, Scope, TokenIntrospectionResponse, TokenResponse,
};
use reqwest::redirect::Policy;
use serde_json::Value;

use crate::application::Tokens;
use crate::browser::{Browser, Person};
use crate::jwt;

type Client = CoreClient<EndpointSet, EndpointNotSet, EndpointSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// A relying party that knows the issuer, its id and its secret, and nothing else.
pub struct RelyingParty {
    http: reqwest::Client,
    client: Client,
    redirect_uri: String,
}

impl RelyingParty {
    /// Discovers the issuer.
    pub async fn discover(issuer: &str, id: &str, secret: Option<String>, redirect_uri: &str) -> Result<Self> {
        let http = reqwest::Client::builder().redirect(Policy::none()).no_proxy().build()?;
        let metadata = CoreProviderMetadata::discover_async(IssuerUrl::new(issuer.to_owned())?, &http).await?;
        // The crate's core metadata leaves this out, so it has to be told. Revocation it does by https alone.
        let document: Value =
            http.get(format!("{issuer}/.well-known/openid-configuration")).send().await?.error_for_status()?.json().await?;
        let introspection = document["introspection_endpoint"].as_str().context("introspection is not announced")?.to_owned();
        let client = CoreClient::from_provider_metadata(metadata, ClientId::new(id.to_owned()), secret.map(ClientSecret::new))
            .set_redirect_uri(RedirectUrl::new(redirect_uri.to_owned())?)
            .set_introspection_url(IntrospectionUrl::new(introspection)?);
        Ok(Self { http, client, redirect_uri: redirect_uri.to_owned() })
    }

    /// Signs a person in and returns the tokens, with the ID token verified.
    pub async fn sign_in(&self, browser: &Browser, person: Option<Person>, scopes: &str) -> Result<Tokens> {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (url, state, nonce) = self
            .client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
            .add_scopes(scopes.split(' ').map(|scope| Scope::new(scope.to_owned())))
            .set_pkce_challenge(challenge)
            .url();
        let landing = browser.visit(url.as_str(), person).await;
        let crate::browser::Landing::Redirect(arrived) = &landing else { anyhow::bail!("no redirect: {landing:?}") };
        ensure!(arrived.as_str().starts_with(&self.redirect_uri), "sent to {arrived}");
        ensure!(landing.parameter("state").as_ref() == Some(state.secret()), "state");
        let tokens = self
            .client
            .exchange_code(AuthorizationCode::new(landing.code()))?
            .set_pkce_verifier(verifier)
            .request_async(&self.http)
            .await?;
        self.verified(&tokens, &nonce)
    }

    fn verified(&self, tokens: &CoreTokenResponse, nonce: &Nonce) -> Result<Tokens> {
        let id_token = tokens.id_token().context("no ID token")?;
        let verifier = self.client.id_token_verifier();
        let claims = id_token.claims(&verifier, nonce)?;
        let at_hash = claims.access_token_hash().context("no at_hash")?;
        let (algorithm, key) = (id_token.signing_alg()?, id_token.signing_key(&verifier)?);
        let expected = openidconnect::AccessTokenHash::from_token(tokens.access_token(), algorithm, key)?;
        ensure!(*at_hash == expected, "at_hash");
        Ok(Tokens {
            response: serde_json::to_value(tokens)?,
            access: tokens.access_token().secret().to_owned(),
            refresh: tokens.refresh_token().map(|token| token.secret().to_owned()).unwrap_or_default(),
            id: id_token.to_string(),
        })
    }

    /// Refreshes; the new ID token is verified.
    pub async fn refresh(&self, refresh_token: &str) -> Result<Tokens> {
        let token = RefreshToken::new(refresh_token.to_owned());
        let tokens = self.client.exchange_refresh_token(&token)?.request_async(&self.http).await?;
        let id_token = tokens.id_token().context("no ID token")?;
        // Core §12.2: a refreshed ID token need not carry the nonce.
        id_token.claims(&self.client.id_token_verifier(), |_: Option<&Nonce>| Ok(()))?;
        Ok(Tokens {
            response: serde_json::to_value(&tokens)?,
            access: tokens.access_token().secret().to_owned(),
            refresh: tokens.refresh_token().map(|token| token.secret().to_owned()).unwrap_or_default(),
            id: id_token.to_string(),
        })
    }

    /// Asks UserInfo and checks that it speaks of the same user as the ID token.
    pub async fn userinfo(&self, tokens: &Tokens) -> Result<CoreUserInfoClaims> {
        let subject = jwt::part(&tokens.id, 1)["sub"].as_str().unwrap_or_default().to_owned();
        let subject = openidconnect::SubjectIdentifier::new(subject);
        Ok(self.client.user_info(AccessToken::new(tokens.access.clone()), Some(subject))?.request_async(&self.http).await?)
    }

    /// Whether introspection calls a token active.
    pub async fn is_active(&self, access_token: &str) -> Result<bool> {
        let token = AccessToken::new(access_token.to_owned());
        Ok(self.client.introspect(&token).request_async(&self.http).await?.active())
    }
}
