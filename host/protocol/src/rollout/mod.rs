//! Replacing a version of a claim provider without fear: the next one runs in the shadow of the current one on live issuances, and a
//! version that fails too often loses its place by itself.
//!
//! Nothing here is in the way of a request. A shadow run is a copy of the issuance in a bounded queue, taken up by one worker; when the
//! queue is full, the run is dropped and counted. What was found is added up in memory and written once a second.

mod demotion;
mod faults;
mod shadow;
mod tally;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::Deserialize;
use tokio::sync::mpsc;

use crate::argus::Argus;
use crate::claims::assemble::{Assembled, ProviderFailed};

use faults::Faults;
use shadow::Queued;
pub(crate) use shadow::{Change, ClaimChange, ShadowRun, compare};
use tally::Tally;

/// `[rollout]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RolloutSettings {
    /// Shadow runs that may wait; more are dropped.
    pub shadow_queue: usize,
    /// Differing runs that are kept as samples, of each shadow version.
    pub shadow_samples: u32,
    /// How long after its promotion a version is watched.
    pub watch_seconds: u32,
    /// A version fails too often only after at least this many failures, of which one user's count for a fifth at most …
    pub min_failures: u32,
    /// … that are more than this share of its runs.
    pub max_failure_percent: u32,
}

impl Default for RolloutSettings {
    fn default() -> Self {
        Self { shadow_queue: 1_024, shadow_samples: 20, watch_seconds: 3_600, min_failures: 20, max_failure_percent: 5 }
    }
}

impl RolloutSettings {
    /// Why the section cannot be used.
    pub fn check(&self) -> Result<(), &'static str> {
        match self {
            Self { shadow_queue: 0, .. } => Err("shadow_queue must be at least 1"),
            Self { shadow_samples: 1_001.., .. } => Err("shadow_samples must be at most 1000"),
            Self { min_failures: 0, .. } => Err("min_failures must be at least 1"),
            Self { max_failure_percent: 101.., .. } => Err("max_failure_percent must be at most 100"),
            _ => Ok(()),
        }
    }
}

/// Memory of the runs that wait, all together: users of a large directory are large.
const MAX_WAITING_BYTES: usize = 32 << 20;

/// What is known of the versions that are being rolled out.
pub(crate) struct Rollout {
    settings: RolloutSettings,
    queue: mpsc::Sender<Queued>,
    /// Taken by the worker when it starts.
    waiting: Mutex<Option<mpsc::Receiver<Queued>>>,
    /// About how much memory the waiting runs take.
    waiting_bytes: AtomicUsize,
    tally: Mutex<Tally>,
    watch: Mutex<demotion::Watch>,
}

impl Rollout {
    pub(crate) fn new(settings: RolloutSettings) -> Self {
        let (queue, waiting) = mpsc::channel(settings.shadow_queue);
        Self {
            settings,
            queue,
            waiting: Mutex::new(Some(waiting)),
            waiting_bytes: AtomicUsize::new(0),
            tally: Mutex::default(),
            watch: Mutex::default(),
        }
    }

    fn tally(&self) -> std::sync::MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many failures of one user count: what one person's data does must not decide for everybody.
    fn most_of_one_user(&self) -> u32 {
        (self.settings.min_failures / 5).max(1)
    }

    /// Whether these are too many failures.
    fn is_too_much(&self, faults: &Faults) -> bool {
        let Faults { runs, failures, .. } = faults;
        *failures >= u64::from(self.settings.min_failures) && failures * 100 > runs * u64::from(self.settings.max_failure_percent)
    }

    /// Hands the shadow runs of an issuance to the worker. Called when its answer is made; returns at once.
    pub(crate) fn submit(&self, assembled: &mut Assembled, correlation_id: &str) {
        let mut is_first = true;
        for run in assembled.runs.iter_mut().filter_map(|run| run.shadow.take()) {
            let weight = run.weight(is_first);
            is_first = false;
            let queued = Queued { run: *run, correlation_id: correlation_id.to_owned(), weight };
            let fits = self.waiting_bytes.fetch_add(weight, Ordering::Relaxed) + weight <= MAX_WAITING_BYTES;
            if !fits || self.queue.try_send(queued).is_err() {
                self.waiting_bytes.fetch_sub(weight, Ordering::Relaxed);
                metrics::counter!("argus_shadow_runs_dropped_total").increment(1);
            }
        }
    }
}

/// Counts what became of the runs of an issuance, for versions that were promoted a short while ago.
pub(crate) fn observe(argus: &Argus, assembled: &Result<Assembled, ProviderFailed>) {
    match assembled {
        Ok(assembled) => assembled.runs.iter().for_each(|run| demotion::observe(argus, run)),
        Err(ProviderFailed(run)) => demotion::observe(argus, run),
    }
}

/// Runs shadow versions until the process ends.
pub(crate) async fn work(argus: &Argus) {
    let waiting = argus.rollout().waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(mut waiting) = waiting else { return };
    while let Some(queued) = waiting.recv().await {
        let weight = queued.weight;
        shadow::run(argus, queued).await;
        argus.rollout().waiting_bytes.fetch_sub(weight, Ordering::Relaxed);
    }
}

/// Writes what was counted since the last time.
pub(crate) async fn flush(argus: &Argus) {
    tally::flush(argus).await;
}
