//! The operating system's randomness.

use argus_domain::Random;

/// Random bytes of the operating system, through aws-lc.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    /// Aborts the process when the operating system has no randomness to give: nothing issued without it would be safe.
    fn fill(&self, bytes: &mut [u8]) {
        if aws_lc_rs::rand::fill(bytes).is_err() {
            std::process::abort();
        }
    }
}
