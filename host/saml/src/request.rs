//! The authentication request, for the HTTP-Redirect binding (Core §3.4.1, Bindings §3.4.4.1).
//!
//! The identity provider's answer goes to the address that is pinned on both sides; the request repeats it. RelayState is a handle
//! of the pending request, never an address, and is signed along.

use std::io::Write;

use argus_domain::Timestamp;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use form_urlencoded::byte_serialize;
use thiserror::Error;

use crate::instant;
use crate::keys::SigningKey;
use crate::names::{ASSERTION, PROTOCOL};
use crate::writer::Element;

/// Bindings §3.4.3.
const MAX_RELAY_STATE_BYTES: usize = 80;

/// A request cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RequestError {
    /// RelayState is longer than a binding takes.
    #[error("the relay state is longer than 80 bytes")]
    RelayState,
    /// The destination has a fragment, behind which a query would be lost.
    #[error("the destination has a fragment")]
    Destination,
    /// The message was not compressed, or the key does not sign.
    #[error("the request cannot be signed")]
    Sign,
}

/// An authentication request.
#[derive(Clone, Copy, Debug)]
pub struct AuthnRequest<'a> {
    /// Its ID: an XML name of 128 bits or more of randomness, which the response has to repeat.
    pub id: &'a str,
    /// When it is made.
    pub issue_instant: Timestamp,
    /// The single sign-on service of the identity provider for the HTTP-Redirect binding.
    pub destination: &'a str,
    /// Where the response is to be posted to.
    pub acs_url: &'a str,
    /// Our entity ID.
    pub issuer: &'a str,
    /// Which kind of NameID is asked for.
    pub name_id_format: Option<&'a str>,
    /// Whether the user has to prove anew who they are.
    pub force_authn: bool,
}

impl AuthnRequest<'_> {
    /// The document.
    pub fn to_xml(&self) -> String {
        let mut request = Element::new("samlp:AuthnRequest")
            .attribute("xmlns:samlp", PROTOCOL)
            .attribute("xmlns:saml", ASSERTION)
            .attribute("ID", self.id)
            .attribute("Version", "2.0")
            .attribute("IssueInstant", &instant::format(self.issue_instant))
            .attribute("Destination", self.destination)
            .attribute("ProtocolBinding", "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST")
            .attribute("AssertionConsumerServiceURL", self.acs_url);
        if self.force_authn {
            request = request.attribute("ForceAuthn", "true");
        }
        request = request.child(Element::new("saml:Issuer").text(self.issuer));
        if let Some(format) = self.name_id_format {
            request = request.child(Element::new("samlp:NameIDPolicy").attribute("Format", format).attribute("AllowCreate", "true"));
        }
        request.into_string()
    }

    /// The address to send the browser to, signed unless there is no key.
    pub fn redirect_url(&self, relay_state: Option<&str>, key: Option<&SigningKey>) -> Result<String, RequestError> {
        if relay_state.is_some_and(|state| state.len() > MAX_RELAY_STATE_BYTES) {
            return Err(RequestError::RelayState);
        }
        if self.destination.contains('#') {
            return Err(RequestError::Destination);
        }
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(self.to_xml().as_bytes()).map_err(|_| RequestError::Sign)?;
        let message = STANDARD.encode(encoder.finish().map_err(|_| RequestError::Sign)?);
        let mut query = format!("SAMLRequest={}", encoded(&message));
        if let Some(state) = relay_state {
            query.push_str(&format!("&RelayState={}", encoded(state)));
        }
        if let Some(key) = key {
            // The octets that are signed are those that are sent, in this order.
            query.push_str(&format!("&SigAlg={}", encoded(key.algorithm())));
            let signature = key.sign(query.as_bytes()).ok_or(RequestError::Sign)?;
            query.push_str(&format!("&Signature={}", encoded(&STANDARD.encode(signature))));
        }
        let separator = if self.destination.contains('?') { '&' } else { '?' };
        Ok(format!("{}{separator}{query}", self.destination))
    }
}

/// As RFC 3986 has it: a space as `%20`, since not every reader of a query takes `+` for one.
fn encoded(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}
