//! From a configuration to a plan: size, JSON, the provider's schema, the provider itself, and then the plan it gave.

use argus_domain::issuance::Plan;
use argus_domain::{Pointer, Problem};
use serde_json::Value;
use thiserror::Error;

use crate::invocation::{ClaimViolation, InvocationError};
use crate::output::claim_names;
use crate::schema::ConfigurationSchema;
use crate::text::short;
use crate::version::{RawPlan, RawProblem};

/// Longest configuration text.
pub const MAX_CONFIGURATION_BYTES: usize = 64 << 10;
/// Names in one list of interest. A configuration of the largest size can't name many more.
const MAX_INTEREST: usize = 8_192;
/// Problems taken from a provider.
const MAX_PROBLEMS: usize = 20;
/// Longest message taken from a provider.
const MAX_MESSAGE_BYTES: usize = 300;

/// Why a configuration is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ConfigurationError {
    /// The configuration is at fault: its JSON, the schema's rules, or the provider's own.
    #[error("the configuration is not accepted{}", listed(.0))]
    Problems(Vec<Problem>),
    /// The provider could not say: it failed while it checked.
    #[error("the provider failed while checking its configuration: {0}")]
    Provider(#[from] InvocationError),
    /// The provider accepted the configuration, but with a plan that it may not have.
    #[error("the provider plans what it may not: {0}")]
    Plan(#[from] PlanViolation),
}

/// The rule that a plan broke.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PlanViolation {
    /// A claim name.
    #[error(transparent)]
    ClaimNames(#[from] ClaimViolation),
    /// Too many names in a list of interest.
    #[error("a list of interest names more than {MAX_INTEREST} things")]
    TooMuchInterest,
}

fn listed(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("; {problem}")).collect()
}

/// What the host finds without the provider.
pub(crate) fn check_text(configuration: &str, schema: &ConfigurationSchema) -> Result<(), ConfigurationError> {
    let whole = |message: String| ConfigurationError::Problems(vec![Problem::new(Pointer::root(), message)]);
    if configuration.len() > MAX_CONFIGURATION_BYTES {
        return Err(whole(format!("is longer than {MAX_CONFIGURATION_BYTES} bytes")));
    }
    let value: Value = serde_json::from_str(configuration).map_err(|error| whole(format!("is not JSON: {error}")))?;
    let problems = schema.check(&value);
    if problems.is_empty() { Ok(()) } else { Err(ConfigurationError::Problems(problems)) }
}

/// What the provider found.
pub(crate) fn refused(problems: Vec<RawProblem>) -> Vec<Problem> {
    if problems.is_empty() {
        return vec![Problem::new(Pointer::root(), "is not accepted by the provider, which gave no reason")];
    }
    let shown = problems.into_iter().take(MAX_PROBLEMS).map(|problem| {
        // Not a pointer, or too long to be one of a real configuration: the whole then.
        let pointer = Pointer::parse(&short(&problem.pointer, MAX_MESSAGE_BYTES)).unwrap_or_default();
        Problem::new(pointer, short(&problem.message, MAX_MESSAGE_BYTES))
    });
    shown.collect()
}

/// The plan, checked.
pub(crate) fn plan(plan: RawPlan) -> Result<Plan, PlanViolation> {
    let lists = [&plan.groups_of_interest, &plan.functions_of_interest, &plan.attributes_of_interest];
    if lists.iter().any(|list| list.len() > MAX_INTEREST) {
        return Err(PlanViolation::TooMuchInterest);
    }
    Ok(Plan {
        claim_names: claim_names(plan.claim_names)?,
        groups_of_interest: plan.groups_of_interest,
        functions_of_interest: plan.functions_of_interest,
        attributes_of_interest: plan.attributes_of_interest,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_without_a_reason_is_still_a_problem() {
        assert_eq!(refused(vec![]).len(), 1);
    }

    #[test]
    fn what_is_no_pointer_becomes_the_whole_document() {
        let problems = refused(vec![RawProblem { pointer: "allowedGroups".into(), message: "no".into() }]);
        assert_eq!(problems[0].pointer, Pointer::root());
    }

    #[test]
    fn the_lists_of_a_plan_are_bounded() {
        let raw = |interest: usize, names: &[&str]| RawPlan {
            claim_names: names.iter().map(|name| (*name).to_owned()).collect(),
            groups_of_interest: vec![String::new(); interest],
            functions_of_interest: vec![],
            attributes_of_interest: vec![],
        };
        assert!(plan(raw(MAX_INTEREST, &["a"])).is_ok());
        assert_eq!(plan(raw(MAX_INTEREST + 1, &["a"])), Err(PlanViolation::TooMuchInterest));
        assert!(matches!(plan(raw(0, &["aud"])), Err(PlanViolation::ClaimNames(ClaimViolation::ReservedClaim(_)))));
    }
}
