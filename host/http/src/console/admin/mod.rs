//! `/admin`: pages of administrators. To others there is nothing here.

pub(crate) mod claim_providers;
pub(crate) mod claims;
pub(crate) mod client;
pub(crate) mod client_settings;
pub(crate) mod clients;
pub(crate) mod documents;
pub(crate) mod entries;
pub(crate) mod identity_providers;
pub(crate) mod new_client;
pub(crate) mod requests;
pub(crate) mod trail;
pub(crate) mod users;

use super::failed;
