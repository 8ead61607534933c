//! Certificates and keys that are pinned to a connection.
//!
//! A certificate of SAML metadata is a container for a key: no chain is built, and no revocation asked for (Metadata
//! Interoperability Profile §2.6.1). Its end is shown to administrators and does not end the key.

use argus_domain::Timestamp;
use aws_lc_rs::digest;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bergshamra::keys::loader;
use bergshamra::{DsigContext, Key, KeysManager, SoftwareKey};
use thiserror::Error;
use x509_cert::der::Decode;
use zeroize::Zeroizing;

use crate::encoding;

/// The label of PKCS#8 in PEM (RFC 7468 §10).
const PKCS8: &str = "PRIVATE KEY";

/// A key or certificate cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum KeyError {
    /// Not PEM with the label that is asked for.
    #[error("this is not a key or certificate in PEM")]
    Pem,
    /// Not a certificate, or one of a key that signatures are not verified with.
    #[error("this is not an X.509 certificate of an RSA key from 2048 bits or of an EC key")]
    Certificate,
    /// Not a private key of the kind.
    #[error("this is not an unencrypted private key of the kind that is needed, in PKCS#8 or PKCS#1")]
    PrivateKey,
}

/// A certificate, as metadata carry it.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    not_after: Timestamp,
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Certificate({})", self.sha256_fingerprint())
    }
}

impl Certificate {
    /// From DER.
    pub fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        let parsed = x509_cert::Certificate::from_der(der).map_err(|_| KeyError::Certificate)?;
        let until = parsed.tbs_certificate.validity.not_after.to_unix_duration().as_secs();
        let not_after = Timestamp::from_unix_seconds(i64::try_from(until).unwrap_or(i64::MAX));
        Ok(Self { der: der.to_vec(), not_after })
    }

    /// From PEM.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        Self::from_der(&pem_block(pem, "CERTIFICATE")?)
    }

    /// The certificate, in DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    pub(crate) fn to_base64(&self) -> String {
        STANDARD.encode(&self.der)
    }

    /// When it ends.
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// SHA-256 over the certificate, in lower-case hexadecimal.
    pub fn sha256_fingerprint(&self) -> String {
        digest::digest(&digest::SHA256, &self.der).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Its key, to verify signatures with.
    pub fn verification_key(&self) -> Result<VerificationKey, KeyError> {
        VerificationKey::of(loader::load_x509_cert_der(&self.der).map_err(|_| KeyError::Certificate)?)
    }
}

/// A key that signatures of an identity provider are verified with.
#[derive(Clone, Debug)]
pub struct VerificationKey(pub(crate) Key);

impl VerificationKey {
    /// From a SubjectPublicKeyInfo, in DER.
    pub fn from_spki_der(der: &[u8]) -> Result<Self, KeyError> {
        Self::of(loader::load_spki_der(der).map_err(|_| KeyError::Certificate)?)
    }

    fn of(mut key: Key) -> Result<Self, KeyError> {
        // Without its certificate nothing is left to be compared with what a document says about keys.
        key.x509_chain.clear();
        match key.data.algorithm_name() {
            "RSA" | "EC-P256" | "EC-P384" | "EC-P521" => Ok(Self(key)),
            _ => Err(KeyError::Certificate),
        }
    }
}

/// An RSA key that assertions are encrypted to.
#[derive(Clone, Debug)]
pub struct DecryptionKey(pub(crate) SoftwareKey);

impl DecryptionKey {
    /// From PKCS#8, in DER.
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self, KeyError> {
        rsa_of_pkcs8(der)?.software_key().ok().flatten().map(Self).ok_or(KeyError::PrivateKey)
    }

    /// From PEM, in PKCS#8 or PKCS#1, not encrypted.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let key = rsa_private_key(pem)?;
        key.software_key().ok().flatten().map(Self).ok_or(KeyError::PrivateKey)
    }
}

/// A key that we sign requests and metadata with.
#[derive(Clone, Debug)]
pub struct SigningKey(pub(crate) Key);

impl SigningKey {
    /// From an RSA key in PKCS#8, in DER.
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self, KeyError> {
        rsa_of_pkcs8(der).map(Self)
    }

    /// From PEM: RSA in PKCS#8 or PKCS#1, EC (P-256, P-384) in PKCS#8; not encrypted.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        if let Ok(key) = rsa_private_key(pem) {
            return Ok(Self(key));
        }
        let key = loader::load_pem_auto(pem.trim().as_bytes(), None).map_err(|_| KeyError::PrivateKey)?;
        match key.data.algorithm_name() {
            "EC-P256" | "EC-P384" if key.data.has_private_key() => Ok(Self(key)),
            _ => Err(KeyError::PrivateKey),
        }
    }

    /// The identifier of the algorithm that the key signs with.
    pub(crate) fn algorithm(&self) -> &'static str {
        use bergshamra::core::algorithm::{ECDSA_SHA256, ECDSA_SHA384, RSA_SHA256};
        match self.0.data.algorithm_name() {
            "EC-P256" => ECDSA_SHA256,
            "EC-P384" => ECDSA_SHA384,
            _ => RSA_SHA256,
        }
    }

    /// A signature as XML Signature has it: of ECDSA, both numbers one after the other.
    pub(crate) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let key = self.0.software_key().ok()??;
        bergshamra::crypto::sign::from_uri(self.algorithm()).ok()?.sign(&key, message).ok()
    }

    /// Fills in the signature of a document of ours.
    pub(crate) fn sign_document(&self, document: &str) -> Option<String> {
        let mut keys = KeysManager::new();
        keys.add_key(self.0.clone());
        bergshamra::sign(&DsigContext::new(keys), document).ok()
    }
}

fn rsa_private_key(pem: &str) -> Result<Key, KeyError> {
    let pkcs8 = match pem_block(pem, PKCS8) {
        Ok(pkcs8) => pkcs8,
        Err(_) => {
            let pkcs1 = pem_block(pem, "RSA PRIVATE KEY")?;
            let pair = aws_lc_rs::rsa::KeyPair::from_der(&pkcs1).map_err(|_| KeyError::PrivateKey)?;
            let pkcs8: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| KeyError::PrivateKey)?;
            Zeroizing::new(pkcs8.as_ref().to_vec())
        }
    };
    rsa_of_pkcs8(&pkcs8)
}

fn rsa_of_pkcs8(der: &[u8]) -> Result<Key, KeyError> {
    loader::load_rsa_private_pem(to_pem(der).as_bytes()).map_err(|_| KeyError::PrivateKey)
}

/// The first block with a label (RFC 7468); other blocks, such as the parameters that OpenSSL writes before a key, are skipped.
fn pem_block(pem: &str, label: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let (_, rest) = pem.split_once(&begin).ok_or(KeyError::Pem)?;
    let (body, _) = rest.split_once(&end).ok_or(KeyError::Pem)?;
    encoding::decode(body).map(Zeroizing::new).ok_or(KeyError::Pem)
}

fn to_pem(der: &[u8]) -> Zeroizing<String> {
    let encoded = Zeroizing::new(STANDARD.encode(der));
    let mut pem = Zeroizing::new(String::with_capacity(encoded.len() * 66 / 64 + 64));
    pem.push_str(&format!("-----BEGIN {PKCS8}-----\n"));
    for line in encoded.as_bytes().chunks(64) {
        pem.push_str(&String::from_utf8_lossy(line));
        pem.push('\n');
    }
    pem.push_str(&format!("-----END {PKCS8}-----\n"));
    pem
}
