//! The commands that a provider's README gives.

use std::fs;
use std::path::Path;

use argus_tests::Author;
use argus_tests::installation::Output;

use crate::BUDGET_MS;

/// Runs each line of the README's shell blocks in the folder, in order, but for those that need a server. Runs of the provider have more
/// time than its README gives them: [`BUDGET_MS`].
///
/// # Panics
/// When there is none.
pub(crate) fn commands(author: &Author, folder: &Path) -> Vec<(String, Output)> {
    let lines = lines(&fs::read_to_string(folder.join("README.md")).unwrap());
    assert!(!lines.is_empty(), "{} has a README with commands", folder.display());
    lines
        .into_iter()
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let output = match words[..] {
                ["argus", "plugin", "build"] => author.build_in(folder),
                ["argus", "plugin", command @ ("check" | "test")] => {
                    author.argus_in(folder, &["plugin", command, "--budget-ms", BUDGET_MS])
                }
                ["argus", ref arguments @ ..] => author.argus_in(folder, arguments),
                _ => author.tool_in(folder, &words),
            };
            (line, output)
        })
        .collect()
}

/// Without the comments behind them.
fn lines(text: &str) -> Vec<String> {
    let mut inside = false;
    let mut lines = Vec::new();
    for line in text.lines() {
        if line.starts_with("```") {
            inside = line == "```sh";
        } else if inside && !line.contains("--server") {
            lines.extend(line.split('#').next().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()));
        }
    }
    lines
}

#[test]
fn comments_and_other_blocks_are_no_commands() {
    let text =
        "a\n```json\n{}\n```\n```sh\ncargo test   # native\n\nargus plugin push --server https://id.example.com\nargus plugin test\n```\n";
    assert_eq!(lines(text), ["cargo test", "argus plugin test"]);
}
