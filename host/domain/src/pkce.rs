//! Proof Key for Code Exchange (RFC 7636), `S256` only: `plain` protects nothing when the request leaks (RFC 9700 §2.1.1).

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;
use thiserror::Error;

/// A `code_challenge` of method `S256`: 43 characters of base64url.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeChallenge(String);

/// Why a challenge was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CodeChallengeError {
    /// `plain`, absent (which means `plain`, RFC 7636 §4.3) or unknown.
    #[error("code_challenge_method must be S256")]
    Method,
    /// Not the base64url form of a SHA-256 value.
    #[error("code_challenge must be 43 characters of base64url")]
    Malformed,
    /// A method without a challenge.
    #[error("code_challenge_method was sent without code_challenge")]
    Missing,
}

impl CodeChallenge {
    /// Reads `code_challenge` and `code_challenge_method` of an authorization request.
    pub fn parse(challenge: Option<&str>, method: Option<&str>) -> Result<Option<Self>, CodeChallengeError> {
        match (challenge, method) {
            (None, None) => Ok(None),
            (None, Some(_)) => Err(CodeChallengeError::Missing),
            (Some(challenge), Some("S256")) => {
                let valid = challenge.len() == 43 && URL_SAFE_NO_PAD.decode(challenge).is_ok_and(|bytes| bytes.len() == 32);
                if valid { Ok(Some(Self(challenge.to_owned()))) } else { Err(CodeChallengeError::Malformed) }
            }
            (Some(_), _) => Err(CodeChallengeError::Method),
        }
    }

    /// From its stored form.
    pub fn from_stored(challenge: impl Into<String>) -> Self {
        Self(challenge.into())
    }

    /// The challenge that a client sends for its verifier (RFC 7636 §4.2).
    pub fn of(verifier: &str) -> Self {
        Self(URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes())))
    }

    /// The text, as sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// RFC 7636 §4.6: whether `verifier` is well formed (43 to 128 unreserved characters) and hashes to this challenge.
    pub fn verify(&self, verifier: &str) -> bool {
        let well_formed =
            (43..=128).contains(&verifier.len()) && verifier.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b));
        well_formed && bool::from(Self::of(verifier).0.as_bytes().ct_eq(self.0.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636 appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn the_example_of_the_rfc_verifies() {
        let challenge = CodeChallenge::parse(Some(CHALLENGE), Some("S256")).unwrap().unwrap();
        assert!(challenge.verify(VERIFIER));
        assert_eq!(challenge, CodeChallenge::of(VERIFIER));
    }

    #[test]
    fn verifiers_outside_the_grammar_are_refused_even_when_they_hash_right() {
        for verifier in ["short", &"a".repeat(129), &format!("{}+", "a".repeat(50)), &format!("{}é", "a".repeat(50))] {
            let challenge = CodeChallenge::of(verifier);
            assert!(!challenge.verify(verifier), "{verifier}");
        }
    }

    #[test]
    fn only_s256_is_accepted() {
        for method in [None, Some("plain"), Some("s256"), Some("S512"), Some("")] {
            assert_eq!(CodeChallenge::parse(Some(CHALLENGE), method), Err(CodeChallengeError::Method));
        }
        assert_eq!(CodeChallenge::parse(None, Some("S256")), Err(CodeChallengeError::Missing));
        for challenge in ["", "abc", &CHALLENGE[..42], &format!("{CHALLENGE}=")] {
            assert_eq!(CodeChallenge::parse(Some(challenge), Some("S256")), Err(CodeChallengeError::Malformed));
        }
    }
}
