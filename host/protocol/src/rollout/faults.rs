//! Runs and failures of a version, counted so that what one person's data does decides nothing for everybody.

use std::collections::HashMap;

use argus_domain::ids::UserId;

/// Users whose failures are told apart; beyond, each failure counts as another user's.
const MAX_USERS: usize = 4_096;

/// Runs and failures of one version.
#[derive(Debug, Default)]
pub(super) struct Faults {
    pub(super) runs: u64,
    pub(super) failures: u64,
    of_user: HashMap<UserId, u32>,
}

impl Faults {
    /// Counts a run. A failure beyond those that count of one user is as if it had not been.
    pub(super) fn count(&mut self, user: UserId, failed: bool, most_of_one_user: u32) {
        if failed {
            if self.of_user.len() < MAX_USERS || self.of_user.contains_key(&user) {
                let failures = self.of_user.entry(user).or_default();
                if *failures >= most_of_one_user {
                    return;
                }
                *failures += 1;
            }
            self.failures += 1;
        }
        self.runs += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_user_counts_only_so_far() {
        let mut faults = Faults::default();
        (0..100).for_each(|_| faults.count(UserId::new(1), true, 4));
        assert_eq!((faults.runs, faults.failures), (4, 4));
        (2..6).for_each(|user| faults.count(UserId::new(user), true, 4));
        (0..10).for_each(|_| faults.count(UserId::new(1), false, 4));
        assert_eq!((faults.runs, faults.failures), (18, 8));
    }
}
