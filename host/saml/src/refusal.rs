//! Why a document was refused: the [`Rule`] it breaks, and a sentence for the audit trail.
//!
//! Neither is for the browser that brought the document, which gets one page whatever the rule.

use thiserror::Error;

/// A document was refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{reason}")]
pub struct Refusal {
    /// The rule that the document breaks: the first that was looked at, if there are several.
    pub rule: Rule,
    /// A sentence for an administrator. It holds no secret and nothing that was decrypted.
    pub reason: String,
}

impl Refusal {
    pub(crate) fn new(rule: Rule, reason: impl Into<String>) -> Self {
        Self { rule, reason: reason.into() }
    }
}

/// Ends a check: the rule, and what is wrong.
pub(crate) fn refuse<T>(rule: Rule, reason: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::new(rule, reason))
}

macro_rules! rules {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// What a document has to satisfy.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Rule {
            $($(#[$doc])* $variant,)*
        }

        impl Rule {
            /// Every rule.
            pub const ALL: &'static [Rule] = &[$(Rule::$variant,)*];

            /// The stable name, as audit events and the command line carry it.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Rule::$variant => $name,)*
                }
            }
        }
    };
}

rules! {
    /// The parameter is base64 and the document UTF-8.
    Encoding = "encoding",
    /// At most [`crate::response::MAX_BYTES`].
    Size = "size",
    /// Well-formed XML 1.0 with namespaces, and nothing but white space around the root.
    WellFormed = "well-formed",
    /// No document type declaration, hence no entities of its own.
    Doctype = "doctype",
    /// No comments, processing instructions or CDATA sections: they split text that reads as one.
    TextOnly = "text-only",
    /// Depth, elements and attributes are bounded.
    Limits = "limits",
    /// The root is a Response of SAML 2.0.
    Root = "root",
    /// One assertion, encrypted or not, in the whole document, as a child of the root.
    OneAssertion = "one-assertion",
    /// No identifier is given twice, in whatever spelling of the attribute.
    UniqueIds = "unique-ids",
    /// Elements stand where SAML 2.0 has them, and no others stand there.
    Structure = "structure",
    /// A signature is a child of the Response or of the Assertion, at most one each.
    SignaturePosition = "signature-position",
    /// A signature has exactly the parts that the SAML profile gives it.
    SignatureShape = "signature-shape",
    /// Signature, digest, transforms and canonicalisation are on the list of those that are allowed.
    SignatureAlgorithm = "signature-algorithm",
    /// A signature refers to its parent, and to nothing else.
    SignatureReference = "signature-reference",
    /// A signature verifies with a key that is pinned to the connection.
    SignatureInvalid = "signature-invalid",
    /// The Response or the Assertion is signed; the Assertion, if an unsigned Response has it encrypted.
    SignatureMissing = "signature-missing",
    /// The connection has a key to verify signatures with.
    SigningKey = "signing-key",
    /// The assertion can be decrypted. One rule and one reason for whatever went wrong: the difference is an oracle.
    Decryption = "decryption",
    /// Version 2.0.
    Version = "version",
    /// Response and Assertion are issued by the identity provider of the connection.
    Issuer = "issuer",
    /// Sent to our assertion consumer service; a signed Response has to say so.
    Destination = "destination",
    /// The top-level status is Success.
    Status = "status",
    /// There is a pending request, or the connection allows to do without.
    Unsolicited = "unsolicited",
    /// Response and confirmation answer the pending request of this browser.
    InResponseTo = "in-response-to",
    /// One subject.
    Subject = "subject",
    /// One NameID, which is text and not empty.
    NameId = "name-id",
    /// A bearer confirmation with Recipient and NotOnOrAfter, and without NotBefore.
    SubjectConfirmation = "subject-confirmation",
    /// The confirmation names our assertion consumer service.
    Recipient = "recipient",
    /// Conditions are there, have an end, and all of them are understood.
    Conditions = "conditions",
    /// Now lies in the validity period.
    ValidityPeriod = "validity-period",
    /// Every audience restriction names us.
    Audience = "audience",
    /// The user was authenticated.
    AuthnStatement = "authn-statement",
    /// The session at the identity provider has not ended.
    SessionExpired = "session-expired",
    /// An attribute has a name that no other has, and values that are text.
    Attributes = "attributes",
    /// A time is an `xs:dateTime` in UTC.
    Instant = "instant",
    /// The metadata are those of one identity provider.
    Metadata = "metadata",
    /// The metadata carry a certificate for signatures.
    MetadataSigningKey = "metadata-signing-key",
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_kebab_case_and_different() {
        let names: HashSet<_> = Rule::ALL.iter().map(|rule| rule.name()).collect();
        assert_eq!(names.len(), Rule::ALL.len());
        assert!(names.iter().all(|name| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')));
    }
}
