//! One call into a guest: wait for a place, run within the limits, drop everything the guest wrote.

use std::time::Duration;

use tokio::time::error::Elapsed;
use wasmtime::Store;

use crate::engine::{Engine, Turn};
use crate::invocation::InvocationError;
use crate::log::LogLine;
use crate::store::{self, State};
use crate::version::Call;

/// What came of a call.
pub(crate) struct Ended<T> {
    pub(crate) answer: Result<T, InvocationError>,
    /// What the guest logged.
    pub(crate) log: Vec<LogLine>,
    /// The most memory it had.
    pub(crate) memory_bytes: usize,
}

/// A store and a place in the pool, for one call.
pub(crate) struct OneCall<'e> {
    store: Store<State>,
    timeout: Duration,
    /// Given back after the store is dropped, since the pool's slot is.
    _turn: Turn<'e>,
}

impl<'e> OneCall<'e> {
    /// Waits for a place. `budget` is in ticks of a millisecond.
    pub(crate) async fn begin(engine: &'e Engine, budget: u32) -> Result<Self, InvocationError> {
        let turn = engine.turn().await.ok_or(InvocationError::Unavailable)?;
        let store = store::for_one_call(engine.wasm(), engine.limits(), budget, engine.slow_lane());
        // The budget counts running; this counts everything, such as waiting for a processor on a server that is overloaded.
        let timeout = Duration::from_millis(engine.limits().timeout_ms.max(2 * u64::from(budget)));
        Ok(Self { store, timeout, _turn: turn })
    }

    /// The store, and how long a call in it may take.
    pub(crate) fn parts(&mut self) -> (&mut Store<State>, Duration) {
        (&mut self.store, self.timeout)
    }

    /// What came of the call.
    pub(crate) fn end<T>(self, answer: Result<wasmtime::Result<T>, Elapsed>) -> Ended<T> {
        let answer = match answer {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(InvocationError::of_call(&error, &self.store.data().limiter)),
            Err(_) => Err(InvocationError::DeadlineExceeded),
        };
        let state = self.store.into_data();
        Ended { answer, memory_bytes: state.limiter.memory_taken, log: state.log.into_lines() }
    }
}

/// Runs a call to its end or to the timeout, where the guest is dropped as it stands.
pub(crate) async fn bounded<T>(timeout: Duration, call: Call<'_, T>) -> Result<wasmtime::Result<T>, Elapsed> {
    tokio::time::timeout(timeout, call).await
}
