//! One run of one attached claim provider.

use std::sync::{Arc, OnceLock};

use argus_claims::{InvocationError, LogLine};
use argus_domain::Timestamp;
use argus_domain::claim::{ClaimSet, Target};
use argus_domain::directory::DirectorySnapshot;
use argus_domain::facts::Facts;
use argus_domain::given::Given;
use argus_domain::ids::UserId;
use argus_domain::input::OwnedIssuance;
use argus_domain::issuance::{Issuance, IssuanceClient, IssuanceRequest, IssuanceSession};
use serde::Serialize;
use serde_json::{Value, json};

use super::assemble::AssemblyRequest;
use super::attachment::{AttachmentState, PreparedAttachment, Runnable};
use crate::registry::PreparedClient;
use crate::rollout::ShadowRun;
use crate::settings::Issuer;

/// Where the claims of one run came from, as the audit trail has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Origin {
    /// Place in `openIDCustomClaims`.
    pub attachment: usize,
    /// Name of the claim provider.
    pub provider: String,
    /// SHA-256 of its component; absent when no version of it could be loaded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Revision of the client's configuration.
    pub revision: u64,
    /// Where the claims went.
    pub target: Target,
    /// The facts handed over.
    pub facts: Facts,
    /// Names of the claims.
    pub claims: Vec<String>,
    /// Time of the run, in microseconds.
    pub duration_us: u64,
    /// Why the claims were left out, where they were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub omitted: Option<String>,
}

/// A run, with what is known of it beyond its claims.
#[derive(Clone, Debug)]
pub struct Run {
    /// Where its claims came from.
    pub origin: Origin,
    /// The kind of failure, when it failed.
    pub failure: Option<&'static str>,
    /// What the provider logged.
    pub log: Vec<LogLine>,
    /// What it was given and what it answered, where the client records that.
    pub recording: Option<Value>,
    /// About whom.
    pub(crate) user: UserId,
    /// The same run for the version in its shadow.
    pub(crate) shadow: Option<Box<ShadowRun>>,
    /// When the version was promoted, where failures may lead to its demotion: not where the attachment pins it.
    pub(crate) promoted_at: Option<Timestamp>,
}

/// The kind of failure of an attachment that has no version to run.
const UNAVAILABLE: &str = "unavailable";

/// Runs an attachment for one target.
pub(super) async fn run(
    issuer: &Issuer,
    client: &PreparedClient,
    attachment: &PreparedAttachment,
    target: Target,
    request: AssemblyRequest<'_>,
    shared: &OnceLock<Arc<DirectorySnapshot>>,
) -> (Run, ClaimSet) {
    let mut run = Run {
        origin: Origin {
            attachment: attachment.index,
            provider: attachment.provider.clone(),
            digest: None,
            revision: client.client.revision,
            target,
            facts: Facts::default(),
            claims: Vec::new(),
            duration_us: 0,
            omitted: None,
        },
        failure: None,
        log: Vec::new(),
        recording: None,
        user: request.user.id,
        shadow: None,
        promoted_at: None,
    };
    let Runnable { version, plan } = match &attachment.state {
        AttachmentState::Ready(runnable) => runnable,
        AttachmentState::Unavailable(reason) => {
            run.origin.omitted = Some(reason.clone());
            run.failure = Some(UNAVAILABLE);
            return (run, ClaimSet::new());
        }
    };
    let client_id = client.client.id.to_string();
    let scopes: Vec<&str> = request.scopes.iter().collect();
    let audiences: Vec<&str> = request.audiences.iter().map(String::as_str).collect();
    let issuance = issuance(issuer, client, &client_id, target, request, (&scopes, &audiences));
    run.promoted_at = version.promoted_at;
    run.origin.digest = Some(version.component.digest().to_string());
    run.origin.facts = version.component.metadata().needs.intersection(version.approved);
    let invocation = version.component.claims(&attachment.configuration, plan, version.approved, &issuance).await;
    run.origin.duration_us = u64::try_from(invocation.duration.as_micros()).unwrap_or(u64::MAX);
    metrics::histogram!("argus_claim_provider_duration_seconds", "provider" => attachment.provider.clone()).record(invocation.duration);
    version.component.health().record(invocation.duration, invocation.outcome.is_err());
    let mut claims = ClaimSet::new();
    match invocation.outcome {
        Ok(provided) => {
            for claim in provided {
                run.origin.claims.push(claim.name.as_str().to_owned());
                claims.set(claim.name.as_str(), claim.value);
            }
        }
        Err(error) => {
            metrics::counter!("argus_claim_provider_failures_total", "provider" => attachment.provider.clone(), "kind" => error.kind())
                .increment(1);
            run.failed(&error);
        }
    }
    run.log = invocation.log;
    if client.client.settings.record_claim_inputs_seconds.is_some() {
        let given = Given::of(&issuance, run.origin.facts, plan);
        let answer = run.failure.map_or_else(|| json!({"claims": claims}), |kind| json!({"error": kind}));
        run.recording = Some(recording(&attachment.configuration, run.origin.facts, &given, answer));
    }
    if let Some(shadow) = &attachment.shadow {
        run.shadow = Some(Box::new(ShadowRun {
            provider: attachment.provider.clone(),
            digest: shadow.digest.clone(),
            stay: shadow.stay,
            state: shadow.state.clone(),
            client: client.client.id,
            configuration: Arc::clone(&attachment.configuration),
            issuance: OwnedIssuance::of(&issuance, Arc::clone(shared.get_or_init(|| Arc::new(request.user.clone())))),
            answered: run.failure.map_or_else(|| Ok(claims.clone()), Err),
        }));
    }
    (run, claims)
}

impl Run {
    /// Why there are no claims; empty when there are.
    pub fn reason(&self) -> &str {
        self.origin.omitted.as_deref().unwrap_or_default()
    }

    fn failed(&mut self, error: &InvocationError) {
        self.origin.omitted = Some(error.to_string());
        self.failure = Some(error.kind());
    }
}

/// In the shape of a test vector, with the facts that were handed over beside it.
fn recording(configuration: &str, facts: Facts, given: &Given<'_>, answer: Value) -> Value {
    let configuration: Value = serde_json::from_str(configuration).unwrap_or_default();
    let mut recording = json!({"facts": facts, "configuration": configuration, "input": given});
    if let (Value::Object(recording), Value::Object(answer)) = (&mut recording, answer) {
        recording.extend(answer);
    }
    recording
}

fn issuance<'a>(
    issuer: &'a Issuer,
    client: &'a PreparedClient,
    client_id: &'a str,
    target: Target,
    request: AssemblyRequest<'a>,
    (scopes, audiences): (&'a [&'a str], &'a [&'a str]),
) -> Issuance<'a> {
    let seconds = |time: Timestamp| u64::try_from(time.unix_seconds()).unwrap_or(0);
    Issuance {
        user: request.user,
        client: IssuanceClient {
            id: client_id,
            name: &client.client.settings.name,
            customer: client.client.customer.map(argus_domain::ids::CustomerId::get),
        },
        request: IssuanceRequest {
            issuer: issuer.as_str(),
            target,
            grant_type: request.grant_type.as_str(),
            scopes,
            audiences,
            issued_at: seconds(request.issued_at),
        },
        session: IssuanceSession {
            authenticated_at: seconds(request.sign_in.authenticated_at),
            amr: &request.sign_in.amr,
            acr: None,
            federated_by: request.sign_in.federated_by.as_deref(),
            client_ip: request.sign_in.client_ip.as_deref(),
        },
    }
}
