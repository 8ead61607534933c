//! `/admin`: pages of administrators. To others there is nothing here.

pub(crate) mod claims;
pub(crate) mod client;
pub(crate) mod clients;
pub(crate) mod identity_providers;
pub(crate) mod new_client;
pub(crate) mod requests;

use super::failed;
