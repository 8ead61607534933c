//! Endpoints that programs call: JSON, whatever `Accept` says.

pub(crate) mod documents;
pub(crate) mod introspect;
pub(crate) mod me;
pub(crate) mod picture;
pub(crate) mod revoke;
pub(crate) mod token;
pub(crate) mod userinfo;

mod authorization;
