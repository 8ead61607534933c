//! The one trait a claim provider implements.

use serde::de::DeserializeOwned;

use crate::{Claim, Issuance, Metadata, Plan, Problem, ProviderError};

/// A claim provider: a pure function from a configuration and an issuance to claims.
pub trait ClaimProvider {
    /// The configuration, read by serde. Use `deny_unknown_fields`: a misspelt key should be an error on saving.
    ///
    /// A reading error becomes a [`Problem`] that points at the place.
    type Configuration: DeserializeOwned;

    /// Name, version, JSON Schema of the configuration and the facts that [`claims`](Self::claims) reads.
    fn describe() -> Metadata;

    /// What a configuration will do, or everything that is wrong with it.
    ///
    /// Called when an administrator saves the configuration and when a server loads it, with no user data at hand.
    fn plan(configuration: &Self::Configuration) -> Result<Plan, Vec<Problem>>;

    /// The claims of one issuance: only names of the plan, never a claim of the protocol.
    fn claims(configuration: Self::Configuration, issuance: Issuance) -> Result<Vec<Claim>, ProviderError>;
}
