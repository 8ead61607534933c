//! How WebAssembly is compiled and where instances come from.

use wasmtime::{Config, Enabled, InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::limits::EngineLimits;

/// Stack of a guest's native frames. Deep recursion ends in a trap well before the fiber's own stack does.
const WASM_STACK_BYTES: usize = 512 << 10;
/// Stack of the fiber an invocation runs on: the guest's, and the host functions it calls.
const FIBER_STACK_BYTES: usize = 1 << 20;
/// Components linked from several modules: QuickJS has three memories, CPython about a hundred module instances.
const MEMORIES_PER_COMPONENT: u32 = 4;
const PARTS_PER_COMPONENT: u32 = 100;
/// Elements of one table; a Python interpreter needs about 10,000.
const TABLE_ELEMENTS: usize = 20_000;
/// What a slot of the pool keeps between two invocations instead of returning it to the system. Pages written are wiped all the same.
const KEEP_MEMORY_BYTES: usize = 1 << 20;
const KEEP_TABLE_BYTES: usize = 64 << 10;
/// The same where the kernel can't tell which pages were written: wiping untouched pages would cost more than it saves.
const KEEP_WITHOUT_SCAN_BYTES: usize = 64 << 10;

/// What compiled code depends on. The compiling process and the server use exactly this, or code wouldn't load.
pub(crate) fn code() -> Config {
    let mut config = Config::new();
    config
        // One call at a time in a store: the machinery for concurrent tasks would cost each store.
        .concurrency_support(false)
        .epoch_interruption(true)
        .max_wasm_stack(WASM_STACK_BYTES)
        .async_stack_size(FIBER_STACK_BYTES)
        // Results must be reproducible on any machine.
        .cranelift_nan_canonicalization(true)
        .relaxed_simd_deterministic(true);
    config
}

/// The server's engine: as [`code`], with a pool of instances.
pub(crate) fn server(limits: &EngineLimits, pagemap_scan: bool) -> Config {
    let concurrent = limits.max_concurrent;
    // As many of the largest components as may run at once, so that the semaphore in front is the only queue. A place costs addresses.
    let parts = concurrent.saturating_mul(PARTS_PER_COMPONENT);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(concurrent)
        .total_stacks(concurrent)
        .total_memories(concurrent.saturating_mul(MEMORIES_PER_COMPONENT))
        .total_core_instances(parts)
        .total_tables(parts)
        .max_memories_per_component(MEMORIES_PER_COMPONENT)
        .max_core_instances_per_component(PARTS_PER_COMPONENT)
        .max_tables_per_component(PARTS_PER_COMPONENT)
        .table_elements(TABLE_ELEMENTS)
        .max_memory_size(limits.max_memory_bytes)
        .max_unused_warm_slots(concurrent)
        .linear_memory_keep_resident(if pagemap_scan { KEEP_MEMORY_BYTES } else { KEEP_WITHOUT_SCAN_BYTES })
        .table_keep_resident(KEEP_TABLE_BYTES)
        .pagemap_scan(if pagemap_scan { Enabled::Yes } else { Enabled::No });
    let mut config = code();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config
}
