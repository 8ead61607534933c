//! The metadata of an identity provider.

use argus_domain::Timestamp;

use crate::connection::Connection;
use crate::encoding;
use crate::instant;
use crate::keys::{Certificate, VerificationKey};
use crate::names::{DSIG, METADATA, PROTOCOL};
use crate::refusal::{Refusal, Rule, refuse};
use crate::xml::{self, Comments, Node};

/// How a message travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// In the query of a redirect.
    HttpRedirect,
    /// In a form that posts itself.
    HttpPost,
}

impl Binding {
    fn from_uri(uri: &str) -> Option<Self> {
        match uri {
            "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" => Some(Self::HttpRedirect),
            "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" => Some(Self::HttpPost),
            _ => None,
        }
    }
}

/// Where authentication requests go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SsoService {
    /// How.
    pub binding: Binding,
    /// Where to: an `https` or `http` URL.
    pub location: String,
}

/// What is kept of the metadata of an identity provider.
#[derive(Clone, Debug)]
pub struct IdpMetadata {
    entity_id: String,
    sso_services: Vec<SsoService>,
    signing_certificates: Vec<Certificate>,
    signing_keys: Vec<VerificationKey>,
    want_authn_requests_signed: bool,
    name_id_formats: Vec<String>,
    valid_until: Option<Timestamp>,
}

impl IdpMetadata {
    /// Reads the metadata of one identity provider.
    pub fn parse(document: &[u8]) -> Result<Self, Refusal> {
        let document = xml::parse(xml::utf8(document)?, Comments::Allowed)?;
        let entity = xml::root(&document)?;
        if entity.is(METADATA, "EntitiesDescriptor") {
            return refuse(Rule::Metadata, "The metadata describe a federation; the metadata of one identity provider are needed.");
        }
        if !entity.is(METADATA, "EntityDescriptor") {
            return refuse(Rule::Metadata, "The document is not metadata of SAML 2.0.");
        }
        let Some(entity_id) = entity.attribute("entityID").filter(|id| !id.is_empty() && id.len() <= 1024) else {
            return refuse(Rule::Metadata, "The metadata have no entityID of 1 to 1024 characters.");
        };
        let speaks_saml2 =
            |role: &Node<'_, '_>| role.attribute("protocolSupportEnumeration").is_some_and(|p| p.split_whitespace().any(|p| p == PROTOCOL));
        let mut roles = entity.children_named(METADATA, "IDPSSODescriptor").filter(speaks_saml2);
        let (Some(idp), None) = (roles.next(), roles.next()) else {
            return refuse(Rule::Metadata, "The metadata do not describe exactly one identity provider for SAML 2.0.");
        };
        let (signing_certificates, signing_keys) = signing_keys(idp)?;
        let valid_until = [entity, idp].into_iter().filter_map(|node| node.attribute("validUntil"));
        Ok(Self {
            entity_id: entity_id.to_owned(),
            sso_services: sso_services(idp),
            signing_certificates,
            signing_keys,
            want_authn_requests_signed: matches!(idp.attribute("WantAuthnRequestsSigned"), Some("true" | "1")),
            name_id_formats: idp.children_named(METADATA, "NameIDFormat").filter_map(Node::trimmed_text).collect(),
            valid_until: valid_until.map(instant::parse).collect::<Result<Vec<_>, _>>()?.into_iter().min(),
        })
    }

    /// Who it is.
    pub fn entity_id(&self) -> &str {
        &self.entity_id
    }

    /// Where authentication requests go, by the bindings that are known here.
    pub fn sso_services(&self) -> &[SsoService] {
        &self.sso_services
    }

    /// The certificates for signatures, at least one.
    pub fn signing_certificates(&self) -> &[Certificate] {
        &self.signing_certificates
    }

    /// Whether it takes signed authentication requests only.
    pub fn want_authn_requests_signed(&self) -> bool {
        self.want_authn_requests_signed
    }

    /// The formats of NameIDs that it offers.
    pub fn name_id_formats(&self) -> &[String] {
        &self.name_id_formats
    }

    /// Until when it says that these metadata hold.
    pub fn valid_until(&self) -> Option<Timestamp> {
        self.valid_until
    }

    /// A connection with these metadata pinned: we are `sp_entity_id`, and are answered at `acs_url`.
    pub fn connection(&self, sp_entity_id: impl Into<String>, acs_url: impl Into<String>) -> Connection {
        Connection::new(self.entity_id.clone(), self.signing_keys.clone(), sp_entity_id, acs_url)
    }
}

fn sso_services(idp: Node<'_, '_>) -> Vec<SsoService> {
    let service = |node: Node<'_, '_>| {
        let binding = Binding::from_uri(node.attribute("Binding")?)?;
        let location = node.attribute("Location").filter(|url| url.starts_with("https://") || url.starts_with("http://"))?;
        Some(SsoService { binding, location: location.to_owned() })
    };
    idp.children_named(METADATA, "SingleSignOnService").filter_map(service).collect()
}

/// A key for encryption is one that others encrypt to: who signs with it is somebody else, perhaps.
fn signing_keys(idp: Node<'_, '_>) -> Result<(Vec<Certificate>, Vec<VerificationKey>), Refusal> {
    let (mut certificates, mut keys) = (Vec::new(), Vec::new());
    for descriptor in idp.children_named(METADATA, "KeyDescriptor") {
        if descriptor.attributes().any(|(_, name, value)| name.eq_ignore_ascii_case("use") && value != "signing") {
            continue;
        }
        let data = descriptor.children_named(DSIG, "KeyInfo").flat_map(|key_info| key_info.children_named(DSIG, "X509Data"));
        // Of a chain, the first is the signer's; the others would make their owners signers too.
        for node in data.filter_map(|data| data.children_named(DSIG, "X509Certificate").next()) {
            let der = node.text().as_deref().and_then(encoding::decode);
            let read =
                |der: Vec<u8>| Certificate::from_der(&der).and_then(|certificate| Ok((certificate.verification_key()?, certificate)));
            let Some(Ok((key, certificate))) = der.map(read) else {
                return refuse(
                    Rule::MetadataSigningKey,
                    "A certificate for signatures is not an X.509 certificate of an RSA key from 2048 bits or of an EC key.",
                );
            };
            if !certificates.contains(&certificate) {
                certificates.push(certificate);
                keys.push(key);
            }
        }
    }
    match keys.len() {
        0 => refuse(Rule::MetadataSigningKey, "The metadata have no certificate for signatures: nothing could be verified."),
        1..=8 => Ok((certificates, keys)),
        _ => refuse(Rule::MetadataSigningKey, "The metadata have more than eight certificates for signatures."),
    }
}
