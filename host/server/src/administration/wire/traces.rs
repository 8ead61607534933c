//! What happened at one request.

use serde::Deserialize;
use serde_json::Value;

/// A request's trace.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Trace {
    pub(crate) correlation_id: String,
    #[serde(default)]
    pub(crate) events: Vec<TraceEvent>,
    #[serde(default)]
    pub(crate) attachments: Vec<AttachmentRun>,
    /// Claims of an attachment or a scope that a later attachment set again.
    #[serde(default)]
    pub(crate) replaced: Vec<Value>,
}

/// An event of the audit trail.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TraceEvent {
    /// Milliseconds since 1970, as the audit trail has them.
    pub(crate) at: i64,
    pub(crate) event: String,
    pub(crate) outcome: Option<String>,
    pub(crate) actor: Option<String>,
    pub(crate) subject: Option<String>,
    pub(crate) client_id: Option<String>,
    pub(crate) reason: Option<String>,
}

/// One run of an attached claim provider.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AttachmentRun {
    /// Place in the client's `openIDCustomClaims`.
    pub(crate) attachment: u64,
    pub(crate) provider: String,
    /// None when no version of it could be loaded.
    pub(crate) digest: Option<String>,
    pub(crate) target: Option<String>,
    #[serde(default)]
    pub(crate) facts: Vec<String>,
    pub(crate) duration_us: Option<u64>,
    /// `ok`, `omitted` or `failed`.
    pub(crate) outcome: Option<String>,
    pub(crate) reason: Option<String>,
    #[serde(default)]
    pub(crate) claims: Vec<String>,
    #[serde(default)]
    pub(crate) log: Vec<LogLine>,
    #[serde(default)]
    pub(crate) input_recorded: bool,
}

/// A line a provider logged.
#[derive(Debug, Deserialize)]
pub(crate) struct LogLine {
    /// `debug`, `info` or `warn`.
    pub(crate) level: String,
    pub(crate) message: String,
}
