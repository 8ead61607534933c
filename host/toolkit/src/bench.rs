//! Measures invocations as the server makes them, beside those of a component that does nothing.

use std::time::{Duration, Instant};

use argus_claims::check::Figures;
use argus_claims::{ClaimProviderComponent, ConfigurationError, InvocationError};
use argus_domain::facts::Facts;
use argus_domain::input::InputDocument;
use rustix::time::{ClockId, clock_gettime};
use thiserror::Error;

/// A claim provider that returns nothing: what it costs is the sandbox's own.
pub static EMPTY_COMPONENT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/empty.wasm"));

/// Runs before the first that counts, for each input.
const WARM_UP: usize = 20;

/// What to run.
#[derive(Clone, Debug)]
pub struct Load {
    /// The configuration.
    pub configuration: String,
    /// The input.
    pub input: InputDocument,
}

/// Cost of runs.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// Elapsed time, from the call to its end.
    pub wall: Figures,
    /// Processor time of the thread that ran it.
    pub cpu: Figures,
}

/// Why nothing could be measured.
#[derive(Debug, Error)]
pub enum BenchError {
    /// A configuration was not accepted.
    #[error(transparent)]
    Configuration(#[from] ConfigurationError),
    /// A run failed in a way that tells nothing of its cost.
    #[error("a run failed: {0}")]
    Failed(InvocationError),
}

/// Runs every load in turn, `runs` times in all after a warm-up, on the calling thread.
pub async fn measure(component: &ClaimProviderComponent, loads: &[Load], runs: usize) -> Result<Measured, BenchError> {
    let mut prepared = Vec::new();
    for load in loads {
        let plan = component.validate_configuration(&load.configuration).await?;
        prepared.push((&load.configuration, plan, load.input.clone().into_issuance()));
    }
    let (mut wall, mut cpu, mut memory) = (Vec::with_capacity(runs), Vec::with_capacity(runs), 0);
    let warm_up = WARM_UP * prepared.len();
    for (number, (configuration, plan, issuance)) in prepared.iter().cycle().take(warm_up + runs).enumerate() {
        let (scopes, audiences) = (issuance.scopes(), issuance.audiences());
        let borrowed = issuance.borrow(&scopes, &audiences);
        let approved = Facts::ALL.intersection(issuance.facts());
        let (started, started_cpu) = (Instant::now(), processor_time());
        let invocation = component.claims(configuration, plan, approved, &borrowed).await;
        let (took, took_cpu) = (started.elapsed(), processor_time().saturating_sub(started_cpu));
        match invocation.outcome {
            Ok(_) | Err(InvocationError::Rejected(_)) => {}
            Err(error) => return Err(BenchError::Failed(error)),
        }
        memory = memory.max(invocation.memory_bytes);
        if number >= warm_up {
            wall.push(microseconds(took));
            cpu.push(microseconds(took_cpu));
        }
    }
    Ok(Measured { wall: Figures::of(wall, memory), cpu: Figures::of(cpu, memory) })
}

fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

fn microseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
