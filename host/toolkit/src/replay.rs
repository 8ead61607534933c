//! A recorded invocation, run again on the author's machine: a provider is a pure function, so the version that ran gives the same, and
//! another shows what it would have changed.

use argus_claims::ClaimProviderComponent;
use argus_domain::facts::Facts;
use argus_domain::input::InputDocument;
use serde::Deserialize;
use serde_json::Value;

use crate::run::{Difference, Execution, compare, execute};
use crate::vectors::Expected;

/// What a server recorded of one run of an attachment.
#[derive(Clone, Debug, Deserialize)]
pub struct Recording {
    /// Place in the client's `openIDCustomClaims`.
    pub attachment: usize,
    /// The claim provider.
    pub provider: String,
    /// The version that ran.
    pub digest: String,
    /// Where its claims went.
    pub target: String,
    /// The facts that were handed over.
    pub facts: Facts,
    /// The configuration.
    pub configuration: Value,
    /// What was handed over.
    pub input: InputDocument,
    /// The claims returned, when it returned any.
    #[serde(default)]
    pub claims: Option<serde_json::Map<String, Value>>,
    /// The kind of its failure, when it failed.
    #[serde(default)]
    pub error: Option<String>,
}

/// What came of running it again.
#[derive(Clone, Debug)]
pub struct Replay {
    /// What the component did now.
    pub execution: Execution,
    /// How that differs from what was recorded.
    pub differences: Vec<Difference>,
    /// Facts the component reads that were not handed over then, so that they are not recorded.
    pub not_recorded: Facts,
}

/// Runs a recording with a component.
pub async fn replay(component: &ClaimProviderComponent, recording: &Recording) -> Replay {
    let configuration = recording.configuration.to_string();
    let execution = execute(component, &configuration, recording.input.clone(), recording.facts).await;
    let recorded = match (&recording.claims, &recording.error) {
        (_, Some(kind)) => Expected::Error(kind.clone()),
        (claims, None) => Expected::Claims(claims.clone().unwrap_or_default()),
    };
    let differences = compare(&recorded, &execution.actual);
    Replay { differences, not_recorded: component.metadata().needs.without(recording.facts), execution }
}
