//! Finds and runs the programs of a tool chain.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::error::BuildError;

/// How much of what a program printed is shown.
const MAX_SHOWN_BYTES: usize = 32 << 10;

/// Where programs are looked for, and what they are told of the environment.
#[derive(Clone, Debug)]
pub struct Tools {
    search_path: OsString,
}

/// A program and for whom it is needed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tool {
    pub(super) program: &'static str,
    pub(super) language: &'static str,
    pub(super) how: &'static str,
}

impl Tools {
    /// The programs on the search path of this process.
    pub fn of_system() -> Self {
        Self::on(env::var_os("PATH").unwrap_or_default())
    }

    /// The programs in these folders, separated as in `PATH`.
    pub fn on(search_path: impl Into<OsString>) -> Self {
        Self { search_path: search_path.into() }
    }

    /// The file of a program.
    pub(super) fn find(&self, tool: Tool) -> Result<PathBuf, BuildError> {
        let names = [tool.program.to_owned(), format!("{}{}", tool.program, env::consts::EXE_SUFFIX)];
        env::split_paths(&self.search_path)
            .flat_map(|folder| names.clone().map(|name| folder.join(name)))
            .find(|file| file.is_file())
            .ok_or(BuildError::ToolMissing { tool: tool.program, language: tool.language, how: tool.how })
    }

    /// A command that runs a program in a folder, without a terminal.
    pub(super) fn command(&self, program: impl AsRef<OsStr>, folder: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(folder).env("PATH", &self.search_path).stdin(Stdio::null());
        command
    }
}

/// Runs a command and returns its standard output.
pub(super) fn run(mut command: Command) -> Result<String, BuildError> {
    let output = command.output().map_err(|source| BuildError::NotRun { command: shown(&command), source })?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(printed);
    }
    let mut text = String::from_utf8_lossy(&output.stderr).into_owned();
    if !printed.trim().is_empty() {
        text = format!("{}\n{text}", printed.trim_end());
    }
    Err(BuildError::ToolFailed { command: shown(&command), status: output.status.to_string(), output: last_of(&text) })
}

/// As one would type it, with the variables that were set for it and without the folder of the program.
fn shown(command: &Command) -> String {
    let mut text = String::new();
    for (name, value) in command.get_envs() {
        if let Some(value) = value.filter(|_| name != "PATH") {
            let _ = write!(text, "{}={} ", name.to_string_lossy(), quoted(value));
        }
    }
    let program = Path::new(command.get_program());
    text += &program.file_name().unwrap_or(program.as_os_str()).to_string_lossy();
    for argument in command.get_args() {
        text.push(' ');
        text += &quoted(argument);
    }
    text
}

fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    if word.contains(char::is_whitespace) || word.contains(['"', '\'']) { format!("{word:?}") } else { word.into_owned() }
}

fn last_of(text: &str) -> String {
    let text = text.trim_end();
    let from = text.ceil_char_boundary(text.len().saturating_sub(MAX_SHOWN_BYTES));
    if from == 0 { text.to_owned() } else { format!("…{}", &text[from..]) }
}

/// Major and minor number of the first version in a text.
pub(super) fn version_in(text: &str) -> Option<(u32, u32)> {
    text.split(|c: char| !c.is_ascii_digit() && c != '.').find_map(|word| {
        let mut parts = word.split('.');
        Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_what_tools_print() {
        assert_eq!(version_in("go version go1.26.8 linux/amd64"), Some((1, 26)));
        assert_eq!(version_in("v22.1.0\n"), Some((22, 1)));
        assert_eq!(version_in("Python 3.11.2"), Some((3, 11)));
        assert_eq!(version_in("devel"), None);
    }

    #[test]
    fn a_missing_tool_is_told_with_how_to_get_it() {
        let tool = Tool { program: "go", language: "Go", how: "install it from its makers" };
        let error = Tools::on("").find(tool).expect_err("missing").to_string();
        assert_eq!(error, "`go` was not found, which builds claim providers in Go: install it from its makers");
    }

    #[test]
    fn what_a_tool_printed_is_shown() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut command = Tools::of_system().command("sh", folder.path());
        command.args(["-c", "echo out; echo err >&2; exit 3"]).env("GOOS", "wasip1");
        let error = run(command).expect_err("failed").to_string();
        assert!(error.starts_with("`GOOS=wasip1 sh -c \"echo out; echo err >&2; exit 3\"` failed (exit status: 3):\nout\nerr"), "{error}");
    }

    #[test]
    fn much_output_is_cut_at_its_beginning() {
        let text = format!("{}end", "é".repeat(MAX_SHOWN_BYTES));
        let shown = last_of(&text);
        assert!(shown.len() < MAX_SHOWN_BYTES + 8 && shown.starts_with('…') && shown.ends_with("end"));
    }
}
