//! Guests that import more than the contract has, as language toolchains make them do, and find nothing behind it.

use std::error::Error;

use crate::Guest;
use crate::guest::{Spec, answer_address, module, ok};
use crate::image::{Image, Value};
use crate::wit;

pub(crate) fn all() -> Result<Vec<Guest>, Box<dyn Error>> {
    Ok(vec![("asks_wasi", asks_wasi()?), ("asks_wasi_preview_1", asks_preview_1()?)])
}

/// A claim with a number.
fn number(image: &mut Image) -> u32 {
    ok(image, &[("level", Value::Integer(0))])
}

/// Where that number lies: the claim ends where the result begins.
fn number_address() -> u32 {
    answer_address(&Spec::default(), &number) - 8
}

fn with_imports(imports: &str, claims: &str) -> String {
    module(&Spec { claims, ..Spec::default() }, &number, "0.1.0").replacen("(module", &format!("(module {imports}"), 1)
}

/// Puts a random number into its claim, and the number of environment variables on top.
fn asks_wasi() -> Result<Vec<u8>, Box<dyn Error>> {
    let imports = r#"
        (import "wasi:random/random@0.2.6" "get-random-u64" (func $random (result i64)))
        (import "wasi:cli/environment@0.2.6" "get-environment" (func $environment (param i32)))"#;
    let claims = format!(
        "(call $environment (i32.const 8))
         (i64.store (i32.const {}) (i64.add (call $random) (i64.load32_u (i32.const 12))))",
        number_address()
    );
    let random = "package wasi:random@0.2.6; interface random { get-random-u64: func() -> u64; }";
    let cli = "package wasi:cli@0.2.6; interface environment { get-environment: func() -> list<tuple<string, string>>; }";
    let world = format!(
        "{} world curious {{ import wasi:random/random@0.2.6; import wasi:cli/environment@0.2.6; export provider; }}",
        wit::contract()?
    );
    wit::component(&with_imports(imports, &claims), &[random, cli, &world], "curious")
}

/// Asks everything a runtime asks for at its start. The claim: the clock, the number of arguments, and an error of `path_open`, added up,
/// and random bytes on top.
fn asks_preview_1() -> Result<Vec<u8>, Box<dyn Error>> {
    let imports = r#"
        (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
        (import "wasi_snapshot_preview1" "args_sizes_get" (func $arguments (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))"#;
    let claims = format!(
        "(drop (call $clock (i32.const 0) (i64.const 0) (i32.const 8)))
         (drop (call $arguments (i32.const 16) (i32.const 20)))
         (drop (call $random (i32.const 24) (i32.const 1)))
         ;; Two buffers of 3 and 4 bytes.
         (i32.store (i32.const 36) (i32.const 3))
         (i32.store (i32.const 44) (i32.const 4))
         (drop (call $write (i32.const 1) (i32.const 32) (i32.const 2) (i32.const 48)))
         (i64.store (i32.const {})
           (i64.add
             (i64.add (i64.load (i32.const 8)) (i64.load (i32.const 16)))
             (i64.add
               (i64.add (i64.load8_u (i32.const 24)) (i64.load32_u (i32.const 48)))
               (i64.extend_i32_u
                 (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i64.const 0) (i64.const 0) (i32.const 0)
                   (i32.const 52))))))",
        number_address()
    );
    wit::adapted_component(&with_imports(imports, &claims), &[&wit::contract()?], "claim-provider")
}
