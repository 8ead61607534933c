//! How often something may be done by one of many: anybody can send requests, and what they leave is kept for ever.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use argus_domain::Timestamp;

/// Counts what was done, by client, connection or user; only registered ones are counted, so it does not grow beyond them.
#[derive(Debug)]
pub(crate) struct Pace<K> {
    most: u32,
    period: Duration,
    done: Mutex<HashMap<K, (Timestamp, u32)>>,
}

impl<K: Eq + Hash> Pace<K> {
    /// So many in a period, each.
    pub(crate) fn new(most: u32, period: Duration) -> Self {
        Self { most, period, done: Mutex::default() }
    }

    /// Whether one more may be done; if so, it counts.
    pub(crate) fn admits(&self, key: impl Into<K>, now: Timestamp) -> bool {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, count) = done.entry(key.into()).or_insert((now, 0));
        if now.since(*since) >= self.period {
            (*since, *count) = (now, 0);
        }
        *count = count.saturating_add(1);
        *count <= self.most
    }
}

#[cfg(test)]
mod tests {
    use argus_domain::ids::ClientId;

    use super::*;

    #[test]
    fn a_flood_is_admitted_in_part() {
        let (pace, start) = (Pace::<ClientId>::new(30, Duration::from_secs(60)), Timestamp::from_unix_seconds(1_000_000));
        let [one, other]: [ClientId; 2] =
            ["021269c5-04c3-4399-a206-32659c489803", "021269c5-04c3-4399-a206-32659c489804"].map(|id| id.parse().unwrap());
        let admitted = (0..1000).filter(|_| pace.admits(one, start)).count();
        assert_eq!(admitted, 30);
        assert!(pace.admits(other, start));
        assert!(pace.admits(one, start.after(Duration::from_secs(60))));
    }
}
