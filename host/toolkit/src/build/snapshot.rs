//! Rewrites a module so that it begins in a state it was run to: memory, mutable globals, and without the function that led there.
//!
//! Made for what Go's linker emits: one memory, numbers in globals, tables that nothing changes, data segments that are placed at the
//! start. Anything else is refused, since its state would be lost.

use std::ops::Range;

use wasm_encoder::{ConstExpr, DataSection, ExportKind, ExportSection, GlobalSection, MemorySection, MemoryType, Module, RawSection};
use wasmparser::{DataKind, ExternalKind, GlobalType, Parser, Payload, ValType};

/// What a segment costs beside its bytes, rounded up: shorter runs of zeros are not worth a new one.
const SHORTEST_GAP: usize = 16;
/// Engines accept 100,000; larger gaps are filled to keep below this.
const MAX_SEGMENTS: usize = 10_000;

/// A mutable global's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    I32(i32),
    I64(i64),
    /// By its bits.
    F32(u32),
    /// By its bits.
    F64(u64),
}

/// A module's state at the end of its start.
#[derive(Debug)]
pub(super) struct State {
    /// The values of the globals that `globals` named, in this order.
    pub(super) globals: Vec<Value>,
    pub(super) memory: Vec<u8>,
}

/// Bytes of a page of memory.
const PAGE: usize = 65_536;
/// Exported for the run only.
pub(super) fn global_name(index: u32) -> String {
    format!("argus_global_{index}")
}

/// The module with its mutable globals exported, and their indices.
pub(super) fn with_exported_globals(module: &[u8]) -> Result<(Vec<u8>, Vec<u32>), String> {
    let mut mutable = Vec::new();
    let module = rewritten(module, |payload, encoded| {
        match payload {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    if !matches!(import.map_err(text)?.ty, wasmparser::TypeRef::Func(_)) {
                        return Err("it imports something that is no function".to_owned());
                    }
                }
            }
            Payload::GlobalSection(globals) => {
                for (index, global) in (0..).zip(globals) {
                    let ty = global.map_err(text)?.ty;
                    if ty.mutable {
                        mutable.push(index);
                    }
                }
            }
            Payload::ExportSection(exports) => {
                let mut section = exported(exports, |_| true)?;
                for index in &mutable {
                    section.export(&global_name(*index), ExportKind::Global, *index);
                }
                encoded.section(&section);
                return Ok(true);
            }
            _ => {}
        }
        Ok(false)
    })?;
    Ok((module, mutable))
}

/// The module as it was when it got to this state, without the export `start`.
pub(super) fn applied(module: &[u8], state: &State, start: &str) -> Result<Vec<u8>, String> {
    let segments = segments(&state.memory);
    rewritten(module, |payload, encoded| {
        match payload {
            Payload::MemorySection(memories) => {
                let mut section = MemorySection::new();
                for memory in memories {
                    let memory = memory.map_err(text)?;
                    section.memory(MemoryType {
                        minimum: (state.memory.len() / PAGE) as u64,
                        maximum: memory.maximum,
                        memory64: memory.memory64,
                        shared: memory.shared,
                        page_size_log2: memory.page_size_log2,
                    });
                }
                if section.len() != 1 {
                    return Err("it has not exactly one memory".to_owned());
                }
                encoded.section(&section);
            }
            Payload::GlobalSection(globals) => {
                let mut section = GlobalSection::new();
                let mut values = state.globals.iter();
                for global in globals {
                    let global = global.map_err(text)?;
                    let init = match global.ty.mutable.then(|| values.next()).flatten() {
                        Some(value) => constant(*value),
                        None => raw(&global)?,
                    };
                    section.global(global_type(global.ty)?, &init);
                }
                encoded.section(&section);
            }
            Payload::ExportSection(exports) => {
                encoded.section(&exported(exports, |name| name != start)?);
            }
            Payload::StartSection { .. } => return Err("it has a start section".to_owned()),
            Payload::DataCountSection { .. } => {
                encoded.section(&wasm_encoder::DataCountSection { count: segments.len() as u32 });
            }
            Payload::DataSection(data) => {
                for segment in data {
                    if !matches!(segment.map_err(text)?.kind, DataKind::Active { memory_index: 0, .. }) {
                        return Err("it has a data segment that is not placed at its start".to_owned());
                    }
                }
                let mut section = DataSection::new();
                for segment in &segments {
                    let offset = ConstExpr::i32_const(segment.start as u32 as i32);
                    section.active(0, &offset, state.memory[segment.clone()].iter().copied());
                }
                encoded.section(&section);
            }
            _ => return Ok(false),
        }
        Ok(true)
    })
}

/// Copies a module section by section; `replace` writes another section instead and says so.
fn rewritten(module: &[u8], mut replace: impl FnMut(Payload<'_>, &mut Module) -> Result<bool, String>) -> Result<Vec<u8>, String> {
    let mut encoded = Module::new();
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload.map_err(text)?;
        let Some((id, range)) = payload.as_section() else { continue };
        if !replace(payload, &mut encoded)? {
            encoded.section(&RawSection { id, data: &module[range] });
        }
    }
    Ok(encoded.finish())
}

fn exported(exports: wasmparser::ExportSectionReader<'_>, keep: impl Fn(&str) -> bool) -> Result<ExportSection, String> {
    let mut section = ExportSection::new();
    for export in exports {
        let export = export.map_err(text)?;
        let kind = match export.kind {
            ExternalKind::Func => ExportKind::Func,
            ExternalKind::Memory => ExportKind::Memory,
            ExternalKind::Table => ExportKind::Table,
            ExternalKind::Global => ExportKind::Global,
            other => return Err(format!("it exports a {other:?}")),
        };
        if keep(export.name) {
            section.export(export.name, kind, export.index);
        }
    }
    Ok(section)
}

fn raw(global: &wasmparser::Global<'_>) -> Result<ConstExpr, String> {
    let mut reader = global.init_expr.get_binary_reader();
    let bytes = reader.read_bytes(reader.bytes_remaining()).map_err(text)?;
    // The writer adds the end of the expression itself.
    Ok(ConstExpr::raw(bytes.strip_suffix(&[0x0b]).unwrap_or(bytes).iter().copied()))
}

fn global_type(ty: GlobalType) -> Result<wasm_encoder::GlobalType, String> {
    let val_type = match ty.content_type {
        ValType::I32 => wasm_encoder::ValType::I32,
        ValType::I64 => wasm_encoder::ValType::I64,
        ValType::F32 => wasm_encoder::ValType::F32,
        ValType::F64 => wasm_encoder::ValType::F64,
        other => return Err(format!("it has a global of type {other}")),
    };
    Ok(wasm_encoder::GlobalType { val_type, mutable: ty.mutable, shared: ty.shared })
}

fn constant(value: Value) -> ConstExpr {
    match value {
        Value::I32(value) => ConstExpr::i32_const(value),
        Value::I64(value) => ConstExpr::i64_const(value),
        Value::F32(bits) => ConstExpr::f32_const(wasm_encoder::Ieee32::new(bits)),
        Value::F64(bits) => ConstExpr::f64_const(wasm_encoder::Ieee64::new(bits)),
    }
}

/// The parts of a memory that are not zero.
fn segments(memory: &[u8]) -> Vec<Range<usize>> {
    let mut gap = SHORTEST_GAP;
    loop {
        let segments = segments_apart(memory, gap);
        if segments.len() <= MAX_SEGMENTS {
            return segments;
        }
        gap *= 2;
    }
}

/// The parts of a memory between runs of zeros of at least this length.
fn segments_apart(memory: &[u8], gap: usize) -> Vec<Range<usize>> {
    let mut segments: Vec<Range<usize>> = Vec::new();
    for (at, _) in memory.iter().enumerate().filter(|(_, byte)| **byte != 0) {
        match segments.last_mut() {
            Some(last) if at - last.end < gap => last.end = at + 1,
            _ => segments.push(at..at + 1),
        }
    }
    segments
}

fn text(error: wasmparser::BinaryReaderError) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_runs_of_zeros_stay_in_a_segment() {
        let mut memory = vec![0; 200];
        memory[3] = 1;
        memory[10] = 1;
        memory[100] = 1;
        assert_eq!(segments_apart(&memory, 16), [3..11, 100..101]);
        assert!(segments_apart(&[0; 10], 16).is_empty());
    }

    #[test]
    fn many_segments_are_joined() {
        let memory: Vec<u8> = (0..MAX_SEGMENTS * 3 * 40).map(|at| u8::from(at % 40 == 0)).collect();
        assert!(segments(&memory).len() <= MAX_SEGMENTS);
    }
}
