//! `argus plugin dev` in a real folder: an edit of the source is built, and what it changes in the claims is shown.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use argus_tests::Author;

#[test]
fn an_edit_is_built_and_its_claims_are_shown() {
    if argus_tests::author::left_out() {
        return;
    }
    let author = Author::new();
    author.argus_in(author.home(), &["plugin", "new", "--lang", "js", "badge-level"]).succeeded();
    let folder = author.home().join("badge-level");
    let source = fs::read_to_string(folder.join("provider.js")).unwrap();
    let write = |source: &str| fs::write(folder.join("provider.js"), source).unwrap();

    let mut command = author.command(&["plugin", "dev", "--budget-ms", crate::BUDGET_MS], &folder);
    // Both in the order in which they were written, as in a terminal.
    let (reader, writer) = std::io::pipe().unwrap();
    let mut child = command.stdin(Stdio::null()).stdout(writer.try_clone().unwrap()).stderr(writer).spawn().unwrap();
    drop(command);
    let mut lines = BufReader::new(reader).lines().map(|line| line.unwrap());
    let mut until = |end: &str| -> String {
        let mut read = String::new();
        loop {
            let line = lines.next().unwrap_or_else(|| panic!("{end:?} was expected after {read}"));
            read += &format!("{line}\n");
            if line.contains(end) {
                return read;
            }
        }
    };
    let first = until("4 vectors: 4 passed, 0 failed");
    assert!(
        first.contains("node build.mjs") && first.contains("passed  from-attribute\n        claims {\"badge_level\":\"gold\"}"),
        "{first}"
    );
    until("Ctrl-C ends");

    write(&source.replace("first ?? configuration.default", "first?.toUpperCase() ?? configuration.default"));
    let second = until("4 vectors: 3 passed, 1 failed");
    for part in ["provider.js changed", "node build.mjs", "FAILED  from-attribute", "before    \"gold\"\n          now       \"GOLD\""] {
        assert!(second.contains(part), "{part}: {second}");
    }
    assert!(!second.contains("no-claim"), "what did not change is not shown: {second}");

    write(&source.replace("plan(configuration) {", "plan(configuration) {{{"));
    let third = until("provider.js:");
    assert!(third.contains("error: `node build.mjs` failed"), "{third}");

    write(&source);
    let fourth = until("4 vectors: 4 passed, 0 failed");
    assert!(fourth.contains("now       \"gold\"") && fourth.contains("passes now"), "{fourth}");

    let interrupted = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(interrupted.success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(lines.next(), None, "a build of its own is no change");
}
