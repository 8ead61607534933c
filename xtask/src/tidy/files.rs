//! Rules for single files: size, module documentation, nothing left open, nothing that belongs to one machine.

use super::File;
use crate::cargo;

/// The most lines a file may have before its tests. 400 is the aim.
const MAX_LINES: usize = 600;

/// Files that may be longer, and why.
const LONG_FILES: &[(&str, &str)] = &[];

pub(super) fn check(files: &[File]) -> Vec<String> {
    let mut problems: Vec<String> = files.iter().flat_map(problems_of).collect();
    for (path, _) in LONG_FILES {
        let long = files
            .iter()
            .find(|file| file.path == *path)
            .and_then(|file| file.text.as_deref())
            .is_some_and(|text| lines_before_tests(text) > MAX_LINES);
        if !long {
            problems.push(format!("{path} is excused from the limit of {MAX_LINES} lines and does not need to be"));
        }
    }
    problems
}

fn problems_of(file: &File) -> Vec<String> {
    let Some(text) = &file.text else { return Vec::new() };
    let mut problems = Vec::new();
    if file.has_extension("rs") {
        let lines = lines_before_tests(text);
        if lines > MAX_LINES && !LONG_FILES.iter().any(|(path, _)| *path == file.path) {
            problems.push(format!("{}: {lines} lines before its tests; the most is {MAX_LINES}", file.path));
        }
        if !text.starts_with("//!") {
            problems.push(format!("{}: does not begin with module documentation", file.path));
        }
    }
    for (number, line) in (1..).zip(text.lines()) {
        for left_open in left_open_marks() {
            if file.has_extension("rs") && contains_word(line, &left_open) {
                problems.push(format!("{}:{number}: left open: {left_open}", file.path));
            }
        }
        for path in machine_paths() {
            if line
                .match_indices(&path)
                .any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '}')))
            {
                problems.push(format!("{}:{number}: a path of one machine: {path}", file.path));
            }
        }
        if line.contains(concat!("PRIVATE", " KEY-----")) && line.contains(concat!("-----", "BEGIN")) {
            problems.push(format!("{}:{number}: a private key; make it at run time instead", file.path));
        }
    }
    problems
}

/// Lines up to the first test module at the end of the file.
fn lines_before_tests(text: &str) -> usize {
    text.lines().take_while(|line| !line.starts_with("#[cfg(test)]")).count()
}

// Put together at run time, so that this file does not find itself.
fn left_open_marks() -> [String; 5] {
    [("TO", "DO"), ("FIX", "ME"), ("todo", "!"), ("unimplemented", "!"), ("#[", "ignore")].map(|(a, b)| format!("{a}{b}"))
}

fn machine_paths() -> Vec<String> {
    let mut paths: Vec<String> = ["home", "root", "Users"].iter().map(|name| format!("/{name}/")).collect();
    paths.push(format!("{}/", cargo::root().display()));
    paths
}

/// Whether `word` stands in the line with no letter or digit before it and, where it ends in one, after it.
fn contains_word(line: &str, word: &str) -> bool {
    let part_of_word = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].ends_with(part_of_word);
        let after = word.ends_with(part_of_word) && line[at + word.len()..].starts_with(part_of_word);
        !before && !after
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(path: &str, text: &str) -> Vec<String> {
        problems_of(&File { path: path.to_owned(), text: Some(text.to_owned()) })
    }

    #[test]
    fn tests_do_not_count_as_lines() {
        assert_eq!(lines_before_tests("//! a\nfn b() {}\n#[cfg(test)]\nmod tests {}\n"), 2);
    }

    #[test]
    fn a_long_file_is_told() {
        let text = format!("//! a\n{}", "\n".repeat(MAX_LINES));
        assert_eq!(problems("a.rs", &text).len(), 1);
        assert!(problems("a.md", &text).is_empty());
    }

    #[test]
    fn a_file_without_module_documentation_is_told() {
        assert_eq!(problems("a.rs", "fn a() {}\n").len(), 1);
    }

    #[test]
    fn what_was_left_open_is_told() {
        for mark in left_open_marks() {
            assert_eq!(problems("a.rs", &format!("//! a\n    {mark}\n")).len(), 1, "{mark}");
        }
        assert!(problems("a.rs", "//! a methodology, not an ignored one\n").is_empty());
    }

    #[test]
    fn paths_of_a_machine_are_told() {
        for path in machine_paths() {
            assert!(!problems("a.md", &format!("see {path}x\n")).is_empty(), "{path}");
        }
        assert!(problems("a.md", "http://a.example/x\n").is_empty());
    }

    #[test]
    fn private_keys_are_told() {
        assert_eq!(problems("a.pem", &format!("-----{} PRIVATE KEY-----\n", "BEGIN")).len(), 1);
    }
}
