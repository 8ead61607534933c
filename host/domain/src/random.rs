//! Randomness as a parameter.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use crate::time::Timestamp;

/// A source of unpredictable bytes. The server's is the operating system's; tests may seed their own.
pub trait Random: Send + Sync {
    /// Fills `bytes` with random bytes.
    fn fill(&self, bytes: &mut [u8]);
}

impl dyn Random + '_ {
    /// 256 random bits in base64url: authorization codes, client secrets, session cookies.
    pub fn token(&self) -> String {
        let mut bytes = [0_u8; 32];
        self.fill(&mut bytes);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// A random UUID (version 4): subject identifiers and client ids, which must not tell when they were made.
    pub fn uuid(&self) -> Uuid {
        let mut bytes = [0_u8; 16];
        self.fill(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    /// A UUID that sorts by time (version 7): primary keys.
    pub fn sortable_uuid(&self, now: Timestamp) -> Uuid {
        let mut bytes = [0_u8; 10];
        self.fill(&mut bytes);
        uuid::Builder::from_unix_timestamp_millis(u64::try_from(now.unix_millis()).unwrap_or(0), &bytes).into_uuid()
    }
}
