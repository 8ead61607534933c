//! What is pinned of an upstream identity provider, and what a browser waits for.

use std::time::Duration;

use crate::keys::{DecryptionKey, VerificationKey};

/// Clock skew that is allowed for without a setting.
pub const DEFAULT_CLOCK_SKEW: Duration = Duration::from_secs(60);
/// Clock skew that can be allowed for.
pub const MAX_CLOCK_SKEW: Duration = Duration::from_secs(180);

/// A connection to one identity provider. Whatever a document says about keys or parties is compared with this, never taken over.
#[derive(Clone, Debug)]
pub struct Connection {
    pub(crate) idp_entity_id: String,
    pub(crate) signing_keys: Vec<VerificationKey>,
    pub(crate) sp_entity_id: String,
    pub(crate) acs_url: String,
    pub(crate) decryption_keys: Vec<DecryptionKey>,
    pub(crate) allow_cbc: bool,
    pub(crate) allow_unsolicited: bool,
    pub(crate) clock_skew: Duration,
}

impl Connection {
    /// A connection to the identity provider `idp_entity_id`, whose signatures verify with any of `signing_keys`. We are
    /// `sp_entity_id` to it, and are answered at `acs_url`.
    pub fn new(
        idp_entity_id: impl Into<String>,
        signing_keys: Vec<VerificationKey>,
        sp_entity_id: impl Into<String>,
        acs_url: impl Into<String>,
    ) -> Self {
        Self {
            idp_entity_id: idp_entity_id.into(),
            signing_keys,
            sp_entity_id: sp_entity_id.into(),
            acs_url: acs_url.into(),
            decryption_keys: Vec::new(),
            allow_cbc: false,
            allow_unsolicited: false,
            clock_skew: DEFAULT_CLOCK_SKEW,
        }
    }

    /// With keys that assertions may be encrypted to: two while one is being replaced by the other. More are not tried.
    #[must_use]
    pub fn with_decryption_keys(mut self, mut keys: Vec<DecryptionKey>) -> Self {
        keys.truncate(2);
        self.decryption_keys = keys;
        self
    }

    /// Whether AES-CBC is allowed, in a signed Response only: it has no integrity of its own.
    #[must_use]
    pub fn with_cbc(mut self, allowed: bool) -> Self {
        self.allow_cbc = allowed;
        self
    }

    /// Whether a response may come without a request.
    #[must_use]
    pub fn with_unsolicited(mut self, allowed: bool) -> Self {
        self.allow_unsolicited = allowed;
        self
    }

    /// By how much clocks may differ.
    pub fn clock_skew(&self) -> Duration {
        self.clock_skew
    }

    /// Allows for clocks that differ by `skew`, and by [`MAX_CLOCK_SKEW`] at most.
    #[must_use]
    pub fn with_clock_skew(mut self, skew: Duration) -> Self {
        self.clock_skew = skew.min(MAX_CLOCK_SKEW);
        self
    }
}

/// An authentication request that the browser at hand was sent away with, over the connection at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingRequest {
    /// Its ID.
    pub id: String,
}
