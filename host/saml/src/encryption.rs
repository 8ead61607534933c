//! Encrypted assertions (Core §2.3.4): AES-GCM under RSA-OAEP.
//!
//! AES-CBC has no integrity: whoever can change the ciphertext and see what we make of it reads the plaintext (Jager and Somorovsky,
//! 2011). It is opt-in, and then only within a Response whose signature has been verified. RSA-1_5 is never tried
//! (Bleichenbacher). Whatever goes wrong here is answered with one refusal, made in one place.

use bergshamra::core::algorithm;
use bergshamra::crypto::keytransport::OaepParams;
use bergshamra::crypto::{cipher, keytransport};
use zeroize::Zeroizing;

use crate::connection::Connection;
use crate::encoding;
use crate::names::{DSIG, XENC, XENC11};
use crate::refusal::{Refusal, Rule};
use crate::xml::Node;

const GCM: &[&str] = &[algorithm::AES128_GCM, algorithm::AES192_GCM, algorithm::AES256_GCM];
const CBC: &[&str] = &[algorithm::AES128_CBC, algorithm::AES192_CBC, algorithm::AES256_CBC];
const TYPE_ELEMENT: &str = "http://www.w3.org/2001/04/xmlenc#Element";

/// The one refusal.
pub(crate) fn refusal() -> Refusal {
    Refusal::new(Rule::Decryption, "The assertion cannot be decrypted.")
}

/// The plaintext of an EncryptedAssertion: a document of its own.
pub(crate) fn decrypt(encrypted: Node<'_, '_>, connection: &Connection, is_response_signed: bool) -> Result<Zeroizing<String>, Refusal> {
    let parts = Parts::read(encrypted).ok_or_else(refusal)?;
    let is_allowed = GCM.contains(&parts.cipher) || (connection.allow_cbc && is_response_signed && CBC.contains(&parts.cipher));
    if !is_allowed {
        return Err(refusal());
    }
    connection.decryption_keys.iter().find_map(|key| parts.decrypt(&key.0)).ok_or_else(refusal)
}

struct Parts<'d> {
    cipher: &'d str,
    transport: &'d str,
    digest: Option<&'d str>,
    mgf: Option<&'d str>,
    label: Option<Vec<u8>>,
    encrypted_key: Vec<u8>,
    encrypted_data: Vec<u8>,
}

impl<'d> Parts<'d> {
    fn read(encrypted: Node<'d, '_>) -> Option<Self> {
        let children: Vec<_> = encrypted.children().collect();
        let (data, sibling) = match children[..] {
            [data] => (data, None),
            [data, key] => (data, Some(key)),
            _ => return None,
        };
        if !data.is(XENC, "EncryptedData") || data.attribute("Type").is_some_and(|kind| kind != TYPE_ELEMENT) {
            return None;
        }
        let key_infos: Vec<_> = data.children_named(DSIG, "KeyInfo").collect();
        let inner: Vec<_> = key_infos.iter().flat_map(|key_info| key_info.children_named(XENC, "EncryptedKey")).collect();
        // A retrieval method leads elsewhere, in the document or outside.
        if key_infos.len() > 1 || encrypted.descendants().any(|node| matches!(node.name().1, "RetrievalMethod" | "CipherReference")) {
            return None;
        }
        let key = match (&inner[..], sibling) {
            ([key], None) => *key,
            ([], Some(key)) if key.is(XENC, "EncryptedKey") => key,
            _ => return None,
        };
        let cipher = only(data, "EncryptionMethod")?.attribute("Algorithm")?;
        let method = only(key, "EncryptionMethod")?;
        let (mut digest, mut mgf, mut label) = (None, None, None);
        for parameter in method.children() {
            match parameter.name() {
                (DSIG, "DigestMethod") if digest.is_none() => digest = Some(parameter.attribute("Algorithm")?),
                (XENC11, "MGF") if mgf.is_none() => mgf = Some(parameter.attribute("Algorithm")?),
                (XENC, "OAEPparams") if label.is_none() => label = Some(encoding::decode(&parameter.text()?)?),
                _ => return None,
            }
        }
        Some(Self {
            cipher,
            transport: method.attribute("Algorithm")?,
            digest,
            mgf,
            label,
            encrypted_key: cipher_value(key)?,
            encrypted_data: cipher_value(data)?,
        })
    }

    fn decrypt(&self, key: &bergshamra::SoftwareKey) -> Option<Zeroizing<String>> {
        if !matches!(self.transport, algorithm::RSA_OAEP | algorithm::RSA_OAEP_ENC11) {
            return None;
        }
        let parameters = OaepParams {
            digest_uri: self.digest.map(str::to_owned),
            mgf_uri: self.mgf.map(str::to_owned),
            oaep_params: self.label.clone(),
        };
        let transport = keytransport::from_uri_with_params(self.transport, parameters).ok()?;
        let content_key = Zeroizing::new(transport.decrypt(key, &self.encrypted_key).ok()?);
        let cipher = cipher::from_uri(self.cipher).ok()?;
        let plaintext = cipher.decrypt(&content_key, &self.encrypted_data).ok()?;
        String::from_utf8(plaintext).ok().map(Zeroizing::new)
    }
}

fn only<'d, 't>(parent: Node<'d, 't>, name: &'static str) -> Option<Node<'d, 't>> {
    let mut found = parent.children_named(XENC, name);
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

fn cipher_value(parent: Node<'_, '_>) -> Option<Vec<u8>> {
    let data = only(parent, "CipherData")?;
    let value = only(data, "CipherValue")?;
    encoding::decode(&value.text()?)
}
