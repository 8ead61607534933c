//! Sealing: authenticated encryption of what is stored or handed out, and must neither be read nor changed by others.
//!
//! AES-256-GCM with a random nonce. The purpose is authenticated too, so that a value sealed for one use opens for no other.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use thiserror::Error;
use zeroize::Zeroizing;

/// What a sealed value is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The private part of a signing key.
    SigningKey,
    /// The current refresh token of a client session, as the last rotation handed it out.
    RefreshSuccessor,
    /// An authorization request that waits in the browser.
    PendingAuthorization,
    /// A sign-out that waits for the user's word.
    EndSession,
    /// What a claim provider was given and answered, recorded for a replay.
    RecordedInput,
    /// Values of claims in which a shadow version differs.
    ShadowSample,
    /// The private part of a key of the SAML service provider.
    SamlKey,
    /// What an identity provider said of somebody who has to tell who they are here.
    UpstreamTicket,
    /// The secret of this server as a client of an upstream identity provider.
    UpstreamClientSecret,
    /// What is remembered of a browser that was sent to an upstream identity provider.
    UpstreamRequest,
}

impl Purpose {
    fn label(self) -> &'static [u8] {
        match self {
            Self::SigningKey => b"argus signing key",
            Self::RefreshSuccessor => b"argus refresh successor",
            Self::PendingAuthorization => b"argus pending authorization",
            Self::EndSession => b"argus end session",
            Self::RecordedInput => b"argus recorded input",
            Self::ShadowSample => b"argus shadow sample",
            Self::SamlKey => b"argus saml key",
            Self::UpstreamTicket => b"argus upstream ticket",
            Self::UpstreamClientSecret => b"argus upstream client secret",
            Self::UpstreamRequest => b"argus upstream request",
        }
    }
}

/// A sealed value does not open: altered, cut, sealed with another key or for another purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the sealed value was altered, or sealed with another key-encryption key")]
pub struct Unsealable;

/// The server's key-encryption key.
pub struct SealingKey(RandomizedNonceKey);

/// Length of the key-encryption key in bytes.
pub const KEY_LEN: usize = 32;

impl SealingKey {
    /// From its bytes.
    pub fn new(bytes: &Zeroizing<[u8; KEY_LEN]>) -> Self {
        // The length is fixed by the type, and length is all that can be wrong.
        match RandomizedNonceKey::new(&AES_256_GCM, &bytes[..]) {
            Ok(key) => Self(key),
            Err(_) => std::process::abort(),
        }
    }

    /// Nonce, ciphertext and tag.
    pub fn seal(&self, purpose: Purpose, clear: &[u8]) -> Vec<u8> {
        let mut sealed = clear.to_vec();
        match self.0.seal_in_place_append_tag(Aad::from(purpose.label()), &mut sealed) {
            Ok(nonce) => {
                sealed.splice(0..0, nonce.as_ref().iter().copied());
                sealed
            }
            // Only the lack of randomness, or gigabytes of input, gets here.
            Err(_) => std::process::abort(),
        }
    }

    /// The value in clear.
    pub fn open(&self, purpose: Purpose, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unsealable> {
        let (nonce, ciphertext) = sealed.split_at_checked(NONCE_LEN).ok_or(Unsealable)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Unsealable)?;
        let mut clear = Zeroizing::new(ciphertext.to_vec());
        let len = self.0.open_in_place(nonce, Aad::from(purpose.label()), &mut clear).map_err(|_| Unsealable)?.len();
        clear.truncate(len);
        Ok(clear)
    }
}

impl std::fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealingKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> SealingKey {
        SealingKey::new(&Zeroizing::new([byte; KEY_LEN]))
    }

    #[test]
    fn what_was_sealed_opens() {
        let sealed = key(1).seal(Purpose::SigningKey, b"private");
        assert_eq!(key(1).open(Purpose::SigningKey, &sealed).unwrap().as_slice(), b"private");
        assert!(!sealed.windows(7).any(|window| window == b"private"));
    }

    #[test]
    fn another_key_or_purpose_opens_nothing() {
        let sealed = key(1).seal(Purpose::SigningKey, b"private");
        assert_eq!(key(2).open(Purpose::SigningKey, &sealed), Err(Unsealable));
        assert_eq!(key(1).open(Purpose::RefreshSuccessor, &sealed), Err(Unsealable));
    }

    #[test]
    fn every_altered_byte_shows() {
        let sealed = key(1).seal(Purpose::EndSession, b"x");
        for i in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[i] ^= 1;
            assert_eq!(key(1).open(Purpose::EndSession, &altered), Err(Unsealable), "byte {i}");
            assert_eq!(key(1).open(Purpose::EndSession, &sealed[..i]), Err(Unsealable), "cut at {i}");
        }
    }
}
