//! The way of an author, in each of the four languages, with the languages' own tools: from nothing to a claim in a token.
//!
//! Needs Rust's target `wasm32-unknown-unknown`, Go, Node.js with npm, Python with venv, and the languages' registries the first time.
//! What is missing fails the test that needs it, in the words of `argus plugin build`. `cargo xtask test` runs these apart from the
//! other tests: they are worth their time, but not on every change.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod dev;
mod examples;
mod languages;
mod readme;

use std::path::Path;

use argus_tests::Author;
use argus_tests::installation::Output;

/// Milliseconds of a run: ten times what a server gives. Host code that is not optimised, on a machine that runs other tests, is not what
/// a provider is judged by.
const BUDGET_MS: &str = "100";

/// Checks the component in a folder.
fn check(author: &Author, folder: &Path) -> Output {
    author.argus_in(folder, &["plugin", "check", "--budget-ms", BUDGET_MS])
}

/// The component in the folder is accepted, with nothing to remark.
#[track_caller]
fn accepted_without_a_warning(author: &Author, folder: &Path) {
    let output = check(author, folder).succeeded();
    assert!(!output.stdout.contains("WARNING"), "{}", output.stdout);
    assert!(output.stdout.contains("Accepted: a server takes this component."), "{}", output.stdout);
}

/// All vectors in the folder pass, and the report for a CI system says so.
#[track_caller]
fn all_vectors_pass(author: &Author, folder: &Path) {
    let vectors = std::fs::read_dir(folder.join("tests")).unwrap().count();
    let output = author.argus_in(folder, &["plugin", "test", "--budget-ms", BUDGET_MS, "--junit", "results.xml"]).succeeded();
    assert!(output.stdout.contains(&format!("{vectors} vectors: {vectors} passed, 0 failed")), "{}", output.stdout);
    let report = std::fs::read_to_string(folder.join("results.xml")).unwrap();
    assert!(report.contains(&format!("tests=\"{vectors}\" failures=\"0\"")), "{report}");
}
