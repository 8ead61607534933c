//! How many refused requests are put on record: the trail keeps everything for ever, and anybody can send them.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use argus_domain::Timestamp;

/// Recorded for one client, or one connection to an identity provider, in a [`PERIOD`].
const MAX_RECORDED: u32 = 30;
const PERIOD: Duration = Duration::from_secs(60);

/// Counts what was recorded, by client or connection; only registered ones are counted, so it does not grow beyond them.
#[derive(Debug)]
pub(crate) struct Refusals<K>(Mutex<HashMap<K, (Timestamp, u32)>>);

impl<K> Default for Refusals<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash> Refusals<K> {
    /// Whether one more may be recorded; if so, it counts.
    pub(crate) fn may_record(&self, key: impl Into<K>, now: Timestamp) -> bool {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, count) = counted.entry(key.into()).or_insert((now, 0));
        if now.since(*since) >= PERIOD {
            (*since, *count) = (now, 0);
        }
        *count += 1;
        *count <= MAX_RECORDED
    }
}

#[cfg(test)]
mod tests {
    use argus_domain::ids::ClientId;

    use super::*;

    #[test]
    fn a_flood_is_recorded_in_part() {
        let (refusals, start) = (Refusals::<ClientId>::default(), Timestamp::from_unix_seconds(1_000_000));
        let [one, other]: [ClientId; 2] =
            ["021269c5-04c3-4399-a206-32659c489803", "021269c5-04c3-4399-a206-32659c489804"].map(|id| id.parse().unwrap());
        let recorded = (0..1000).filter(|_| refusals.may_record(one, start)).count();
        assert_eq!(recorded, 30);
        assert!(refusals.may_record(other, start));
        assert!(refusals.may_record(one, start.after(PERIOD)));
    }
}
