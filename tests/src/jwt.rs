//! Tokens as a resource server or relying party sees them: verified with the published keys, offline, before anything is read.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde_json::Value;

use crate::http::Http;

/// The keys, as published.
#[derive(Clone, Debug)]
pub struct Jwks(pub Value);

/// A token whose signature and expiry hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified {
    /// Its header.
    pub header: Value,
    /// Its claims.
    pub claims: Value,
}

impl Jwks {
    /// Fetches the keys from the place the discovery document names.
    pub async fn fetch(http: &Http) -> Self {
        let metadata = http.get("/.well-known/openid-configuration").await.expect(200).json();
        Self(http.get(metadata["jwks_uri"].as_str().unwrap()).await.expect(200).json())
    }

    /// Verifies a token.
    ///
    /// # Panics
    /// When it does not verify.
    #[track_caller]
    pub fn verify(&self, token: &str) -> Verified {
        self.try_verify(token).unwrap_or_else(|error| panic!("{error}: {token}"))
    }

    /// Verifies a token with the key its header names.
    pub fn try_verify(&self, token: &str) -> anyhow::Result<Verified> {
        let header = part(token, 0);
        let algorithm: Algorithm = header["alg"].as_str().unwrap_or_default().parse()?;
        let kid = header["kid"].as_str().unwrap_or_default();
        let keys: JwkSet = serde_json::from_value(self.0.clone())?;
        let key = keys.find(kid).ok_or_else(|| anyhow::anyhow!("no key is named {kid}"))?;
        anyhow::ensure!(
            key.common.key_algorithm.is_some_and(|named| named.to_string() == header["alg"]),
            "the key is for another algorithm"
        );
        let mut validation = Validation::new(algorithm);
        // Who the token is for is what tests look at themselves.
        validation.validate_aud = false;
        validation.leeway = 0;
        let claims = decode(token, &DecodingKey::from_jwk(key)?, &validation)?.claims;
        Ok(Verified { header, claims })
    }
}

/// A part of a token, not verified: for tests that change one.
///
/// # Panics
/// When the token has no such part.
#[track_caller]
pub fn part(token: &str, n: usize) -> Value {
    let part = token.split('.').nth(n).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// A token put together of a header, claims and any signature.
pub fn forged(header: &Value, claims: &Value, signature: &[u8]) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{}", encode(header), encode(claims), URL_SAFE_NO_PAD.encode(signature))
}

/// Seconds since 1970.
pub fn now() -> u64 {
    jsonwebtoken::get_current_timestamp()
}
