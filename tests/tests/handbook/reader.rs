//! Somebody who does what a page says, in an empty folder.

use std::fs;
use std::path::{Path, PathBuf};

use argus_tests::until;
use tempfile::TempDir;

use crate::page::{Page, Step};
use crate::shell::{SHOWN_ADDRESS, Shell};

pub(crate) struct Reader<'a> {
    page: &'a Page,
    home: TempDir,
    shell: Shell,
    printed: String,
}

impl<'a> Reader<'a> {
    pub(crate) fn of(page: &'a Page) -> Self {
        let home = tempfile::Builder::new().prefix("argus-tests-").tempdir().unwrap();
        let shell = Shell::in_home(home.path());
        let reader = Self { page, home, shell, printed: String::new() };
        for file in &page.files {
            let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            // Where the server is, the reader's own machine has another port.
            fs::write(reader.folder().join(file.file_name().unwrap()), reader.shell.to_here(&text)).unwrap();
        }
        reader
    }

    fn folder(&self) -> PathBuf {
        self.shell.folder()
    }

    pub(crate) async fn follow(mut self) {
        let steps = &self.page.steps;
        for (number, (line, step)) in steps.iter().enumerate() {
            let next = steps.get(number + 1).map(|(_, step)| step);
            if let Err(why) = self.take(step, next).await {
                let Self { page, printed, .. } = &self;
                panic!(
                    "docs/authors/{}, line {line}: {why}\n{step:#?}\nprinted:\n{printed}\nlog of the server:\n{}",
                    page.name,
                    self.log()
                );
            }
        }
    }

    async fn take(&mut self, step: &Step, next: Option<&Step>) -> Result<(), String> {
        match step {
            Step::Run(commands) => self.run(commands, true).await,
            Step::Fail(commands) => self.run(commands, false).await,
            Step::Until(commands) => self.run_until(commands, next).await,
            Step::Serve(command) => self.shell.serve(command).await,
            Step::Printed(expected) => {
                let matches = matches(&lines(expected), &lines(&self.printed));
                if matches { Ok(()) } else { Err("something else was printed".to_owned()) }
            }
            Step::Write { path, text } => {
                let path = self.folder().join(path);
                fs::create_dir_all(path.parent().unwrap()).and_then(|()| fs::write(&path, text)).map_err(|error| error.to_string())
            }
            Step::Change { path, lines } => change(&self.folder().join(path), lines),
        }
    }

    async fn run(&mut self, commands: &str, succeeds: bool) -> Result<(), String> {
        let (code, printed) = self.shell.run(commands).await;
        self.printed = printed;
        match (code == 0) == succeeds {
            true => Ok(()),
            false => Err(format!("the exit status was {code}")),
        }
    }

    async fn run_until(&mut self, commands: &str, next: Option<&Step>) -> Result<(), String> {
        let Some(Step::Printed(expected)) = next else { return Err("what is to be printed has to follow".to_owned()) };
        let shell = &self.shell;
        let ask = async || {
            let (code, printed) = shell.run(commands).await;
            (code == 0 && matches(&lines(expected), &lines(&printed))).then_some(printed)
        };
        self.printed = until(commands, ask).await;
        Ok(())
    }

    fn log(&self) -> String {
        fs::read_to_string(self.home.path().join("server.log")).unwrap_or_default()
    }
}

fn lines(text: &str) -> Vec<&str> {
    text.trim_end().lines().map(str::trim_end).collect()
}

/// Whether lines are as expected. `…` stands for any part of a line, and alone in its line for any lines.
fn matches(expected: &[&str], lines: &[&str]) -> bool {
    match (expected, lines) {
        ([], []) => true,
        (["…", expected @ ..], _) => (0..=lines.len()).any(|skipped| matches(expected, &lines[skipped..])),
        ([first, expected @ ..], [line, lines @ ..]) => matches_line(first, line) && matches(expected, lines),
        _ => false,
    }
}

fn matches_line(expected: &str, line: &str) -> bool {
    let Some((start, rest)) = expected.split_once('…') else { return expected == line };
    let Some(line) = line.strip_prefix(start) else { return false };
    let ends = line.char_indices().map(|(at, _)| at).chain([line.len()]);
    ends.into_iter().any(|at| matches_line(rest, &line[at..]))
}

/// Replaces the lines that a block shows with `-` by those with `+`; lines with neither have to be around them.
fn change(path: &Path, block: &str) -> Result<(), String> {
    let of =
        |signs: [char; 2]| block.lines().filter_map(|line| line.strip_prefix(signs)).fold(String::new(), |text, line| text + line + "\n");
    let (before, after) = (of([' ', '-']), of([' ', '+']));
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    if text.matches(&before).count() != 1 {
        return Err(format!("these lines are not in the file, or more than once:\n{before}\nthe file is\n{text}"));
    }
    fs::write(path, text.replace(&before, &after)).map_err(|error| error.to_string())
}

#[test]
fn output_is_compared_but_for_what_is_left_out() {
    let matches = |expected: &str, printed: &str| matches(&lines(expected), &lines(printed));
    assert!(matches("a\nb … d\n…\nz", "a\nb c d\nx\ny\nz\n") && matches("…", "") && matches("a", "a  \n\n"));
    assert!(!matches("a", "b") && !matches("a\n", "a\nb") && !matches("b … d", "b c") && !matches("a\n…\nz", "a\nb"));
}

#[test]
fn a_change_has_one_place() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("f");
    fs::write(&file, "a\n  b\nc\nc\n").unwrap();
    change(&file, " a\n-  b\n+  d\n").unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), "a\n  d\nc\nc\n");
    assert!(change(&file, "-c\n+e\n").is_err() && change(&file, "-x\n+e\n").is_err());
}

#[test]
fn the_address_on_the_pages_is_the_default_one() {
    assert_eq!(SHOWN_ADDRESS, "127.0.0.1:8080");
}
