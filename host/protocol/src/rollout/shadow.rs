//! One run of a shadow version, compared with what the current version answered.

use std::sync::Arc;

use argus_domain::Timestamp;
use argus_domain::claim::ClaimSet;
use argus_domain::ids::ClientId;
use argus_domain::input::OwnedIssuance;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::demotion::{self, is_fault};
use crate::argus::Argus;
use crate::claims::attachment::Runnable;

/// What is needed to run a shadow version on an issuance, after that is over.
#[derive(Clone, Debug)]
pub(crate) struct ShadowRun {
    pub(crate) provider: String,
    pub(crate) digest: String,
    /// Which stay in the shadow this is.
    pub(crate) stay: u64,
    /// The version with its plan, or why it has none.
    pub(crate) state: Result<Runnable, String>,
    pub(crate) client: ClientId,
    pub(crate) configuration: Arc<str>,
    pub(crate) issuance: OwnedIssuance,
    /// The claims of the current version, or the kind of its failure.
    pub(crate) answered: Result<ClaimSet, &'static str>,
}

impl ShadowRun {
    /// About how many bytes it keeps for itself: the user is shared with the other runs of the issuance, and counted with the first.
    pub(super) fn weight(&self, is_first: bool) -> usize {
        const OWN: usize = 2_048;
        if is_first { OWN + self.issuance.weight() } else { OWN }
    }
}

/// The kind of failure of an invocation for which there was no room.
const NO_ROOM: &str = "unavailable";

pub(super) struct Queued {
    pub(super) run: ShadowRun,
    pub(super) correlation_id: String,
    pub(super) weight: usize,
}

/// In what a claim differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ClaimChange {
    /// The claim; empty when the whole run differs.
    pub claim: String,
    /// How.
    pub change: Change,
    /// The value, or the failure, of the current version. Kept sealed; shown to who asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// The same of the shadow version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

/// How a claim differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// The shadow version sets it, the current one does not.
    Added,
    /// The other way round.
    Removed,
    /// Both set it, to different values.
    Changed,
    /// One of them fails where the other does not.
    Failed,
}

/// A run whose answer differs, before it is stored.
#[derive(Clone, Debug)]
pub(super) struct Difference {
    pub(super) correlation_id: String,
    pub(super) at: Timestamp,
    pub(super) changes: Vec<ClaimChange>,
}

/// What came of one run.
#[derive(Clone, Debug)]
pub(super) enum Verdict {
    Equal,
    Different(Difference),
    /// The shadow version failed where the current one did not.
    Failed(Difference),
}

/// The member of a claim's name, and the value, of both answers.
pub(crate) fn compare(before: &ClaimSet, after: &ClaimSet) -> Vec<ClaimChange> {
    let change = |claim: &str, change, before: Option<&Value>, after: Option<&Value>| ClaimChange {
        claim: claim.to_owned(),
        change,
        before: before.cloned(),
        after: after.cloned(),
    };
    let lost_or_changed = before.iter().filter_map(|(name, value)| match after.get(name) {
        None => Some(change(name, Change::Removed, Some(value), None)),
        Some(other) if other != value => Some(change(name, Change::Changed, Some(value), Some(other))),
        Some(_) => None,
    });
    let added = after.iter().filter(|(name, _)| before.get(name).is_none());
    lost_or_changed.chain(added.map(|(name, value)| change(name, Change::Added, None, Some(value)))).collect()
}

/// Why the shadow version gave no claims.
struct Failure {
    kind: &'static str,
    reason: String,
}

pub(super) async fn run(argus: &Argus, queued: Queued) {
    let Queued { run, correlation_id, .. } = queued;
    let answer = answer(&run).await;
    // A server without room says nothing about the version.
    if answer.as_ref().is_err_and(|failure| failure.kind == NO_ROOM) {
        metrics::counter!("argus_shadow_runs_dropped_total").increment(1);
        return;
    }
    let changes = match (&run.answered, &answer) {
        (Ok(before), Ok(after)) => compare(before, after),
        (Err(before), Err(after)) if *before == after.kind => Vec::new(),
        (before, after) => vec![ClaimChange {
            claim: String::new(),
            change: Change::Failed,
            before: before.as_ref().err().map(|kind| (*kind).into()),
            after: after.as_ref().err().map(|failure| failure.reason.as_str().into()),
        }],
    };
    let difference = Difference { correlation_id, at: argus.now(), changes };
    let verdict = match (&run.answered, &answer) {
        (Ok(_), Err(failure)) if is_fault(failure.kind) => Verdict::Failed(difference),
        _ if difference.changes.is_empty() => Verdict::Equal,
        _ => Verdict::Different(difference),
    };
    let too_much = {
        let mut tally = argus.rollout().tally();
        let faults = tally.add(&run, verdict, argus.rollout().most_of_one_user());
        argus.rollout().is_too_much(faults).then_some((faults.failures, faults.runs))
    };
    if let Some((failures, runs)) = too_much {
        demotion::end_shadow(argus, &run.provider, &run.digest, failures, runs).await;
    }
}

/// The shadow version's claims, or why it failed.
async fn answer(run: &ShadowRun) -> Result<ClaimSet, Failure> {
    let Runnable { version, plan } = run.state.as_ref().map_err(|reason| Failure { kind: "bad_configuration", reason: reason.clone() })?;
    let (scopes, audiences) = (run.issuance.scopes(), run.issuance.audiences());
    let issuance = run.issuance.borrow(&scopes, &audiences);
    let invocation = version.component.claims(&run.configuration, plan, version.approved, &issuance).await;
    let provided = invocation.outcome.map_err(|error| Failure { kind: error.kind(), reason: error.to_string() })?;
    let mut claims = ClaimSet::new();
    for claim in provided {
        claims.set(claim.name.as_str(), claim.value);
    }
    Ok(claims)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn set(claims: &[(&str, Value)]) -> ClaimSet {
        let mut set = ClaimSet::new();
        for (name, value) in claims {
            set.set(*name, value.clone());
        }
        set
    }

    #[test]
    fn each_claim_that_differs_is_told() {
        let before = set(&[("a", json!(1)), ("b", json!(["x"])), ("c", json!("same"))]);
        let after = set(&[("b", json!(["y"])), ("c", json!("same")), ("d", json!(true))]);
        let told: Vec<_> = compare(&before, &after).into_iter().map(|change| (change.claim, change.change)).collect();
        assert_eq!(told, [("a".into(), Change::Removed), ("b".into(), Change::Changed), ("d".into(), Change::Added)]);
        assert!(compare(&before, &before).is_empty());
    }
}
