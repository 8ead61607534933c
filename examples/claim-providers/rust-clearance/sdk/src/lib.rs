//! Write claim providers for Argus in Rust.
//!
//! A claim provider is a type that implements [`ClaimProvider`], and one line that exports it:
//!
//! ```
//! use argus_claims_sdk::{Claim, ClaimProvider, Facts, Interest, Issuance, Metadata, Plan, Problem, ProviderError};
//!
//! struct Department;
//!
//! #[derive(serde::Deserialize)]
//! #[serde(rename_all = "camelCase", deny_unknown_fields)]
//! struct Configuration {
//!     attribute: String,
//! }
//!
//! impl ClaimProvider for Department {
//!     type Configuration = Configuration;
//!
//!     fn describe() -> Metadata {
//!         Metadata {
//!             name: "department".into(),
//!             version: env!("CARGO_PKG_VERSION").into(),
//!             description: "Puts one attribute of the user into the claim `department`.".into(),
//!             configuration_schema: r#"{"type":"object","required":["attribute"],"properties":{"attribute":{"type":"string"}}}"#.into(),
//!             needs: Facts::ATTRIBUTES,
//!         }
//!     }
//!
//!     fn plan(configuration: &Configuration) -> Result<Plan, Vec<Problem>> {
//!         Ok(Plan::of_claims(["department"]).attributes(Interest::Only(vec![configuration.attribute.clone()])))
//!     }
//!
//!     fn claims(configuration: Configuration, issuance: Issuance) -> Result<Vec<Claim>, ProviderError> {
//!         let values = issuance.user.attributes.into_iter().find(|attribute| attribute.name == configuration.attribute);
//!         Ok(vec![Claim::text_list("department", values.map(|attribute| attribute.values).unwrap_or_default())])
//!     }
//! }
//!
//! argus_claims_sdk::export!(Department);
//! # fn main() {}
//! ```
//!
//! Build with `crate-type = ["cdylib"]` for `wasm32-unknown-unknown`, then make a component of the module with
//! `wasm-tools component new`. No other import than [`log`](mod@log) exists, and nothing outlives a call: each issuance has an instance
//! of its own.

#[doc(hidden)]
pub mod bindings;
mod claim;
mod configuration;
mod export;
#[cfg(all(target_arch = "wasm32", feature = "throwaway-heap"))]
mod heap;
pub mod log;
mod plan;
mod pointer;
mod provider;
mod reserved;

pub use bindings::argus::claims::types::{
    Attribute, Claim, ClaimValue, Client, Facts, FunctionGrant, Issuance, Metadata, Named, Problem, ProviderError, Request, Session,
    Target, User,
};
pub use configuration::parse_configuration;
pub use plan::{Interest, Plan};
pub use pointer::pointer;
pub use provider::ClaimProvider;
pub use reserved::{RESERVED_CLAIMS, claim_name_fault, is_reserved};

#[doc(hidden)]
pub mod private {
    //! What the expansion of [`export!`](crate::export) names, with `bindings`; no part of the interface.
    pub use crate::bindings::export_claim_provider;
    pub use crate::export::Exported;
}
