//! What a check found.

use std::collections::BTreeSet;
use std::fmt;

use argus_domain::issuance::ProviderMetadata;
use serde::{Serialize, Serializer};

use crate::digest::Digest;

/// Findings of one check that are worth reading; the rest says the same again.
const MAX_FINDINGS_OF_ONE_CHECK: usize = 3;

/// Everything a check has to say of a component.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CheckReport {
    /// SHA-256 of the file.
    #[serde(serialize_with = "as_text")]
    pub digest: Digest,
    /// Size of the file.
    pub bytes: usize,
    /// The line of the contract the component was built for, such as `0.1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contract: Option<&'static str>,
    /// What the component says of itself, when it could be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<ProviderMetadata>,
    /// Each check that was made, in order: passed, or what is wrong.
    pub findings: Vec<Finding>,
    /// Names of the claims that were returned in any run.
    pub claims: BTreeSet<String>,
    /// What a run costs, when there was a configuration to run with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
}

/// One thing found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// What was checked.
    pub check: Check,
    /// How it went.
    pub outcome: Outcome,
    /// What was expected, what is instead, and what to do.
    pub message: String,
}

/// What is checked, in the order in which it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// The file is a component of the world that imports nothing but what it may.
    Component,
    /// It compiles within the limits, and fits the engine.
    Compilation,
    /// It describes itself, twice alike.
    Description,
    /// Its configuration schema is valid and says something.
    Schema,
    /// There are configurations that it accepts.
    Configurations,
    /// No configuration breaks it.
    HostileConfigurations,
    /// Its plan is acceptable and holds.
    Plan,
    /// It answers for ordinary, empty and odd users.
    Claims,
    /// The same input gives the same answer.
    Determinism,
    /// It copes with a very large user.
    LargeContext,
    /// All that was to be tried could be tried.
    Completeness,
}

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// As it should be.
    Passed,
    /// Allowed, but worth a second look.
    Warning,
    /// Not accepted.
    Failed,
}

/// What is to become of a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// Nothing failed.
    Accepted,
    /// Something failed.
    Refused,
}

/// Cost of runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cost {
    /// With a user of 20 groups, 10 functions and 5 attributes.
    pub typical: Figures,
    /// With a user of 10,000 groups, 10,000 functions and 1,000 attributes of 10 values, as far as the plan is interested in them.
    pub large: Figures,
}

/// Cost of runs with one input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Figures {
    /// How many runs were measured.
    pub runs: usize,
    /// Half of them took no longer, in microseconds.
    pub p50_us: u64,
    /// 99 of 100 took no longer, in microseconds.
    pub p99_us: u64,
    /// The slowest, in microseconds.
    pub max_us: u64,
    /// The most memory a run had, in bytes.
    pub peak_memory_bytes: usize,
}

impl CheckReport {
    /// Accepted when nothing failed; warnings are for people.
    pub fn verdict(&self) -> Verdict {
        if self.findings.iter().any(|finding| finding.outcome == Outcome::Failed) { Verdict::Refused } else { Verdict::Accepted }
    }

    /// The findings with one outcome.
    pub fn with(&self, outcome: Outcome) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.outcome == outcome)
    }

    /// Files a finding: in the order of the checks, and none twice.
    pub(super) fn add(&mut self, check: Check, outcome: Outcome, message: impl Into<String>) {
        let message = message.into();
        if outcome > Outcome::Passed {
            self.findings.retain(|finding| finding.check != check || finding.outcome > Outcome::Passed);
        }
        let mut same = self.findings.iter().filter(|finding| finding.check == check && finding.outcome == outcome);
        if same.clone().count() < MAX_FINDINGS_OF_ONE_CHECK && !same.any(|finding| finding.message == message) {
            let place = self.findings.partition_point(|finding| finding.check <= check);
            self.findings.insert(place, Finding { check, outcome, message });
        }
    }

    /// Says that a check went well, unless something was found.
    pub(super) fn pass(&mut self, check: Check, message: impl Into<String>) {
        if self.findings.iter().all(|finding| finding.check != check) {
            self.add(check, Outcome::Passed, message);
        }
    }

    pub(super) fn fail(&mut self, check: Check, message: impl Into<String>) {
        self.add(check, Outcome::Failed, message);
    }

    pub(super) fn warn(&mut self, check: Check, message: impl Into<String>) {
        self.add(check, Outcome::Warning, message);
    }
}

impl Figures {
    /// The figures of runs, given in microseconds and bytes.
    pub fn of(mut microseconds: Vec<u64>, peak_memory_bytes: usize) -> Self {
        microseconds.sort_unstable();
        // The smallest of which that many percent are no greater.
        let at = |percent: usize| {
            let rank = (microseconds.len() * percent).div_ceil(100);
            microseconds.get(rank.saturating_sub(1)).copied().unwrap_or_default()
        };
        Self { runs: microseconds.len(), p50_us: at(50), p99_us: at(99), max_us: at(100), peak_memory_bytes }
    }
}

impl Check {
    /// The name in a report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Component => "component",
            Self::Compilation => "compilation",
            Self::Description => "description",
            Self::Schema => "schema",
            Self::Configurations => "configurations",
            Self::HostileConfigurations => "hostile-configurations",
            Self::Plan => "plan",
            Self::Claims => "claims",
            Self::Determinism => "determinism",
            Self::LargeContext => "large-context",
            Self::Completeness => "completeness",
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

fn as_text<S: Serializer>(digest: &Digest, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let figures = Figures::of((1..=200).rev().collect(), 7);
        assert_eq!(figures, Figures { runs: 200, p50_us: 100, p99_us: 198, max_us: 200, peak_memory_bytes: 7 });
        assert_eq!(Figures::of(vec![5], 0).p99_us, 5);
        assert_eq!(Figures::of(vec![], 0).max_us, 0);
    }

    #[test]
    fn names_are_those_of_the_serialised_form() {
        for check in [Check::Component, Check::HostileConfigurations, Check::LargeContext, Check::Completeness] {
            assert_eq!(serde_json::to_value(check).unwrap(), check.name());
        }
    }
}
