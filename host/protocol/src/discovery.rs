//! The metadata document (OpenID Connect Discovery §3, RFC 8414 §2): what is served, and nothing that is not.

use argus_domain::oauth::GrantType;
use argus_domain::scope::{DEPRECATED_SCOPES, STANDARD_SCOPES};
use argus_domain::signing::SigningAlgorithm;
use serde_json::json;

use crate::claims::scope_claims::SCOPE_CLAIMS;
use crate::settings::Settings;

/// The document, served under both well-known names.
pub(crate) fn document(settings: &Settings) -> String {
    let issuer = &settings.issuer;
    let may_be_granted = |scope: &&str| settings.scopes.deprecated || !DEPRECATED_SCOPES.contains(scope);
    let scopes: Vec<_> = STANDARD_SCOPES.iter().map(|(scope, _)| *scope).filter(may_be_granted).collect();
    let auth_methods = json!(["client_secret_basic", "client_secret_post", "none"]);
    let protocol_claims = ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "at_hash", "amr", "sid"];
    let claims: Vec<_> = protocol_claims.iter().chain(SCOPE_CLAIMS.iter().flat_map(|(_, claims)| *claims)).collect();
    json!({
        "issuer": issuer.as_str(),
        "authorization_endpoint": issuer.url("/oauth2/authorize"),
        "token_endpoint": issuer.url("/oauth2/token"),
        "userinfo_endpoint": issuer.url("/oauth2/userinfo"),
        "jwks_uri": issuer.url("/.well-known/jwks.json"),
        "revocation_endpoint": issuer.url("/oauth2/revoke"),
        "introspection_endpoint": issuer.url("/oauth2/introspect"),
        "end_session_endpoint": issuer.url("/oauth2/end_session"),
        "scopes_supported": scopes,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "grant_types_supported": GrantType::ALL.map(GrantType::as_str),
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": SigningAlgorithm::ALL.map(SigningAlgorithm::as_str),
        "token_endpoint_auth_methods_supported": auth_methods,
        "revocation_endpoint_auth_methods_supported": auth_methods,
        "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
        "claim_types_supported": ["normal"],
        "claims_supported": claims,
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "authorization_response_iss_parameter_supported": true,
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "display_values_supported": ["page"],
        "ui_locales_supported": ["en"],
    })
    .to_string()
}
