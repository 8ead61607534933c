//! Python: componentize-py makes a component of CPython and the provider's source. It is installed into `.venv` in the provider's folder.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::BuildError;
use super::tools::{Tool, Tools, run, version_in};

const HOW: &str = "install Python 3.9 or later from https://www.python.org or your system's packages";
const PYTHON: Tool = Tool { program: "python3", language: "Python", how: HOW };
const OLDEST: (u32, u32) = (3, 9);
const REQUIREMENTS: &str = "requirements.txt";
const COMPONENTIZE: &str = "componentize-py";

pub(super) fn build(tools: &Tools, folder: &Path, progress: &mut dyn FnMut(&str)) -> Result<Vec<u8>, BuildError> {
    let environment = folder.join(".venv");
    let programs = environment.join("bin");
    if !is_installed(tools, folder, &programs) {
        install(tools, folder, &environment, &programs, progress)?;
    }

    progress("componentize-py");
    let scratch = tempfile::tempdir().map_err(|source| BuildError::Write { path: std::env::temp_dir(), source })?;
    let output = scratch.path().join("provider.wasm");
    let mut command = tools.command(programs.join(COMPONENTIZE), folder);
    command.args(["--quiet", "--wit-path", "wit", "--world", "claim-provider", "componentize", "provider", "--stub-wasi", "--output"]);
    command.arg(&output);
    // Without the first, packages of another environment on this machine could get into the component; without the second, a backtrace
    // of the tool hides the message.
    command.env("VIRTUAL_ENV", &environment).env("RUST_BACKTRACE", "0");
    run(command)?;
    super::read(output)
}

/// Whether the tool runs and has the version of the requirements. A folder that was moved has scripts that do not run.
fn is_installed(tools: &Tools, folder: &Path, programs: &Path) -> bool {
    let Some(wanted) = pinned(folder) else { return false };
    let mut command = tools.command(programs.join(COMPONENTIZE), folder);
    command.arg("--version");
    run(command).is_ok_and(|printed| printed.split_whitespace().last() == Some(&wanted))
}

fn pinned(folder: &Path) -> Option<String> {
    let requirements = fs::read_to_string(folder.join(REQUIREMENTS)).ok()?;
    let version = requirements.lines().find_map(|line| line.trim().strip_prefix(COMPONENTIZE)?.trim_start().strip_prefix("=="))?;
    version.split_whitespace().next().map(str::to_owned)
}

fn install(tools: &Tools, folder: &Path, environment: &Path, programs: &Path, progress: &mut dyn FnMut(&str)) -> Result<(), BuildError> {
    let python: PathBuf = tools.find(PYTHON)?;
    let mut command = tools.command(&python, folder);
    command.arg("--version");
    let version = run(command)?;
    if version_in(&version).is_some_and(|found| found < OLDEST) {
        return Err(BuildError::ToolTooOld { tool: "python3", found: version.trim().to_owned(), needed: "3.9", how: HOW });
    }

    progress("python3 -m venv .venv");
    let mut command = tools.command(&python, folder);
    command.args(["-m", "venv", "--clear"]).arg(environment);
    run(command).map_err(|error| match error {
        // Debian and its like ship the module without what it needs.
        BuildError::ToolFailed { output, .. } if output.contains("ensurepip") || output.contains("No module named venv") => {
            BuildError::PartMissing { what: "Python's module venv", how: "install your system's package python3-venv" }
        }
        other => other,
    })?;
    progress("pip install -r requirements.txt");
    let mut command = tools.command(programs.join("python"), folder);
    command.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", REQUIREMENTS]);
    run(command)?;
    Ok(())
}
