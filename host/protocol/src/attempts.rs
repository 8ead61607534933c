//! Limits on guessing passwords: failures are counted per user name and address, per user name, and per address.
//!
//! Each key is a leaking bucket, so a user is never locked out for good, and a success empties nothing an attacker filled.
//! In memory and per node: what is lost in a restart is a few guesses.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use argus_domain::Timestamp;

use crate::settings::{LimitSettings, seconds};

/// Keys held at most; at the bound, empty buckets are dropped, then the half that is nearest to empty: the fullest stay.
const MAX_KEYS: usize = 100_000;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    UsernameAndAddress(String, String),
    Username(String),
    Address(String),
}

/// Counts failed sign-ins.
#[derive(Debug)]
pub(crate) struct Attempts {
    /// When each bucket will be empty.
    buckets: Mutex<HashMap<Key, Timestamp>>,
    limits: LimitSettings,
}

impl Attempts {
    pub(crate) fn new(limits: LimitSettings) -> Self {
        Self { buckets: Mutex::default(), limits }
    }

    /// How long this user name has to wait at this address, if it has to.
    pub(crate) fn wait(&self, username: &str, address: Option<&str>, now: Timestamp) -> Option<Duration> {
        let buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = self.keys(username, address).into_iter().filter_map(|(key, limit)| {
            let drop_every = self.drop_every(limit);
            let room = seconds(self.limits.sign_in_window_seconds).saturating_sub(drop_every);
            let ahead = buckets.get(&key)?.since(now);
            (ahead > room).then(|| ahead - room)
        });
        waits.max()
    }

    /// Counts a failure.
    pub(crate) fn failed(&self, username: &str, address: Option<&str>, now: Timestamp) {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MAX_KEYS {
            buckets.retain(|_, empty_at| *empty_at > now);
            if buckets.len() >= MAX_KEYS {
                let mut times: Vec<_> = buckets.values().copied().collect();
                let (_, median, _) = times.select_nth_unstable(MAX_KEYS / 2);
                let median = *median;
                buckets.retain(|_, empty_at| *empty_at > median);
            }
        }
        for (key, limit) in self.keys(username, address) {
            let empty_at = buckets.entry(key).or_insert(now);
            *empty_at = (*empty_at).max(now).after(self.drop_every(limit));
        }
    }

    fn drop_every(&self, limit: u32) -> Duration {
        seconds(self.limits.sign_in_window_seconds) / limit.max(1)
    }

    fn keys(&self, username: &str, address: Option<&str>) -> Vec<(Key, u32)> {
        let username = username.to_lowercase();
        let mut keys = vec![(Key::Username(username.clone()), self.limits.sign_in_failures_per_username)];
        if let Some(address) = address {
            keys.push((Key::Address(address.to_owned()), self.limits.sign_in_failures_per_address));
            keys.push((Key::UsernameAndAddress(username, address.to_owned()), self.limits.sign_in_failures_per_username_and_address));
        }
        keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_unix_seconds(1_000_000);

    fn attempts() -> Attempts {
        Attempts::new(LimitSettings {
            sign_in_failures_per_username_and_address: 3,
            sign_in_failures_per_username: 5,
            ..LimitSettings::default()
        })
    }

    #[test]
    fn the_limit_is_reached_by_failures_and_leaks_away() {
        let attempts = attempts();
        for _ in 0..3 {
            assert_eq!(attempts.wait("alice", Some("192.0.2.1"), START), None);
            attempts.failed("alice", Some("192.0.2.1"), START);
        }
        let wait = attempts.wait("Alice", Some("192.0.2.1"), START).unwrap();
        assert_eq!(wait, Duration::from_secs(100));
        assert_eq!(attempts.wait("alice", Some("192.0.2.1"), START.after(wait)), None);
    }

    #[test]
    fn another_address_or_user_is_not_held_up_by_a_few_failures() {
        let attempts = attempts();
        for _ in 0..3 {
            attempts.failed("alice", Some("192.0.2.1"), START);
        }
        assert_eq!(attempts.wait("alice", Some("192.0.2.2"), START), None);
        assert_eq!(attempts.wait("bob", Some("192.0.2.1"), START), None);
    }

    #[test]
    fn many_addresses_together_reach_the_user_names_limit() {
        let attempts = attempts();
        for i in 0..5 {
            attempts.failed("alice", Some(&format!("192.0.2.{i}")), START);
        }
        assert!(attempts.wait("alice", Some("198.51.100.1"), START).is_some());
    }
}
