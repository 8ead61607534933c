//! One invocation's own world: a store that serves exactly one call and is dropped with everything the guest wrote.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime::component::ResourceTable;
use wasmtime::{ResourceLimiter, Store, UpdateDeadline};
use wasmtime_wasi::{Deterministic, WasiCtx, WasiCtxView, WasiView};

use crate::limits::EngineLimits;
use crate::log::LogBuffer;

/// What a guest may make the host copy out of its memory in one call: 2,000 list entries that all point at one string of a mebibyte
/// would be 2 GB after lifting.
const HOSTCALL_FUEL: usize = 1 << 20;
/// Instances, memories and tables of one store; the pool has the same limits per component.
const MAX_PARTS: usize = 100;
/// Elements of all tables of one store together.
const MAX_TABLE_ELEMENTS: usize = 100_000;
/// Bytes of "randomness" a guest may ask for at once.
const MAX_RANDOM_BYTES: u64 = 64 << 10;

/// The host's data beside a guest.
pub(crate) struct State {
    pub(crate) limiter: Limiter,
    pub(crate) log: LogBuffer,
    /// Made at the first call into WASI: few components make one.
    wasi: Option<Box<Wasi>>,
}

struct Wasi {
    context: WasiCtx,
    resources: ResourceTable,
}

/// Counts what a guest takes.
#[derive(Debug)]
pub(crate) struct Limiter {
    /// What it has taken. Memories never shrink, so this is the most it ever had.
    pub(crate) memory_taken: usize,
    memory_left: usize,
    table_elements_left: usize,
    /// The guest asked for more memory than it may have.
    pub(crate) memory_exceeded: bool,
}

/// Ends a guest that asks for too much: asking again in a loop would be its alternative.
#[derive(Debug)]
struct LimitExceeded(&'static str);

impl fmt::Display for LimitExceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "limit of {} exceeded", self.0)
    }
}

impl std::error::Error for LimitExceeded {}

/// Ticks a guest may run before it is one that takes time: what is written in Rust, Go or JavaScript seldom needs one.
const QUICK_TICKS: u32 = 2;

/// A store for one call, with `budget` ticks to run. What takes time goes on in the slow lane, one tick at a time and then at the end of
/// its queue. The lane has a place less than the machine has processors: however many guests loop, they leave one to everybody else.
pub(crate) fn for_one_call(engine: &wasmtime::Engine, limits: &EngineLimits, budget: u32, slow_lane: &Arc<Semaphore>) -> Store<State> {
    let limiter =
        Limiter { memory_taken: 0, memory_left: limits.max_memory_bytes, table_elements_left: MAX_TABLE_ELEMENTS, memory_exceeded: false };
    let mut store = Store::new(engine, State { limiter, log: LogBuffer::default(), wasi: None });
    store.limiter(|state| &mut state.limiter);
    store.set_hostcall_fuel(HOSTCALL_FUEL);
    store.set_epoch_deadline(1);
    let slow_lane = Arc::clone(slow_lane);
    // Given back at the latest when the store is dropped, and this callback with it.
    let place: Arc<Mutex<Option<OwnedSemaphorePermit>>> = Arc::default();
    // Called at the first tick noticed, then at each further one. After a yield other tasks have run, so what is counted is this
    // guest's own running, and a processor taken away for long counts as one tick.
    let mut ran = 0_u32;
    store.epoch_deadline_callback(move |_| {
        ran = ran.saturating_add(1);
        if ran >= budget {
            return Ok(UpdateDeadline::Interrupt);
        }
        if ran < QUICK_TICKS {
            return Ok(UpdateDeadline::YieldCustom(1, Box::pin(tokio::task::yield_now())));
        }
        let (lane, place) = (Arc::clone(&slow_lane), Arc::clone(&place));
        let next_place = async move {
            let put = |permit| *place.lock().unwrap_or_else(PoisonError::into_inner) = permit;
            put(None);
            // A place that is free at once would be taken without letting other tasks run.
            tokio::task::yield_now().await;
            // The lane is never closed.
            put(lane.acquire_owned().await.ok());
        };
        Ok(UpdateDeadline::YieldCustom(1, Box::pin(next_place)))
    });
    store
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let wanted = desired.saturating_sub(current);
        match self.memory_left.checked_sub(wanted) {
            Some(left) => {
                self.memory_left = left;
                self.memory_taken += wanted;
                Ok(true)
            }
            None => {
                self.memory_exceeded = true;
                Err(wasmtime::Error::new(LimitExceeded("memory")))
            }
        }
    }

    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        // The pool's own limit, which is that of one memory.
        self.memory_exceeded = true;
        Err(error)
    }

    fn table_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        match self.table_elements_left.checked_sub(desired.saturating_sub(current)) {
            Some(left) => {
                self.table_elements_left = left;
                Ok(true)
            }
            None => Err(wasmtime::Error::new(LimitExceeded("table elements"))),
        }
    }

    fn instances(&self) -> usize {
        MAX_PARTS
    }

    fn tables(&self) -> usize {
        MAX_PARTS
    }

    fn memories(&self) -> usize {
        MAX_PARTS
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let Wasi { context, resources } = &mut **self.wasi.get_or_insert_with(Wasi::empty);
        WasiCtxView { ctx: context, table: resources }
    }
}

impl Wasi {
    /// No argument, no variable, closed streams, and bytes that are the same each time: a provider is a pure function.
    fn empty() -> Box<Self> {
        let mut context = WasiCtx::builder();
        context
            .secure_random(Deterministic::new((0..=255).collect()))
            .insecure_random(Deterministic::new((0..=255).collect()))
            .insecure_random_seed(0)
            .max_random_size(MAX_RANDOM_BYTES);
        let mut resources = ResourceTable::new();
        resources.set_max_capacity(MAX_PARTS);
        Box::new(Self { context: context.build(), resources })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter(memory_left: usize) -> Limiter {
        Limiter { memory_taken: 0, memory_left, table_elements_left: 10, memory_exceeded: false }
    }

    #[test]
    fn memories_share_one_limit() {
        let mut limiter = limiter(100);
        assert!(limiter.memory_growing(0, 60, None).is_ok_and(|granted| granted));
        assert!(limiter.memory_growing(0, 60, None).is_err());
        assert!(limiter.memory_exceeded);
        assert_eq!(limiter.memory_taken, 60);
    }

    #[test]
    fn tables_share_one_limit() {
        let mut limiter = limiter(0);
        assert!(limiter.table_growing(0, 10, None).is_ok_and(|granted| granted));
        assert!(limiter.table_growing(10, 11, None).is_err());
        assert!(!limiter.memory_exceeded);
    }
}
