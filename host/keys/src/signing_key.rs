//! One signing key: made once, its private part sealed at rest, its public part published as a JWK (RFC 7517).

pub use argus_domain::signing::StoredSigningKey;
use argus_domain::signing::{SigningAlgorithm, SigningKeyState};
use argus_domain::{Random, Timestamp};
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeySize, PublicKeyComponents};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::seal::{Purpose, SealingKey};

/// A signing key cannot be made or used.
#[derive(Debug, Error)]
pub enum SigningKeyError {
    /// The cryptographic library refused.
    #[error("the cryptographic library could not make a key")]
    Generate,
    /// The stored private part does not open.
    #[error("signing key {kid} does not open: the key-encryption key is not the one it was sealed with")]
    Unsealable {
        /// The key.
        kid: String,
    },
    /// The private part opens, but is no key of its algorithm.
    #[error("signing key {kid} is damaged")]
    Damaged {
        /// The key.
        kid: String,
    },
}

/// A private key ready to sign.
pub(crate) enum PrivateKey {
    Ecdsa(EcdsaKeyPair),
    RsaPkcs1(RsaKeyPair),
    RsaPss(RsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl PrivateKey {
    fn generate(algorithm: SigningAlgorithm) -> Option<(Self, Zeroizing<Vec<u8>>)> {
        let key = match algorithm {
            SigningAlgorithm::ES256 => Self::Ecdsa(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).ok()?),
            SigningAlgorithm::RS256 => Self::RsaPkcs1(RsaKeyPair::generate(KeySize::Rsa2048).ok()?),
            SigningAlgorithm::PS256 => Self::RsaPss(RsaKeyPair::generate(KeySize::Rsa2048).ok()?),
            SigningAlgorithm::EdDSA => Self::Ed25519(Ed25519KeyPair::generate().ok()?),
        };
        let pkcs8 = match &key {
            Self::Ecdsa(pair) => pair.to_pkcs8v1().ok()?.as_ref().to_vec(),
            Self::RsaPkcs1(pair) | Self::RsaPss(pair) => AsDer::<aws_lc_rs::encoding::Pkcs8V1Der<'_>>::as_der(pair).ok()?.as_ref().to_vec(),
            Self::Ed25519(pair) => pair.to_pkcs8v1().ok()?.as_ref().to_vec(),
        };
        Some((key, Zeroizing::new(pkcs8)))
    }

    fn from_pkcs8(algorithm: SigningAlgorithm, pkcs8: &[u8]) -> Option<Self> {
        Some(match algorithm {
            SigningAlgorithm::ES256 => Self::Ecdsa(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).ok()?),
            SigningAlgorithm::RS256 => Self::RsaPkcs1(RsaKeyPair::from_pkcs8(pkcs8).ok()?),
            SigningAlgorithm::PS256 => Self::RsaPss(RsaKeyPair::from_pkcs8(pkcs8).ok()?),
            SigningAlgorithm::EdDSA => Self::Ed25519(Ed25519KeyPair::from_pkcs8(pkcs8).ok()?),
        })
    }

    /// The signature, in the form of RFC 7518 §3 or RFC 8037 §3.1.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, aws_lc_rs::error::Unspecified> {
        let random = SystemRandom::new();
        Ok(match self {
            Self::Ecdsa(pair) => pair.sign(&random, message)?.as_ref().to_vec(),
            Self::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
            Self::RsaPkcs1(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)?;
                signature
            }
            Self::RsaPss(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PSS_SHA256, &random, message, &mut signature)?;
                signature
            }
        })
    }

    fn public_members(&self) -> Value {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match self {
            Self::Ecdsa(pair) => {
                // SEC 1 §2.3.3, uncompressed: 0x04, then both coordinates.
                let point = pair.public_key().as_ref();
                json!({"kty": "EC", "crv": "P-256", "x": encode(&point[1..33]), "y": encode(&point[33..65])})
            }
            Self::RsaPkcs1(pair) | Self::RsaPss(pair) => {
                let public: PublicKeyComponents<Vec<u8>> = pair.public_key().into();
                json!({"kty": "RSA", "n": encode(&public.n), "e": encode(&public.e)})
            }
            Self::Ed25519(pair) => json!({"kty": "OKP", "crv": "Ed25519", "x": encode(pair.public_key().as_ref())}),
        }
    }
}

/// Makes a key, pending: published from now on, and signing when it is activated.
pub fn generate(
    algorithm: SigningAlgorithm,
    sealing: &SealingKey,
    random: &dyn Random,
    now: Timestamp,
) -> Result<StoredSigningKey, SigningKeyError> {
    let (private, pkcs8) = PrivateKey::generate(algorithm).ok_or(SigningKeyError::Generate)?;
    let mut id = [0_u8; 12];
    random.fill(&mut id);
    let kid = URL_SAFE_NO_PAD.encode(id);
    let mut public_jwk = private.public_members();
    if let Value::Object(members) = &mut public_jwk {
        members.insert("use".into(), "sig".into());
        members.insert("alg".into(), algorithm.as_str().into());
        members.insert("kid".into(), kid.clone().into());
    }
    Ok(StoredSigningKey {
        kid,
        algorithm,
        state: SigningKeyState::Pending,
        private_sealed: sealing.seal(Purpose::SigningKey, &pkcs8),
        public_jwk,
        created_at: now,
        activated_at: None,
        retired_at: None,
    })
}

pub(crate) fn open(stored: &StoredSigningKey, sealing: &SealingKey) -> Result<PrivateKey, SigningKeyError> {
    let pkcs8 =
        sealing.open(Purpose::SigningKey, &stored.private_sealed).map_err(|_| SigningKeyError::Unsealable { kid: stored.kid.clone() })?;
    PrivateKey::from_pkcs8(stored.algorithm, &pkcs8).ok_or_else(|| SigningKeyError::Damaged { kid: stored.kid.clone() })
}
