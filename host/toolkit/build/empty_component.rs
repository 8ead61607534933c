//! A claim provider that does nothing, so that its cost is that of the sandbox alone.

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// Where the three answers lie: `ok` of an empty list, a plan without any name, and metadata with four texts.
///
/// A result starts with a byte for its case and has its payload from the fourth byte on; a list or text is an address and a length.
const MODULE: &str = r#"(module
  (memory (export "memory") 1)
  (global $heap (mut i32) (i32.const 1024))
  (func (export "cabi_realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
    (local $start i32)
    (local.set $start
      (i32.and (i32.add (global.get $heap) (i32.sub (local.get $align) (i32.const 1))) (i32.sub (i32.const 0) (local.get $align))))
    (global.set $heap (i32.add (local.get $start) (local.get $size)))
    (local.get $start))
  (func (export "argus:claims/provider@0.1.0#describe") (result i32) (i32.const 64))
  (func (export "argus:claims/provider@0.1.0#validate-configuration") (param i32 i32) (result i32) (i32.const 128))
  (func (export "argus:claims/provider@0.1.0#claims") (param i32) (result i32) (i32.const 192))
  (data (i32.const 16) "empty0.1.0{}")
  (data (i32.const 64)
    "\10\00\00\00\05\00\00\00"
    "\15\00\00\00\05\00\00\00"
    "\10\00\00\00\05\00\00\00"
    "\1a\00\00\00\02\00\00\00"))"#;

const CONTRACT: &str = "wit/argus-claims-0.1.0/claims.wit";

/// Writes `empty.wasm` where the crate includes it.
pub(crate) fn write() -> Result<(), Box<dyn Error>> {
    let manifest = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let root = manifest.parent().and_then(Path::parent).ok_or("this crate lies two folders below the root")?;
    let contract = root.join(CONTRACT);
    println!("cargo::rerun-if-changed={}", contract.display());
    println!("cargo::rerun-if-changed=build");
    let mut resolve = Resolve::default();
    let package = resolve.push_str("claims.wit", &fs::read_to_string(&contract)?)?;
    let world = resolve.select_world(&[package], Some("claim-provider"))?;
    let mut module = wat::parse_str(MODULE)?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)?;
    let component = ComponentEncoder::default().validate(true).module(&module)?.encode()?;
    Ok(fs::write(PathBuf::from(env::var("OUT_DIR")?).join("empty.wasm"), component)?)
}
