//! What authors of claim providers run without a server: `argus plugin check`, `test`, `bench` and `dev`.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use argus_test_guests::guest;
use argus_tests::Author;
use argus_tests::installation::Output;
use serde_json::json;

/// Guests that are accepted, and the warning that stands beside their schema's.
const ACCEPTED: &[(&str, &str)] = &[
    ("good", "accepts any JSON"),
    ("keeps_state", "accepts any JSON"),
    ("asks_wasi", "accepts any JSON"),
    ("asks_wasi_preview_1", "accepts any JSON"),
    ("floods_the_log", "accepts any JSON"),
    ("refuses", "nothing was returned for any input (it refused: not on a Sunday)"),
    ("wants_what_cannot_be_guessed", "add `examples`, whole configurations, to the schema"),
    ("is_slow_for_large_users", "name in the plan the groups, functions and attributes of interest"),
];

/// Guests that are refused: by which check, and in which words.
const REFUSED: &[(&str, &str, &str)] = &[
    ("spins", "claims", "took too long, more than its budget of 10 ms"),
    ("spins_at_start", "description", "took too long"),
    ("spins_in_realloc", "configurations", "has to answer within 100 ms"),
    ("spins_while_validating", "configurations", "has to answer within 100 ms"),
    ("recurses", "claims", "call stack exhausted"),
    ("allocates", "claims", "too much memory"),
    ("allocates_at_once", "claims", "too much memory"),
    ("starts_with_too_much_memory", "compilation", "does not fit"),
    ("traps", "claims", "unreachable"),
    ("reallocates_outside_its_memory", "configurations", "beyond end of memory"),
    ("answers_outside_its_memory", "claims", "out of bounds"),
    ("answers_what_is_no_text", "claims", "utf-8"),
    ("floods_output", "claims", "at most 16384 bytes"),
    ("aliases_one_string", "claims", "at most 16384 bytes"),
    ("returns_many_claims", "plan", "at most 64 are accepted"),
    ("sets_a_reserved_claim", "plan", "`sub` is a claim of the protocol"),
    ("plans_a_reserved_claim", "plan", "`iss` is a claim of the protocol"),
    ("sets_a_claim_outside_its_plan", "plan", "return only claims that the plan names"),
    ("sets_a_claim_twice", "plan", "return each claim once"),
    ("returns_bad_json", "claims", "is not JSON"),
    ("returns_deep_json", "claims", "nested deeper than 8"),
    ("has_a_circular_schema", "schema", "go round in circles"),
    ("blames_itself", "claims", "`refused` for an issuance that must not be"),
    ("no_longer_accepts", "plan", "every configuration that `validate-configuration` accepts"),
    ("traps_on_long_configurations", "hostile-configurations", "a text of 40,000 characters at /level"),
    ("breaks_for_large_users", "large-context", "a user of 10,000 groups"),
    ("imports_a_file_system", "component", "wasi:filesystem/preopens@0.2.6"),
    ("imports_a_socket", "component", "wasi:sockets/tcp-create-socket@0.2.6"),
    ("imports_a_clock", "component", "wasi:clocks/monotonic-clock@0.2.6"),
    ("was_built_for_another_version", "component", "build it against that contract"),
    ("has_another_type", "compilation", "build it against the contract as it is released"),
    ("is_of_another_world", "component", "a component of the world `argus:claims/claim-provider` was expected"),
    ("is_not_valid", "compilation", "is not valid"),
    ("has_many_instances", "compilation", "does not fit"),
    ("has_many_memories", "compilation", "does not fit"),
    ("has_a_huge_table", "compilation", "does not fit"),
    ("is_a_compile_bomb", "compilation", "make its largest functions smaller"),
];

fn check(author: &Author, file: &[u8]) -> Output {
    author.write("provider.wasm", file);
    author.argus(&["plugin", "check", "provider.wasm"])
}

/// The line of a check that failed has these words.
#[track_caller]
fn refused(output: &Output, check: &str, words: &str) {
    assert_eq!(output.code, 1, "{output:?}");
    let failed: Vec<_> = output.stdout.lines().filter(|line| line.starts_with("FAILED")).collect();
    let found = failed.iter().any(|line| line.split_whitespace().nth(1) == Some(check) && line.contains(words));
    assert!(found, "{check} with {words:?} was expected: {}", output.stdout);
    assert!(output.stdout.contains("a server refuses this component."), "{}", output.stdout);
}

/// Each as a server would judge it.
#[test]
fn every_guest_comes_through_with_its_verdict() {
    let known: Vec<_> = ACCEPTED.iter().map(|(name, _)| *name).chain(REFUSED.iter().map(|(name, ..)| *name)).collect();
    for (name, _) in argus_test_guests::GUESTS {
        assert!(known.contains(name), "{name} has no verdict here");
    }
    let author = Author::new();
    for (name, warning) in ACCEPTED {
        let output = check(&author, guest(name)).succeeded();
        assert!(output.stdout.lines().any(|line| line.starts_with("WARNING") && line.contains(warning)), "{name}: {}", output.stdout);
        assert!(output.stdout.contains("a server takes this component."), "{name}: {}", output.stdout);
    }
    for (name, check_name, words) in REFUSED {
        refused(&check(&author, guest(name)), check_name, words);
    }
}

/// Files that are something else are told what was expected.
#[test]
fn other_files_are_told_what_was_expected() {
    let author = Author::new();
    refused(&check(&author, b"#!/bin/sh\n"), "component", "a component file (.wasm) was expected");
    refused(&check(&author, b""), "component", "a component file (.wasm) was expected");
    refused(&check(&author, b"\0asm\x01\0\0\0"), "component", "wasm-tools component new");
    refused(&check(&author, &guest("good")[..2_000]), "component", "it may be truncated");
    let large = vec![0; 100 << 20];
    refused(&check(&author, &large), "component", "the component has 104857600 bytes, at most 25165824 are accepted");
}

#[test]
fn a_report_is_json_as_well() {
    let author = Author::with_component(guest("sets_a_reserved_claim"));
    let output = author.argus(&["plugin", "check", "--json"]);
    assert_eq!((output.code, output.stderr.as_str()), (1, ""));
    let report = output.json();
    assert_eq!((&report["verdict"], &report["contract"], &report["metadata"]["name"]), (&json!("refused"), &json!("0.1"), &json!("guest")));
    assert!(report["findings"].as_array().unwrap().iter().any(|finding| finding["check"] == "plan" && finding["outcome"] == "failed"));
    let good = Author::with_component(guest("good")).argus(&["plugin", "check", "--json"]).succeeded().json();
    assert_eq!((&good["verdict"], &good["claims"]), (&json!("accepted"), &json!(["level"])));
    assert!(good["cost"]["typical"]["p50Us"].as_u64().is_some_and(|microseconds| microseconds > 0));
}

/// A folder's vectors are among the configurations that are tried.
#[test]
fn configurations_of_vectors_have_to_be_accepted() {
    let author = Author::with_component(guest("traps_on_long_configurations"));
    author.vector("wrong", &json!({"configuration": {"level": 1}, "claims": {}}));
    author.vector("refused", &json!({"configuration": {"level": 2}, "problems": ["/level"]}));
    let output = author.argus(&["plugin", "check"]);
    refused(&output, "configurations", "the configuration of wrong.json is refused: /level: ");
    assert!(!output.stdout.contains("refused.json"), "{}", output.stdout);
}

#[test]
fn what_is_missing_is_named() {
    let author = Author::new();
    assert!(author.argus(&["plugin", "check"]).failed().contains("`argus plugin build` makes it"));
    assert!(author.argus(&["plugin", "check", "nowhere"]).failed().contains("there is no nowhere"));
    std::fs::remove_file(author.folder().join("claim-provider.json")).unwrap();
    assert!(author.argus(&["plugin", "check"]).failed().contains("the folder of a claim provider was expected"));
    assert_eq!(author.argus(&["plugin", "check", "--jason"]).code, 2);
}

/// Vectors that pass and such that do not: the difference is shown, and the exit code says it.
#[test]
fn vectors_pass_or_show_what_is_different() {
    let author = Author::with_component(guest("good"));
    author.vector("gold", &json!({"configuration": {}, "claims": {"level": "gold"}}));
    let output = author.argus(&["plugin", "test"]).succeeded();
    assert_eq!(output.stdout, "passed  gold\n\n1 vector: 1 passed, 0 failed\n");

    author.vector("silver", &json!({"configuration": {}, "input": {"user": {"groups": ["a"]}}, "claims": {"level": "silver", "b": 1}}));
    author.vector("trapped", &json!({"configuration": {}, "error": "trap"}));
    author.vector("refused", &json!({"configuration": {}, "problems": ["/level"]}));
    let output = author.argus(&["plugin", "test"]);
    assert_eq!(output.code, 1);
    assert_eq!(
        output.stdout,
        "passed  gold
FAILED  refused
        something else happened
          expected  the configuration is refused at /level
          got       claims {\"level\":\"gold\"}
FAILED  silver
        claim `level` has another value
          expected  \"silver\"
          got       \"gold\"
        claim `b` is missing
          expected  1
FAILED  trapped
        something else happened
          expected  a failure of the kind `trap`
          got       claims {\"level\":\"gold\"}

4 vectors: 1 passed, 3 failed
"
    );
    // One by its name, one by its path.
    let output = author.argus(&["plugin", "test", "gold", "tests/gold.json"]).succeeded();
    assert!(output.stdout.contains("2 vectors: 2 passed"), "{}", output.stdout);
    assert!(author.argus(&["plugin", "test", "bronze"]).failed().contains("there is no vector bronze"));
}

#[test]
fn vectors_may_expect_failures_and_refusals() {
    let author = Author::with_component(guest("traps_on_long_configurations"));
    author.vector("refused", &json!({"configuration": {"level": 1}, "problems": ["/level"]}));
    author.vector("broken", &json!({"configuration": {"level": "x".repeat(2_000)}, "error": "trap"}));
    author.argus(&["plugin", "test"]).succeeded();
    author.write("other.wasm", guest("refuses"));
    author.write("elsewhere/tests/sunday.json", json!({"configuration": {}, "error": "rejected"}).to_string());
    author.argus(&["plugin", "test", "--folder", "elsewhere", "--component", "other.wasm"]).succeeded();
}

/// Slow providers are given more time where the server gives it.
#[test]
fn a_budget_can_be_given() {
    let author = Author::with_component(guest("is_slow_for_large_users"));
    let groups: Vec<_> = (0..20_000).map(|number| number.to_string()).collect();
    author.vector("many", &json!({"configuration": {}, "input": {"user": {"groups": groups}}, "claims": {"level": "gold"}}));
    let output = author.argus(&["plugin", "test"]);
    assert!(output.code == 1 && output.stdout.contains("got       `deadline_exceeded`"), "{}", output.stdout);
    author.argus(&["plugin", "test", "--budget-ms", "2000"]).succeeded();
    assert_eq!(author.argus(&["plugin", "test", "--budget-ms", "0"]).code, 2);
}

/// A misspelt member would be a test that tests nothing.
#[test]
fn malformed_vectors_are_named_with_the_place() {
    let author = Author::with_component(guest("good"));
    author.vector("gold", &json!({"configuration": {}, "claims": {"level": "gold"}}));
    author.vector("misspelt", &json!({"configuration": {}, "input": {"user": {"grups": []}}, "claims": {}}));
    author.write("tests/torn.json", "{\"configuration\": ");
    let output = author.argus(&["plugin", "test"]);
    assert_eq!(output.code, 1);
    for words in
        ["tests/misspelt.json is not a test vector: /input/user/grups: unknown field `grups`", "tests/torn.json is not a test vector"]
    {
        assert!(output.stdout.contains(words), "{}", output.stdout);
    }
    assert!(output.stdout.contains("3 vectors: 1 passed, 2 failed"), "{}", output.stdout);
    let error = author.argus(&["plugin", "check"]).failed();
    assert!(error.contains("tests/misspelt.json") && error.contains("/input/user/grups"), "{error}");
}

/// For a CI system: well-formed XML with each test and each failure.
#[test]
fn results_are_written_as_junit_xml() {
    let author = Author::with_component(guest("good"));
    author.vector("gold", &json!({"configuration": {}, "claims": {"level": "gold"}}));
    author.vector("markup", &json!({"configuration": {}, "claims": {"level": "<&\"'\u{1}]]>"}}));
    assert_eq!(author.argus(&["plugin", "test", "--junit", "results.xml"]).code, 1);
    let xml = std::fs::read_to_string(author.folder().join("results.xml")).unwrap();
    let names = elements(&xml);
    assert_eq!(names, ["testsuites", "testsuite", "testcase", "testcase", "failure"]);
    for part in ["tests=\"2\" failures=\"1\"", "name=\"gold\" file=\"tests/gold.json\"", "&lt;&amp;\\&quot;&apos;\\u0001]]&gt;"] {
        assert!(xml.contains(part), "{part}: {xml}");
    }
}

/// The names of the elements of a document, in order, once it is seen that every one ends where it should and that nothing
/// stands in the way of a parser.
fn elements(xml: &str) -> Vec<String> {
    let mut rest = xml.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n").unwrap();
    let (mut open, mut names) = (Vec::new(), Vec::new());
    while let Some((text, tag)) = rest.split_once('<') {
        for entity in text.split('&').skip(1) {
            assert!(["lt;", "gt;", "amp;", "quot;", "apos;"].iter().any(|known| entity.starts_with(known)), "{entity}");
        }
        assert!(!text.contains('>') && !text.contains(|c: char| c.is_control() && c != '\n'), "{text}");
        let (tag, after) = tag.split_once('>').unwrap();
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "{xml}");
            continue;
        }
        let name = tag.split([' ', '/']).next().unwrap().to_owned();
        // Attributes: each with a value in quotation marks.
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        names.push(name.clone());
        if !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty() && rest.trim().is_empty(), "{xml}");
    names
}

#[test]
fn a_bench_shows_the_component_beside_the_empty_one() {
    let author = Author::with_component(guest("good"));
    assert!(author.argus(&["plugin", "bench"]).failed().contains("there is nothing to run"));
    author.vector("gold", &json!({"configuration": {}, "claims": {"level": "gold"}}));
    let output = author.argus(&["plugin", "bench", "--runs", "20"]).succeeded();
    let rows: Vec<_> = output.stdout.lines().filter(|line| line.contains("µs")).collect();
    assert!(rows.len() == 2 && rows[0].starts_with("provider.wasm ") && rows[1].starts_with("empty component "), "{}", output.stdout);
    assert!(rows[0].ends_with(" 1024 KiB") && rows[1].ends_with(" 64 KiB"), "{}", output.stdout);
    let traps = Author::with_component(guest("traps"));
    traps.vector("any", &json!({"configuration": {}, "claims": {}}));
    assert!(traps.argus(&["plugin", "bench"]).failed().contains("a run failed: the provider broke down"));
}

/// `dev` runs the vectors, waits, and shows what another build changed in the claims, and only that.
#[test]
fn dev_shows_what_changed_in_the_claims() {
    let author = Author::with_component(guest("good"));
    author.vector("gold", &json!({"configuration": {}, "claims": {"level": "gold"}}));
    author.vector("steady", &json!({"configuration": {}, "claims": {"level": "silver"}}));
    let mut command = author.command(&["plugin", "dev", "--no-build"], &author.folder());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(|line| line.unwrap());
    let mut until = |end: &str| -> Vec<String> {
        let mut read = Vec::new();
        loop {
            let line = lines.next().unwrap_or_else(|| panic!("{end:?} was expected after {read:?}"));
            let ended = line.contains(end);
            read.push(line);
            if ended {
                return read;
            }
        }
    };
    let first = until("2 vectors: 1 passed, 1 failed").join("\n");
    assert!(first.contains("passed  gold\n        claims {\"level\":\"gold\"}") && first.contains("FAILED  steady"), "{first}");

    author.write("provider.wasm", guest("refuses"));
    let second = until("2 vectors: 0 passed, 2 failed").join("\n");
    assert!(second.contains("before    claims {\"level\":\"gold\"}\n          now       `rejected`: the provider refused"), "{second}");

    author.vector("steady", &json!({"configuration": {}, "error": "rejected"}));
    let third = until("2 vectors: 1 passed, 1 failed").join("\n");
    assert!(third.contains("tests/steady.json changed") && third.contains("passes now") && !third.contains("gold"), "{third}");

    let interrupted = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(interrupted.success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
