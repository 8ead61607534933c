//! Runs a module's start once, here, so that no instance has to.
//!
//! The module finds what it will find in the component: no arguments, no environment, no files, a clock that stands still, random bytes
//! that are always the same. So the result depends on the module alone. What it prints is kept, to be shown when its start fails.

use wasmtime::{Caller, Config, Engine, Extern, Instance, Linker, Module, Store, Val};

use super::error::BuildError;
use super::snapshot::{self, State, Value};

/// What the start may take: seconds. A start that never ends is a mistake of the provider that should be told.
const FUEL: u64 = 20_000_000_000;
/// The export that starts a module of the reactor kind.
const START: &str = "_initialize";
const PREVIEW1: &str = "wasi_snapshot_preview1";
/// Errors of WASI preview 1.
const BADF: i32 = 8;
const FAULT: i32 = 21;
/// How much of what the module printed is kept.
const MAX_PRINTED: usize = 16 << 10;

/// The host's data: what was printed.
type Printed = Vec<u8>;

/// The module as it is at the end of its start.
pub(super) fn run(module: &[u8]) -> Result<Vec<u8>, BuildError> {
    let (instrumented, globals) = snapshot::with_exported_globals(module).map_err(BuildError::NotAProvider)?;
    let state = state_after_start(&instrumented, &globals)?;
    snapshot::applied(module, &state, START).map_err(BuildError::NotAProvider)
}

fn state_after_start(module: &[u8], globals: &[u32]) -> Result<State, BuildError> {
    let mut config = Config::new();
    config.consume_fuel(true);
    let engine = Engine::new(&config).map_err(|error| unusable(&error))?;
    let module = Module::new(&engine, module).map_err(|error| unusable(&error))?;
    let mut linker = Linker::new(&engine);
    offer_nothing(&mut linker).map_err(|error| unusable(&error))?;

    let mut store: Store<Printed> = Store::new(&engine, Vec::new());
    store.set_fuel(FUEL).map_err(|error| unusable(&error))?;
    linker.define_unknown_imports_as_default_values(&mut store, &module).map_err(|error| unusable(&error))?;
    let instance = linker.instantiate(&mut store, &module).map_err(|error| unusable(&error))?;
    let start = instance.get_typed_func::<(), ()>(&mut store, START).map_err(|error| unusable(&error))?;
    start.call(&mut store, ()).map_err(|error| BuildError::Start {
        reason: error.root_cause().to_string(),
        output: String::from_utf8_lossy(store.data()).into_owned(),
    })?;
    state(&instance, &mut store, globals).ok_or_else(|| BuildError::NotAProvider("its state cannot be read".to_owned()))
}

fn state(instance: &Instance, store: &mut Store<Printed>, globals: &[u32]) -> Option<State> {
    let globals = globals
        .iter()
        .map(|index| {
            let global = instance.get_global(&mut *store, &snapshot::global_name(*index))?;
            match global.get(&mut *store) {
                Val::I32(value) => Some(Value::I32(value)),
                Val::I64(value) => Some(Value::I64(value)),
                Val::F32(bits) => Some(Value::F32(bits)),
                Val::F64(bits) => Some(Value::F64(bits)),
                _ => None,
            }
        })
        .collect::<Option<_>>()?;
    let memory = instance.get_memory(&mut *store, "memory")?;
    Some(State { globals, memory: memory.data(&*store).to_vec() })
}

fn unusable(error: &wasmtime::Error) -> BuildError {
    BuildError::NotAProvider(format!("{error:#}"))
}

/// WASI preview 1 as in `plugins/adapters/preview1-pure.wat`, for the functions a runtime's start calls. Everything else answers 0,
/// which no start was seen to ask for.
fn offer_nothing(linker: &mut Linker<Printed>) -> wasmtime::Result<()> {
    for name in ["args_sizes_get", "environ_sizes_get"] {
        linker.func_wrap(PREVIEW1, name, |mut caller: Caller<'_, Printed>, count: u32, size: u32| {
            both(put(&mut caller, count, &[0; 4]), put(&mut caller, size, &[0; 4]))
        })?;
    }
    // The first nanosecond: Go refuses to start at 0.
    linker.func_wrap(PREVIEW1, "clock_time_get", |mut caller: Caller<'_, Printed>, _clock: u32, _precision: u64, at: u32| {
        put(&mut caller, at, &1_u64.to_le_bytes())
    })?;
    linker.func_wrap(PREVIEW1, "random_get", |mut caller: Caller<'_, Printed>, at: u32, length: u32| {
        match part(&mut caller, at, length) {
            Some(bytes) => {
                bytes.fill(0x5a);
                0
            }
            None => FAULT,
        }
    })?;
    linker.func_wrap(PREVIEW1, "fd_fdstat_get", |mut caller: Caller<'_, Printed>, file: u32, at: u32| {
        let mut character_device = [0; 24];
        character_device[0] = 2;
        if file > 2 { BADF } else { put(&mut caller, at, &character_device) }
    })?;
    linker.func_wrap(PREVIEW1, "fd_close", |_file: u32| BADF)?;
    linker.func_wrap(PREVIEW1, "fd_prestat_get", |_file: u32, _at: u32| BADF)?;
    linker.func_wrap(PREVIEW1, "fd_prestat_dir_name", |_file: u32, _at: u32, _length: u32| BADF)?;
    linker.func_wrap(PREVIEW1, "fd_read", |mut caller: Caller<'_, Printed>, _file: u32, _buffers: u32, _count: u32, read: u32| {
        put(&mut caller, read, &[0; 4])
    })?;
    linker.func_wrap(PREVIEW1, "fd_write", |mut caller: Caller<'_, Printed>, _file: u32, buffers: u32, count: u32, written: u32| {
        match print(&mut caller, buffers, count) {
            Some(sum) => put(&mut caller, written, &sum.to_le_bytes()),
            None => FAULT,
        }
    })?;
    linker.func_wrap(PREVIEW1, "proc_exit", |code: u32| -> wasmtime::Result<()> {
        Err(wasmtime::Error::msg(format!("it ended itself with exit code {code}")))
    })?;
    Ok(())
}

fn both(one: i32, other: i32) -> i32 {
    if one == 0 { other } else { one }
}

fn put(caller: &mut Caller<'_, Printed>, at: u32, bytes: &[u8]) -> i32 {
    match part(caller, at, bytes.len() as u32) {
        Some(part) => {
            part.copy_from_slice(bytes);
            0
        }
        None => FAULT,
    }
}

/// Keeps what is written to any file, and returns how much it was.
fn print(caller: &mut Caller<'_, Printed>, buffers: u32, count: u32) -> Option<u32> {
    let mut sum = 0_u32;
    for buffer in 0..count {
        let entry = part(caller, buffers.checked_add(buffer.checked_mul(8)?)?, 8)?;
        let (address, length) = entry.split_at(4);
        let (address, length) = (u32::from_le_bytes(address.try_into().ok()?), u32::from_le_bytes(length.try_into().ok()?));
        let bytes = part(caller, address, length)?.to_vec();
        let room = MAX_PRINTED.saturating_sub(caller.data().len());
        caller.data_mut().extend(bytes.into_iter().take(room));
        sum = sum.checked_add(length)?;
    }
    Some(sum)
}

fn part<'a>(caller: &'a mut Caller<'_, Printed>, at: u32, length: u32) -> Option<&'a mut [u8]> {
    let Some(Extern::Memory(memory)) = caller.get_export("memory") else { return None };
    memory.data_mut(caller).get_mut(at as usize..)?.get_mut(..length as usize)
}
