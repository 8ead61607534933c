//! The relying party of the demonstration: the `openidconnect` crate, as any application would use it.

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreProviderMetadata};
use openidconnect::{
    AuthorizationCode, ClientId, ClientSecret, CsrfToken, IssuerUrl, Nonce, PkceCodeChallenge, RedirectUrl, Scope, TokenResponse,
};
use reqwest::redirect::Policy;
use serde_json::Value;

use super::browser::Browser;

/// Where the example relying party listens.
pub(super) const PORT: u16 = 8081;

/// What the demonstration signs in with.
pub(super) struct Demo<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) client_secret: &'a str,
    pub(super) redirect_uri: &'a str,
    pub(super) username: &'a str,
    pub(super) password: &'a str,
}

/// Discovery, code with PKCE, exchange, verification; returns the claims of the verified ID token.
pub(super) async fn sign_in(demo: &Demo<'_>) -> Result<Value> {
    let http = reqwest::Client::builder().redirect(Policy::none()).build()?;
    let metadata = CoreProviderMetadata::discover_async(IssuerUrl::new(demo.issuer.to_owned())?, &http).await?;
    let client = CoreClient::from_provider_metadata(
        metadata,
        ClientId::new(demo.client_id.to_owned()),
        Some(ClientSecret::new(demo.client_secret.to_owned())),
    )
    .set_redirect_uri(RedirectUrl::new(demo.redirect_uri.to_owned())?);

    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state, nonce) = client
        .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
        .add_scopes(["profile", "email"].map(|scope| Scope::new(scope.to_owned())))
        .set_pkce_challenge(challenge)
        .url();
    let answer = Browser::new()?.sign_in(url, demo.redirect_uri, demo.username, demo.password).await?;
    let parameter = |name: &str| answer.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    if parameter("state").as_ref() != Some(state.secret()) {
        bail!("the answer is not the one to this request: {answer}");
    }
    let code = parameter("code").with_context(|| format!("the answer has no code: {answer}"))?;
    let tokens = client.exchange_code(AuthorizationCode::new(code))?.set_pkce_verifier(verifier).request_async(&http).await?;
    let id_token = tokens.id_token().context("the answer has no ID token")?;
    id_token.claims(&client.id_token_verifier(), &nonce).context("the ID token does not verify")?;
    payload(&id_token.to_string())
}

/// The claims of a JWT that was verified: the library's own type keeps the standard ones only.
fn payload(token: &str) -> Result<Value> {
    let part = token.split('.').nth(1).context("the ID token is no JWT")?;
    let bytes = URL_SAFE_NO_PAD.decode(part).context("the ID token is no base64url")?;
    Ok(serde_json::from_slice(&bytes)?)
}
