//! Which names a claim may have, and which claims are the protocol's: the host refuses them from a provider.

/// The claims no provider may set: those of RFC 7519, OpenID Connect Core and the extensions Argus implements.
///
/// The host has the last word; a provider whose claim names are configurable uses this list to point at the faulty key.
pub const RESERVED_CLAIMS: &[&str] = &[
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "nbf",
    "jti",
    "nonce",
    "azp",
    "at_hash",
    "c_hash",
    "s_hash",
    "auth_time",
    "acr",
    "amr",
    "sid",
    "scope",
    "client_id",
    "cnf",
    "act",
    "may_act",
    "events",
    "toe",
    "txn",
    "typ",
    "alg",
    "kid",
    "token_type",
    "token_use",
    "active",
    "sub_jwk",
    "_claim_names",
    "_claim_sources",
    "gty",
];

/// Whether the protocol keeps this claim name for itself.
pub fn is_reserved(name: &str) -> bool {
    RESERVED_CLAIMS.contains(&name)
}

/// Longest name of a claim, in bytes of UTF-8.
const MAX_CLAIM_NAME_BYTES: usize = 128;

/// What is wrong with the name of a claim, in words for a problem; `None` when a provider may set it.
///
/// ```
/// use argus_claims_sdk::claim_name_fault;
///
/// assert_eq!(claim_name_fault("badge_level"), None);
/// assert!(claim_name_fault("sub").is_some_and(|fault| fault.contains("protocol")));
/// ```
pub fn claim_name_fault(name: &str) -> Option<&'static str> {
    if name.is_empty() || name.len() > MAX_CLAIM_NAME_BYTES || name.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Some("must be 1 to 128 bytes without white space and control characters");
    }
    is_reserved(name).then_some("is a claim of the protocol, which no provider may set; choose another name")
}
