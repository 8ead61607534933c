//! Key rotation as a pure decision: which keys to make, activate, retire and remove at a given moment.
//!
//! A key is published for [`RotationPolicy::publish_ahead`], then it signs: relying parties cache the JWKS. It stays published after
//! it stopped, until the last token it signed has expired.

use std::time::Duration;

use argus_domain::Timestamp;
use argus_domain::signing::{SigningAlgorithm, SigningKeyState};

use crate::signing_key::StoredSigningKey;

/// When keys change.
#[derive(Clone, Copy, Debug)]
pub struct RotationPolicy {
    /// How long a key signs.
    pub active_for: Duration,
    /// How long a key is published before it signs.
    pub publish_ahead: Duration,
    /// Life of the longest-lived token a key can have signed.
    pub longest_token: Duration,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RotationStep {
    /// Make a pending key.
    Create(SigningAlgorithm),
    /// Make a key and let it sign at once: there is none that does.
    CreateActive(SigningAlgorithm),
    /// Let a pending key sign, and the active one (if any) retire.
    Activate {
        /// The pending key.
        kid: String,
        /// The key it replaces.
        retires: Option<String>,
    },
    /// Publish a retired key no more.
    Remove(String),
}

/// The steps due now, over every algorithm.
pub fn due(keys: &[StoredSigningKey], now: Timestamp, policy: RotationPolicy) -> Vec<RotationStep> {
    let mut steps = Vec::new();
    for algorithm in SigningAlgorithm::ALL {
        let of = |state| keys.iter().filter(move |key| key.algorithm == algorithm && key.state == state);
        let active = of(SigningKeyState::Active).max_by_key(|key| key.activated_at);
        let pending = of(SigningKeyState::Pending).min_by_key(|key| key.created_at);
        match (active, pending) {
            (None, None) => steps.push(RotationStep::CreateActive(algorithm)),
            (None, Some(pending)) => steps.push(RotationStep::Activate { kid: pending.kid.clone(), retires: None }),
            (Some(active), pending) => {
                let ends = active.activated_at.unwrap_or(active.created_at).after(policy.active_for);
                match pending {
                    None if now >= ends.before(policy.publish_ahead) => steps.push(RotationStep::Create(algorithm)),
                    Some(pending) if now >= pending.created_at.after(policy.publish_ahead) => {
                        steps.push(RotationStep::Activate { kid: pending.kid.clone(), retires: Some(active.kid.clone()) });
                    }
                    None | Some(_) => {}
                }
            }
        }
        for retired in of(SigningKeyState::Retiring) {
            if retired.retired_at.is_some_and(|at| now >= at.after(policy.longest_token)) {
                steps.push(RotationStep::Remove(retired.kid.clone()));
            }
        }
    }
    steps
}

/// The steps of a rotation an administrator asked for: publish the next keys, which sign after their time, or with `at_once` now.
pub fn on_demand(keys: &[StoredSigningKey], at_once: bool) -> Vec<RotationStep> {
    let mut steps = Vec::new();
    for algorithm in SigningAlgorithm::ALL {
        let of = |state| keys.iter().find(move |key| key.algorithm == algorithm && key.state == state);
        let (active, pending) = (of(SigningKeyState::Active), of(SigningKeyState::Pending));
        match (pending, at_once) {
            (None, false) => steps.push(RotationStep::Create(algorithm)),
            (Some(_), false) => {}
            (Some(pending), true) => {
                steps.push(RotationStep::Activate { kid: pending.kid.clone(), retires: active.map(|key| key.kid.clone()) });
            }
            (None, true) => steps.push(RotationStep::CreateActive(algorithm)),
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);
    const POLICY: RotationPolicy = RotationPolicy { active_for: Duration::from_secs(30 * 86_400), publish_ahead: DAY, longest_token: DAY };

    fn key(kid: &str, state: SigningKeyState, day: u32) -> StoredSigningKey {
        let at = Timestamp::from_unix_seconds(0).after(DAY * day);
        StoredSigningKey {
            kid: kid.into(),
            algorithm: SigningAlgorithm::ES256,
            state,
            private_sealed: Vec::new(),
            public_jwk: Value::Null,
            created_at: at,
            activated_at: (state != SigningKeyState::Pending).then_some(at),
            retired_at: (state == SigningKeyState::Retiring).then_some(at),
        }
    }

    fn due_on(day: u32, keys: &[StoredSigningKey]) -> Vec<RotationStep> {
        let others = SigningAlgorithm::ALL.into_iter().filter(|algorithm| *algorithm != SigningAlgorithm::ES256);
        let all: Vec<_> = others
            .map(|algorithm| StoredSigningKey { algorithm, ..key("other", SigningKeyState::Active, day) })
            .chain(keys.iter().cloned())
            .collect();
        due(&all, Timestamp::from_unix_seconds(0).after(DAY * day), POLICY)
    }

    #[test]
    fn the_first_start_makes_one_active_key_per_algorithm() {
        let steps = due(&[], Timestamp::from_unix_seconds(0), POLICY);
        assert_eq!(steps, SigningAlgorithm::ALL.map(RotationStep::CreateActive));
    }

    /// A3.7: the next key is published a day before it signs.
    #[test]
    fn the_next_key_is_published_before_it_signs() {
        let active = key("a", SigningKeyState::Active, 0);
        assert_eq!(due_on(28, std::slice::from_ref(&active)), []);
        assert_eq!(due_on(29, std::slice::from_ref(&active)), [RotationStep::Create(SigningAlgorithm::ES256)]);
        let both = [active, key("b", SigningKeyState::Pending, 29)];
        assert_eq!(due_on(29, &both), []);
        assert_eq!(due_on(30, &both), [RotationStep::Activate { kid: "b".into(), retires: Some("a".into()) }]);
    }

    #[test]
    fn a_key_published_late_still_waits_its_day() {
        let both = [key("a", SigningKeyState::Active, 0), key("b", SigningKeyState::Pending, 40)];
        assert_eq!(due_on(40, &both), []);
        assert_eq!(due_on(41, &both).len(), 1);
    }

    #[test]
    fn a_key_published_on_demand_signs_a_day_later() {
        let both = [key("a", SigningKeyState::Active, 0), key("b", SigningKeyState::Pending, 3)];
        assert_eq!(due_on(3, &both), []);
        assert_eq!(due_on(4, &both), [RotationStep::Activate { kid: "b".into(), retires: Some("a".into()) }]);
    }

    #[test]
    fn a_retired_key_is_published_until_its_last_token_expires() {
        let keys = [key("a", SigningKeyState::Active, 30), key("r", SigningKeyState::Retiring, 30)];
        assert_eq!(due_on(30, &keys), []);
        assert_eq!(due_on(31, &keys), [RotationStep::Remove("r".into())]);
    }
}
