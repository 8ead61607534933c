//! What happened at one issuance, by its correlation id: each attachment with version, facts, cost, outcome and log; and what was
//! recorded for a replay.

use argus_domain::audit::AuditEventKind;
use argus_keys::seal::Purpose;
use argus_storage::{audit, claim_traces};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::administrator::{AdministrationError, Administrator};
use crate::argus::Argus;

/// One request, as far as claims are concerned.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Trace {
    /// The request.
    pub correlation_id: String,
    /// What is on record of it.
    #[schema(value_type = Vec<Object>)]
    pub events: Vec<Value>,
    /// Each run of an attachment.
    #[schema(value_type = Vec<Object>)]
    pub attachments: Vec<Value>,
    /// Claims of scopes that a provider replaced.
    #[schema(value_type = Vec<crate::claims::assemble::Replaced>)]
    pub replaced: Vec<Value>,
}

/// Tells what is on record of a request.
pub async fn trace(argus: &Argus, correlation_id: &str) -> Result<Trace, AdministrationError> {
    let (records, logs, inputs) = {
        let mut reader = argus.store().read().await?;
        let records = audit::by_correlation_id(&mut reader, correlation_id).await?;
        let logs = claim_traces::logs_of_request(&mut reader, correlation_id).await?;
        (records, logs, claim_traces::inputs_of_request(&mut reader, correlation_id, argus.now()).await?)
    };
    if records.is_empty() && logs.is_empty() && inputs.is_empty() {
        return Err(AdministrationError::NotFound(format!(
            "nothing is on record under the correlation id {correlation_id}: it is in the X-Correlation-Id header of an answer, in the \
             log and in the audit trail; a UserInfo request leaves a trace only when something is logged, recorded or left out"
        )));
    }
    let mut trace = Trace { correlation_id: correlation_id.to_owned(), events: Vec::new(), attachments: Vec::new(), replaced: Vec::new() };
    for record in &records {
        let Ok(Value::Object(mut event)) = serde_json::from_str::<Value>(&record.body) else { continue };
        let Some(Value::Object(mut details)) = event.remove("details").or_else(|| Some(json!({}))) else { continue };
        trace.take(&event, &mut details);
        event.remove("correlationId");
        if let Some(reason) = details.remove("reason") {
            event.insert("reason".to_owned(), reason);
        }
        trace.events.push(Value::Object(event));
    }
    // A UserInfo request that succeeds has no event; what it left shows that it ran.
    let left = logs.iter().map(|log| (log.attachment, &log.provider, &log.digest, log.target));
    let left = left.chain(inputs.iter().map(|input| (input.attachment, &input.provider, &input.digest, input.target)));
    for (index, provider, digest, target) in left {
        let run = json!({"attachment": index, "provider": provider, "digest": digest, "target": target, "outcome": "ok"});
        if !trace.attachments.iter().any(|other| other["attachment"] == run["attachment"] && other["target"] == run["target"]) {
            trace.attachments.push(run);
        }
    }
    for attachment in &mut trace.attachments {
        let is_of = |index: u64, target: &str| attachment["attachment"] == index && attachment["target"] == target;
        let log = logs.iter().find(|log| is_of(log.attachment, log.target.as_str()));
        let lines = log.and_then(|log| serde_json::from_str(&log.lines).ok()).unwrap_or_else(|| json!([]));
        let recorded = inputs.iter().any(|input| is_of(input.attachment, input.target.as_str()));
        attachment["log"] = lines;
        attachment["inputRecorded"] = recorded.into();
    }
    Ok(trace)
}

impl Trace {
    /// The runs an event tells of. One that failed stands in an event of its own beside that of the issuance, which has it too.
    fn take(&mut self, event: &Map<String, Value>, details: &mut Map<String, Value>) {
        let failed = event.get("event") == Some(&json!(AuditEventKind::ClaimProviderFailed));
        if let Some(Value::Array(runs)) = details.remove("claimProviders") {
            for mut run in runs {
                let contract = details.get("contract").filter(|_| failed).and_then(Value::as_str);
                let outcome = match (run.get("omitted"), contract) {
                    (None, _) => "ok",
                    (Some(_), Some("fail")) => "failed",
                    (Some(_), _) => "omitted",
                };
                let reason = run.as_object_mut().and_then(|run| run.remove("omitted"));
                run["outcome"] = outcome.into();
                if let Some(reason) = reason {
                    run["reason"] = reason;
                }
                let same = |other: &Value| other["attachment"] == run["attachment"] && other["target"] == run["target"];
                if !self.attachments.iter().any(same) {
                    self.attachments.push(run);
                }
            }
        }
        if let Some(Value::Array(replaced)) = details.remove("replacedClaims") {
            self.replaced.extend(replaced);
        }
    }
}

/// What claim providers were given at a request, and answered. That it was read is on record.
pub async fn inputs(argus: &Argus, correlation_id: &str, by: &Administrator) -> Result<Vec<Value>, AdministrationError> {
    let recorded = {
        let mut reader = argus.store().read().await?;
        claim_traces::inputs_of_request(&mut reader, correlation_id, argus.now()).await?
    };
    let Some(first) = recorded.first() else {
        return Err(AdministrationError::NotFound(format!(
            "no input is recorded under the correlation id {correlation_id}: recording is off unless a client has \
             `recordClaimInputsSeconds`, and what was recorded is deleted after that time"
        )));
    };
    let client = first.client;
    let event = by.event(argus, AuditEventKind::ClaimValuesRead).client(client).with("of", "recording").with("request", correlation_id);
    argus.record(event).await?;
    let mut inputs = Vec::new();
    for input in recorded {
        let opened = argus.sealing().open(Purpose::RecordedInput, &input.sealed);
        let clear = opened.map_err(|error| AdministrationError::Conflict(format!("what was recorded cannot be read: {error}")))?;
        let mut value: Value = serde_json::from_slice(&clear).unwrap_or_default();
        value["attachment"] = input.attachment.into();
        value["provider"] = input.provider.into();
        value["digest"] = input.digest.into();
        value["target"] = input.target.as_str().into();
        inputs.push(value);
    }
    Ok(inputs)
}
