//! What happened to a client of late: what was issued and what was refused, but nothing of who its users are, so that owners may see it.

use argus_domain::audit::{AuditEvent, AuditEventKind, Outcome};
use argus_domain::client::Client;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::Result;
use crate::argus::Argus;
use crate::audit::{self, AuditQuery};

/// Events told.
const LATEST: u32 = 50;

/// Something that happened to a client.
#[derive(Clone, Debug, Serialize, ToSchema)]
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
            reason: reason(&event),
            correlation_id: event.correlation_id,
        })
    }
}

/// Why something did not go as asked, or what was decided. What a claim provider says of it is for operators: it may say something of a user.
fn reason(event: &AuditEvent) -> Option<String> {
    if event.event == AuditEventKind::ClientRequestDecided {
        return event.details.get("decision")?.as_str().map(str::to_owned);
    }
    let reason = event.details.get("reason")?.as_str()?;
    match (event.event, reason.strip_prefix("claim provider ")) {
        (AuditEventKind::ClaimProviderFailed, _) => None,
        (_, Some(provider)) => Some(format!("claim provider {} failed", provider.split(' ').next().unwrap_or_default())),
        (_, None) => Some(reason.to_owned()),
    }
}

/// The latest events about a client since it was registered, the latest first.
pub(crate) async fn of_client(argus: &Argus, client: &Client) -> Result<Vec<Activity>> {
    // One that was deleted before under the same id was another's, perhaps.
    let query = AuditQuery::latest_of_client(client.id, LATEST).since(client.created_at);
    let page = audit::list(argus, &query).await?;
    Ok(page.events.iter().filter_map(Activity::of).collect())
}

#[cfg(test)]
mod tests {
    use argus_domain::Timestamp;

    use super::*;

    #[test]
    fn what_a_claim_provider_says_is_not_told() {
        let event = |kind, why: &str| AuditEvent::new(Timestamp::from_unix_seconds(0), kind, "c").failed(why);
        let refused = event(AuditEventKind::TokenRefused, "claim provider badge (attachment 0) failed: refused: bob has no badge");
        assert_eq!(reason(&refused).as_deref(), Some("claim provider badge failed"));
        assert_eq!(reason(&event(AuditEventKind::ClaimProviderFailed, "bob has no badge")), None);
        assert_eq!(reason(&event(AuditEventKind::TokenRefused, "the code was issued to another client")).unwrap().len(), 37);
    }
}
