//! What came of an invocation. A guest's own refusal is not a failure of the host, so each end has a variant of its own.

use std::time::Duration;

use argus_domain::Problem;
use argus_domain::issuance::ProvidedClaim;
use thiserror::Error;
use wasmtime::{PoolConcurrencyLimitError, Trap};

use crate::log::LogLine;
use crate::output::{MAX_CLAIMS, MAX_JSON_DEPTH, MAX_OUTPUT_BYTES};
use crate::store::Limiter;
use crate::text::short;

/// Longest description of a trap.
const MAX_TRAP_BYTES: usize = 300;
/// Functions named in it.
const TRAP_FRAMES: usize = 3;

/// One run of a provider.
#[derive(Debug)]
pub struct Invocation {
    /// The claims, checked, or why there are none.
    pub outcome: Result<Vec<ProvidedClaim>, InvocationError>,
    /// From the call to its end, waiting for a place included.
    pub duration: Duration,
    /// What the provider logged, also when it failed.
    pub log: Vec<LogLine>,
    /// The most memory it had, in bytes; 0 when it never ran.
    pub memory_bytes: usize,
}

/// Why an invocation gave no claims. Texts in it are for operators and administrators, not for users or relying parties.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvocationError {
    /// The provider refused, as it may: issuance must fail for this reason.
    #[error("the provider refused: {0}")]
    Rejected(String),
    /// The provider no longer accepts the configuration it accepted when it was saved.
    #[error("the provider no longer accepts its configuration{}", listed(.0))]
    BadConfiguration(Vec<Problem>),
    /// The provider blames itself.
    #[error("the provider failed: {0}")]
    Internal(String),
    /// It ran longer than its budget, or waited longer than the timeout.
    #[error("the provider was stopped: it took too long")]
    DeadlineExceeded,
    /// It asked for more memory than its limit.
    #[error("the provider was stopped: it asked for too much memory")]
    MemoryExceeded,
    /// It returned more than a token may take.
    #[error("the provider returned too much: at most {MAX_OUTPUT_BYTES} bytes of JSON are accepted")]
    OutputTooLarge,
    /// It broke down: a panic, an endless recursion, an access outside its memory, an answer that is none.
    #[error("the provider broke down: {0}")]
    Trap(String),
    /// It returned claims that it may not.
    #[error("the provider returned what it may not: {0}")]
    InvalidClaims(#[from] ClaimViolation),
    /// The host had no room for the invocation in time.
    #[error("the server is too busy to run claim providers")]
    Unavailable,
}

/// The rule that a returned claim broke. Names are the guest's, cut to a readable length.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ClaimViolation {
    /// A claim of the protocol.
    #[error("`{0}` is a claim of the protocol")]
    ReservedClaim(String),
    /// Empty, too long, or not printable.
    #[error("`{0}` is no claim name")]
    MalformedName(String),
    /// A name the provider did not announce for this configuration.
    #[error("`{0}` is not among the claims announced for this configuration")]
    NotInPlan(String),
    /// The same name twice.
    #[error("`{0}` was returned twice")]
    DuplicateName(String),
    /// More claims than [`MAX_CLAIMS`].
    #[error("{0} claims, at most {MAX_CLAIMS} are accepted")]
    TooMany(usize),
    /// JSON nested deeper than [`MAX_JSON_DEPTH`].
    #[error("the value of `{0}` is nested deeper than {MAX_JSON_DEPTH}")]
    TooDeep(String),
    /// Text that is not JSON where JSON was announced.
    #[error("the value of `{0}` is not JSON")]
    BadJson(String),
}

fn listed(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("; {problem}")).collect()
}

impl InvocationError {
    /// A stable word for each kind: for metrics, audit events and the API.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Rejected(_) => "rejected",
            Self::BadConfiguration(_) => "bad_configuration",
            Self::Internal(_) => "internal",
            Self::DeadlineExceeded => "deadline_exceeded",
            Self::MemoryExceeded => "memory_exceeded",
            Self::OutputTooLarge => "output_too_large",
            Self::Trap(_) => "trap",
            Self::InvalidClaims(_) => "invalid_claims",
            Self::Unavailable => "unavailable",
        }
    }

    /// From the error of a call. The sandbox's limits show in different places: a trap code, the limiter's own note, or an error type.
    pub(crate) fn of_call(error: &wasmtime::Error, limiter: &Limiter) -> Self {
        if limiter.memory_exceeded {
            return Self::MemoryExceeded;
        }
        if error.is::<PoolConcurrencyLimitError>() {
            return Self::Unavailable;
        }
        if let Some(Trap::Interrupt) = error.downcast_ref() {
            return Self::DeadlineExceeded;
        }
        let reason = error.root_cause().to_string();
        // The engine's error type for this is private; a test of this crate holds the text.
        if reason.contains("fuel allocated for hostcalls has been exhausted") {
            return Self::OutputTooLarge;
        }
        Self::Trap(described(error, &reason))
    }
}

/// The reason and the innermost functions: enough for an author to find the place.
fn described(error: &wasmtime::Error, reason: &str) -> String {
    let reason = reason.strip_prefix("wasm trap: ").unwrap_or(reason);
    let frames = error.downcast_ref::<wasmtime::WasmBacktrace>().map_or(&[][..], |backtrace| backtrace.frames());
    let names: Vec<_> = frames.iter().filter_map(|frame| frame.func_name()).take(TRAP_FRAMES).collect();
    let text = if names.is_empty() { reason.to_owned() } else { format!("{reason} in {}", names.join(" < ")) };
    short(&text, MAX_TRAP_BYTES)
}
