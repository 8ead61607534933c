//! What it means that a run gave no claims. A provider may refuse an issuance; it may not break down, and it has to keep its word.

use super::report::{Check, CheckReport};
use crate::invocation::{ClaimViolation, InvocationError};

/// Where a run stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Situation {
    /// An ordinary user and a good configuration.
    Ordinary,
    /// A user who is not what one expects.
    Odd,
    /// An input that was given with the configuration.
    Input,
    /// A very large user.
    Large,
    /// A configuration that means harm, which the provider accepted.
    Hostile,
}

/// Files what a failed run shows. `given` says what the provider was given: "with …".
pub(super) fn failed_run(report: &mut CheckReport, situation: Situation, given: &str, error: &InvocationError, budget_ms: u32) {
    use Situation::{Hostile, Input, Large, Odd, Ordinary};
    let check = match situation {
        Ordinary | Odd | Input => Check::Claims,
        Large => Check::LargeContext,
        Hostile => Check::HostileConfigurations,
    };
    let said = format!("{given}: {error}");
    match (error, situation) {
        // Its right, and no news.
        (InvocationError::Rejected(_), _) => {}
        (InvocationError::BadConfiguration(_), _) => {
            report.fail(Check::Plan, format!("{said}; `claims` has to take every configuration that `validate-configuration` accepts"));
        }
        (InvocationError::Internal(_), Ordinary | Input) => {
            report.fail(check, format!("{said}; `internal` is for what must never happen, `refused` for an issuance that must not be"));
        }
        (InvocationError::Internal(_), _) => {
            report.warn(check, format!("{said}; an issuance would fail with it: answer without the claim, or with `refused`"));
        }
        (InvocationError::DeadlineExceeded, Hostile) => {
            report
                .warn(check, format!("{said}, more than its budget of {budget_ms} ms; bound the size of the configuration in the schema"));
        }
        (InvocationError::DeadlineExceeded, Large) => {
            report.warn(check, format!("{said}, even with ten times the budget of {budget_ms} ms; {NARROW}"));
        }
        (InvocationError::DeadlineExceeded, _) => report.fail(check, format!("{said}, more than its budget of {budget_ms} ms")),
        (InvocationError::OutputTooLarge, Hostile) => {
            report.warn(check, format!("{said}; bound the length of texts and lists in the schema"));
        }
        (InvocationError::OutputTooLarge, Large) => report.warn(check, format!("{said}; {NARROW}")),
        (InvocationError::OutputTooLarge, _) => report.fail(check, said),
        (InvocationError::MemoryExceeded, Large) => report.fail(check, format!("{said}; {NARROW}")),
        (InvocationError::MemoryExceeded | InvocationError::Trap(_), _) => report.fail(check, said),
        (InvocationError::InvalidClaims(violation), _) => invalid(report, check, &said, violation),
        (InvocationError::Unavailable, _) => report.fail(Check::Completeness, format!("{said}; check it again")),
    }
}

const NARROW: &str = "name in the plan the groups, functions and attributes of interest: no others are handed over then";

/// What is said of too slow a run for a large user that ended all the same.
pub(super) fn slow(report: &mut CheckReport, given: &str, took_ms: u128, budget_ms: u32) {
    let message = format!("{given}: took {took_ms} ms, more than its budget of {budget_ms} ms; {NARROW}");
    report.warn(Check::LargeContext, message);
}

fn invalid(report: &mut CheckReport, check: Check, said: &str, violation: &ClaimViolation) {
    match violation {
        ClaimViolation::ReservedClaim(_) | ClaimViolation::MalformedName(_) | ClaimViolation::NotInPlan(_) => {
            report.fail(Check::Plan, format!("{said}; return only claims that the plan names"));
        }
        ClaimViolation::DuplicateName(_) | ClaimViolation::TooMany(_) => {
            report.fail(Check::Plan, format!("{said}; return each claim once"))
        }
        ClaimViolation::TooDeep(_) | ClaimViolation::BadJson(_) => report.fail(check, said),
    }
}
