//! What an identity provider says of its user.

use std::collections::BTreeMap;

use argus_domain::Timestamp;
use argus_domain::secret::SecretHash;
use argus_domain::upstream::UpstreamIdpSettings;
use argus_saml::VerifiedAssertion;
use serde::{Deserialize, Serialize};
use serde_json::json;

const TRANSIENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";

/// A user there.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct UpstreamIdentity {
    /// Over everything that tells the user from others there.
    pub(super) hash: SecretHash,
    /// What the user is called there.
    pub(super) display: String,
    pub(super) attributes: BTreeMap<String, Vec<String>>,
    pub(super) authenticated_at: Timestamp,
    pub(super) amr: Vec<String>,
    /// When a session that rests on this has to end.
    pub(super) ends_at: Option<Timestamp>,
    /// What is good for one sign-in, and until when it would be good for another; none where a code was redeemed.
    pub(super) assertion: Option<(SecretHash, Timestamp)>,
}

impl UpstreamIdentity {
    /// From an assertion; or why it tells nobody apart.
    pub(super) fn of_assertion(assertion: &VerifiedAssertion, settings: &UpstreamIdpSettings) -> Result<Self, String> {
        let attributes: BTreeMap<String, Vec<String>> =
            assertion.attributes().iter().map(|attribute| (attribute.name().to_owned(), attribute.values().to_vec())).collect();
        let name_id = assertion.name_id();
        let (key, display) = match &settings.attributes.identifier {
            Some(name) => {
                let value = match attributes.get(name).map(Vec::as_slice) {
                    Some([value]) if !value.trim().is_empty() => value.trim(),
                    _ => return Err(format!("the attribute {name}, which identifies users, has not exactly one value")),
                };
                (json!(["attribute", name, value]), value)
            }
            None if name_id.format() == TRANSIENT => {
                return Err("the NameID is a transient one, which is another each time: name an attribute that identifies users".to_owned());
            }
            None => (json!([name_id.format(), name_id.name_qualifier(), name_id.sp_name_qualifier(), name_id.value()]), name_id.value()),
        };
        Ok(Self {
            hash: SecretHash::of(&key.to_string()),
            display: display.to_owned(),
            authenticated_at: assertion.authn_instant(),
            amr: assertion.authn_context_class().and_then(method).map(|method| vec![method.to_owned()]).unwrap_or_default(),
            ends_at: assertion.session_not_on_or_after(),
            assertion: Some((SecretHash::of(assertion.id()), assertion.replay_until())),
            attributes,
        })
    }

    /// The first value of an attribute, without surrounding spaces.
    pub(super) fn first(&self, attribute: Option<&String>) -> Option<&str> {
        let value = self.attributes.get(attribute?)?.first()?.trim();
        (!value.is_empty()).then_some(value)
    }

    /// All values of an attribute.
    pub(super) fn all(&self, attribute: Option<&String>) -> &[String] {
        attribute.and_then(|name| self.attributes.get(name)).map_or(&[], Vec::as_slice)
    }
}

/// The method of RFC 8176 that an authentication context class of SAML (Authentication Context §3.4) tells, if it tells one.
fn method(class: &str) -> Option<&'static str> {
    Some(match class.strip_prefix("urn:oasis:names:tc:SAML:2.0:ac:classes:")? {
        "Password" | "PasswordProtectedTransport" => "pwd",
        "TimeSyncToken" => "otp",
        "MobileTwoFactorContract" | "MobileTwoFactorUnregistered" => "mfa",
        "SmartcardPKI" | "Smartcard" => "sc",
        "SoftwarePKI" | "X509" | "TLSClient" => "swk",
        "Kerberos" => "wia",
        _ => return None,
    })
}
