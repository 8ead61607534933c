//! Limits on guessing passwords: failures are counted per user name and address, per user name, and per address.
//!
//! Each key is a leaking bucket, so a user is never locked out for good, and a success empties nothing an attacker filled.
//! In memory and per node: what is lost in a restart is a few guesses.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use argus_domain::Timestamp;
use argus_domain::directory::username_key;

use crate::settings::{LimitSettings, seconds};

/// Keys held at most; at the bound, empty buckets are dropped, then the half that is nearest to empty: the fullest stay.
const MAX_KEYS: usize = 100_000;

#[derive(Hash)]
enum Key<'a> {
    UsernameAndAddress(&'a str, &'a str),
    Username(&'a str),
    Address(&'a str),
}

/// Counts failed sign-ins.
#[derive(Debug)]
pub(crate) struct Attempts {
    /// When each bucket will be empty, by the hash of its key: what is kept does not grow with what was sent.
    buckets: Mutex<HashMap<u64, Timestamp>>,
    hashing: RandomState,
    limits: LimitSettings,
}

impl Attempts {
    pub(crate) fn new(limits: LimitSettings) -> Self {
        Self { buckets: Mutex::default(), hashing: RandomState::new(), limits }
    }

    /// How long this user name has to wait at this address, if it has to. The clock is read while nobody counts, here as in
    /// [`Attempts::failed`]: to an earlier moment, failures counted in between would seem to be more than they are.
    pub(crate) fn wait(&self, username: &str, address: Option<&str>, clock: impl FnOnce() -> Timestamp) -> Option<Duration> {
        let buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        self.longest_wait(&buckets, &self.keys(username, address), clock())
    }

    /// Counts a failure. When others have reached the limit since the password was sent, says how long to wait: guesses that run
    /// at the same time are told no more than those that run one by one.
    pub(crate) fn failed(&self, username: &str, address: Option<&str>, clock: impl FnOnce() -> Timestamp) -> Option<Duration> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let now = clock();
        let keys = self.keys(username, address);
        let wait = self.longest_wait(&buckets, &keys, now);
        if buckets.len() >= MAX_KEYS {
            buckets.retain(|_, empty_at| *empty_at > now);
            if buckets.len() >= MAX_KEYS {
                let mut times: Vec<_> = buckets.values().copied().collect();
                let (_, median, _) = times.select_nth_unstable(MAX_KEYS / 2);
                let median = *median;
                buckets.retain(|_, empty_at| *empty_at > median);
            }
        }
        for (key, limit) in keys {
            let empty_at = buckets.entry(key).or_insert(now);
            // Guesses that were under way at the same time fill it, and no more: nobody waits longer than the window.
            let full = now.after(seconds(self.limits.sign_in_window_seconds));
            *empty_at = (*empty_at).max(now).after(self.drop_every(limit)).min(full);
        }
        wait
    }

    fn longest_wait(&self, buckets: &HashMap<u64, Timestamp>, keys: &[(u64, u32)], now: Timestamp) -> Option<Duration> {
        let waits = keys.iter().filter_map(|(key, limit)| {
            let room = seconds(self.limits.sign_in_window_seconds).saturating_sub(self.drop_every(*limit));
            let ahead = buckets.get(key)?.since(now);
            (ahead > room).then(|| ahead - room)
        });
        waits.max()
    }

    fn drop_every(&self, limit: u32) -> Duration {
        seconds(self.limits.sign_in_window_seconds) / limit.max(1)
    }

    fn keys(&self, username: &str, address: Option<&str>) -> Vec<(u64, u32)> {
        let username = username_key(username);
        let limits = &self.limits;
        let mut keys = vec![(Key::Username(&username), limits.sign_in_failures_per_username)];
        let address = address.map(network);
        if let Some(address) = &address {
            keys.push((Key::Address(address), limits.sign_in_failures_per_address));
            keys.push((Key::UsernameAndAddress(&username, address), limits.sign_in_failures_per_username_and_address));
        }
        keys.into_iter().map(|(key, limit)| (self.hashing.hash_one(key), limit)).collect()
    }
}

/// What one customer of a network provider has: an IPv4 address, or the 64-bit network of an IPv6 address.
fn network(address: &str) -> String {
    match address.parse().map(|address: IpAddr| address.to_canonical()) {
        Ok(IpAddr::V6(address)) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).to_string(),
        _ => address.to_owned(),
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
            assert_eq!(attempts.wait("alice", Some("192.0.2.1"), || START), None);
            let _ = attempts.failed("alice", Some("192.0.2.1"), || START);
        }
        let wait = attempts.wait("Alice", Some("192.0.2.1"), || START).unwrap();
        assert_eq!(wait, Duration::from_secs(100));
        assert_eq!(attempts.wait("alice", Some("192.0.2.1"), || START.after(wait)), None);
    }

    #[test]
    fn guesses_at_the_same_time_are_limited_like_others() {
        let attempts = attempts();
        let told: Vec<bool> = (0..6).map(|_| attempts.failed("alice", Some("192.0.2.1"), || START).is_none()).collect();
        assert_eq!(told, [true, true, true, false, false, false]);
    }

    #[test]
    fn an_ipv6_network_counts_as_one_address() {
        let attempts = attempts();
        for i in 0..3 {
            let _ = attempts.failed("alice", Some(&format!("2001:db8::{i}")), || START);
        }
        assert!(attempts.wait("alice", Some("2001:db8::ffff"), || START).is_some());
        assert_eq!(attempts.wait("alice", Some("2001:db8:0:1::1"), || START), None);
    }

    #[test]
    fn another_address_or_user_is_not_held_up_by_a_few_failures() {
        let attempts = attempts();
        for _ in 0..3 {
            let _ = attempts.failed("alice", Some("192.0.2.1"), || START);
        }
        assert_eq!(attempts.wait("alice", Some("192.0.2.2"), || START), None);
        assert_eq!(attempts.wait("bob", Some("192.0.2.1"), || START), None);
    }

    #[test]
    fn many_addresses_together_reach_the_user_names_limit() {
        let attempts = attempts();
        for i in 0..5 {
            let _ = attempts.failed("alice", Some(&format!("192.0.2.{i}")), || START);
        }
        assert!(attempts.wait("alice", Some("198.51.100.1"), || START).is_some());
    }
}
