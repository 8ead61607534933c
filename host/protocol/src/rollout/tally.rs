//! Shadow runs added up, and written once in a while.

use std::collections::HashMap;

use argus_domain::ids::ClientId;
use argus_keys::seal::Purpose;
use argus_storage::shadow_runs::{self, ShadowCount, ShadowSample};
use serde_json::Value;

use super::faults::Faults;
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
    fn add(&mut self, verdict: &Verdict) {
        match verdict {
            Verdict::Equal => self.equal += 1,
            Verdict::Different(_) => self.different += 1,
            Verdict::Failed(_) => self.failed += 1,
        }
    }
}

/// What this node counted: of each version's present stay in the shadow, and what is not written yet.
#[derive(Debug, Default)]
pub(super) struct Tally {
    of_stay: HashMap<Version, (u64, Faults)>,
    unwritten: HashMap<(Version, ClientId), Counts>,
    samples: Vec<(Version, ClientId, Difference)>,
}

/// Samples held until they are written; beyond, they are not kept.
const MAX_HELD_SAMPLES: usize = 64;

impl Tally {
    /// Adds a run; returns the runs and failures of this stay in the shadow on this node, so far.
    pub(super) fn add(&mut self, run: &ShadowRun, verdict: Verdict, most_of_one_user: u32) -> &Faults {
        let version = (run.provider.clone(), run.digest.clone());
        let failed = matches!(verdict, Verdict::Failed(_));
        self.unwritten.entry((version.clone(), run.client)).or_default().add(&verdict);
        if let Verdict::Different(difference) | Verdict::Failed(difference) = verdict
            && self.samples.len() < MAX_HELD_SAMPLES
        {
            self.samples.push((version, run.client, difference));
        }
        // One shadow a provider: what another version of it counted is over.
        self.of_stay.retain(|(provider, digest), _| *provider != run.provider || *digest == run.digest);
        let (stay, faults) = self.of_stay.entry((run.provider.clone(), run.digest.clone())).or_default();
        if *stay != run.stay {
            (*stay, *faults) = (run.stay, Faults::default());
        }
        faults.count(run.issuance.user(), failed, most_of_one_user);
        faults
    }

    /// Puts back what could not be written.
    fn put_back(&mut self, counts: Unwritten) {
        for (key, Counts { equal, different, failed }) in counts {
            let kept = self.unwritten.entry(key).or_default();
            kept.equal += equal;
            kept.different += different;
            kept.failed += failed;
        }
    }
}

type Unwritten = HashMap<(Version, ClientId), Counts>;

pub(super) async fn flush(argus: &Argus) {
    let (counts, samples) = {
        let mut tally = argus.rollout().tally();
        (std::mem::take(&mut tally.unwritten), std::mem::take(&mut tally.samples))
    };
    if counts.is_empty() && samples.is_empty() {
        return;
    }
    let row = |((version, client), counts): (&(Version, ClientId), &Counts)| {
        let Counts { equal, different, failed } = *counts;
        (version.clone(), ShadowCount { client: *client, equal, different, failed })
    };
    let rows: Vec<(Version, ShadowCount)> = counts.iter().map(row).collect();
    let samples: Vec<(Version, ShadowSample)> =
        samples.into_iter().map(|(version, client, difference)| (version, sample(argus, client, &difference))).collect();
    let keep = argus.rollout().settings.shadow_samples;
    let written = argus
        .store()
        .write(move |tx| {
            let (rows, samples) = (rows.clone(), samples.clone());
            Box::pin(async move {
                for ((provider, digest), count) in &rows {
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
        tracing::warn!(%error, "counts of shadow runs are written later");
        argus.rollout().tally().put_back(counts);
    }
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
