//! The relying party's side of the protocol: authorization request, code exchange, verification.

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::core::{CoreAuthenticationFlow, CoreClient};
use openidconnect::{
    AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet, EndpointNotSet, EndpointSet, IssuerUrl, LogoutRequest, Nonce,
    PkceCodeChallenge, PkceCodeVerifier, PostLogoutRedirectUrl, ProviderMetadataWithLogout, RedirectUrl, Scope, TokenResponse,
};
use serde_json::{Map, Value};

/// What is asked for besides `openid`, which the library adds.
const SCOPES: &[&str] = &["profile", "email", "customer"];

/// A client that knows the endpoints of a discovery document.
type Client = CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// The application, as the issuer knows it.
pub(crate) struct RelyingParty {
    pub(crate) http: reqwest::Client,
    pub(crate) issuer: IssuerUrl,
    pub(crate) id: ClientId,
    pub(crate) secret: Option<ClientSecret>,
    /// Where this application is reached, with a slash at the end.
    pub(crate) url: String,
}

/// A sign-in that was begun: what its answer has to match.
pub(crate) struct Begun {
    pub(crate) state: CsrfToken,
    nonce: Nonce,
    verifier: PkceCodeVerifier,
}

/// A user who signed in.
#[derive(Clone)]
pub(crate) struct SignedIn {
    pub(crate) claims: Map<String, Value>,
    /// Where signing out begins, when the issuer offers it.
    pub(crate) sign_out: Option<String>,
}

/// A client for calls to the issuer.
pub(crate) fn http_client() -> Result<reqwest::Client> {
    // One crypto library for everything; an error only means that it was chosen already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    // Redirects are the browser's business: followed here, they would let the issuer's answers steer this program's requests.
    Ok(reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?)
}

impl RelyingParty {
    /// The address of the issuer's sign-in, and what to remember until the answer comes.
    pub(crate) async fn begin(&self) -> Result<(String, Begun)> {
        let client = self.client(self.discover().await?)?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (url, state, nonce) = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
            .add_scopes(SCOPES.iter().map(|scope| Scope::new((*scope).to_owned())))
            .set_pkce_challenge(challenge)
            .url();
        Ok((url.to_string(), Begun { state, nonce, verifier }))
    }

    /// Exchanges the code and verifies the ID token: signature, issuer, audience, expiry and nonce.
    pub(crate) async fn finish(&self, code: String, begun: Begun) -> Result<SignedIn> {
        let metadata = self.discover().await?;
        let end_session = metadata.additional_metadata().end_session_endpoint.clone();
        let client = self.client(metadata)?;
        let exchange = client.exchange_code(AuthorizationCode::new(code))?.set_pkce_verifier(begun.verifier);
        let tokens = exchange.request_async(&self.http).await.context("the code was not exchanged")?;
        let id_token = tokens.id_token().context("no ID token came with the access token")?;
        id_token.claims(&client.id_token_verifier(), &begun.nonce).context("the ID token does not verify")?;
        let home = PostLogoutRedirectUrl::new(self.url.clone())?;
        let sign_out = end_session.map(|endpoint| {
            let request = LogoutRequest::from(endpoint).set_id_token_hint(id_token).set_client_id(self.id.clone());
            request.set_post_logout_redirect_uri(home).http_get_url().to_string()
        });
        Ok(SignedIn { claims: all_claims(&id_token.to_string())?, sign_out })
    }

    /// A real application would keep the document for a while.
    async fn discover(&self) -> Result<ProviderMetadataWithLogout> {
        let metadata = ProviderMetadataWithLogout::discover_async(self.issuer.clone(), &self.http).await;
        metadata.with_context(|| format!("{} does not answer as an OpenID provider", self.issuer.as_str()))
    }

    fn client(&self, metadata: ProviderMetadataWithLogout) -> Result<Client> {
        let client = CoreClient::from_provider_metadata(metadata, self.id.clone(), self.secret.clone());
        Ok(client.set_redirect_uri(RedirectUrl::new(format!("{}callback", self.url))?))
    }
}

/// Every claim of a token that has been verified: the library's own type keeps the standard ones only.
fn all_claims(token: &str) -> Result<Map<String, Value>> {
    let payload = token.split('.').nth(1).context("the ID token is no JWT")?;
    Ok(serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload)?)?)
}
