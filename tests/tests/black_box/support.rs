//! What several modules need.

use argus_tests::document::{self, ALICE, CASE_DESK};
use argus_tests::{Installation, Jwks, Tokens};
use serde_json::Value;

/// Claims of the protocol, in ID tokens.
pub(crate) const ID_TOKEN_CLAIMS: &[&str] = &["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "amr", "at_hash", "sid"];
/// Claims of the protocol, in access tokens.
pub(crate) const ACCESS_TOKEN_CLAIMS: &[&str] = &["iss", "sub", "aud", "exp", "iat", "jti", "client_id", "scope", "sid"];

/// A serving installation with the standard directory and these clients.
pub(crate) fn serving(clients: Value) -> Installation {
    serving_with(clients, "")
}

/// The same with a configuration.
pub(crate) fn serving_with(clients: Value, configuration: &str) -> Installation {
    let installation = Installation::new(configuration);
    let mut document = document::directory();
    document["clients"] = clients;
    installation.import(&document);
    installation.serve();
    installation
}

/// Tokens of alice at the case desk, of the shared installation.
pub(crate) async fn alices(scope: &str) -> Tokens {
    let argus = Installation::shared();
    argus.application(CASE_DESK).tokens(&argus.browser(), ALICE, scope).await
}

/// What a token says beyond the protocol, once it is verified and the protocol's claims are all there.
#[track_caller]
pub(crate) fn beyond_protocol(jwks: &Jwks, token: &str, protocol: &[&str]) -> Value {
    let mut claims = jwks.verify(token).claims;
    let members = claims.as_object_mut().unwrap();
    for name in protocol {
        assert!(members.shift_remove(*name).is_some(), "{name} is missing");
    }
    claims
}

/// The claims of UserInfo without `sub`.
#[track_caller]
pub(crate) fn without_sub(mut userinfo: Value) -> Value {
    assert!(userinfo.as_object_mut().unwrap().shift_remove("sub").is_some_and(|sub| sub.is_string()));
    userinfo
}
