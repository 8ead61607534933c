//! Keys of the SAML service provider: RSA, because that is what every identity provider reads, each in a certificate of its own.
//!
//! A certificate is a container for its key: identity providers pin it, and nobody builds a chain or asks for its end
//! (SAML 2.0 Metadata Interoperability Profile §2.6.1). Ten years, so that no identity provider that looks at the end anyway stops
//! working before the key is replaced.

use std::time::Duration;

use argus_domain::Timestamp;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, PKCS_RSA_SHA256};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::seal::{Purpose, SealingKey, Unsealable};

/// How long a certificate says that it is good for.
const LIFETIME: Duration = Duration::from_secs(10 * 365 * 86_400);

/// A key was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the cryptographic library could not make a key and its certificate")]
pub struct NoKey;

/// A new key.
pub struct NewSamlKey {
    /// Its certificate, in DER.
    pub certificate: Vec<u8>,
    /// PKCS#8, sealed.
    pub private_sealed: Vec<u8>,
}

/// Makes a key of RSA-2048 and a certificate with the name `common_name`.
pub fn generate(common_name: &str, sealing: &SealingKey, now: Timestamp) -> Result<NewSamlKey, NoKey> {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| NoKey)?;
    let pkcs8: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| NoKey)?;
    let pkcs8 = Zeroizing::new(pkcs8.as_ref().to_vec());
    let signer = KeyPair::from_pkcs8_der_and_sign_algo(&pkcs8.as_slice().into(), &PKCS_RSA_SHA256).map_err(|_| NoKey)?;
    let mut params = CertificateParams::default();
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    params.distinguished_name = name;
    params.not_before = date(now)?;
    params.not_after = date(now.after(LIFETIME))?;
    let certificate = params.self_signed(&signer).map_err(|_| NoKey)?.der().to_vec();
    Ok(NewSamlKey { certificate, private_sealed: sealing.seal(Purpose::SamlKey, &pkcs8) })
}

/// The private part, in PKCS#8.
pub fn open(private_sealed: &[u8], sealing: &SealingKey) -> Result<Zeroizing<Vec<u8>>, Unsealable> {
    sealing.open(Purpose::SamlKey, private_sealed)
}

fn date(at: Timestamp) -> Result<time::OffsetDateTime, NoKey> {
    time::OffsetDateTime::from_unix_timestamp(at.unix_seconds()).map_err(|_| NoKey)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::KEY_LEN;

    #[test]
    fn a_key_opens_with_its_sealing_key_only() {
        let sealing = |byte| SealingKey::new(&Zeroizing::new([byte; KEY_LEN]));
        let key = generate("idp.example", &sealing(1), Timestamp::from_unix_seconds(1_790_000_000)).unwrap();
        let pkcs8 = open(&key.private_sealed, &sealing(1)).unwrap();
        assert!(RsaKeyPair::from_pkcs8(&pkcs8).is_ok());
        assert!(open(&key.private_sealed, &sealing(2)).is_err());
    }
}
