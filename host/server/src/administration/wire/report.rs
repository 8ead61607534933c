//! What the check of a component found.

use std::fmt;

use serde::Deserialize;

use crate::logging::escape;

/// A check's report.
#[derive(Debug, Deserialize)]
pub(crate) struct CheckReport {
    #[serde(default)]
    findings: Vec<Finding>,
}

/// One thing found.
#[derive(Debug, Deserialize)]
pub(crate) struct Finding {
    check: String,
    outcome: Outcome,
    message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Outcome {
    Passed,
    Warning,
    Failed,
}

impl CheckReport {
    /// What failed, and what is worth a second look.
    pub(crate) fn worth_reading(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.outcome != Outcome::Passed)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcome = match self.outcome {
            Outcome::Passed => "passed",
            Outcome::Warning => "warning",
            Outcome::Failed => "failed",
        };
        write!(f, "{outcome}: {}: {}", escape(&self.check), escape(&self.message))
    }
}
