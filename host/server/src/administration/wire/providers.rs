//! Claim providers, their versions, their shadow runs and what they logged.

use serde::Deserialize;
use serde_json::Value;

use super::report::CheckReport;
use super::traces::LogLine;

/// A claim provider in the list of all.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProviderSummary {
    pub(crate) name: String,
    pub(crate) builtin: bool,
    pub(crate) current: Option<String>,
    pub(crate) shadow: Option<String>,
    /// Seconds since 1970.
    pub(crate) current_since: Option<i64>,
    pub(crate) versions: u64,
    /// Versions that wait for approval.
    pub(crate) waiting: u64,
}

/// A claim provider with its versions, newest first.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Provider {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) builtin: bool,
    pub(crate) current: Option<String>,
    pub(crate) previous: Option<String>,
    pub(crate) shadow: Option<String>,
    /// Seconds since 1970.
    pub(crate) current_since: Option<i64>,
    #[serde(default)]
    pub(crate) versions: Vec<Version>,
}

/// A version: one component.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Version {
    /// SHA-256 of the component, 64 hexadecimal digits.
    pub(crate) digest: String,
    pub(crate) state: State,
    pub(crate) uploaded_by: String,
    /// Seconds since 1970.
    pub(crate) uploaded_at: i64,
    pub(crate) author: Option<Author>,
    /// Facts the component declares.
    #[serde(default)]
    pub(crate) needs: Vec<String>,
    /// None while it waits.
    pub(crate) approved_facts: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) used_by: Vec<Use>,
    pub(crate) shadow: Option<ShadowRuns>,
}

/// Where a version stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum State {
    /// Runs at each issuance.
    Current,
    /// What the current one replaced; a rollback leads there.
    Previous,
    /// Runs beside the current one; its claims are compared and dropped.
    Shadow,
    /// Approved.
    Available,
    /// Not approved yet.
    Waiting,
}

impl State {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Previous => "previous",
            Self::Shadow => "shadow",
            Self::Available => "available",
            Self::Waiting => "waiting",
        }
    }
}

/// What the component says of itself.
#[derive(Debug, Deserialize)]
pub(crate) struct Author {
    pub(crate) name: String,
    pub(crate) version: String,
}

/// An attachment of a client that runs a version.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Use {
    pub(crate) client_name: String,
    /// Place in the client's `openIDCustomClaims`.
    pub(crate) attachment: u64,
    #[serde(default)]
    pub(crate) pinned: bool,
}

/// How a shadow compares with the current version.
#[derive(Debug, Deserialize)]
pub(crate) struct ShadowRuns {
    pub(crate) equal: u64,
    pub(crate) different: u64,
    pub(crate) failed: u64,
    #[serde(default)]
    pub(crate) samples: Vec<Sample>,
}

/// An issuance at which they differed.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Sample {
    pub(crate) correlation_id: String,
    #[serde(default)]
    pub(crate) changes: Vec<Change>,
}

/// How one claim differed.
#[derive(Debug, Deserialize)]
pub(crate) struct Change {
    #[serde(default)]
    pub(crate) claim: String,
    /// `added`, `removed`, `changed` or `failed`.
    pub(crate) change: String,
    /// With `values=true` only.
    pub(crate) before: Option<Value>,
    pub(crate) after: Option<Value>,
}

/// What became of an upload.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Uploaded {
    pub(crate) name: String,
    pub(crate) digest: String,
    pub(crate) state: State,
    #[serde(default)]
    pub(crate) needs: Vec<String>,
    pub(crate) approved_facts: Option<Vec<String>>,
    /// Facts nobody has approved.
    #[serde(default)]
    pub(crate) waiting_for: Vec<String>,
    pub(crate) report: Option<CheckReport>,
    /// The version was there before.
    #[serde(default)]
    pub(crate) unchanged: bool,
}

/// What one invocation logged.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LoggedInvocation {
    /// Seconds since 1970.
    pub(crate) at: i64,
    pub(crate) correlation_id: String,
    pub(crate) digest: String,
    pub(crate) target: String,
    pub(crate) lines: Vec<LogLine>,
}
