//! The claims of clients: what they would get, what a change would change, why a claim is there.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::traces::AttachmentRun;
use crate::administration::refused::Problem;

/// A page of clients.
#[derive(Debug, Deserialize)]
pub(crate) struct ClientSummaries {
    pub(crate) clients: Vec<Value>,
    /// Where the next page begins.
    pub(crate) next: Option<String>,
}

/// A client in a list.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClientSummary {
    pub(crate) client_id: String,
    pub(crate) name: String,
    pub(crate) r#type: String,
    pub(crate) enabled: bool,
    #[serde(rename = "openIDCustomClaims")]
    pub(crate) attachments: Vec<Value>,
}

/// A client's attachments.
#[derive(Debug, Deserialize)]
pub(crate) struct ClientClaims {
    /// As stored.
    #[serde(rename = "openIDCustomClaims")]
    pub(crate) attachments: Vec<Value>,
    /// Of a change: what is accepted and worth a second look.
    #[serde(default)]
    pub(crate) warnings: Vec<Warning>,
}

/// Something accepted that is worth a second look.
pub(crate) type Warning = Problem;

/// What a user's tokens would hold.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Preview {
    pub(crate) id_token: Option<Issued>,
    pub(crate) access_token: Option<Issued>,
    pub(crate) userinfo: Option<Issued>,
    #[serde(default)]
    pub(crate) attachments: Vec<AttachmentRun>,
}

/// One token or answer.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Issued {
    pub(crate) claims: Map<String, Value>,
    /// Of the claims as JSON.
    pub(crate) bytes: Option<u64>,
    /// Of the signed token.
    pub(crate) token_bytes: Option<u64>,
    #[serde(default)]
    pub(crate) origins: BTreeMap<String, Origin>,
    #[serde(default)]
    pub(crate) claim_bytes: BTreeMap<String, u64>,
}

/// Where a claim comes from.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Origin {
    /// A claim provider.
    Provider {
        /// Its name.
        provider: String,
        /// The version that ran.
        digest: Option<String>,
        /// Place in the client's `openIDCustomClaims`.
        attachment: u64,
    },
    /// A scope.
    Scope {
        /// Its name.
        scope: Option<String>,
    },
}

/// A user for whom a change would change something.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserChange {
    pub(crate) username: String,
    /// By target.
    #[serde(default)]
    pub(crate) changes: BTreeMap<String, TargetChange>,
    /// By target: before and after.
    pub(crate) token_bytes: Option<BTreeMap<String, (u64, u64)>>,
    pub(crate) failed: Option<Failures>,
}

/// Names of claims.
#[derive(Debug, Deserialize)]
pub(crate) struct TargetChange {
    #[serde(default)]
    pub(crate) added: Vec<String>,
    #[serde(default)]
    pub(crate) removed: Vec<String>,
    #[serde(default)]
    pub(crate) changed: Vec<String>,
}

/// Why no token could be issued; none where one could.
#[derive(Debug, Deserialize)]
pub(crate) struct Failures {
    pub(crate) before: Option<String>,
    pub(crate) after: Option<String>,
}

/// All users together.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DiffSummary {
    pub(crate) users: u64,
    pub(crate) changed: u64,
    /// Users who would get no token any more.
    #[serde(default)]
    pub(crate) failing: u64,
    #[serde(default)]
    pub(crate) gained: BTreeMap<String, u64>,
    #[serde(default)]
    pub(crate) lost: BTreeMap<String, u64>,
    #[serde(default)]
    pub(crate) altered: BTreeMap<String, u64>,
    /// Of the largest, by target: before and after.
    #[serde(default)]
    pub(crate) token_bytes: BTreeMap<String, (u64, u64)>,
}

/// How far a comparison has come.
#[derive(Debug, Deserialize)]
pub(crate) struct Progress {
    pub(crate) done: u64,
    pub(crate) total: u64,
}

/// Why a claim is there, or not.
#[derive(Debug, Deserialize)]
pub(crate) struct Explanation {
    /// By target.
    pub(crate) present: BTreeMap<String, bool>,
    pub(crate) value: Option<Value>,
    pub(crate) statements: Vec<String>,
}
