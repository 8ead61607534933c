//! What a user asks administrators for, for a client of the user's own.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::claim::ClaimProviderAttachment;
use crate::ids::ClientId;
use crate::time::Timestamp;

/// A request that waits for an administrator.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientRequest {
    /// Its number.
    pub id: u64,
    /// The client that it is for.
    pub client: ClientId,
    /// What is asked for.
    pub wanted: Wanted,
    /// When.
    pub requested_at: Timestamp,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Wanted {
    /// Settings: a merge patch (RFC 7396). A new client asks to be enabled.
    Settings(Map<String, Value>),
    /// A claim provider.
    ClaimProvider {
        /// As it would be attached, after those that are.
        attachment: ClaimProviderAttachment,
        /// What for, in the words of the user.
        reason: String,
    },
}
