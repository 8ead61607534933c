//! Tries hostile configurations: refused or accepted, none may break the provider.

use std::collections::HashSet;

use argus_domain::issuance::Plan;
use serde_json::Value;

use super::contexts::{self, Mentioned};
use super::hostile::{self, Kind};
use super::judge::Situation;
use super::report::Check;
use super::trial::{Accepted, Trial};
use crate::configuration::{self, ConfigurationError, PlanViolation};
use crate::invocation::ClaimViolation;

impl Trial<'_> {
    /// Tries what means harm: refused or accepted, it must not break the provider.
    pub(super) async fn hostile_configurations(&mut self) {
        let mut good: Vec<&Value> = self.accepted.iter().map(|accepted| &accepted.value).collect();
        good.sort_by_key(|value| std::cmp::Reverse(value.to_string().len()));
        let nothing = Value::Object(Default::default());
        let tried: Vec<_> = match good.first() {
            Some(richest) => hostile::of(richest),
            None => hostile::of(&nothing),
        };
        let (mut by_schema, mut by_provider, mut by_plan, mut accepted) = (0, 0, 0, 0);
        let mut by_plan_said = HashSet::new();
        for hostile in tried {
            if configuration::check_text(&hostile.text, self.component.schema()).is_err() {
                by_schema += 1;
                continue;
            }
            if !self.next_call() {
                break;
            }
            let what = format!("with a configuration that has {}", hostile.what);
            match self.component.validate_configuration(&hostile.text).await {
                Ok(plan) => {
                    accepted += 1;
                    if hostile.kind == Kind::UnknownKey && self.report.findings.iter().all(|finding| finding.check != Check::Schema) {
                        self.report.warn(
                            Check::Schema,
                            "a key that the schema does not know is accepted, so a misspelt one goes unnoticed: set `additionalProperties` \
                             to false",
                        );
                    }
                    self.run_hostile(hostile.text, plan, &what).await;
                }
                Err(ConfigurationError::Problems(_)) => by_provider += 1,
                Err(ConfigurationError::Provider(error)) => {
                    let message = format!("{what}: {error}; {}", self.has_to_validate(&error));
                    self.report.fail(Check::HostileConfigurations, message);
                    break;
                }
                Err(ConfigurationError::Plan(PlanViolation::ClaimNames(ClaimViolation::MalformedName(_)))) => by_plan += 1,
                Err(ConfigurationError::Plan(violation)) => {
                    by_plan += 1;
                    if by_plan_said.insert(std::mem::discriminant(&violation)) {
                        self.report.warn(
                            Check::Plan,
                            format!(
                                "{what}: {violation}; refuse it in the schema or in `validate-configuration`, which can say at which place \
                                 it is wrong: the server would, but only as a whole"
                            ),
                        );
                    }
                }
            }
        }
        let tried = by_schema + by_provider + by_plan + accepted;
        let by_plan = if by_plan == 0 { String::new() } else { format!(", {by_plan} by the server for the plan") };
        self.report.pass(
            Check::HostileConfigurations,
            format!(
                "{tried} tried, and none breaks it: {by_schema} refused by the schema, {by_provider} by the provider{by_plan}, {accepted} accepted"
            ),
        );
        self.report.pass(Check::Schema, "is valid, and finds keys that it does not know");
    }

    async fn run_hostile(&mut self, text: String, plan: Plan, what: &str) {
        let value = serde_json::from_str(&text).unwrap_or_default();
        let typical = contexts::typical(&Mentioned::by(&value, &plan));
        let configuration = Accepted { text, value, plan, name: String::new(), inputs: &[] };
        self.judged(&configuration, &typical, Situation::Hostile, what).await;
    }
}
