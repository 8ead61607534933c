//! A page of the handbook as a list of things to do.

use std::fs;
use std::path::{Path, PathBuf};

/// One thing that a page says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Run these commands, which succeed.
    Run(String),
    /// Run these commands, of which the last fails.
    Fail(String),
    /// Run these commands again and again, until they print what follows.
    Until(String),
    /// Start this command in a second terminal, where it goes on.
    Serve(String),
    /// The commands before printed exactly this.
    Printed(String),
    /// Write a file.
    Write { path: String, text: String },
    /// Change some lines of a file.
    Change { path: String, lines: String },
}

/// A page.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) name: String,
    /// With the line of the page at which each begins.
    pub(crate) steps: Vec<(usize, Step)>,
    /// Files that the page links to, which its reader has.
    pub(crate) files: Vec<PathBuf>,
}

/// Where the pages are.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/authors")
}

impl Page {
    pub(crate) fn read(name: &str) -> Self {
        Self::parse(name, &fs::read_to_string(folder().join(name)).unwrap())
    }

    fn parse(name: &str, text: &str) -> Self {
        let mut page = Self { name: name.to_owned(), steps: Vec::new(), files: Vec::new() };
        let mut lines = text.lines().enumerate();
        while let Some((number, line)) = lines.next() {
            let Some(info) = line.strip_prefix("```") else {
                page.files.extend(linked(line));
                continue;
            };
            let content: String = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```").fold(String::new(), with_line);
            page.steps.extend(step(info, content).map(|step| (number + 1, step)));
        }
        page
    }

    pub(crate) fn has_commands(&self) -> bool {
        self.steps.iter().any(|(_, step)| matches!(step, Step::Run(_) | Step::Fail(_) | Step::Until(_) | Step::Serve(_)))
    }
}

fn with_line(text: String, line: &str) -> String {
    text + line + "\n"
}

/// What a block means, by the words behind its fence; nothing for one that is only to be read.
fn step(info: &str, content: String) -> Option<Step> {
    let words: Vec<_> = info.split_whitespace().collect();
    match words[..] {
        ["sh"] => Some(Step::Run(content)),
        ["sh", "fails"] => Some(Step::Fail(content)),
        ["sh", "until"] => Some(Step::Until(content)),
        ["sh", "serve"] => Some(Step::Serve(content)),
        ["sh", other] => panic!("```sh {other}: `fails`, `until` or `serve` was expected, see CONTRIBUTING.md"),
        ["text", "exact"] => Some(Step::Printed(content)),
        ["diff", path] => Some(Step::Change { path: path.to_owned(), lines: content }),
        [_, path] => Some(Step::Write { path: path.to_owned(), text: content }),
        _ => None,
    }
}

/// The files, other than pages, that a line links to.
fn linked(line: &str) -> Vec<PathBuf> {
    let targets = line.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    let is_file =
        |target: &&str| !target.contains("://") && !target.contains('#') && [".sh", ".json"].iter().any(|end| target.ends_with(end));
    targets.filter(is_file).map(|target| folder().join(target)).collect()
}

#[test]
fn blocks_are_read_by_their_fences() {
    let page =
        Page::parse("x.md", "a [b](b.sh) [c](c.md)\n```sh\nls\n```\n```sh fails\nfalse\n```\n```json d/e.json\n{}\n```\n```text\n1\n```\n");
    let expected = [
        (2, Step::Run("ls\n".into())),
        (5, Step::Fail("false\n".into())),
        (8, Step::Write { path: "d/e.json".into(), text: "{}\n".into() }),
    ];
    assert_eq!((page.steps, page.files), (expected.into(), vec![folder().join("b.sh")]));
}
