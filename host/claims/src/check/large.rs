//! Very large users: slow is worth a warning, breaking down is not accepted.

use super::contexts::{self, Mentioned};
use super::judge::{self, Situation};
use super::report::{Check, Figures};
use super::trial::{Accepted, Trial, microseconds};
use crate::component::PATIENCE;
use crate::invocation::{Invocation, InvocationError};

/// Configurations that are run for a large user.
const MAX_CONFIGURATIONS: usize = 3;
/// Runs measured of each.
const MEASURED_RUNS: usize = 4;

impl Trial<'_> {
    /// Runs accepted configurations for a very large user, with as much time as the provider would have, and then with ten times as much.
    pub(super) async fn large_users(&mut self) {
        let accepted = std::mem::take(&mut self.accepted);
        let (mut took, mut memory) = (Vec::new(), 0);
        // The richest first: that it is the one measured makes it comparable to an ordinary user's.
        let mut order: Vec<&Accepted<'_>> = accepted.iter().collect();
        order.sort_by_key(|configuration| std::cmp::Reverse(configuration.text.len()));
        for (number, configuration) in order.into_iter().take(MAX_CONFIGURATIONS).enumerate() {
            let runs = self.large_user(configuration).await;
            if number == 0 {
                took = runs.iter().map(|run| microseconds(run.duration)).collect();
                memory = runs.iter().map(|run| run.memory_bytes).max().unwrap_or_default();
            }
        }
        self.large = Figures::of(took, memory);
        if !accepted.is_empty() {
            self.report.pass(Check::LargeContext, format!("copes with a user of {}", size()));
        }
        self.accepted = accepted;
    }

    async fn large_user(&mut self, configuration: &Accepted<'_>) -> Vec<Invocation> {
        let issuance = contexts::large(&Mentioned::by(&configuration.value, &configuration.plan));
        let given = format!("with {} and a user of {}", configuration.name, size());
        let mut runs = Vec::new();
        for _ in 0..MEASURED_RUNS {
            let Some(mut run) = self.run(self.component, configuration, &issuance).await else { break };
            if matches!(run.outcome, Err(InvocationError::DeadlineExceeded)) {
                let patient = self.component.clone().with_budget_ms(self.budget_ms.saturating_mul(PATIENCE));
                let Some(again) = self.run(&patient, configuration, &issuance).await else { break };
                run = again;
                if !matches!(run.outcome, Err(InvocationError::DeadlineExceeded)) {
                    judge::slow(&mut self.report, &given, run.duration.as_millis(), self.budget_ms);
                }
                if let Err(error) = &run.outcome {
                    judge::failed_run(&mut self.report, Situation::Large, &given, error, self.budget_ms);
                }
                runs.push(run);
                break;
            }
            if let Err(error) = &run.outcome {
                judge::failed_run(&mut self.report, Situation::Large, &given, error, self.budget_ms);
                if !matches!(error, InvocationError::Rejected(_)) {
                    break;
                }
            }
            runs.push(run);
        }
        runs
    }
}

/// What [`contexts::large`] makes.
fn size() -> &'static str {
    "10,000 groups, 10,000 functions and 1,000 attributes"
}
