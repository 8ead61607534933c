//! What happened of late that a user should know: sign-ins, and who ended or took back what.

use argus_domain::audit::{AuditEvent, AuditEventKind, Outcome};
use serde_json::Value;

use crate::administrator::AdministrationError;
use crate::argus::Argus;
use crate::audit::{self, AuditQuery};
use crate::session::SignedIn;

/// Events told.
const LATEST: usize = 20;

/// Something that happened to a user's account.
#[derive(Clone, Debug)]
pub struct SecurityEvent {
    /// When, in Unix milliseconds.
    pub at: i64,
    /// Name of the event, as in the audit trail.
    pub event: &'static str,
    /// Whether it went as asked.
    pub succeeded: bool,
    /// From which network address.
    pub address: Option<String>,
}

/// What happened of late, the latest first.
pub async fn security_events(argus: &Argus, user: &SignedIn) -> Result<Vec<SecurityEvent>, AdministrationError> {
    let page = audit::list(argus, &AuditQuery::latest_of_user(&user.subject)).await?;
    Ok(page.events.iter().filter_map(told).take(LATEST).collect())
}

fn told(event: &Value) -> Option<SecurityEvent> {
    let event: AuditEvent = serde_json::from_value(event.clone()).ok()?;
    let is_told = matches!(
        event.event,
        AuditEventKind::SignInSucceeded
            | AuditEventKind::SignInFailed
            | AuditEventKind::SessionEnded
            | AuditEventKind::ConsentGranted
            | AuditEventKind::ConsentWithdrawn
            | AuditEventKind::TokenRevoked
            | AuditEventKind::CodeReused
            | AuditEventKind::RefreshTokenReused
            | AuditEventKind::UserChanged
            | AuditEventKind::UserDisabled
            | AuditEventKind::UpstreamLinked
    );
    is_told.then(|| SecurityEvent {
        at: event.at.unix_millis(),
        event: event.event.as_str(),
        succeeded: event.outcome == Outcome::Success,
        address: event.address,
    })
}
