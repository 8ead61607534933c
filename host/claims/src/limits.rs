//! What a component may use: configuration section `[claims]`.
//!
//! The limits on results (64 claims, 16 KiB, JSON depth 8) are part of the contract and stand in `output`; those here
//! depend on the machine.

use serde::Deserialize;
use thiserror::Error;

/// Limits of the engine. Every key is optional in the configuration file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EngineLimits {
    /// Linear memory of one invocation in bytes, all memories of the component together.
    pub max_memory_bytes: usize,
    /// How long the code of a provider may run in one invocation, in milliseconds. Time spent waiting for a processor doesn't count.
    pub budget_ms: u32,
    /// After this long an invocation ends no matter what it waited for, in milliseconds.
    pub timeout_ms: u64,
    /// How many invocations may be under way at once; more wait.
    pub max_concurrent: u32,
    /// How long an invocation may wait for its turn, in milliseconds.
    pub queue_timeout_ms: u64,
    /// Largest component accepted, in bytes.
    pub max_component_bytes: usize,
    /// How many components stay loaded; the one unused for longest makes room.
    pub max_loaded_components: usize,
    /// How long compiling a component may take, in milliseconds.
    pub compile_timeout_ms: u64,
    /// Processor time of the compiling process, in seconds.
    pub compile_cpu_seconds: u64,
    /// Address space of the compiling process, in bytes.
    pub compile_memory_bytes: u64,
}

impl Default for EngineLimits {
    fn default() -> Self {
        Self {
            // JavaScript and Python components touch 0.4 to 6 MiB; the rest is room for large directories.
            max_memory_bytes: 64 << 20,
            // A provider in Rust needs 0.02 ms, in Python 1 ms.
            budget_ms: 10,
            timeout_ms: 1_000,
            // Invocations seldom overlap longer than the workers of the runtime are many; each place costs address space, not memory.
            max_concurrent: 64,
            queue_timeout_ms: 1_000,
            // A Python interpreter is 18 MiB.
            max_component_bytes: 24 << 20,
            max_loaded_components: 256,
            // The processor time below is what bounds the work; this bounds the wait on a machine that is busy.
            compile_timeout_ms: 120_000,
            compile_cpu_seconds: 30,
            compile_memory_bytes: 1 << 30,
        }
    }
}

/// Which limit can't be what it was set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LimitsError {
    /// Nothing could ever run.
    #[error("`{0}` must be greater than 0")]
    Zero(&'static str),
    /// Linear memories are addressed with 32 bits.
    #[error("`max_memory_bytes` can be 4294967296 at most")]
    MemoryBeyondAddresses,
    /// Every concurrent invocation reserves 16 GiB of addresses, of which a process has 128 TiB.
    #[error("`max_concurrent` can be {MAX_CONCURRENT} at most")]
    TooManyConcurrent,
}

/// Most concurrent invocations that can be configured.
pub const MAX_CONCURRENT: u32 = 4_096;

impl EngineLimits {
    /// Refuses values with which no engine could work.
    pub fn check(&self) -> Result<(), LimitsError> {
        let zero = [
            ("max_memory_bytes", self.max_memory_bytes == 0),
            ("budget_ms", self.budget_ms == 0),
            ("timeout_ms", self.timeout_ms == 0),
            ("max_concurrent", self.max_concurrent == 0),
            ("queue_timeout_ms", self.queue_timeout_ms == 0),
            ("max_component_bytes", self.max_component_bytes == 0),
            ("max_loaded_components", self.max_loaded_components == 0),
            ("compile_timeout_ms", self.compile_timeout_ms == 0),
            ("compile_cpu_seconds", self.compile_cpu_seconds == 0),
            ("compile_memory_bytes", self.compile_memory_bytes == 0),
        ];
        if let Some((name, _)) = zero.iter().find(|(_, is_zero)| *is_zero) {
            return Err(LimitsError::Zero(name));
        }
        if self.max_memory_bytes as u64 > 1 << 32 {
            return Err(LimitsError::MemoryBeyondAddresses);
        }
        if self.max_concurrent > MAX_CONCURRENT {
            return Err(LimitsError::TooManyConcurrent);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_accepted() {
        assert_eq!(EngineLimits::default().check(), Ok(()));
    }

    #[test]
    fn an_unknown_key_is_refused() {
        assert!(serde_json::from_str::<EngineLimits>(r#"{"budget_ms":5}"#).is_ok_and(|limits| limits.budget_ms == 5));
        assert!(serde_json::from_str::<EngineLimits>(r#"{"budget":5}"#).is_err());
    }

    #[test]
    fn limits_under_which_nothing_runs_are_refused() {
        assert_eq!(EngineLimits { budget_ms: 0, ..EngineLimits::default() }.check(), Err(LimitsError::Zero("budget_ms")));
        let beyond = EngineLimits { max_memory_bytes: (1 << 32) + 1, ..EngineLimits::default() };
        assert_eq!(beyond.check(), Err(LimitsError::MemoryBeyondAddresses));
        let many = EngineLimits { max_concurrent: MAX_CONCURRENT + 1, ..EngineLimits::default() };
        assert_eq!(many.check(), Err(LimitsError::TooManyConcurrent));
    }
}
