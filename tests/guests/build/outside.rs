//! Components that must not load at all: they import what they may not, were built for something else, or are made to tire the compiler
//! or to exhaust the pool.

use std::error::Error;
use std::fmt::Write;

use crate::Guest;
use crate::guest::{Spec, gold, module};
use crate::wit;

/// Enough of a claim provider to come as far as the pool: the exported interface is empty.
const PROVIDER: &str = r#"(instance $empty) (export "argus:claims/provider@0.1.0" (instance $empty))"#;

pub(crate) fn all() -> Result<Vec<Guest>, Box<dyn Error>> {
    Ok(vec![
        ("imports_a_file_system", importing("wasi:filesystem", "preopens", "get-directories")?),
        ("imports_a_socket", importing("wasi:sockets", "tcp-create-socket", "create-tcp-socket")?),
        ("imports_a_clock", importing("wasi:clocks", "monotonic-clock", "now")?),
        ("was_built_for_another_version", changed("package argus:claims@0.1.0;", "package argus:claims@0.2.0;", "0.2.0")?),
        ("has_another_type", changed("client: client,\n", "client: client,\n    tenant: string,\n", "0.1.0")?),
        (
            "is_of_another_world",
            wit::component("(module (func (export \"run\")))", &["package a:b; world w { export run: func(); }"], "w")?,
        ),
        ("is_not_valid", wat::parse_str(with_many("", "(core module $m (func (result i32) (i64.const 0)))", 1))?),
        ("has_many_instances", wat::parse_str(with_many("(core instance (instantiate $m))", "(core module $m)", 900))?),
        ("has_many_memories", wat::parse_str(with_many("(core instance (instantiate $m))", "(core module $m (memory 1))", 40))?),
        (
            "has_a_huge_table",
            wat::parse_str(with_many("(core instance (instantiate $m))", "(core module $m (table 100000000 funcref))", 1))?,
        ),
        ("is_a_compile_bomb", crate::wit::component(&bomb(), &[&wit::contract()?], "claim-provider")?),
    ])
}

/// A claim provider that imports one function more than it may.
fn importing(package: &str, interface: &str, function: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    let import = format!(r#"(import "{package}/{interface}@0.2.6" "{function}" (func $outside (result i32)))"#);
    let module = module(&Spec { claims: "(drop (call $outside))", ..Spec::default() }, &gold, "0.1.0").replacen(
        "(module",
        &format!("(module {import}"),
        1,
    );
    let outside = format!("package {package}@0.2.6; interface {interface} {{ {function}: func() -> u32; }}");
    let world = format!("{} world hostile {{ import {package}/{interface}@0.2.6; export provider; }}", wit::contract()?);
    wit::component(&module, &[&outside, &world], "hostile")
}

/// A claim provider of a contract with one change.
fn changed(from: &str, to: &str, version: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    let contract = wit::contract()?;
    if !contract.contains(from) {
        return Err(format!("the contract no longer says `{from}`").into());
    }
    wit::component(&module(&Spec::default(), &gold, version), &[&contract.replacen(from, to, 1)], "claim-provider")
}

fn with_many(item: &str, definition: &str, count: usize) -> String {
    format!("(component {definition} {} {PROVIDER})", item.repeat(count))
}

/// One function of many blocks, between any two of which any of many variables may have changed: time and memory of a compiler grow with
/// the product.
fn bomb() -> String {
    const LOCALS: u32 = 2_000;
    const BLOCKS: u32 = 40_000;
    let mut function = String::from("(func $bomb (param i32)");
    for _ in 0..LOCALS {
        function += " (local i32)";
    }
    for block in 0..BLOCKS {
        let (from, to) = (block % LOCALS + 1, block * 7 % LOCALS + 1);
        // Writing to a string can't fail.
        let _ = write!(function, "(block (br_if 0 (local.get {from})) (local.set {to} (local.get 0)))");
    }
    function += ")";
    module(&Spec { items: &function, ..Spec::default() }, &gold, "0.1.0")
}
