//! A loaded claim provider: check a configuration, run an invocation.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use argus_domain::facts::Facts;
use argus_domain::given::Given;
use argus_domain::issuance::{Issuance, Plan, ProvidedClaim, ProviderMetadata};
use tracing::Instrument;

use crate::call::{Ended, OneCall, bounded};
use crate::configuration::{self, ConfigurationError};
use crate::digest::Digest;
use crate::engine::Engine;
use crate::health::Health;
use crate::invocation::{Invocation, InvocationError};
use crate::output;
use crate::schema::ConfigurationSchema;
use crate::text::short;
use crate::version::{Contract, Input, RawError};

/// Longest reason of a refusal that is kept.
const MAX_REASON_BYTES: usize = 1_000;
/// Describing and checking happen when an administrator saves or a server starts, with code that may not be in memory yet.
pub(crate) const PATIENCE: u32 = 10;

/// A claim provider, ready to run. Cheap to clone.
#[derive(Clone)]
pub struct ClaimProviderComponent {
    loaded: Arc<Loaded>,
    budget_ms: u32,
}

pub(crate) struct Loaded {
    pub(crate) engine: Engine,
    pub(crate) digest: Digest,
    pub(crate) metadata: ProviderMetadata,
    pub(crate) schema: ConfigurationSchema,
    pub(crate) contract: Box<dyn Contract>,
    pub(crate) health: Health,
}

impl ClaimProviderComponent {
    pub(crate) fn new(loaded: Loaded) -> Self {
        Self { budget_ms: loaded.engine.limits().budget_ms, loaded: Arc::new(loaded) }
    }

    /// The same provider with a budget of its own: one in Python may need more than `budget_ms`, one in Rust much less.
    #[must_use]
    pub fn with_budget_ms(self, budget_ms: u32) -> Self {
        Self { budget_ms: budget_ms.max(1), ..self }
    }

    /// SHA-256 of the component.
    pub fn digest(&self) -> Digest {
        self.loaded.digest
    }

    /// How it fares. Whoever runs it for an issuance records that; trials do not count.
    pub fn health(&self) -> &Health {
        &self.loaded.health
    }

    /// What the component says of itself.
    pub fn metadata(&self) -> &ProviderMetadata {
        &self.loaded.metadata
    }

    /// Checks a configuration, given as JSON text as it will be stored: first against the provider's JSON Schema, then by the provider.
    ///
    /// The plan is to be kept with the configuration: [`claims`](Self::claims) wants both.
    pub async fn validate_configuration(&self, configuration: &str) -> Result<Plan, ConfigurationError> {
        configuration::check_text(configuration, &self.loaded.schema)?;
        let budget = self.budget_ms.saturating_mul(PATIENCE);
        let mut call = OneCall::begin(&self.loaded.engine, budget).await?;
        let (store, timeout) = call.parts();
        let answer = bounded(timeout, self.loaded.contract.validate_configuration(store, configuration)).await;
        match call.end(answer).answer? {
            Ok(plan) => Ok(configuration::plan(plan)?),
            Err(problems) => Err(ConfigurationError::Problems(configuration::refused(problems))),
        }
    }

    /// Runs the provider for one issuance, in an instance of its own.
    ///
    /// Hands over the facts the provider declared, as far as they are among `approved` and the plan is interested. Never panics and never blocks the thread: a guest
    /// that runs for long gives way every millisecond. Dropping the future ends the guest.
    pub async fn claims(&self, configuration: &str, plan: &Plan, approved: Facts, issuance: &Issuance<'_>) -> Invocation {
        let started = Instant::now();
        let given = Given::of(issuance, self.loaded.metadata.needs.intersection(approved), plan);
        let span = tracing::debug_span!("claims.invoke", provider = %self.loaded.metadata.name, digest = %self.loaded.digest);
        let Ended { answer: outcome, log, memory_bytes } = self.invoke(configuration, plan, &given).instrument(span).await;
        Invocation { outcome, duration: started.elapsed(), log, memory_bytes }
    }

    /// Asks the component once more what it says of itself: a check compares, nothing else needs to.
    pub(crate) async fn describe(&self) -> Result<ProviderMetadata, InvocationError> {
        let mut call = OneCall::begin(&self.loaded.engine, self.budget_ms.saturating_mul(PATIENCE)).await?;
        let (store, timeout) = call.parts();
        let answer = bounded(timeout, self.loaded.contract.describe(store)).await;
        call.end(answer).answer
    }

    pub(crate) fn schema(&self) -> &ConfigurationSchema {
        &self.loaded.schema
    }

    async fn invoke(&self, configuration: &str, plan: &Plan, given: &Given<'_>) -> Ended<Vec<ProvidedClaim>> {
        let input = Input { configuration, given };
        let mut call = match OneCall::begin(&self.loaded.engine, self.budget_ms).await {
            Ok(call) => call,
            Err(error) => return Ended { answer: Err(error), log: Vec::new(), memory_bytes: 0 },
        };
        let (store, timeout) = call.parts();
        let answer = bounded(timeout, self.loaded.contract.claims(store, input)).await;
        let Ended { answer, log, memory_bytes } = call.end(answer);
        let answer = answer.and_then(|answer| match answer {
            Ok(claims) => output::check(claims, plan),
            Err(error) => Err(refusal(error)),
        });
        if let Err(error) = &answer {
            tracing::debug!(kind = error.kind(), %error, "no claims");
        }
        Ended { answer, log, memory_bytes }
    }
}

impl fmt::Debug for ClaimProviderComponent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClaimProviderComponent").field("digest", &self.loaded.digest).field("metadata", &self.loaded.metadata).finish()
    }
}

fn refusal(error: RawError) -> InvocationError {
    match error {
        RawError::BadConfiguration(problems) => InvocationError::BadConfiguration(configuration::refused(problems)),
        RawError::Refused(reason) => InvocationError::Rejected(short(&reason, MAX_REASON_BYTES)),
        RawError::Internal(reason) => InvocationError::Internal(short(&reason, MAX_REASON_BYTES)),
    }
}
