//! Guests that load, or nearly, and then do what they shouldn't.

use std::error::Error;

use crate::Guest;
use crate::guest::{Answer, Spec, answer_address, component, error, gold, ok};
use crate::image::{Image, Span, Value};

/// Runs for ever.
const SPIN: &str = "(loop $for_ever (br $for_ever))";
/// Asks for a page at a time, for ever, and takes a refusal for an answer.
const GROW: &str = "(loop $more (drop (memory.grow (i32.const 1))) (br $more))";
/// As deep as memory allows and deeper.
const RECURSE: &str = "(func $deeper (result i32) (i32.add (call $deeper) (i32.const 1)))";
/// Counts its calls in a global and in memory.
const COUNT: &str = "
    (global.set $count (i64.add (global.get $count) (i64.const 1)))
    (i64.store (i32.const 0) (i64.add (i64.load (i32.const 0)) (i64.const 1)))";

/// The flag of the fact `groups`.
const GROUPS: u8 = 1 << 4;
/// Counts to 5,000 for each of the user's groups: the number of these lies 148 bytes into the arguments of `claims`.
const SLOW: &str = "
    (local.set $i (i32.add (i32.mul (i32.load offset=148 (local.get 0)) (i32.const 5000)) (i32.const 1)))
    (loop $next (br_if $next (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))";

pub(crate) fn all() -> Result<Vec<Guest>, Box<dyn Error>> {
    let mut guests = Vec::new();
    let mut add = |name: &'static str, spec: Spec<'_>, answer: Answer<'_>| -> Result<(), Box<dyn Error>> {
        guests.push((name, component(&spec, answer).map_err(|error| format!("{name}: {error:#}"))?));
        Ok(())
    };
    let plain = Spec::default;

    add("good", plain(), &gold)?;

    // Time.
    add("spins", Spec { claims: SPIN, ..plain() }, &gold)?;
    add("spins_at_start", Spec { items: &format!("(func $start {SPIN}) (start $start)"), ..plain() }, &gold)?;
    add("spins_in_realloc", Spec { realloc: SPIN, ..plain() }, &gold)?;
    add("spins_while_validating", Spec { validate: SPIN, ..plain() }, &gold)?;
    add("recurses", Spec { items: RECURSE, claims: "(drop (call $deeper))", ..plain() }, &gold)?;

    // Memory.
    add("allocates", Spec { claims: GROW, ..plain() }, &gold)?;
    add("allocates_at_once", Spec { claims: "(drop (memory.grow (i32.const 65519)))", ..plain() }, &gold)?;
    add("starts_with_too_much_memory", Spec { pages: 65_536, ..plain() }, &gold)?;

    // Breaking down.
    add("traps", Spec { claims: "(unreachable)", ..plain() }, &gold)?;
    add("reallocates_outside_its_memory", Spec { realloc: "(return (i32.const 0x7fff0000))", ..plain() }, &gold)?;
    add("answers_outside_its_memory", plain(), &|image| ok(image, &[("level", Value::Raw(Span(0x7fff_0000, 10)))]))?;
    add("answers_what_is_no_text", plain(), &|image| {
        let bytes = Span(image.put(&[0xff, 0xfe], 1), 2);
        ok(image, &[("level", Value::Raw(bytes))])
    })?;

    // Too much of an answer.
    add("floods_output", Spec { pages: 256, ..plain() }, &|image| ok(image, &[("level", Value::Raw(Span(1024, 10 << 20)))]))?;
    add("aliases_one_string", Spec { pages: 32, ..plain() }, &|image| {
        let same = image.spans(&[Span(1024, 1 << 20); 2_000]);
        ok(image, &[("level", Value::TextList(same))])
    })?;
    add("returns_many_claims", plain(), &|image| {
        let names: Vec<_> = (0..65).map(|number| number.to_string()).collect();
        let claims: Vec<_> = names.iter().map(|name| (name.as_str(), Value::Integer(1))).collect();
        ok(image, &claims)
    })?;
    add("floods_the_log", Spec { log: true, claims: &flood(), ..plain() }, &gold)?;

    // Answers that aren't acceptable.
    add("sets_a_reserved_claim", plain(), &|image| ok(image, &[("sub", Value::Text("root"))]))?;
    add("plans_a_reserved_claim", Spec { plan: &["iss"], ..plain() }, &gold)?;
    add("sets_a_claim_outside_its_plan", plain(), &|image| ok(image, &[("admin", Value::Text("yes"))]))?;
    add("sets_a_claim_twice", plain(), &|image| ok(image, &[("level", Value::Integer(1)), ("level", Value::Integer(2))]))?;
    add("returns_bad_json", plain(), &|image| ok(image, &[("level", Value::Json(r#"{"a":"#))]))?;
    add("returns_deep_json", plain(), &|image| ok(image, &[("level", Value::Json(&("[".repeat(5_000) + &"]".repeat(5_000))))]))?;
    add("has_a_circular_schema", Spec { schema: r##"{"$ref":"#"}"##, ..plain() }, &gold)?;

    // Well behaved with what is usual.
    add(
        "traps_on_long_configurations",
        Spec {
            schema: r#"{"type":"object","required":["level"],"properties":{"level":{"type":"string"}},"additionalProperties":false}"#,
            validate: "(if (i32.gt_u (local.get 1) (i32.const 1000)) (then (unreachable)))",
            ..plain()
        },
        &gold,
    )?;
    let riddle = r#"{"type":"object","required":["level"],"properties":{"level":{"type":"string","pattern":"^\\p{Greek}{3}$"}}}"#;
    add("wants_what_cannot_be_guessed", Spec { schema: riddle, ..plain() }, &gold)?;
    add("is_slow_for_large_users", Spec { needs: GROUPS, claims: SLOW, ..plain() }, &gold)?;
    add("breaks_for_large_users", Spec { needs: GROUPS, pages: 4, ..plain() }, &gold)?;

    // Refusals, which a provider may.
    add("refuses", plain(), &|image| failure(image, 1, "not on a Sunday"))?;
    add("blames_itself", plain(), &|image| failure(image, 2, "lost my notes"))?;
    add("no_longer_accepts", plain(), &|image| {
        let problem = [image.text("/level"), image.text("was renamed")];
        let problems = image.spans(&problem);
        error(image, 0, Span(problems.0, 1))
    })?;

    // A counter that would show a second call in the same instance: the claim lies in memory and is counted up where it lies.
    add("keeps_state", Spec { items: "(global $count (mut i64) (i64.const 0))", claims: &count(), ..plain() }, &counter)?;
    Ok(guests)
}

fn failure(image: &mut Image, case: u8, reason: &str) -> u32 {
    let reason = image.text(reason);
    error(image, case, reason)
}

/// More lines than are kept, but not more than a budget allows.
fn flood() -> String {
    "(loop $line
      (call $log (i32.const 2) (i32.const 1024) (i32.const 5))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $line (i32.lt_u (local.get $i) (i32.const 2000))))"
        .to_owned()
}

/// A claim with a number, which [`count`] counts up.
fn counter(image: &mut Image) -> u32 {
    ok(image, &[("level", Value::Integer(0))])
}

/// Counts, and stores the sum of both counters where [`counter`] laid out the number.
fn count() -> String {
    // Code doesn't change the layout. The claim ends where the result begins, with the eight bytes of the number.
    let number = answer_address(&Spec::default(), &counter) - 8;
    format!("{COUNT} (i64.store (i32.const {number}) (i64.add (global.get $count) (i64.load (i32.const 0))))")
}
