//! Claims of the scopes Argus knows (OpenID Connect Core §5.4, and the ones Argus adds).
//!
//! An absent fact gives no claim, except that lists are always lists: a relying party can rely on the type.

use argus_domain::claim::ClaimSet;
use argus_domain::directory::DirectorySnapshot;
use argus_domain::grant::SignIn;
use argus_domain::scope::ScopeSet;
use serde_json::Value;

use crate::settings::Issuer;

/// The claims that the granted scopes give, in a fixed order.
pub fn scope_claims(issuer: &Issuer, user: &DirectorySnapshot, sign_in: &SignIn, scopes: &ScopeSet) -> ClaimSet {
    let mut claims = ClaimSet::new();
    if scopes.contains("profile") {
        claims.set("username", user.username.as_str());
        claims.set("preferred_username", user.username.as_str());
        claims.set("name", user.name.as_str());
        claims.set("picture", issuer.url(&format!("/pictures/{}", user.picture_key)));
    }
    if scopes.contains("email")
        && let Some(email) = &user.email
    {
        claims.set("email", email.as_str());
        claims.set("email_verified", user.email_verified);
    }
    if scopes.contains("phone")
        && let Some(phone) = &user.phone
    {
        claims.set("phone_number", phone.as_str());
        claims.set("phone_number_verified", user.phone_verified);
    }
    if scopes.contains("customer") {
        if let Some(customer) = &user.customer {
            claims.set("customer_id", customer.id);
        }
        if let Some(domain) = &user.domain {
            claims.set("domain_id", domain.id);
        }
        if let Some(customer) = &user.customer {
            claims.set("customer_shortname", customer.shortname.as_str());
            claims.set("customer_name", customer.name.as_str());
        }
    }
    let group_names = || -> Value { user.groups.iter().map(|group| group.shortname.as_str()).collect() };
    if scopes.contains("groups") {
        claims.set("groups", group_names());
    }
    if scopes.contains("groupstring") {
        // A string that holds a JSON array: what some relying parties need.
        claims.set("groupstring", group_names().to_string());
    }
    if scopes.contains("roles") {
        claims.set("roles", user.roles.clone());
    }
    if scopes.contains("clientip")
        && let Some(address) = &sign_in.client_ip
    {
        claims.set("client_ip", address.as_str());
    }
    claims
}

/// Every claim a scope can give, scope by scope.
pub const SCOPE_CLAIMS: &[(&str, &[&str])] = &[
    ("profile", &["username", "preferred_username", "name", "picture"]),
    ("email", &["email", "email_verified"]),
    ("phone", &["phone_number", "phone_number_verified"]),
    ("customer", &["customer_id", "domain_id", "customer_shortname", "customer_name"]),
    ("groups", &["groups"]),
    ("groupstring", &["groupstring"]),
    ("roles", &["roles"]),
    ("clientip", &["client_ip"]),
];

/// The scope that gives a claim.
pub fn scope_of(claim: &str) -> Option<&'static str> {
    SCOPE_CLAIMS.iter().find(|(_, claims)| claims.contains(&claim)).map(|(scope, _)| *scope)
}
