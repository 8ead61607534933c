//! The engine: one per process.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::sync::{Semaphore, SemaphorePermit};
use wasmtime::PoolingAllocationConfig;
use wasmtime::component::Linker;

use crate::cache::Cache;
use crate::compiler::{Compiler, CompilerProcess};
use crate::config;
use crate::digest::{Digest, Sha256};
use crate::limits::{EngineLimits, LimitsError};
use crate::store::State;
use crate::ticker::{Ticker, Ticking};
use crate::version;

/// Compiles, keeps and runs components. Cheap to clone; the last clone stops the ticker.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    wasm: wasmtime::Engine,
    linker: Linker<State>,
    limits: EngineLimits,
    turns: Semaphore,
    /// Places for guests that take time.
    slow_lane: Arc<Semaphore>,
    ticker: Ticker,
    cache: Cache,
    compiler: Compiler,
}

/// Why no engine could be made.
#[derive(Debug, Error)]
pub enum EngineError {
    /// A value of section `[claims]`.
    #[error("claims: {0}")]
    Limits(#[from] LimitsError),
    /// Mostly too little address space (`ulimit -v`), or a processor without a feature.
    #[error("the WebAssembly engine could not be set up: {0}")]
    Setup(String),
    /// The directory for compiled components.
    #[error("{} cannot be used for compiled components", .0.display())]
    CacheDirectory(PathBuf, #[source] io::Error),
    /// The thread that counts the time of guests.
    #[error("the thread that counts the time of claim providers could not be started")]
    Ticker(#[source] io::Error),
}

/// A place in the pool, and the ticker running, for as long as it lives.
pub(crate) struct Turn<'a> {
    _ticking: Ticking<'a>,
    _place: SemaphorePermit<'a>,
}

impl Engine {
    /// An engine that keeps compiled code in `cache_dir`, which it makes when it is missing and which must belong to the server alone:
    /// what lies there is run.
    pub fn new(limits: EngineLimits, cache_dir: &Path, compiler: CompilerProcess) -> Result<Self, EngineError> {
        limits.check()?;
        let wasm = engine(&limits).map_err(|error| EngineError::Setup(format!("{error:#}")))?;
        let linker = version::linker(&wasm).map_err(|error| EngineError::Setup(format!("{error:#}")))?;
        let compatibility = Sha256::new().with(wasm.precompile_compatibility_hash()).digest();
        let cache = Cache::open(cache_dir, compatibility).map_err(|error| EngineError::CacheDirectory(cache_dir.to_owned(), error))?;
        let ticker = Ticker::start(wasm.clone()).map_err(EngineError::Ticker)?;
        let turns = Semaphore::new(limits.max_concurrent as usize);
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let slow_lane = Arc::new(Semaphore::new(processors.saturating_sub(1).max(1)));
        let compiler = Compiler::new(compiler, &limits);
        Ok(Self(Arc::new(Inner { wasm, linker, limits, turns, slow_lane, ticker, cache, compiler })))
    }

    /// The limits in force.
    pub fn limits(&self) -> &EngineLimits {
        &self.0.limits
    }

    /// What compiled code depends on: version and settings of the compiler, and the processor. Nodes with equal values make equal code.
    pub fn compatibility(&self) -> Digest {
        self.0.cache.compatibility()
    }

    pub(crate) fn wasm(&self) -> &wasmtime::Engine {
        &self.0.wasm
    }

    pub(crate) fn linker(&self) -> &Linker<State> {
        &self.0.linker
    }

    pub(crate) fn cache(&self) -> &Cache {
        &self.0.cache
    }

    pub(crate) fn compiler(&self) -> &Compiler {
        &self.0.compiler
    }

    pub(crate) fn slow_lane(&self) -> &Arc<Semaphore> {
        &self.0.slow_lane
    }

    /// Waits for a place in the pool; none when that takes too long.
    pub(crate) async fn turn(&self) -> Option<Turn<'_>> {
        let place = match self.0.turns.try_acquire() {
            Ok(place) => place,
            Err(_) => {
                let limit = Duration::from_millis(self.0.limits.queue_timeout_ms);
                tokio::time::timeout(limit, self.0.turns.acquire()).await.ok()?.ok()?
            }
        };
        Some(Turn { _ticking: self.0.ticker.running(), _place: place })
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("limits", &self.0.limits).finish_non_exhaustive()
    }
}

/// Page-map scanning (Linux 6.7) halves the cost of an invocation; a kernel may also have it and forbid it, as some container runtimes do.
fn engine(limits: &EngineLimits) -> wasmtime::Result<wasmtime::Engine> {
    if PoolingAllocationConfig::is_pagemap_scan_available()
        && let Ok(engine) = wasmtime::Engine::new(&config::server(limits, true))
    {
        return Ok(engine);
    }
    tracing::info!("this kernel offers no page-map scan: invocations of claim providers take about twice as long");
    wasmtime::Engine::new(&config::server(limits, false))
}
