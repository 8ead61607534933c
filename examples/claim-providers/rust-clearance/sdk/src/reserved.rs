//! Claims of the protocol, which the host refuses from a provider.

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
