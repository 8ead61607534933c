//! How a component fares: runs, failures, and how long the latest took.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::check::Figures;

/// Runs whose time is kept.
const KEPT: usize = 1_024;

/// Counts the runs of a component. A run adds some ten nanoseconds of its own.
#[derive(Debug, Default)]
pub struct Health(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    runs: u64,
    failures: u64,
    /// Microseconds of the latest runs, in a ring.
    latest: Vec<u32>,
}

/// How a component fared since it was loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HealthFigures {
    /// Runs.
    pub runs: u64,
    /// Runs that failed.
    pub failures: u64,
    /// Of the latest 1,024 runs, half took no longer, in microseconds.
    pub p50_us: u64,
    /// Of these, 99 of a hundred took no longer.
    pub p99_us: u64,
}

impl Health {
    /// Counts a run.
    pub fn record(&self, took: Duration, failed: bool) {
        let took = u32::try_from(took.as_micros()).unwrap_or(u32::MAX);
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = usize::try_from(counts.runs).unwrap_or(0) % KEPT;
        match counts.latest.get_mut(place) {
            Some(oldest) => *oldest = took,
            None => counts.latest.push(took),
        }
        counts.runs += 1;
        counts.failures += u64::from(failed);
    }

    /// What was counted so far.
    pub fn figures(&self) -> HealthFigures {
        let (runs, failures, latest) = {
            let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            (counts.runs, counts.failures, counts.latest.iter().copied().map(u64::from).collect())
        };
        let figures = Figures::of(latest, 0);
        HealthFigures { runs, failures, p50_us: figures.p50_us, p99_us: figures.p99_us }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_runs_are_told() {
        let health = Health::default();
        assert_eq!(health.figures(), HealthFigures::default());
        (0..1_024).for_each(|_| health.record(Duration::from_micros(900), false));
        (0..1_013).for_each(|_| health.record(Duration::from_micros(10), false));
        health.record(Duration::from_micros(20), true);
        assert_eq!(health.figures(), HealthFigures { runs: 2_038, failures: 1, p50_us: 10, p99_us: 20 });
    }
}
