//! What is put on record of an issuance: where its claims came from, what was left out, which provider failed, what providers logged,
//! and, for clients that want it, what they were given.

use std::time::Duration;

use argus_domain::audit::{AuditEvent, AuditEventKind};
use argus_domain::ids::ClientId;
use argus_domain::scope::{DEPRECATED_SCOPES, ScopeSet};
use argus_keys::seal::Purpose;
use argus_storage::claim_traces::{self, LoggedInvocation, RecordedInput};
use argus_storage::{StorageError, Tx};
use serde::Serialize;
use serde_json::Value;

use super::assemble::{Assembled, ProviderFailed};
use super::run::Run;
use crate::argus::Argus;
use crate::registry::PreparedClient;

/// Largest input that is recorded.
const MAX_RECORDING_BYTES: usize = 256 << 10;

/// Everything of an issuance that is written in the transaction of its tokens.
#[derive(Clone, Debug)]
pub(crate) struct IssuanceRecord {
    pub(crate) events: Vec<AuditEvent>,
    logs: Vec<LoggedInvocation>,
    inputs: Vec<RecordedInput>,
}

impl IssuanceRecord {
    /// Of an issuance that succeeded: its event, and one for each provider whose claims were left out.
    pub(crate) fn issued(argus: &Argus, client: &PreparedClient, event: AuditEvent, assembled: &Assembled, scopes: &ScopeSet) -> Self {
        let mut record = Self::unannounced(argus, client, &event, assembled);
        record.events.push(with_origins(event, assembled, scopes));
        record
    }

    /// The same without the event itself, where success is not worth one: `event` says who asked.
    pub(crate) fn unannounced(argus: &Argus, client: &PreparedClient, event: &AuditEvent, assembled: &Assembled) -> Self {
        let omitted = assembled.runs.iter().filter(|run| run.failure.is_some());
        let events = omitted.map(|run| failure(event, run, "omit")).collect();
        Self { events, ..Self::of_runs(argus, client, event, &assembled.runs) }
    }

    /// Of an issuance that failed with a provider.
    pub(crate) fn failed(argus: &Argus, client: &PreparedClient, event: &AuditEvent, failed: &ProviderFailed) -> Self {
        let run = std::slice::from_ref(&*failed.0);
        let mut event = failure(event, &failed.0, "fail");
        event = event.failed(failed.to_string());
        Self { events: vec![event.clone()], ..Self::of_runs(argus, client, &event, run) }
    }

    fn of_runs(argus: &Argus, client: &PreparedClient, event: &AuditEvent, runs: &[Run]) -> Self {
        let id = client.client.id;
        let retention = client.client.settings.record_claim_inputs_seconds.map(|seconds| Duration::from_secs(seconds.into()));
        Self {
            events: Vec::new(),
            logs: runs.iter().filter(|run| !run.log.is_empty()).map(|run| logged(event, id, run)).collect(),
            inputs: runs.iter().filter_map(|run| recorded(argus, event, id, run, retention?)).collect(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.events.is_empty() && self.logs.is_empty() && self.inputs.is_empty()
    }

    /// Writes it in the transaction of the tokens.
    pub(crate) async fn write(&self, tx: &mut Tx) -> Result<(), StorageError> {
        for log in &self.logs {
            claim_traces::insert_log(tx, log).await?;
        }
        for input in &self.inputs {
            claim_traces::insert_input(tx, input).await?;
        }
        tx.audit_all(&self.events).await
    }

    /// Writes it in a transaction of its own, if there is anything to write.
    pub(crate) async fn write_alone(self, argus: &Argus) -> Result<(), StorageError> {
        if self.is_empty() {
            return Ok(());
        }
        argus
            .store()
            .write(move |tx| {
                let record = self.clone();
                Box::pin(async move { record.write(tx).await })
            })
            .await
    }
}

/// Where the claims came from, what was left out, and what an administrator should mend.
fn with_origins(mut event: AuditEvent, assembled: &Assembled, scopes: &ScopeSet) -> AuditEvent {
    if !assembled.runs.is_empty() {
        event = event.with("claimProviders", assembled.runs.iter().map(|run| json(&run.origin)).collect::<Vec<_>>());
    }
    if !assembled.replaced.is_empty() {
        event = event.with("replacedClaims", json(&assembled.replaced));
    }
    let deprecated: Vec<&str> = DEPRECATED_SCOPES.iter().copied().filter(|scope| scopes.contains(scope)).collect();
    if !deprecated.is_empty() {
        metrics::counter!("argus_deprecated_scope_uses_total").increment(1);
        event = event.with("deprecatedScopes", deprecated);
    }
    event
}

/// The event of a provider that failed, from the event of the issuance it failed in.
fn failure(issuance: &AuditEvent, run: &Run, contract: &str) -> AuditEvent {
    let mut event = issuance.clone();
    event.event = AuditEventKind::ClaimProviderFailed;
    event.details = serde_json::Map::new();
    event
        .with("provider", run.origin.provider.as_str())
        .with("attachment", run.origin.attachment)
        .with("digest", run.origin.digest.as_deref())
        .with("target", run.origin.target.as_str())
        .with("contract", contract)
        .with("kind", run.failure)
        .with("claimProviders", vec![json(&run.origin)])
        .failed(run.reason())
}

fn logged(event: &AuditEvent, client: ClientId, run: &Run) -> LoggedInvocation {
    LoggedInvocation {
        provider: run.origin.provider.clone(),
        digest: run.origin.digest.clone().unwrap_or_default(),
        client,
        correlation_id: event.correlation_id.clone(),
        attachment: u64::try_from(run.origin.attachment).unwrap_or(u64::MAX),
        target: run.origin.target,
        at: event.at,
        lines: json(&run.log).to_string(),
    }
}

fn recorded(argus: &Argus, event: &AuditEvent, client: ClientId, run: &Run, retention: Duration) -> Option<RecordedInput> {
    let recording = run.recording.as_ref()?.to_string();
    if recording.len() > MAX_RECORDING_BYTES {
        tracing::info!(provider = run.origin.provider, bytes = recording.len(), "an input is too large to be recorded");
        return None;
    }
    Some(RecordedInput {
        correlation_id: event.correlation_id.clone(),
        attachment: u64::try_from(run.origin.attachment).unwrap_or(u64::MAX),
        target: run.origin.target,
        client,
        provider: run.origin.provider.clone(),
        digest: run.origin.digest.clone().unwrap_or_default(),
        sealed: argus.sealing().seal(Purpose::RecordedInput, recording.as_bytes()),
        at: event.at,
        expires_at: event.at.after(retention),
    })
}

fn json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}
