//! The use cases of Argus, one module each: what the standards ask of an OpenID provider, over the domain's rules, the
//! repositories, the keys and the claim providers. No HTTP, no SQL, no WebAssembly.
//!
//! A use case takes the [`Argus`] handle, its input as text, and a [`RequestMeta`]; it answers with a value or with an error
//! enum whose variants name the rule broken. Every change of state and its audit event are one transaction.

pub mod access;
pub mod account;
pub mod administration;
pub mod administrator;
mod argus;
mod attempts;
pub mod audit;
pub mod authorize;
pub mod background;
pub mod claim_providers;
pub mod claims;
pub mod client_claims;
pub mod clients;
pub mod consent;
pub mod cors;
pub mod directory;
mod discovery;
pub mod end_session;
pub mod export;
mod failure;
pub mod federation;
pub mod import;
pub mod introspect;
pub mod key_management;
pub mod me;
mod oauth_error;
pub mod one_time_link;
pub mod overview;
pub mod own_clients;
mod pace;
mod params;
pub mod picture;
pub mod registry;
pub mod release;
mod revocations;
pub mod revoke;
mod rollout;
mod scopes;
pub mod session;
pub mod settings;
pub mod sign_in;
pub mod token;
pub mod trace;
pub mod userinfo;
mod verified_tokens;

pub use argus::{Argus, Parts, RequestMeta};
pub use failure::{log_failure, with_causes};
pub use oauth_error::OAuthError;
pub use params::{Params, ParamsError};
pub use settings::{Issuer, Settings};
