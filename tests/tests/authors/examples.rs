//! The examples: each is built by its language's tools, accepted, passes its vectors, and its README's commands hold. The broken one is
//! refused as its README tells.

use std::fs;
use std::path::{Path, PathBuf};

use argus_tests::Author;

use crate::{accepted_without_a_warning, all_vectors_pass, check, readme};

/// What tools leave in a folder of sources.
const LEFT_BY_TOOLS: &[&str] = &["target", "node_modules", ".venv", "__pycache__"];

/// A copy of an example, as it is in the repository.
fn copied(author: &Author, example: &str) -> PathBuf {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/claim-providers").join(example);
    let to = author.home().join(example);
    copy(&from, &to);
    to
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap();
        if path.is_dir() {
            if !LEFT_BY_TOOLS.iter().any(|left| name == *left) {
                copy(&path, &to.join(name));
            }
        } else if path.extension().is_none_or(|ending| ending != "wasm") {
            fs::copy(&path, to.join(name)).unwrap();
        }
    }
}

fn holds(example: &str) {
    if argus_tests::author::left_out() {
        return;
    }
    let author = Author::new();
    let folder = copied(&author, example);
    for (_, output) in readme::commands(&author, &folder) {
        output.succeeded();
    }
    assert!(folder.join(format!("{example}.wasm")).is_file(), "the README says how to build it");
    accepted_without_a_warning(&author, &folder);
    all_vectors_pass(&author, &folder);
}

#[test]
fn rust_clearance() {
    holds("rust-clearance");
}

#[test]
fn go_cost_center() {
    holds("go-cost-center");
}

#[test]
fn js_display_name() {
    holds("js-display-name");
}

#[test]
fn python_regions() {
    holds("python-regions");
}

/// A line of the report.
#[track_caller]
fn says(report: &str, outcome: &str, check: &str, words: &str) {
    let found =
        report.lines().any(|line| line.starts_with(outcome) && line[outcome.len()..].trim().starts_with(check) && line.contains(words));
    assert!(found, "{outcome} {check} with {words:?} was expected:\n{report}");
}

#[test]
fn broken_is_refused_as_its_readme_tells() {
    if argus_tests::author::left_out() {
        return;
    }
    let author = Author::new();
    let folder = copied(&author, "broken");
    for (line, output) in readme::commands(&author, &folder) {
        let expected = i32::from(line == "argus plugin check");
        assert_eq!(output.code, expected, "{line}: {}\n{}", output.stdout, output.stderr);
    }
    all_vectors_pass(&author, &folder);
    let report = check(&author, &folder);
    assert_eq!(report.code, 1);
    let report = report.stdout;
    says(&report, "FAILED", "plan", "`teams_lead` is not among the claims announced");
    says(&report, "FAILED", "claims", "for an access token: the provider broke down");
    assert!(report.contains("a server refuses this component."), "{report}");

    // Without the faults that no ordinary user can be spared, the others are found.
    let source = fs::read_to_string(folder.join("provider.js")).unwrap();
    let mended: Vec<&str> = source.lines().filter(|line| !line.contains("_lead`]") && !line.contains("new Date()")).collect();
    assert_eq!(mended.len() + 2, source.lines().count());
    fs::write(folder.join("provider.js"), mended.join("\n")).unwrap();
    author.build_in(&folder).succeeded();
    let report = check(&author, &folder).succeeded().stdout;
    says(&report, "WARNING", "schema", "set `additionalProperties` to false");
    says(&report, "WARNING", "hostile-configurations", "at /prefix: the provider failed: SyntaxError");
    says(&report, "WARNING", "plan", "is a claim of the protocol; refuse it");
    says(&report, "WARNING", "large-context", "name in the plan the groups, functions and attributes of interest");
}
