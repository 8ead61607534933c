//! Signature algorithms (RFC 7518, RFC 8037) and the life of a signing key.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::time::Timestamp;

/// Algorithms this server signs with. Symmetric ones and `none` cannot be expressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub enum SigningAlgorithm {
    /// ECDSA on P-256 with SHA-256: the default, small and fast.
    #[default]
    ES256,
    /// RSASSA-PKCS1-v1_5 with SHA-256, 2048 bits: what every library knows.
    RS256,
    /// RSASSA-PSS with SHA-256, 2048 bits.
    PS256,
    /// Ed25519.
    EdDSA,
}

impl SigningAlgorithm {
    /// Every algorithm, in the order of announcement.
    pub const ALL: [Self; 4] = [Self::ES256, Self::RS256, Self::PS256, Self::EdDSA];

    /// The JOSE name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ES256 => "ES256",
            Self::RS256 => "RS256",
            Self::PS256 => "PS256",
            Self::EdDSA => "EdDSA",
        }
    }

    /// From the JOSE name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == name)
    }
}

/// Where a signing key is in its life: published before it signs, and after it has stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SigningKeyState {
    /// Published, so that relying parties know it, but not signing yet.
    Pending,
    /// Signs.
    Active,
    /// Signs no more; published until the last token it signed has expired.
    Retiring,
}

/// A signing key as stored.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredSigningKey {
    /// `kid`
    pub kid: String,
    /// What it signs with.
    pub algorithm: SigningAlgorithm,
    /// Where it is in its life.
    pub state: SigningKeyState,
    /// PKCS #8, sealed.
    pub private_sealed: Vec<u8>,
    /// The published JWK.
    pub public_jwk: Value,
    /// When it was made and published.
    pub created_at: Timestamp,
    /// When it began to sign.
    pub activated_at: Option<Timestamp>,
    /// When it stopped signing.
    pub retired_at: Option<Timestamp>,
}
