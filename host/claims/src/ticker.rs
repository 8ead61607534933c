//! The clock of the sandbox: one thread raises the engine's epoch every millisecond while providers run.
//!
//! It parks when nothing has run for a while, so an idle server causes no wake-ups, and it doesn't park after every invocation,
//! since waking a thread costs more than the invocation it is to watch.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// One tick. Budgets are counted in ticks, so that one tick is one millisecond of `budget_ms`.
const TICK: Duration = Duration::from_millis(1);
/// Ticks without an invocation before the thread parks.
const IDLE_TICKS: u32 = 250;

/// The thread; stops when this is dropped.
#[derive(Debug)]
pub(crate) struct Ticker {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    /// Invocations under way.
    running: AtomicUsize,
    /// Set by the thread before it parks, cleared by whoever wakes it.
    parked: AtomicBool,
    stop: AtomicBool,
}

/// Keeps the ticker going while an invocation runs.
pub(crate) struct Ticking<'a>(&'a Shared);

impl Ticker {
    pub(crate) fn start(engine: wasmtime::Engine) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let of_thread = Arc::clone(&shared);
        let thread = thread::Builder::new().name("claims-ticker".to_owned()).spawn(move || run(&engine, &of_thread))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    pub(crate) fn running(&self) -> Ticking<'_> {
        self.shared.running.fetch_add(1, Ordering::SeqCst);
        // Sequentially consistent on both sides: either this sees `parked`, or the thread sees `running` before it parks.
        if self.shared.parked.load(Ordering::SeqCst) && self.shared.parked.swap(false, Ordering::SeqCst) {
            self.wake();
        }
        Ticking(&self.shared)
    }

    fn wake(&self) {
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }

    #[cfg(test)]
    fn is_parked(&self) -> bool {
        self.shared.parked.load(Ordering::SeqCst)
    }
}

impl Drop for Ticking<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        self.wake();
        if let Some(thread) = self.thread.take() {
            // The thread can't panic: it only sleeps and counts.
            let _ = thread.join();
        }
    }
}

fn run(engine: &wasmtime::Engine, shared: &Shared) {
    let mut idle = 0;
    while !shared.stop.load(Ordering::SeqCst) {
        thread::sleep(TICK);
        engine.increment_epoch();
        idle = if shared.running.load(Ordering::SeqCst) == 0 { idle + 1 } else { 0 };
        if idle >= IDLE_TICKS {
            park(shared);
            idle = 0;
        }
    }
}

fn park(shared: &Shared) {
    shared.parked.store(true, Ordering::SeqCst);
    while shared.parked.load(Ordering::SeqCst) && !shared.stop.load(Ordering::SeqCst) {
        if shared.running.load(Ordering::SeqCst) > 0 {
            shared.parked.store(false, Ordering::SeqCst);
            return;
        }
        thread::park();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait_for(condition: impl Fn() -> bool) -> bool {
        (0..5_000).any(|_| {
            thread::sleep(TICK);
            condition()
        })
    }

    #[test]
    fn the_thread_parks_when_idle_and_wakes_for_an_invocation() {
        let ticker = Ticker::start(wasmtime::Engine::default()).expect("a thread");
        assert!(wait_for(|| ticker.is_parked()));
        let running = ticker.running();
        assert!(!ticker.is_parked());
        drop(running);
        assert!(wait_for(|| ticker.is_parked()));
    }

    #[test]
    fn dropping_the_ticker_ends_a_parked_thread() {
        let ticker = Ticker::start(wasmtime::Engine::default()).expect("a thread");
        assert!(wait_for(|| ticker.is_parked()));
        drop(ticker);
    }
}
