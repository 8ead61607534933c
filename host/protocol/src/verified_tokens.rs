//! Access tokens whose signature was checked before: the check costs more than everything else a bearer request does.
//!
//! What is remembered is only that a signature held, by the hash of the whole token; expiry, audience and revocation are looked
//! at each time. Replaced keys clear the memory.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use argus_domain::secret::SecretHash;

use crate::access::AccessTokenClaims;

/// Tokens remembered; when there are more, all are forgotten, and checked again.
const MAX_TOKENS: usize = 4096;

/// The memory.
#[derive(Default)]
pub(crate) struct VerifiedTokens(RwLock<HashMap<SecretHash, Arc<AccessTokenClaims>>>);

impl VerifiedTokens {
    pub(crate) fn get(&self, token: &SecretHash) -> Option<Arc<AccessTokenClaims>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(token).cloned()
    }

    pub(crate) fn remember(&self, token: SecretHash, claims: Arc<AccessTokenClaims>) {
        let mut tokens = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if tokens.len() >= MAX_TOKENS {
            tokens.clear();
        }
        tokens.insert(token, claims);
    }

    pub(crate) fn clear(&self) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
