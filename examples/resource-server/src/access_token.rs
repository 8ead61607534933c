//! JWT access tokens, verified without asking anybody (RFC 9068 §4).

use anyhow::Result;
use jsonwebtoken::jwk::KeyAlgorithm;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;

use crate::issuer::Issuer;

/// Signatures with a public key only: with a symmetric algorithm the issuer's public key would be the secret.
const ALGORITHMS: &[Algorithm] = &[Algorithm::ES256, Algorithm::RS256, Algorithm::PS256, Algorithm::EdDSA];
/// How far clocks may differ, in seconds.
const LEEWAY: u64 = 30;

/// The claims this API looks at.
#[derive(Debug, Deserialize)]
pub(crate) struct AccessToken {
    /// The user, or the client when it acts for itself.
    pub(crate) sub: String,
    /// The client that calls.
    pub(crate) client_id: String,
    #[serde(default)]
    scope: String,
}

impl AccessToken {
    pub(crate) fn has_scope(&self, scope: &str) -> bool {
        self.scope.split(' ').any(|granted| granted == scope)
    }
}

/// Verifies type, algorithm, signature, issuer, audience and expiry. `Ok(None)` means that the token is no good; an error that it
/// could not be judged, since the issuer's keys are out of reach.
pub(crate) async fn verify(token: &str, issuer: &Issuer, audience: &str) -> Result<Option<AccessToken>> {
    let Ok(header) = decode_header(token) else { return Ok(None) };
    // An ID token is signed with the same keys: the type keeps it out. Unknown critical extensions must be refused.
    let is_access_token =
        header.typ.as_deref().is_some_and(|typ| matches!(typ.to_ascii_lowercase().as_str(), "at+jwt" | "application/at+jwt"));
    if !is_access_token || !ALGORITHMS.contains(&header.alg) || header.crit.is_some() {
        return Ok(None);
    }
    let Some(id) = header.kid else { return Ok(None) };
    let Some(key) = issuer.key(&id).await? else { return Ok(None) };
    // A key is for one algorithm (RFC 8725 §3.1): the token does not choose.
    if key.common.key_algorithm.is_some_and(|algorithm| algorithm != KeyAlgorithm::from(header.alg)) {
        return Ok(None);
    }
    let Ok(key) = DecodingKey::from_jwk(&key) else { return Ok(None) };
    let mut validation = Validation::new(header.alg);
    validation.leeway = LEEWAY;
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation.set_issuer(&[&issuer.name]);
    validation.set_audience(&[audience]);
    Ok(decode::<AccessToken>(token, &key, &validation).ok().map(|verified| verified.claims))
}

#[cfg(test)]
pub(crate) mod tests {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
    use jsonwebtoken::jwk::{Jwk, JwkSet};
    use jsonwebtoken::{EncodingKey, Header, encode, get_current_timestamp};
    use serde_json::{Value, json};

    use super::*;

    pub(crate) const ISSUER: &str = "https://id.example.com";
    pub(crate) const AUDIENCE: &str = "https://cases.example.com";

    /// Signs tokens as the issuer would.
    pub(crate) struct Signer(EncodingKey);

    impl Signer {
        pub(crate) fn new() -> Self {
            let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).expect("a key");
            Self(EncodingKey::from_ec_der(key.as_ref()))
        }

        pub(crate) fn issuer(&self) -> Issuer {
            let mut key = Jwk::from_encoding_key(&self.0, Algorithm::ES256).expect("a public key");
            key.common.key_id = Some("1".to_owned());
            Issuer::with_keys(ISSUER, JwkSet { keys: vec![key] }).expect("an issuer")
        }

        pub(crate) fn sign(&self, header: &Header, claims: &Value) -> String {
            encode(header, claims, &self.0).expect("a token")
        }
    }

    pub(crate) fn header() -> Header {
        Header { typ: Some("at+jwt".to_owned()), kid: Some("1".to_owned()), ..Header::new(Algorithm::ES256) }
    }

    pub(crate) fn claims(scope: &str) -> Value {
        let now = get_current_timestamp();
        json!({"iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "client_id": "desk", "scope": scope, "iat": now, "exp": now + 60})
    }

    async fn is_accepted(header: Header, claims: Value) -> bool {
        let signer = Signer::new();
        verify(&signer.sign(&header, &claims), &signer.issuer(), AUDIENCE).await.expect("judged").is_some()
    }

    fn claims_with(name: &str, value: impl Into<Value>) -> Value {
        let mut claims = claims("cases:read");
        claims[name] = value.into();
        claims
    }

    #[tokio::test]
    async fn a_good_token_is_accepted() {
        assert!(is_accepted(header(), claims("cases:read")).await);
        assert!(is_accepted(header(), claims_with("aud", json!(["https://other.example.com", AUDIENCE]))).await);
    }

    #[tokio::test]
    async fn an_id_token_is_refused() {
        assert!(!is_accepted(Header { typ: Some("JWT".to_owned()), ..header() }, claims("cases:read")).await);
        assert!(!is_accepted(Header { typ: None, ..header() }, claims("cases:read")).await);
    }

    #[tokio::test]
    async fn a_token_of_others_for_others_or_of_old_is_refused() {
        assert!(!is_accepted(header(), claims_with("iss", "https://other.example.com")).await);
        assert!(!is_accepted(header(), claims_with("aud", "desk")).await);
        assert!(!is_accepted(header(), claims_with("exp", get_current_timestamp() - LEEWAY - 2)).await);
        assert!(!is_accepted(header(), claims_with("exp", Value::Null)).await);
    }

    #[tokio::test]
    async fn a_token_of_another_key_is_refused() {
        let token = Signer::new().sign(&header(), &claims("cases:read"));
        let issuer = Signer::new().issuer();
        assert!(verify(&token, &issuer, AUDIENCE).await.expect("judged").is_none());
        assert!(!is_accepted(Header { kid: Some("2".to_owned()), ..header() }, claims("cases:read")).await);
        assert!(!is_accepted(Header { kid: None, ..header() }, claims("cases:read")).await);
    }

    #[tokio::test]
    async fn what_is_no_token_is_refused() {
        let issuer = Signer::new().issuer();
        for text in ["", "a.b.c", "e30.e30.", "eyJhbGciOiJub25lIn0.e30."] {
            assert!(verify(text, &issuer, AUDIENCE).await.expect("judged").is_none(), "{text}");
        }
    }
}
