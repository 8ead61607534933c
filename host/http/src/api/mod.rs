//! Endpoints that programs call: JSON, whatever `Accept` says.

pub(crate) mod audit;
pub(crate) mod claim_providers;
pub(crate) mod client_claims;
pub(crate) mod client_requests;
pub(crate) mod clients;
pub(crate) mod documents;
pub(crate) mod entries;
pub(crate) mod installation;
pub(crate) mod introspect;
pub(crate) mod me;
pub(crate) mod openapi;
pub(crate) mod own_clients;
pub(crate) mod picture;
pub(crate) mod revoke;
pub(crate) mod token;
pub(crate) mod traces;
pub(crate) mod upstream_idps;
pub(crate) mod userinfo;
pub(crate) mod users;

mod authorization;
mod caller;
mod conditional;
pub(crate) mod problem;
