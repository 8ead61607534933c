//! The check of a component, on components whose faults are known.
//!
//! Every guest of `tests/guests` has a verdict in the table; one without an entry fails to compile.

mod support;

use argus_claims::check::{Check, CheckReport, Outcome, Sample, Verdict, check};
use argus_claims::{EngineLimits, builtin};
use argus_domain::input::InputDocument;
use serde_json::json;
use support::Sandbox;

/// What has to be said of a guest.
enum Expected {
    /// Accepted, and nothing to remark beyond its schema, which says nothing.
    Fine,
    /// Accepted, with a warning of that check that has these words.
    Warned(Check, &'static str),
    /// Refused by that check, in these words.
    Refused(Check, &'static str),
}

use Expected::{Fine, Refused, Warned};

macro_rules! verdicts {
    ($($guest:ident: $expected:expr,)*) => {
        /// A constant for each guest, so that one without an entry does not compile.
        mod named {
            $(#[expect(non_upper_case_globals, reason = "the names of guests")] pub(crate) const $guest: () = ();)*
        }
        const VERDICTS: &[(&str, Expected)] = &[$((stringify!($guest), $expected)),*];
    };
}

verdicts! {
    good: Fine,
    keeps_state: Fine,
    asks_wasi: Fine,
    asks_wasi_preview_1: Fine,
    floods_the_log: Fine,
    spins: Refused(Check::Claims, "more than its budget of 10 ms"),
    spins_at_start: Refused(Check::Description, "took too long"),
    spins_in_realloc: Refused(Check::Configurations, "took too long"),
    spins_while_validating: Refused(Check::Configurations, "took too long"),
    recurses: Refused(Check::Claims, "broke down"),
    allocates: Refused(Check::Claims, "too much memory"),
    allocates_at_once: Refused(Check::Claims, "too much memory"),
    starts_with_too_much_memory: Refused(Check::Compilation, "memory"),
    traps: Refused(Check::Claims, "unreachable"),
    reallocates_outside_its_memory: Refused(Check::Configurations, "broke down"),
    answers_outside_its_memory: Refused(Check::Claims, "out of bounds"),
    answers_what_is_no_text: Refused(Check::Claims, "utf-8"),
    floods_output: Refused(Check::Claims, "returned too much"),
    aliases_one_string: Refused(Check::Claims, "returned too much"),
    returns_many_claims: Refused(Check::Plan, "65 claims"),
    sets_a_reserved_claim: Refused(Check::Plan, "`sub` is a claim of the protocol"),
    plans_a_reserved_claim: Refused(Check::Plan, "`iss` is a claim of the protocol"),
    sets_a_claim_outside_its_plan: Refused(Check::Plan, "`admin` is not among the claims announced"),
    sets_a_claim_twice: Refused(Check::Plan, "`level` was returned twice"),
    returns_bad_json: Refused(Check::Claims, "the value of `level` is not JSON"),
    returns_deep_json: Refused(Check::Claims, "nested deeper than 8"),
    has_a_circular_schema: Refused(Check::Schema, "go round in circles"),
    traps_on_long_configurations: Refused(Check::HostileConfigurations, "a text of 40,000 characters at /level: the provider broke down"),
    wants_what_cannot_be_guessed: Warned(Check::Configurations, "add `examples`, whole configurations, to the schema"),
    is_slow_for_large_users: Warned(Check::LargeContext, "budget of 10 ms; name in the plan the groups"),
    breaks_for_large_users: Refused(Check::LargeContext, "broke down"),
    refuses: Warned(Check::Claims, "nothing was returned for any input (it refused: not on a Sunday)"),
    blames_itself: Refused(Check::Claims, "lost my notes"),
    no_longer_accepts: Refused(Check::Plan, "/level: was renamed"),
    imports_a_file_system: Refused(Check::Component, "wasi:filesystem/preopens@0.2.6"),
    imports_a_socket: Refused(Check::Component, "wasi:sockets/tcp-create-socket@0.2.6"),
    imports_a_clock: Refused(Check::Component, "wasi:clocks/monotonic-clock@0.2.6"),
    was_built_for_another_version: Refused(Check::Component, "built for `argus:claims/types@0.2.0`; this server supports argus:claims/provider@0.1"),
    has_another_type: Refused(Check::Compilation, "build it against the contract"),
    is_of_another_world: Refused(Check::Component, "a component of the world `argus:claims/claim-provider` was expected"),
    is_not_valid: Refused(Check::Compilation, "is not valid"),
    has_many_instances: Refused(Check::Compilation, "does not fit"),
    has_many_memories: Refused(Check::Compilation, "does not fit"),
    has_a_huge_table: Refused(Check::Compilation, "does not fit"),
    is_a_compile_bomb: Refused(Check::Compilation, "make its largest functions smaller"),
}

macro_rules! has_a_verdict {
    ($guest:ident) => {
        const _: () = named::$guest;
    };
}

argus_test_guests::foreach_guest!(has_a_verdict);

fn messages(report: &CheckReport, outcome: Outcome) -> Vec<String> {
    report.with(outcome).map(|finding| format!("{}: {}", finding.check, finding.message)).collect()
}

fn has(report: &CheckReport, outcome: Outcome, check: Check, words: &str) -> bool {
    report.with(outcome).any(|finding| finding.check == check && finding.message.contains(words))
}

#[track_caller]
fn says(report: &CheckReport, outcome: Outcome, check: Check, words: &str) {
    assert!(has(report, outcome, check, words), "{check} with {words:?} was expected: {:#?}", report.findings);
}

/// Whether a report is as expected.
fn is_as_expected(report: &CheckReport, expected: &Expected) -> bool {
    let warnings = messages(report, Outcome::Warning);
    report.findings.is_sorted_by_key(|finding| finding.check)
        && match expected {
            Fine => {
                report.verdict() == Verdict::Accepted
                    && warnings.len() == 1
                    && warnings[0].starts_with("schema: accepts any JSON")
                    && report.claims.contains("level")
                    && report.cost.is_some()
            }
            Warned(check, words) => report.verdict() == Verdict::Accepted && has(report, Outcome::Warning, *check, words),
            // What is wrong is said in its place and not by the way in others.
            Refused(check, words) => {
                report.verdict() == Verdict::Refused
                    && has(report, Outcome::Failed, *check, words)
                    && report.with(Outcome::Failed).all(|finding| finding.check == *check)
            }
        }
}

#[tokio::test]
async fn every_guest_gets_its_verdict() {
    let limits = EngineLimits { compile_timeout_ms: 5_000, compile_cpu_seconds: 2, ..EngineLimits::default() };
    let sandbox = Sandbox::with(limits);
    let mut others = Vec::new();
    for (guest, expected) in VERDICTS {
        let report = check(&sandbox.registry, argus_test_guests::guest(guest), &[]).await;
        if !is_as_expected(&report, expected) {
            others.push(format!("{guest}: {:?} {:#?}", report.verdict(), report.findings));
        }
    }
    assert!(others.is_empty(), "{}", others.join("\n"));
    sandbox.still_works().await;
}

#[tokio::test]
async fn the_built_in_providers_pass_without_a_warning() {
    let sandbox = Sandbox::new();
    for (name, component) in builtin::COMPONENTS {
        let report = check(&sandbox.registry, *component, &[]).await;
        assert!(report.findings.iter().all(|finding| finding.outcome == Outcome::Passed), "{name}: {:#?}", report.findings);
        assert_eq!(report.metadata.as_ref().map(|metadata| metadata.name.as_str()), Some(*name));
        assert_eq!((report.contract, report.verdict()), (Some("0.1"), Verdict::Accepted));
        let cost = report.cost.expect("measured");
        assert!(cost.typical.runs == 50 && cost.typical.p50_us > 0 && cost.typical.p50_us <= cost.typical.max_us, "{cost:?}");
        assert!(cost.large.runs > 0 && cost.typical.peak_memory_bytes >= 64 << 10, "{cost:?}");
        assert!(!report.claims.is_empty());
    }
}

#[tokio::test]
async fn samples_are_tried_and_have_to_be_accepted() {
    let sandbox = Sandbox::new();
    let user_groups = builtin::component("userGroups").expect("built in");
    let input: InputDocument = serde_json::from_value(json!({"user": {"groups": ["staff"]}})).expect("an input");
    let sample =
        |configuration: &str| Sample { origin: "client-7".into(), configuration: configuration.into(), inputs: vec![input.clone()] };
    let good = check(&sandbox.registry, user_groups, &[sample(r#"{"allowedGroups":["staff"]}"#)]).await;
    assert_eq!(good.verdict(), Verdict::Accepted);
    says(&good, Outcome::Passed, Check::Configurations, "1 given");
    let refused = check(&sandbox.registry, user_groups, &[sample(r#"{"allowedGroups":"staff"}"#)]).await;
    assert_eq!(refused.verdict(), Verdict::Refused);
    says(&refused, Outcome::Failed, Check::Configurations, "the configuration of client-7 is refused: /allowedGroups: ");
}

#[tokio::test]
async fn a_sample_helps_where_a_schema_does_not() {
    let sandbox = Sandbox::new();
    let sample = Sample { origin: "greek.json".into(), configuration: r#"{"level":"αβγ"}"#.into(), inputs: vec![] };
    let report = check(&sandbox.registry, argus_test_guests::guest("wants_what_cannot_be_guessed"), &[sample]).await;
    says(&report, Outcome::Passed, Check::Configurations, "0 made from the schema, 1 given");
    assert!(report.claims.contains("level") && report.cost.is_some(), "{:#?}", report.findings);
    // It takes any key beside the one it knows.
    says(&report, Outcome::Warning, Check::Schema, "set `additionalProperties` to false");
}

#[tokio::test]
async fn a_report_is_for_programs_as_well() {
    let sandbox = Sandbox::new();
    let report = check(&sandbox.registry, argus_test_guests::guest("sets_a_reserved_claim"), &[]).await;
    let json = serde_json::to_value(&report).expect("JSON");
    assert_eq!(json["digest"].as_str().map(str::len), Some(64));
    assert_eq!(json["metadata"]["needs"], json!([]));
    let failed = json["findings"].as_array().and_then(|findings| findings.iter().find(|finding| finding["outcome"] == "failed"));
    assert_eq!(failed.map(|finding| finding["check"].clone()), Some(json!("plan")));
}

/// A server checks uploads on whichever thread is free.
#[tokio::test(flavor = "multi_thread")]
async fn a_check_may_move_between_threads() {
    let sandbox = Sandbox::new();
    let registry = sandbox.registry.clone();
    let checked = tokio::spawn(async move { check(&registry, argus_test_guests::guest("good"), &[]).await });
    assert_eq!(checked.await.expect("no panic").verdict(), Verdict::Accepted);
}
