//! What happened to a client of late: what was issued and what was refused, but nothing of who its users are, so that owners may see it.

use argus_domain::audit::{AuditEvent, Outcome};
use argus_domain::ids::ClientId;
use serde::Serialize;
use serde_json::Value;

use super::Result;
use crate::argus::Argus;
use crate::audit::{self, AuditQuery};

/// Events told.
const LATEST: u32 = 50;

/// Something that happened to a client.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Activity {
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// Name of the event, as in the audit trail.
    pub event: &'static str,
    /// Whether it went as asked.
    pub succeeded: bool,
    /// Why not, or what failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What the user or the application was told to quote.
    pub correlation_id: String,
}

impl Activity {
    fn of(event: &Value) -> Option<Self> {
        let event: AuditEvent = serde_json::from_value(event.clone()).ok()?;
        Some(Self {
            at: event.at.unix_millis(),
            event: event.event.as_str(),
            succeeded: event.outcome == Outcome::Success,
            reason: event.details.get("reason").and_then(Value::as_str).map(str::to_owned),
            correlation_id: event.correlation_id,
        })
    }
}

pub(crate) async fn of_client(argus: &Argus, id: ClientId) -> Result<Vec<Activity>> {
    let page = audit::list(argus, &AuditQuery::latest_of_client(id, LATEST)).await?;
    Ok(page.events.iter().filter_map(Activity::of).collect())
}
