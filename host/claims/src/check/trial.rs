//! Runs of one component, counted and timed, so that a check ends whatever the component does.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use argus_domain::claim::Target;
use argus_domain::facts::Facts;
use argus_domain::input::{InputDocument, OwnedIssuance};
use argus_domain::issuance::Plan;
use serde_json::Value;

use super::Sample;
use super::contexts::{self, Mentioned, Oddity};
use super::judge::{self, Situation};
use super::report::{Check, CheckReport, Cost, Figures, Outcome};
use crate::component::{ClaimProviderComponent, PATIENCE};
use crate::configuration::{self, ConfigurationError};
use crate::invocation::{Invocation, InvocationError};
use crate::text::short;

/// Calls into the component.
const MAX_CALLS: u32 = 600;
/// Time of all calls together.
const MAX_TIME: Duration = Duration::from_secs(20);
/// Samples tried; a server has more configurations of one provider than need be tried here, and checks each by itself.
const MAX_SAMPLES: usize = 10;
/// Inputs tried of all samples together.
const MAX_INPUTS: usize = 20;
/// Accepted configurations that are run.
const MAX_CONFIGURATIONS: usize = 6;
/// Runs measured for an ordinary user.
const MEASURED_RUNS: usize = 50;
/// Longest part of a configuration that a message quotes.
const SHOWN_CONFIGURATION_BYTES: usize = 100;

pub(super) struct Trial<'a> {
    pub(super) component: &'a ClaimProviderComponent,
    pub(super) budget_ms: u32,
    pub(super) report: CheckReport,
    pub(super) accepted: Vec<Accepted<'a>>,
    pub(super) typical: Figures,
    pub(super) large: Figures,
    started: Instant,
    calls: u32,
    /// It broke down where nothing was odd: what is odd need not be tried.
    pub(super) broken: bool,
    /// Faults that were told of ordinary users.
    told: Vec<InvocationError>,
    /// The last reason for which an issuance was refused.
    refusal: Option<String>,
}

/// A configuration that the provider accepted.
pub(super) struct Accepted<'a> {
    pub(super) text: String,
    pub(super) value: Value,
    pub(super) plan: Plan,
    /// In words, for messages.
    pub(super) name: String,
    pub(super) inputs: &'a [InputDocument],
}

impl<'a> Trial<'a> {
    pub(super) fn new(component: &'a ClaimProviderComponent, budget_ms: u32, report: CheckReport) -> Self {
        Self {
            component,
            budget_ms,
            report,
            accepted: Vec::new(),
            typical: Figures::default(),
            large: Figures::default(),
            started: Instant::now(),
            calls: 0,
            broken: false,
            told: Vec::new(),
            refusal: None,
        }
    }

    /// Whether there is time for one more call; counts it.
    pub(super) fn next_call(&mut self) -> bool {
        if self.started.elapsed() > MAX_TIME {
            self.report.warn(Check::Completeness, format!("was cut short after {} s: not everything was tried", MAX_TIME.as_secs()));
            return false;
        }
        if self.calls == MAX_CALLS {
            self.report.warn(Check::Completeness, format!("was cut short after {MAX_CALLS} calls: not everything was tried"));
            return false;
        }
        self.calls += 1;
        true
    }

    /// Runs the provider. None when there is no time left.
    pub(super) async fn run(
        &mut self,
        component: &ClaimProviderComponent,
        configuration: &Accepted<'_>,
        issuance: &OwnedIssuance,
    ) -> Option<Invocation> {
        if !self.next_call() {
            return None;
        }
        let (scopes, audiences) = (issuance.scopes(), issuance.audiences());
        let borrowed = issuance.borrow(&scopes, &audiences);
        let facts = Facts::ALL.intersection(issuance.facts());
        let invocation = component.claims(&configuration.text, &configuration.plan, facts, &borrowed).await;
        if let Err(InvocationError::Rejected(reason)) = &invocation.outcome {
            self.refusal = Some(reason.clone());
        }
        Some(invocation)
    }

    /// Finds configurations that the provider accepts, and sees that it says the same twice.
    pub(super) async fn configurations(&mut self, generated: Vec<Value>, samples: &'a [Sample]) {
        let mut refusal = None;
        let mut made = 0;
        for value in generated {
            let text = value.to_string();
            // The generator guesses; what the schema refuses was a bad guess.
            if configuration::check_text(&text, self.component.schema()).is_err() {
                continue;
            }
            let name = format!("the configuration {}", short(&text, SHOWN_CONFIGURATION_BYTES));
            match self.validate_twice(&text, &name).await {
                Some(Ok(plan)) => {
                    made += 1;
                    self.accepted.push(Accepted { text, value, plan, name, inputs: &[] });
                }
                Some(Err(error)) => refusal = self.refused(&name, error, false).or(refusal),
                None => return,
            }
        }
        let mut seen = BTreeSet::new();
        for sample in samples.iter().take(MAX_SAMPLES) {
            let text = sample.configuration.clone();
            if sample.inputs.is_empty() && !seen.insert(text.clone()) {
                continue;
            }
            let name = format!("the configuration of {}", sample.origin);
            match self.validate_twice(&text, &name).await {
                Some(Ok(plan)) => {
                    let value = serde_json::from_str(&text).unwrap_or_default();
                    self.accepted.push(Accepted { text, value, plan, name, inputs: &sample.inputs });
                }
                Some(Err(error)) => drop(self.refused(&name, error, true)),
                None => return,
            }
        }
        let given = match self.accepted.len() - made {
            0 => String::new(),
            given => format!(", {given} given"),
        };
        if self.accepted.is_empty() {
            let why = refusal.map(|problems| format!(" (the last one made: {problems})")).unwrap_or_default();
            self.report.add_unless_failed(
                Check::Configurations,
                format!(
                    "no configuration could be made from the schema that the provider accepts{why}, so it was not run: add `examples`, \
                     whole configurations, to the schema, or vectors to the folder `tests`"
                ),
            );
        }
        self.report.pass(Check::Configurations, format!("accepts those tried: {made} made from the schema{given}"));
    }

    async fn validate_twice(&mut self, text: &str, name: &str) -> Option<Result<Plan, ConfigurationError>> {
        if !self.next_call() {
            return None;
        }
        let first = self.component.validate_configuration(text).await;
        if matches!(first, Err(ConfigurationError::Provider(_))) || !self.next_call() {
            return Some(first);
        }
        let second = self.component.validate_configuration(text).await;
        if first != second {
            self.report.fail(
                Check::Determinism,
                format!("with {name}: `validate-configuration` answers differently each time; it may depend on the configuration alone"),
            );
        }
        Some(first)
    }

    /// A refusal: the problems when it is the configuration's fault; a finding when it is the provider's.
    fn refused(&mut self, name: &str, error: ConfigurationError, was_given: bool) -> Option<String> {
        match error {
            ConfigurationError::Problems(problems) => {
                let listed: Vec<_> = problems.iter().map(ToString::to_string).collect();
                let listed = listed.join("; ");
                if was_given {
                    self.report.fail(
                        Check::Configurations,
                        format!("{name} is refused: {listed}; accept it, or correct the configuration where it is kept"),
                    );
                }
                return Some(listed);
            }
            ConfigurationError::Provider(error) => {
                self.broken = true;
                self.report.fail(Check::Configurations, format!("{name} could not be checked: {error}; {}", self.has_to_validate(&error)));
            }
            ConfigurationError::Plan(violation) => self.report.fail(
                Check::Plan,
                format!("with {name} the plan is not acceptable: {violation}; a plan names claims that a provider may set, each once"),
            ),
        }
        None
    }

    /// What an author has to do about a failure to validate.
    pub(super) fn has_to_validate(&self, error: &InvocationError) -> String {
        match error {
            InvocationError::DeadlineExceeded => {
                format!("`validate-configuration` has to answer within {} ms", self.budget_ms.saturating_mul(PATIENCE))
            }
            _ => "`validate-configuration` has to return problems for what it does not accept".to_owned(),
        }
    }

    /// Runs accepted configurations for an ordinary user, twice, an empty one, odd ones, and the inputs that were given.
    pub(super) async fn users(&mut self) {
        let accepted = std::mem::take(&mut self.accepted);
        for configuration in accepted.iter().take(MAX_CONFIGURATIONS) {
            let mentioned = Mentioned::by(&configuration.value, &configuration.plan);
            let name = &configuration.name;
            let typical = contexts::typical(&mentioned);
            let given = format!("with {name} and a user of 20 groups");
            let first = self.ordinary(configuration, &typical, &given).await;
            for (target, words) in [(Target::AccessToken, "an access token"), (Target::Userinfo, "UserInfo")] {
                self.ordinary(configuration, &contexts::typical_for(&mentioned, target), &format!("{given}, for {words}")).await;
            }
            if self.broken {
                continue;
            }
            let second = self.judged(configuration, &typical, Situation::Ordinary, &given).await;
            if let (Some(first), Some(second)) = (first, second) {
                self.compare(&given, &first, &second);
            }
            self.judged(configuration, &contexts::empty(), Situation::Odd, &format!("with {name} and a user without anything")).await;
            for oddity in Oddity::ALL {
                let given = format!("with {name} and {}", oddity.words());
                self.judged(configuration, &contexts::odd(&mentioned, oddity), Situation::Odd, &given).await;
            }
        }
        if self.broken {
            return;
        }
        // Collected: an iterator with closures over references cannot be kept while a call is awaited on another thread.
        let inputs = accepted.iter().flat_map(|accepted| accepted.inputs.iter().map(move |input| (accepted, input)));
        let inputs: Vec<_> = inputs.take(MAX_INPUTS).collect();
        for (configuration, input) in inputs {
            let given = format!("with {} and its input", configuration.name);
            self.judged(configuration, &input.clone().into_issuance(), Situation::Input, &given).await;
        }
        self.measure(&accepted).await;
        self.accepted = accepted;
        if self.accepted.is_empty() {
            return;
        }
        if self.report.claims.is_empty() {
            let refused = self.refusal.as_ref().map(|reason| format!(" (it refused: {reason})")).unwrap_or_default();
            self.report.add_unless_failed(
                Check::Claims,
                format!("nothing was returned for any input{refused}: add vectors to the folder `tests`, with inputs that lead to claims"),
            );
        }
        self.report.pass(Check::Claims, "answers for ordinary, empty and odd users");
        self.report.pass(Check::Plan, "announces every claim it returns");
        self.report.pass(Check::Determinism, "answers the same to the same input");
    }

    /// Runs an ordinary user. A fault that shows with every configuration, whatever the claims are for, is told once.
    async fn ordinary(&mut self, configuration: &Accepted<'_>, issuance: &OwnedIssuance, given: &str) -> Option<Invocation> {
        let invocation = self.run(self.component, configuration, issuance).await?;
        let error = invocation.outcome.as_ref().err();
        if error.is_none_or(|error| !self.told.contains(error)) {
            self.told.extend(error.cloned());
            self.judge(Situation::Ordinary, given, &invocation);
        }
        Some(invocation)
    }

    pub(super) async fn judged(
        &mut self,
        configuration: &Accepted<'_>,
        issuance: &OwnedIssuance,
        situation: Situation,
        given: &str,
    ) -> Option<Invocation> {
        let invocation = self.run(self.component, configuration, issuance).await?;
        self.judge(situation, given, &invocation);
        Some(invocation)
    }

    fn judge(&mut self, situation: Situation, given: &str, invocation: &Invocation) {
        match &invocation.outcome {
            // Names that a hostile configuration chose tell nothing of the provider.
            Ok(_) if situation == Situation::Hostile => {}
            Ok(claims) => self.report.claims.extend(claims.iter().map(|claim| claim.name.as_str().to_owned())),
            Err(error) => {
                judge::failed_run(&mut self.report, situation, given, error, self.budget_ms);
                self.broken |= situation == Situation::Ordinary && !matches!(error, InvocationError::Rejected(_));
            }
        }
    }

    fn compare(&mut self, given: &str, first: &Invocation, second: &Invocation) {
        let same = match (&first.outcome, &second.outcome) {
            (Ok(first), Ok(second)) => first == second,
            (Err(first), Err(second)) => first.kind() == second.kind(),
            _ => false,
        };
        if !same {
            self.report.fail(
                Check::Determinism,
                format!("{given}: two runs gave different answers; sort what comes out of a hash map, and use no state and no randomness"),
            );
        }
    }

    /// Measures the richest configuration, which is the one most like what will be used.
    async fn measure(&mut self, accepted: &[Accepted<'_>]) {
        let Some(configuration) = accepted.iter().max_by_key(|configuration| configuration.text.len()) else { return };
        let typical = contexts::typical(&Mentioned::by(&configuration.value, &configuration.plan));
        let (mut took, mut memory) = (Vec::new(), 0);
        for _ in 0..MEASURED_RUNS {
            match self.run(self.component, configuration, &typical).await {
                Some(Invocation { outcome: Ok(_) | Err(InvocationError::Rejected(_)), duration, memory_bytes, .. }) => {
                    took.push(microseconds(duration));
                    memory = memory.max(memory_bytes);
                }
                // What failed was said; its time tells nothing.
                _ => break,
            }
        }
        self.typical = Figures::of(took, memory);
    }

    /// The report, with the cost of those runs that were measured.
    pub(super) fn end(mut self) -> CheckReport {
        self.report.pass(Check::Schema, "is valid");
        if self.typical.runs > 0 {
            self.report.cost = Some(Cost { typical: self.typical, large: self.large });
        }
        self.report
    }
}

pub(super) fn microseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

impl CheckReport {
    /// A warning that would only repeat what failed already.
    fn add_unless_failed(&mut self, check: Check, message: String) {
        if self.findings.iter().all(|finding| finding.outcome != Outcome::Failed) {
            self.warn(check, message);
        }
    }
}
