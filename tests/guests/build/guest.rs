//! A guest as a core module: what all have in common, with a place for what makes it bad.

use std::error::Error;

use crate::image::{BASE, Image, Span, Value};
use crate::wit;

/// What a guest does. [`Spec::default`] behaves well.
pub(crate) struct Spec<'a> {
    /// Pages of memory it starts with.
    pub(crate) pages: u32,
    /// Claim names it promises.
    pub(crate) plan: &'a [&'a str],
    pub(crate) schema: &'a str,
    /// Instructions at the start of `claims`.
    pub(crate) claims: &'a str,
    /// Instructions at the start of `cabi_realloc`.
    pub(crate) realloc: &'a str,
    /// Instructions at the start of `validate-configuration`.
    pub(crate) validate: &'a str,
    /// Further functions, globals and the start section.
    pub(crate) items: &'a str,
    /// Whether it imports the log.
    pub(crate) log: bool,
    /// The facts it needs, as the flags of the contract.
    pub(crate) needs: u8,
}

impl Default for Spec<'_> {
    fn default() -> Self {
        Self { pages: 16, plan: &["level"], schema: "{}", claims: "", realloc: "", validate: "", items: "", log: false, needs: 0 }
    }
}

/// Lays out an answer of `claims` and returns its address.
pub(crate) type Answer<'a> = &'a dyn Fn(&mut Image) -> u32;

/// The answer of a guest that is well: one claim.
pub(crate) fn gold(image: &mut Image) -> u32 {
    ok(image, &[("level", Value::Text("gold"))])
}

/// `ok` with claims.
pub(crate) fn ok(image: &mut Image, claims: &[(&str, Value<'_>)]) -> u32 {
    let claims = image.claims(claims);
    image.result(false, &claims.bytes())
}

/// `err` with a case of `provider-error` that carries a text or list.
pub(crate) fn error(image: &mut Image, case: u8, payload: Span) -> u32 {
    let mut bytes = vec![case, 0, 0, 0];
    bytes.extend(payload.bytes());
    image.result(true, &bytes)
}

/// The guest as a component of the frozen contract.
pub(crate) fn component(spec: &Spec<'_>, answer: Answer<'_>) -> Result<Vec<u8>, Box<dyn Error>> {
    let world = if spec.log { "claim-provider-with-log" } else { "claim-provider" };
    wit::component(&module(spec, answer, "0.1.0"), &[&wit::contract()?], world)
}

/// Addresses of what the three functions answer.
struct Layout {
    metadata: u32,
    plan: u32,
    answer: u32,
}

/// Where the answer of `claims` will lie.
pub(crate) fn answer_address(spec: &Spec<'_>, answer: Answer<'_>) -> u32 {
    lay_out(&mut Image::default(), spec, answer).answer
}

fn lay_out(image: &mut Image, spec: &Spec<'_>, answer: Answer<'_>) -> Layout {
    let mut metadata = Vec::new();
    for text in ["guest", "0.0.0", "A guest for tests.", spec.schema] {
        metadata.extend(image.text(text).bytes());
    }
    metadata.extend([spec.needs, 0, 0, 0]);
    let metadata = image.put(&metadata, 4);

    let names = image.texts(spec.plan);
    let nothing = image.spans(&[]);
    let plan: Vec<u8> = [names, nothing, nothing, nothing].iter().flat_map(|list| list.bytes()).collect();
    let plan = image.result(false, &plan);
    Layout { metadata, plan, answer: answer(image) }
}

/// The guest as a core module in text form.
pub(crate) fn module(spec: &Spec<'_>, answer: Answer<'_>, version: &str) -> String {
    let mut image = Image::default();
    let Layout { metadata, plan, answer } = lay_out(&mut image, spec, answer);
    let log = if spec.log { r#"(import "argus:claims/log@0.1.0" "log" (func $log (param i32 i32 i32)))"# } else { "" };
    let Spec { pages, claims, realloc, validate, items, .. } = spec;
    let (heap, data) = (image.end().next_multiple_of(8), image.escaped());
    format!(
        r#"(module
  {log}
  (memory (export "memory") {pages})
  (global $heap (mut i32) (i32.const {heap}))
  (func (export "cabi_realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
    (local $start i32)
    {realloc}
    (local.set $start
      (i32.and (i32.add (global.get $heap) (i32.sub (local.get $align) (i32.const 1))) (i32.sub (i32.const 0) (local.get $align))))
    (global.set $heap (i32.add (local.get $start) (local.get $size)))
    (local.get $start))
  (func (export "argus:claims/provider@{version}#describe") (result i32)
    (i32.const {metadata}))
  (func (export "argus:claims/provider@{version}#validate-configuration") (param i32 i32) (result i32)
    {validate}
    (i32.const {plan}))
  (func (export "argus:claims/provider@{version}#claims") (param i32) (result i32)
    (local $i i32)
    {claims}
    (i32.const {answer}))
  {items}
  (data (i32.const {BASE}) "{data}"))"#
    )
}
