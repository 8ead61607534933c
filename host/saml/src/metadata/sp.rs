//! Our own metadata, signed: what an administrator gives to the identity provider.

use thiserror::Error;

use crate::keys::{Certificate, SigningKey};
use crate::names::{DSIG, METADATA, PROTOCOL};
use crate::writer::{Element, signature_template};

/// Metadata cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SpMetadataError {
    /// More than two certificates for one use, or none for signatures.
    #[error("metadata carry one or two certificates for signatures, and at most two for encryption")]
    Certificates,
    /// The key does not sign.
    #[error("the metadata cannot be signed with this key")]
    Sign,
}

/// What is told of us over one connection. Two certificates for one use are there while one key is replaced by another.
#[derive(Clone, Copy, Debug)]
pub struct SpMetadata<'a> {
    /// The ID of the document, which its signature refers to: an XML name, drawn anew each time.
    pub id: &'a str,
    /// Who we are.
    pub entity_id: &'a str,
    /// Where responses are posted to.
    pub acs_url: &'a str,
    /// What our requests are signed with.
    pub signing_certificates: &'a [Certificate],
    /// What assertions may be encrypted to.
    pub encryption_certificates: &'a [Certificate],
    /// Which kind of NameID is asked for.
    pub name_id_format: Option<&'a str>,
}

impl SpMetadata<'_> {
    /// The document, signed.
    pub fn sign(&self, key: &SigningKey) -> Result<String, SpMetadataError> {
        if !(1..=2).contains(&self.signing_certificates.len()) || self.encryption_certificates.len() > 2 {
            return Err(SpMetadataError::Certificates);
        }
        let mut sp = Element::new("md:SPSSODescriptor")
            .attribute("AuthnRequestsSigned", "true")
            .attribute("WantAssertionsSigned", "true")
            .attribute("protocolSupportEnumeration", PROTOCOL);
        let keys = [("signing", self.signing_certificates), ("encryption", self.encryption_certificates)];
        for (purpose, certificate) in keys.into_iter().flat_map(|(purpose, all)| all.iter().map(move |one| (purpose, one))) {
            sp = sp.child(key_descriptor(purpose, certificate));
        }
        if let Some(format) = self.name_id_format {
            sp = sp.child(Element::new("md:NameIDFormat").text(format));
        }
        let acs = Element::new("md:AssertionConsumerService")
            .attribute("Binding", "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST")
            .attribute("Location", self.acs_url)
            .attribute("index", "0")
            .attribute("isDefault", "true");
        let document = Element::new("md:EntityDescriptor")
            .attribute("xmlns:md", METADATA)
            .attribute("xmlns:ds", DSIG)
            .attribute("ID", self.id)
            .attribute("entityID", self.entity_id)
            .child(signature_template(self.id, key))
            .child(sp.child(acs));
        key.sign_document(&document.into_string()).ok_or(SpMetadataError::Sign)
    }
}

fn key_descriptor(purpose: &str, certificate: &Certificate) -> Element {
    let certificate = Element::new("ds:X509Certificate").text(&certificate.to_base64());
    let key_info = Element::new("ds:KeyInfo").child(Element::new("ds:X509Data").child(certificate));
    let mut descriptor = Element::new("md:KeyDescriptor").attribute("use", purpose).child(key_info);
    if purpose == "encryption" {
        use bergshamra::core::algorithm::{AES256_GCM, RSA_OAEP};
        for algorithm in [AES256_GCM, RSA_OAEP] {
            descriptor = descriptor.child(Element::new("md:EncryptionMethod").attribute("Algorithm", algorithm));
        }
    }
    descriptor
}
