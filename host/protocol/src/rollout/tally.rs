//! Shadow runs added up, and written once in a while.

use std::collections::HashMap;

use argus_domain::ids::ClientId;
use argus_keys::seal::Purpose;
use argus_storage::shadow_runs::{self, ShadowCount, ShadowSample};
use serde_json::Value;

use super::shadow::{ClaimChange, Difference, ShadowRun, Verdict};
use crate::argus::Argus;

/// A provider and the digest of its shadow version.
type Version = (String, String);

/// Runs of a shadow version.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) equal: u64,
    pub(super) different: u64,
    pub(super) failed: u64,
}

impl Counts {
    pub(super) fn runs(self) -> u64 {
        self.equal + self.different + self.failed
    }

    fn add(&mut self, verdict: &Verdict) {
        match verdict {
            Verdict::Equal => self.equal += 1,
            Verdict::Different(_) => self.different += 1,
            Verdict::Failed(_) => self.failed += 1,
        }
    }
}

/// What this node counted: since it started, and what of it is not written yet.
#[derive(Debug, Default)]
pub(super) struct Tally {
    since_start: HashMap<Version, Counts>,
    unwritten: HashMap<(Version, ClientId), Counts>,
    samples: Vec<(Version, ClientId, Difference)>,
}

/// Samples held until they are written; beyond, they are not kept.
const MAX_HELD_SAMPLES: usize = 64;

impl Tally {
    /// Adds a run; returns all runs of that version on this node so far.
    pub(super) fn add(&mut self, run: &ShadowRun, verdict: Verdict) -> Counts {
        let version = (run.provider.clone(), run.digest.clone());
        let counts = self.since_start.entry(version.clone()).or_default();
        counts.add(&verdict);
        let counts = *counts;
        self.unwritten.entry((version.clone(), run.client)).or_default().add(&verdict);
        if let Verdict::Different(difference) | Verdict::Failed(difference) = verdict
            && self.samples.len() < MAX_HELD_SAMPLES
        {
            self.samples.push((version, run.client, difference));
        }
        counts
    }

    /// A version's shadow ended: when it begins again, it begins anew.
    pub(super) fn forget(&mut self, provider: &str, digest: &str) {
        self.since_start.remove(&(provider.to_owned(), digest.to_owned()));
    }
}

type Unwritten = (Vec<(Version, ShadowCount)>, Vec<(Version, ShadowSample)>);

pub(super) async fn flush(argus: &Argus) {
    let (counts, samples) = take(argus);
    if counts.is_empty() && samples.is_empty() {
        return;
    }
    let keep = argus.rollout().settings.shadow_samples;
    let written = argus
        .store()
        .write(move |tx| {
            let (counts, samples) = (counts.clone(), samples.clone());
            Box::pin(async move {
                for ((provider, digest), count) in &counts {
                    shadow_runs::add_counts(tx, provider, digest, count).await?;
                }
                for ((provider, digest), sample) in &samples {
                    shadow_runs::add_sample(tx, provider, digest, sample, keep).await?;
                }
                Ok(())
            })
        })
        .await;
    if let Err(error) = written {
        tracing::warn!(%error, "counts of shadow runs were not written");
    }
}

fn take(argus: &Argus) -> Unwritten {
    let (counts, samples) = {
        let mut tally = argus.rollout().tally();
        (std::mem::take(&mut tally.unwritten), std::mem::take(&mut tally.samples))
    };
    let count = |((version, client), Counts { equal, different, failed })| (version, ShadowCount { client, equal, different, failed });
    let samples = samples.into_iter().map(|(version, client, difference)| (version, sample(argus, client, &difference)));
    (counts.into_iter().map(count).collect(), samples.collect())
}

/// The names in clear, the values sealed.
fn sample(argus: &Argus, client: ClientId, difference: &Difference) -> ShadowSample {
    let names: Vec<ClaimChange> =
        difference.changes.iter().map(|change| ClaimChange { before: None, after: None, ..change.clone() }).collect();
    let text = |changes: &[ClaimChange]| serde_json::to_value(changes).unwrap_or(Value::Null).to_string();
    ShadowSample {
        client,
        correlation_id: difference.correlation_id.clone(),
        at: difference.at,
        changes: text(&names),
        sealed: argus.sealing().seal(Purpose::ShadowSample, text(&difference.changes).as_bytes()),
    }
}
