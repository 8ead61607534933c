//! The keys in force: signs JWTs (RFC 7515, RFC 7519), verifies the ones this server issued, serves the JWKS (RFC 7517).
//!
//! A key is parsed once, when the ring is built: parsing it for each signature, as a general library has to, would cost
//! several times the signature. Verification is `jsonwebtoken`'s. A token is accepted for one [`TokenType`] only, by its
//! `typ` header, and only with the algorithm of the key it names: `alg` of the header decides nothing (RFC 8725 §3.1, §3.11).

use std::collections::HashMap;

use argus_domain::signing::{SigningAlgorithm, SigningKeyState};
use aws_lc_rs::digest::{SHA256, SHA512, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use thiserror::Error;

use crate::seal::SealingKey;
use crate::signing_key::{PrivateKey, SigningKeyError, StoredSigningKey, open};

/// What a JWT is, told by its `typ` header, so that one is never taken for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenType {
    /// `JWT`: OpenID Connect Core §2.
    IdToken,
    /// `at+jwt`: RFC 9068 §2.1.
    AccessToken,
    /// `rt+jwt`: for this server's eyes only.
    RefreshToken,
}

impl TokenType {
    const ALL: [Self; 3] = [Self::IdToken, Self::AccessToken, Self::RefreshToken];

    fn typ(self) -> &'static str {
        match self {
            Self::IdToken => "JWT",
            Self::AccessToken => "at+jwt",
            Self::RefreshToken => "rt+jwt",
        }
    }
}

/// A JWT is not one this server issued. The reason is for the log; the bearer learns nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum VerifyError {
    /// Not three parts of base64url with a JOSE header.
    #[error("not a signed JWT")]
    Malformed,
    /// Another token type.
    #[error("a token of another type")]
    Type,
    /// No published key has its `kid`.
    #[error("signed with an unknown key")]
    UnknownKey,
    /// `jku`, `jwk`, `x5u`, `x5c` or `crit`: none is ever ours.
    #[error("a header parameter that this server never sets")]
    Header,
    /// Wrong signature, or an algorithm that is not the key's.
    #[error("the signature does not verify")]
    Signature,
    /// The payload does not have the shape of its type.
    #[error("the claims do not have the shape of their type")]
    Claims,
}

/// The server cannot sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SignError {
    /// No active key has the algorithm.
    #[error("no active signing key for {}", .0.as_str())]
    NoActiveKey(SigningAlgorithm),
    /// The claims do not serialize, or the library failed.
    #[error("the token could not be signed")]
    Failed,
}

struct ActiveKey {
    private: PrivateKey,
    /// Base64url of the header, by token type.
    headers: Vec<(TokenType, String)>,
}

struct PublishedKey {
    algorithm: Algorithm,
    verifying: DecodingKey,
}

/// Every published key; replaced whole when keys change.
pub struct KeyRing {
    active: HashMap<SigningAlgorithm, ActiveKey>,
    published: HashMap<String, PublishedKey>,
    jwks: String,
}

impl KeyRing {
    /// Opens the stored keys.
    pub fn new(stored: &[StoredSigningKey], sealing: &SealingKey) -> Result<Self, SigningKeyError> {
        let mut active = HashMap::new();
        let mut published = HashMap::new();
        for key in stored {
            let damaged = || SigningKeyError::Damaged { kid: key.kid.clone() };
            let jwk: Jwk = serde_json::from_value(key.public_jwk.clone()).map_err(|_| damaged())?;
            let verifying = DecodingKey::from_jwk(&jwk).map_err(|_| damaged())?;
            published.insert(key.kid.clone(), PublishedKey { algorithm: jose(key.algorithm), verifying });
            if key.state == SigningKeyState::Active {
                let headers = TokenType::ALL.map(|token_type| {
                    let header = json!({"alg": key.algorithm.as_str(), "typ": token_type.typ(), "kid": key.kid});
                    (token_type, URL_SAFE_NO_PAD.encode(header.to_string()))
                });
                active.insert(key.algorithm, ActiveKey { private: open(key, sealing)?, headers: headers.into() });
            }
        }
        let jwks = json!({"keys": stored.iter().map(|key| &key.public_jwk).collect::<Vec<_>>()}).to_string();
        Ok(Self { active, published, jwks })
    }

    /// The JWKS document, public parts only.
    pub fn jwks(&self) -> &str {
        &self.jwks
    }

    /// Signs claims with the active key of an algorithm.
    pub fn sign(&self, algorithm: SigningAlgorithm, token_type: TokenType, claims: &impl Serialize) -> Result<String, SignError> {
        let key = self.active.get(&algorithm).ok_or(SignError::NoActiveKey(algorithm))?;
        let header = key.headers.iter().find(|(of, _)| *of == token_type).map_or("", |(_, header)| header);
        let payload = serde_json::to_vec(claims).map_err(|_| SignError::Failed)?;
        let mut token = String::with_capacity(header.len() + payload.len() * 4 / 3 + 360);
        token.push_str(header);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(payload, &mut token);
        let signature = key.private.sign(token.as_bytes()).map_err(|_| SignError::Failed)?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }

    /// The claims of a token as they stand, to look something up with. Nobody vouches for them.
    pub fn read_unverified<T: DeserializeOwned>(token: &str) -> Result<T, VerifyError> {
        jsonwebtoken::dangerous::insecure_decode_claims(token).map_err(|_| VerifyError::Malformed)
    }

    /// The claims of a token this server signed. Expiry, audience and revocation are the caller's to check.
    pub fn verify<T: DeserializeOwned>(&self, token: &str, token_type: TokenType) -> Result<T, VerifyError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| VerifyError::Malformed)?;
        if header.jku.is_some() || header.jwk.is_some() || header.x5u.is_some() || header.x5c.is_some() || header.crit.is_some() {
            return Err(VerifyError::Header);
        }
        if header.typ.as_deref() != Some(token_type.typ()) {
            return Err(VerifyError::Type);
        }
        let key = header.kid.as_deref().and_then(|kid| self.published.get(kid)).ok_or(VerifyError::UnknownKey)?;
        let mut validation = Validation::new(key.algorithm);
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        match jsonwebtoken::decode(token, &key.verifying, &validation) {
            Ok(data) => Ok(data.claims),
            Err(error) if matches!(error.kind(), jsonwebtoken::errors::ErrorKind::Json(_)) => Err(VerifyError::Claims),
            Err(_) => Err(VerifyError::Signature),
        }
    }
}

fn jose(algorithm: SigningAlgorithm) -> Algorithm {
    match algorithm {
        SigningAlgorithm::ES256 => Algorithm::ES256,
        SigningAlgorithm::RS256 => Algorithm::RS256,
        SigningAlgorithm::PS256 => Algorithm::PS256,
        SigningAlgorithm::EdDSA => Algorithm::EdDSA,
    }
}

/// `at_hash` (OpenID Connect Core §3.1.3.6): the left half of the access token's hash, by the hash of the ID token's algorithm.
pub fn at_hash(algorithm: SigningAlgorithm, access_token: &str) -> String {
    let hash = match algorithm {
        SigningAlgorithm::ES256 | SigningAlgorithm::RS256 | SigningAlgorithm::PS256 => digest(&SHA256, access_token.as_bytes()),
        // Ed25519 hashes with SHA-512 (RFC 8032 §5.1).
        SigningAlgorithm::EdDSA => digest(&SHA512, access_token.as_bytes()),
    };
    let hash = hash.as_ref();
    URL_SAFE_NO_PAD.encode(&hash[..hash.len() / 2])
}

#[cfg(test)]
mod tests {
    use argus_domain::Timestamp;
    use serde_json::Value;
    use zeroize::Zeroizing;

    use super::*;
    use crate::SystemRandom;
    use crate::signing_key::generate;

    fn sealing() -> SealingKey {
        SealingKey::new(&Zeroizing::new([7; 32]))
    }

    fn stored() -> Vec<StoredSigningKey> {
        SigningAlgorithm::ALL
            .into_iter()
            .map(|algorithm| StoredSigningKey {
                state: SigningKeyState::Active,
                ..generate(algorithm, &sealing(), &SystemRandom, Timestamp::from_unix_seconds(0)).unwrap()
            })
            .collect()
    }

    #[test]
    fn every_algorithm_signs_what_it_verifies() {
        let ring = KeyRing::new(&stored(), &sealing()).unwrap();
        for algorithm in SigningAlgorithm::ALL {
            let token = ring.sign(algorithm, TokenType::AccessToken, &json!({"sub": "a"})).unwrap();
            assert_eq!(ring.verify::<Value>(&token, TokenType::AccessToken).unwrap(), json!({"sub": "a"}));
        }
    }

    #[test]
    fn a_token_of_one_type_is_no_other() {
        let ring = KeyRing::new(&stored(), &sealing()).unwrap();
        for made in TokenType::ALL {
            let token = ring.sign(SigningAlgorithm::ES256, made, &json!({})).unwrap();
            for asked in TokenType::ALL {
                assert_eq!(ring.verify::<Value>(&token, asked).err(), (made != asked).then_some(VerifyError::Type));
            }
        }
    }

    /// A3.8: forged headers, each with a signature that is right for what it claims, or none.
    #[test]
    fn forged_headers_are_refused() {
        let keys = stored();
        let ring = KeyRing::new(&keys, &sealing()).unwrap();
        let kid = &keys[0].kid;
        let payload = URL_SAFE_NO_PAD.encode(json!({"sub": "a"}).to_string());
        let unsigned = |header: Value, signature: &str| format!("{}.{payload}.{signature}", URL_SAFE_NO_PAD.encode(header.to_string()));
        let public = serde_json::to_vec(&keys[0].public_jwk).unwrap();
        let hmac_message = unsigned(json!({"alg": "HS256", "typ": "at+jwt", "kid": kid}), "");
        let hmac = jsonwebtoken::crypto::sign(
            hmac_message.trim_end_matches('.').as_bytes(),
            &jsonwebtoken::EncodingKey::from_secret(&public),
            Algorithm::HS256,
        )
        .unwrap();
        for (token, error) in [
            (unsigned(json!({"alg": "none", "typ": "at+jwt", "kid": kid}), ""), VerifyError::Malformed),
            (format!("{hmac_message}{hmac}"), VerifyError::Signature),
            (unsigned(json!({"alg": "RS256", "typ": "at+jwt", "kid": kid}), "AAAA"), VerifyError::Signature),
            (unsigned(json!({"alg": "ES256", "typ": "at+jwt", "kid": "foreign"}), "AAAA"), VerifyError::UnknownKey),
            (unsigned(json!({"alg": "ES256", "typ": "at+jwt"}), "AAAA"), VerifyError::UnknownKey),
            (unsigned(json!({"alg": "ES256", "typ": "at+jwt", "kid": kid, "jku": "https://evil.example"}), "AAAA"), VerifyError::Header),
            (unsigned(json!({"alg": "ES256", "typ": "at+jwt", "kid": kid, "jwk": keys[0].public_jwk}), "AAAA"), VerifyError::Header),
            (unsigned(json!({"alg": "ES256", "typ": "at+jwt", "kid": kid, "crit": ["exp"]}), "AAAA"), VerifyError::Header),
            ("a.b".to_owned(), VerifyError::Malformed),
            (String::new(), VerifyError::Malformed),
        ] {
            assert_eq!(ring.verify::<Value>(&token, TokenType::AccessToken), Err(error), "{token}");
        }
    }

    #[test]
    fn the_jwks_shows_public_members_only() {
        let jwks: Value = serde_json::from_str(KeyRing::new(&stored(), &sealing()).unwrap().jwks()).unwrap();
        for key in jwks["keys"].as_array().unwrap() {
            for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
                assert!(key.get(private).is_none(), "{private}");
            }
            assert_eq!(key["use"], "sig");
            assert!(key["kid"].is_string() && key["alg"].is_string());
        }
    }

    #[test]
    fn keys_sealed_with_another_key_do_not_open() {
        let other = SealingKey::new(&Zeroizing::new([8; 32]));
        assert!(matches!(KeyRing::new(&stored(), &other), Err(SigningKeyError::Unsealable { .. })));
    }

    /// OpenID Connect Core, appendix A.3 shows this access token with this `at_hash`.
    #[test]
    fn at_hash_of_the_standard() {
        let access_token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
        for algorithm in [SigningAlgorithm::RS256, SigningAlgorithm::PS256, SigningAlgorithm::ES256] {
            assert_eq!(at_hash(algorithm, access_token), "77QmUPtjPfzWtF2AnpK9RQ");
        }
        // Half of 64 bytes, in base64url.
        assert_eq!(at_hash(SigningAlgorithm::EdDSA, access_token).len(), 43);
    }
}
