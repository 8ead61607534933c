//! Passwords: argon2id (RFC 9106) on a fixed set of threads, each owning its memory, behind a bounded queue.
//!
//! A hash takes 19 MiB and some 14 ms of one core. Allocating the block anew for each would leave gigabytes on the
//! allocator's heaps; hashing on the async workers would stall every other request. When the queue is full the answer is
//! "later", never an ever longer wait.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use argon2::password_hash::phc::{PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use argus_domain::Random;
use argus_domain::secret::Secret;
use subtle::ConstantTimeEq;
use thiserror::Error;
use tokio::sync::oneshot;
use unicode_normalization::UnicodeNormalization;

/// Longest password accepted, in bytes: hashing starts with one pass over all of it.
pub const MAX_PASSWORD_BYTES: usize = 1024;

/// OWASP's first recommendation for argon2id; changing it makes new hashes with the new cost, old ones verify with theirs.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const OUTPUT_LEN: usize = 32;

/// A password was not hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum HashingError {
    /// The queue is full: try again in a moment.
    #[error("too many passwords are being hashed; try again in a moment")]
    Busy,
    /// Longer than [`MAX_PASSWORD_BYTES`].
    #[error("the password is longer than {MAX_PASSWORD_BYTES} bytes")]
    TooLong,
    /// The hashing threads are gone: the server is stopping.
    #[error("password hashing has stopped")]
    Stopped,
}

enum Work {
    Hash { password: Secret, salt: [u8; 16], answer: oneshot::Sender<String> },
    Verify { password: Secret, stored: Option<String>, answer: oneshot::Sender<bool> },
}

/// The hashing threads. They end when the last handle is dropped.
#[derive(Clone, Debug)]
pub struct PasswordHasher {
    queue: SyncSender<Work>,
}

impl PasswordHasher {
    /// Starts `threads` threads behind a queue of `queue` waiting passwords.
    pub fn start(threads: usize, queue: usize) -> std::io::Result<Self> {
        let (sender, receiver) = sync_channel(queue);
        let receiver = Arc::new(Mutex::new(receiver));
        for i in 0..threads.max(1) {
            let receiver = Arc::clone(&receiver);
            thread::Builder::new().name(format!("argon2-{i}")).spawn(move || run(&receiver))?;
        }
        Ok(Self { queue: sender })
    }

    /// Hashes a password for storage, in PHC form.
    pub async fn hash(&self, password: &Secret, random: &dyn Random) -> Result<String, HashingError> {
        let mut salt = [0_u8; 16];
        random.fill(&mut salt);
        self.ask(password, |password, answer| Work::Hash { password, salt, answer })?.await.map_err(|_| HashingError::Stopped)
    }

    /// Whether a password is the stored one. `None`, for a user that does not exist or has no password, costs the same and is
    /// never right.
    pub async fn verify(&self, password: &Secret, stored: Option<String>) -> Result<bool, HashingError> {
        self.ask(password, |password, answer| Work::Verify { password, stored, answer })?.await.map_err(|_| HashingError::Stopped)
    }

    fn ask<T>(
        &self,
        password: &Secret,
        work: impl FnOnce(Secret, oneshot::Sender<T>) -> Work,
    ) -> Result<oneshot::Receiver<T>, HashingError> {
        if password.expose().len() > MAX_PASSWORD_BYTES {
            return Err(HashingError::TooLong);
        }
        // However a keyboard composes its letters, it is the same password (RFC 8265 §4.2).
        let password = Secret::new(password.expose().nfc().collect::<String>());
        let (answer, receiver) = oneshot::channel();
        match self.queue.try_send(work(password, answer)) {
            Ok(()) => Ok(receiver),
            Err(TrySendError::Full(_)) => Err(HashingError::Busy),
            Err(TrySendError::Disconnected(_)) => Err(HashingError::Stopped),
        }
    }
}

fn run(queue: &Mutex<Receiver<Work>>) {
    let mut memory = Vec::new();
    loop {
        let work = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match work {
            Err(_) => return,
            Ok(Work::Hash { password, salt, answer }) => {
                if let Some(hash) = hash(&password, &salt, &mut memory) {
                    let _ = answer.send(hash);
                }
            }
            Ok(Work::Verify { password, stored, answer }) => {
                let _ = answer.send(verify(&password, stored.as_deref(), &mut memory));
            }
        }
    }
}

fn hash(password: &Secret, salt: &[u8; 16], memory: &mut Vec<Block>) -> Option<String> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, Some(OUTPUT_LEN)).ok()?;
    let mut output = [0_u8; OUTPUT_LEN];
    derive(Version::V0x13, params, password, salt, &mut output, memory)?;
    let salt = Salt::new(salt).ok()?;
    let output = argon2::password_hash::phc::Output::new(&output).ok()?;
    Some(format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p=1${salt}${output}"))
}

fn verify(password: &Secret, stored: Option<&str>, memory: &mut Vec<Block>) -> bool {
    stored.and_then(|stored| matches(password, stored, memory)).unwrap_or_else(|| {
        // Nothing to compare with: spend the time all the same, so that user names cannot be told by the clock.
        let _ = hash(password, &[0; 16], memory);
        false
    })
}

/// `None` when the stored hash cannot be read.
fn matches(password: &Secret, stored: &str, memory: &mut Vec<Block>) -> Option<bool> {
    let stored = PasswordHash::new(stored).ok()?;
    if stored.algorithm.as_str() != "argon2id" {
        return None;
    }
    let version = Version::try_from(stored.version?).ok()?;
    let params = Params::try_from(&stored).ok()?;
    let expected = stored.hash?;
    let mut output = vec![0_u8; expected.len()];
    derive(version, params, password, stored.salt?.as_ref(), &mut output, memory)?;
    Some(output.ct_eq(expected.as_bytes()).into())
}

fn derive(version: Version, params: Params, password: &Secret, salt: &[u8], output: &mut [u8], memory: &mut Vec<Block>) -> Option<()> {
    memory.resize(memory.len().max(params.block_count()), Block::default());
    let blocks = params.block_count();
    Argon2::new(Algorithm::Argon2id, version, params)
        .hash_password_into_with_memory(password.expose().as_bytes(), salt, output, &mut memory[..blocks])
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemRandom;

    #[tokio::test]
    async fn a_hash_verifies_its_password_and_no_other() {
        let hasher = PasswordHasher::start(1, 8).unwrap();
        let stored = hasher.hash(&Secret::new("correct horse"), &SystemRandom).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(hasher.verify(&Secret::new("correct horse"), Some(stored.clone())).await.unwrap());
        assert!(!hasher.verify(&Secret::new("battery staple"), Some(stored)).await.unwrap());
    }

    #[tokio::test]
    async fn a_user_without_a_password_has_no_right_one() {
        let hasher = PasswordHasher::start(1, 8).unwrap();
        assert!(!hasher.verify(&Secret::new(""), None).await.unwrap());
        assert!(!hasher.verify(&Secret::new("x"), Some("not a hash".into())).await.unwrap());
    }

    /// The stored costs count, not today's: changing those must lock nobody out.
    #[tokio::test]
    async fn hashes_of_other_costs_verify() {
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(4096, 3, 1, Some(32)).unwrap());
        let mut output = [0_u8; 32];
        argon2.hash_password_into(b"password", b"somesalt12345678", &mut output).unwrap();
        let salt = Salt::new(b"somesalt12345678").unwrap();
        let hash = argon2::password_hash::phc::Output::new(&output).unwrap();
        let stored = format!("$argon2id$v=19$m=4096,t=3,p=1${salt}${hash}");
        let hasher = PasswordHasher::start(1, 8).unwrap();
        assert!(hasher.verify(&Secret::new("password"), Some(stored)).await.unwrap());
    }

    #[tokio::test]
    async fn a_long_password_is_refused_before_it_is_hashed() {
        let hasher = PasswordHasher::start(1, 8).unwrap();
        let long = Secret::new("x".repeat(MAX_PASSWORD_BYTES + 1));
        assert_eq!(hasher.verify(&long, None).await, Err(HashingError::TooLong));
    }

    #[tokio::test]
    async fn a_full_queue_says_so_at_once() {
        let hasher = PasswordHasher::start(1, 1).unwrap();
        let password = Secret::new("x");
        let waiting: Vec<_> =
            (0..16).map(|_| hasher.ask(&password, |password, answer| Work::Verify { password, stored: None, answer })).collect();
        assert!(waiting.iter().any(|result| matches!(result, Err(HashingError::Busy))));
        for receiver in waiting.into_iter().flatten() {
            assert!(!receiver.await.unwrap());
        }
    }
}
