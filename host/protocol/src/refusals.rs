//! How many refused requests are put on record: the trail keeps everything for ever, and anybody can send them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use argus_domain::Timestamp;
use argus_domain::ids::ClientId;

/// Recorded for one client in a [`PERIOD`].
const MAX_RECORDED: u32 = 30;
const PERIOD: Duration = Duration::from_secs(60);

/// Counts what was recorded, by client; only registered clients are counted, so it does not grow beyond them.
#[derive(Debug, Default)]
pub(crate) struct Refusals(Mutex<HashMap<ClientId, (Timestamp, u32)>>);

impl Refusals {
    /// Whether one more may be recorded; if so, it counts.
    pub(crate) fn may_record(&self, client: ClientId, now: Timestamp) -> bool {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, count) = counted.entry(client).or_insert((now, 0));
        if now.since(*since) >= PERIOD {
            (*since, *count) = (now, 0);
        }
        *count += 1;
        *count <= MAX_RECORDED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_recorded_in_part() {
        let (refusals, start) = (Refusals::default(), Timestamp::from_unix_seconds(1_000_000));
        let [one, other] = ["021269c5-04c3-4399-a206-32659c489803", "021269c5-04c3-4399-a206-32659c489804"].map(|id| id.parse().unwrap());
        let recorded = (0..1000).filter(|_| refusals.may_record(one, start)).count();
        assert_eq!(recorded, 30);
        assert!(refusals.may_record(other, start));
        assert!(refusals.may_record(one, start.after(PERIOD)));
    }
}
