//! What a claim provider is given, and what it may answer: the host's side of `wit/`, free of any WebAssembly type.
//!
//! The shapes follow `argus:claims@0.1.0`; `argus-claims` converts between the two, once per supported contract version.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::claim::{ClaimName, Target};
pub use crate::facts::Facts;

/// What a component says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProviderMetadata {
    /// The name the author gave the provider; the registry's name decides, this one is shown.
    pub name: String,
    /// The author's version, shown only: the digest identifies.
    pub version: String,
    /// One paragraph for administrators.
    pub description: String,
    /// JSON Schema 2020-12 text for the configuration.
    pub configuration_schema: String,
    /// The facts the provider reads.
    pub needs: Facts,
}

/// What one configuration will do, as the provider promised when the configuration was validated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Every claim name the provider may return for this configuration.
    pub claim_names: Vec<ClaimName>,
    /// Lift only these groups (by short name); empty = all.
    pub groups_of_interest: Vec<String>,
    /// Lift only grants of these functions; empty = all.
    pub functions_of_interest: Vec<String>,
    /// Lift only these attributes; empty = all.
    pub attributes_of_interest: Vec<String>,
}

/// One issuance as a provider sees it. [`Facts`] and [`Plan`] decide how much of it is handed over.
#[derive(Clone, Debug)]
pub struct Issuance<'a> {
    /// The user, as read from the directory for this issuance.
    pub user: &'a crate::directory::DirectorySnapshot,
    /// The relying party the token is for.
    pub client: IssuanceClient<'a>,
    /// What was asked for.
    pub request: IssuanceRequest<'a>,
    /// How and when the user signed in.
    pub session: IssuanceSession<'a>,
}

/// The relying party of an issuance.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct IssuanceClient<'a> {
    /// `client_id`
    pub id: &'a str,
    /// Its display name.
    pub name: &'a str,
    /// The customer the client is defined for, by id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<u64>,
}

/// The request of an issuance.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IssuanceRequest<'a> {
    /// The issuer's URL.
    pub issuer: &'a str,
    /// Which token the claims go to.
    pub target: Target,
    /// OAuth grant type as registered with IANA, such as `authorization_code`.
    pub grant_type: &'a str,
    /// Granted scopes.
    pub scopes: &'a [&'a str],
    /// Audiences of the access token.
    pub audiences: &'a [&'a str],
    /// Unix seconds: the only clock a provider has.
    pub issued_at: u64,
}

/// The sign-in behind an issuance.
#[derive(Clone, Copy, Debug)]
pub struct IssuanceSession<'a> {
    /// Unix seconds.
    pub authenticated_at: u64,
    /// RFC 8176 values.
    pub amr: &'a [String],
    /// Authentication context, when one was reached.
    pub acr: Option<&'a str>,
    /// Slug of the upstream IdP the user came from.
    pub federated_by: Option<&'a str>,
    /// The address seen at sign-in.
    pub client_ip: Option<&'a str>,
}

/// A claim as returned by a provider, after the host checked name, size and JSON depth.
#[derive(Clone, Debug, PartialEq)]
pub struct ProvidedClaim {
    /// In the plan, and not reserved.
    pub name: ClaimName,
    /// Any JSON.
    pub value: Value,
}
