//! Revoked access tokens: a set in memory, asked at each use of a token, backed by the database.
//!
//! An id is a token's `jti`, or the `sid` of a client session with everything issued on it. An entry is kept until every
//! token it could concern has expired.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use argus_domain::Timestamp;

/// The ids revoked, each with the time from which it concerns no live token.
#[derive(Debug, Default)]
pub(crate) struct Revocations(RwLock<HashMap<String, Timestamp>>);

impl Revocations {
    pub(crate) fn add(&self, ids: impl IntoIterator<Item = (String, Timestamp)>) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).extend(ids);
    }

    pub(crate) fn contains(&self, id: &str) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).contains_key(id)
    }

    pub(crate) fn prune(&self, now: Timestamp) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).retain(|_, expires_at| *expires_at > now);
    }
}
