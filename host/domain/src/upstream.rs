//! Connections to the identity providers of organisations: their settings and the rules for these.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::client::is_short_text;
use crate::problem::{Pointer, Problem};
use crate::scope::is_scope_token;

/// What an identity provider speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum UpstreamKind {
    /// SAML 2.0.
    Saml,
    /// OpenID Connect.
    Oidc,
}

/// How a user who comes in for the first time may get to a user who is here already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum LinkMode {
    /// Not at all.
    #[default]
    None,
    /// By signing in here once, as that user.
    Confirm,
    /// By an e-mail address that was verified here and lies in a domain of the connection; never to an administrator.
    VerifiedEmail,
}

/// Which attribute of the identity provider is which member of a user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AttributeMapping {
    /// What tells the user from others, in place of the NameID: needed where that is a transient one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identifier: Option<String>,
    /// User name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Display name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// E-mail address: verified if it lies in a domain of the connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Telephone number, never verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Values for `groupMap`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<String>,
    /// Values for `functionMap`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub functions: Option<String>,
}

/// A connection to the identity provider of an organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpstreamIdpSettings {
    /// Unique; part of addresses, and what claim providers see as `federated-by`.
    pub slug: String,
    /// What it speaks.
    pub kind: UpstreamKind,
    /// For people: the button on the sign-in page.
    pub name: String,
    /// Through a disabled connection nobody gets in, and who came in through it is out.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// The identity provider's metadata, pinned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<String>,
    /// Where the identity provider publishes its metadata: looked at each hour. Other keys or addresses in them wait for an
    /// administrator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata_url: Option<String>,
    /// The format of NameID that is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name_id_format: Option<String>,
    /// Whether our metadata offer a key to encrypt assertions to.
    #[serde(default, skip_serializing_if = "is_default")]
    pub encryption: bool,
    /// Whether assertions may be encrypted with AES-CBC, in a signed response.
    #[serde(default, skip_serializing_if = "is_default")]
    pub allow_cbc: bool,
    /// Whether a response may come without a request.
    #[serde(default, skip_serializing_if = "is_default")]
    pub allow_unsolicited: bool,
    /// By how much clocks may differ; at most 180.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_skew_seconds: Option<u32>,
    /// The OpenID provider's issuer identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Our `client_id` there. The secret is stored beside, sealed, and never told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The scopes that are asked for; `openid` always is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// E-mail domains of the organisation, in lower case: they find the connection, and their addresses are verified.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub domains: Vec<String>,
    /// Whether user names in these domains may sign in with a password here.
    #[serde(default = "yes")]
    pub local_passwords: bool,
    /// Whether a user who comes in for the first time is added to the directory.
    #[serde(default)]
    pub jit: bool,
    /// How such a user may get to one who is here already.
    #[serde(default)]
    pub link: LinkMode,
    /// Which attribute is which member of a user.
    #[serde(default)]
    pub attributes: AttributeMapping,
    /// Free attribute of the user, and the attribute of the identity provider that it is taken from.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub user_attributes: BTreeMap<String, String>,
    /// A group there, and the short name of the group here. What is not named gives nothing.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub group_map: BTreeMap<String, String>,
    /// A value there, and the function here that is granted for the connection's customer.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub function_map: BTreeMap<String, String>,
    /// Short name of the customer that users who are added belong to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
}

fn yes() -> bool {
    true
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Entries of a map or list.
const MAX_ENTRIES: usize = 1_000;

impl UpstreamIdpSettings {
    /// Every rule that needs no look at the directory or at metadata.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut refuse = |pointer: Pointer, message: &str| problems.push(Problem::new(pointer, message));
        let at = |member: &str| Pointer::root().join(member);
        // The last is the address of the page that makes one.
        if !is_slug(&self.slug) || self.slug == "new" {
            refuse(at("slug"), "must be 1 to 64 lower-case letters, digits and hyphens, begin with a letter or digit, and not be `new`");
        }
        if !is_short_text(&self.name) {
            refuse(at("name"), "must be 1 to 200 characters without control characters");
        }
        let (of_saml, of_oidc) = (self.members_of_saml(), self.members_of_oidc());
        let (needed, foreign, other) = match self.kind {
            UpstreamKind::Saml => (&of_saml[..1], &of_oidc[..], "OpenID Connect"),
            UpstreamKind::Oidc => (&of_oidc[..2], &of_saml[..], "SAML"),
        };
        for (member, _) in needed.iter().filter(|(_, is_there)| !is_there) {
            refuse(at(member), "is needed for a connection of this kind");
        }
        for (member, _) in foreign.iter().filter(|(_, is_there)| *is_there) {
            refuse(at(member), &format!("is for connections by {other}"));
        }
        if self.metadata_url.as_deref().is_some_and(|url| !is_url(url)) {
            refuse(at("metadataUrl"), "must be an https URL without fragment");
        }
        if self.issuer.as_deref().is_some_and(|issuer| !is_issuer(issuer)) {
            refuse(at("issuer"), "must be an https URL without query and fragment, exactly as the provider writes it");
        }
        if self.client_id.as_deref().is_some_and(|id| !is_short_text(id)) {
            refuse(at("clientId"), "must be 1 to 200 characters without control characters");
        }
        for (i, _) in self.scopes.iter().enumerate().filter(|(_, scope)| !is_scope_token(scope)) {
            refuse(at("scopes").join(i), "must be printable ASCII without spaces, quotes or backslashes");
        }
        if self.name_id_format.as_deref().is_some_and(|format| !format.starts_with("urn:") || !is_short_text(format)) {
            refuse(at("nameIdFormat"), "must be the URN of a NameID format");
        }
        if self.clock_skew_seconds.is_some_and(|seconds| seconds > 180) {
            refuse(at("clockSkewSeconds"), "must be 0 to 180");
        }
        for (i, domain) in self.domains.iter().enumerate() {
            if !is_domain(domain) {
                refuse(at("domains").join(i), "must be a domain name in lower case, such as example.com");
            }
        }
        if !self.local_passwords && self.domains.is_empty() {
            refuse(at("localPasswords"), "switches passwords off for the domains of the connection, and it has none");
        }
        if self.link == LinkMode::VerifiedEmail && (self.domains.is_empty() || self.attributes.email.is_none()) {
            refuse(at("link"), "verifiedEmail needs domains and the attribute with the e-mail address");
        }
        if !self.group_map.is_empty() && self.attributes.groups.is_none() {
            refuse(at("groupMap"), "needs the attribute with the groups: attributes.groups");
        }
        if !self.function_map.is_empty() && self.attributes.functions.is_none() {
            refuse(at("functionMap"), "needs the attribute with the functions: attributes.functions");
        }
        if !self.function_map.is_empty() && self.customer.is_none() {
            refuse(at("customer"), "is needed for functionMap: functions are granted for it");
        }
        for (name, map) in [("userAttributes", &self.user_attributes), ("groupMap", &self.group_map), ("functionMap", &self.function_map)] {
            if map.len() > MAX_ENTRIES {
                refuse(at(name), "has more than 1000 entries");
            }
            for (from, _) in map.iter().filter(|(from, to)| !is_short_text(from) || !is_short_text(to)) {
                refuse(at(name).join(from), "both sides must be 1 to 200 characters without control characters");
            }
        }
        problems
    }

    /// The members that only SAML has, and whether they are there; the first is needed.
    fn members_of_saml(&self) -> [(&'static str, bool); 7] {
        [
            ("metadata", self.metadata.is_some()),
            ("metadataUrl", self.metadata_url.is_some()),
            ("nameIdFormat", self.name_id_format.is_some()),
            ("encryption", self.encryption),
            ("allowCbc", self.allow_cbc),
            ("allowUnsolicited", self.allow_unsolicited),
            ("clockSkewSeconds", self.clock_skew_seconds.is_some()),
        ]
    }

    /// The members that only OpenID Connect has; the first two are needed.
    fn members_of_oidc(&self) -> [(&'static str, bool); 3] {
        [("issuer", self.issuer.is_some()), ("clientId", self.client_id.is_some()), ("scopes", !self.scopes.is_empty())]
    }

    /// Whether an e-mail address, or a user name in the form of one, lies in a domain of the connection.
    pub fn has_domain_of(&self, address: &str) -> bool {
        domain_of(address).is_some_and(|domain| self.domains.contains(&domain))
    }
}

/// The domain of an e-mail address, in lower case.
fn domain_of(address: &str) -> Option<String> {
    let (local, domain) = address.trim().rsplit_once('@')?;
    (!local.is_empty() && !domain.is_empty()).then(|| domain.to_ascii_lowercase())
}

fn is_issuer(issuer: &str) -> bool {
    is_url(issuer) && !issuer.contains('?')
}

/// Plain http is for loopback: whether that may be reached is the installation's to say.
fn is_url(url: &str) -> bool {
    let loopback = ["http://127.0.0.1", "http://[::1]", "http://localhost"]
        .iter()
        .any(|start| url.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/'])));
    (url.starts_with("https://") || loopback)
        && url.len() <= 1_000
        && url.bytes().all(|byte| byte.is_ascii_graphic())
        && !url.contains(['#', '@', '\\'])
}

fn is_slug(slug: &str) -> bool {
    (1..=64).contains(&slug.len()) && slug.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-')) && !slug.starts_with('-')
}

fn is_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    domain.len() <= 253 && domain.contains('.') && domain.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn settings(patch: serde_json::Value) -> UpstreamIdpSettings {
        let mut entry = json!({"slug": "acme", "kind": "saml", "name": "Acme", "metadata": "<x/>"});
        crate::document::overlay(&mut entry, &patch);
        serde_json::from_value(entry).unwrap()
    }

    fn pointers(patch: serde_json::Value) -> Vec<String> {
        settings(patch).check().iter().map(|problem| problem.pointer.to_string()).collect()
    }

    #[test]
    fn a_sound_connection_has_no_problems() {
        assert!(pointers(json!({"domains": ["acme.example"], "link": "verifiedEmail", "attributes": {"email": "mail"}})).is_empty());
    }

    #[test]
    fn what_is_wrong_is_told_at_its_place() {
        assert_eq!(pointers(json!({"slug": "Acme"})), ["/slug"]);
        assert_eq!(pointers(json!({"slug": "-a"})), ["/slug"]);
        assert_eq!(pointers(json!({"slug": "new"})), ["/slug"]);
        assert_eq!(pointers(json!({"metadata": null})), ["/metadata"]);
        assert_eq!(pointers(json!({"nameIdFormat": "persistent"})), ["/nameIdFormat"]);
        assert_eq!(pointers(json!({"issuer": "https://idp.example"})), ["/issuer"]);
        assert_eq!(pointers(json!({"kind": "oidc"})), ["/issuer", "/clientId", "/metadata"]);
        let oidc = |issuer: &str| pointers(json!({"kind": "oidc", "metadata": null, "issuer": issuer, "clientId": "argus"}));
        for issuer in
            ["https://idp.example", "https://idp.example/", "https://idp.example/realms/acme", "http://127.0.0.1:8080/realms/acme"]
        {
            assert!(oidc(issuer).is_empty(), "{issuer}");
        }
        for issuer in ["http://idp.example", "http://127.0.0.1.example", "https://idp.example?x", "https://a@idp.example", "idp.example"] {
            assert_eq!(oidc(issuer), ["/issuer"], "{issuer}");
        }
        assert_eq!(pointers(json!({"clockSkewSeconds": 181})), ["/clockSkewSeconds"]);
        assert_eq!(pointers(json!({"domains": ["acme.example", "Acme.example", "acme"]})), ["/domains/1", "/domains/2"]);
        assert_eq!(pointers(json!({"localPasswords": false})), ["/localPasswords"]);
        assert_eq!(pointers(json!({"link": "verifiedEmail"})), ["/link"]);
        assert_eq!(pointers(json!({"groupMap": {"a": "b"}})), ["/groupMap"]);
        assert_eq!(pointers(json!({"functionMap": {"a": "b"}, "attributes": {"functions": "f"}})), ["/customer"]);
        assert_eq!(pointers(json!({"userAttributes": {"a": ""}})), ["/userAttributes/a"]);
    }

    #[test]
    fn domains_are_compared_whole_and_without_case() {
        let settings = settings(json!({"domains": ["acme.example"]}));
        assert!(settings.has_domain_of("Alice@ACME.example"));
        assert!(!settings.has_domain_of("alice@sub.acme.example"));
        assert!(!settings.has_domain_of("alice@evilacme.example"));
        assert!(settings.has_domain_of("\"a@b\"@acme.example"));
        assert!(!settings.has_domain_of("acme.example"));
        assert!(!settings.has_domain_of("@acme.example"));
    }
}
