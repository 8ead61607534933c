//! Claims of the scopes Argus knows (OpenID Connect Core §5.4, and the ones Argus adds).
//!
//! An absent fact gives no claim, except that lists are always lists: a relying party can rely on the type.

use argus_domain::claim::ClaimSet;
use argus_domain::directory::DirectorySnapshot;
use argus_domain::grant::SignIn;
use argus_domain::scope::ScopeSet;
use serde_json::Value;

use crate::settings::Issuer;

/// The claims that the granted scopes give, in a fixed order, each with the scope it comes from.
pub fn scope_claims(
    issuer: &Issuer,
    user: &DirectorySnapshot,
    sign_in: &SignIn,
    scopes: &ScopeSet,
) -> (ClaimSet, Vec<(&'static str, &'static str)>) {
    let mut collected = Collected::default();
    if scopes.contains("profile") {
        collected.set("profile", "username", user.username.as_str());
        collected.set("profile", "preferred_username", user.username.as_str());
        collected.set("profile", "name", user.name.as_str());
        collected.set("profile", "picture", issuer.url(&format!("/pictures/{}", user.picture_key)));
    }
    if scopes.contains("email")
        && let Some(email) = &user.email
    {
        collected.set("email", "email", email.as_str());
        collected.set("email", "email_verified", user.email_verified);
    }
    if scopes.contains("phone")
        && let Some(phone) = &user.phone
    {
        collected.set("phone", "phone_number", phone.as_str());
        collected.set("phone", "phone_number_verified", user.phone_verified);
    }
    if scopes.contains("customer") {
        if let Some(customer) = &user.customer {
            collected.set("customer", "customer_id", customer.id);
        }
        if let Some(domain) = &user.domain {
            collected.set("customer", "domain_id", domain.id);
        }
        if let Some(customer) = &user.customer {
            collected.set("customer", "customer_shortname", customer.shortname.as_str());
            collected.set("customer", "customer_name", customer.name.as_str());
        }
    }
    let group_names = || -> Value { user.groups.iter().map(|group| group.shortname.as_str()).collect() };
    if scopes.contains("groups") {
        collected.set("groups", "groups", group_names());
    }
    if scopes.contains("groupstring") {
        // A string that holds a JSON array: what some relying parties need.
        collected.set("groupstring", "groupstring", group_names().to_string());
    }
    if scopes.contains("roles") {
        collected.set("roles", "roles", user.roles.clone());
    }
    if scopes.contains("clientip")
        && let Some(address) = &sign_in.client_ip
    {
        collected.set("clientip", "client_ip", address.as_str());
    }
    (collected.claims, collected.sources)
}

#[derive(Default)]
struct Collected {
    claims: ClaimSet,
    sources: Vec<(&'static str, &'static str)>,
}

impl Collected {
    fn set(&mut self, scope: &'static str, name: &'static str, value: impl Into<Value>) {
        self.claims.set(name, value);
        self.sources.push((name, scope));
    }
}

/// Every claim a scope can give, for `claims_supported` of the discovery document.
pub const SCOPE_CLAIM_NAMES: &[&str] = &[
    "username",
    "preferred_username",
    "name",
    "picture",
    "email",
    "email_verified",
    "phone_number",
    "phone_number_verified",
    "customer_id",
    "domain_id",
    "customer_shortname",
    "customer_name",
    "groups",
    "groupstring",
    "roles",
    "client_ip",
];
