//! `cargo xtask bench`: builds Argus and the load program in the release profile, and starts the latter.
//!
//! What is measured and how is told by the load program itself, in `xtask/bench`. Nothing here is a test: figures depend on the
//! machine, so none is compared with a limit.

use anyhow::Result;

use crate::cargo;
use crate::parts;

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    parts::add_wasm_target()?;
    let bench = cargo::build_program("argus-bench", cargo::cargo().args(["build", "--release", "--package", "argus-bench"]))?;
    if arguments.iter().any(|argument| argument == "--help" || argument == "-h") {
        return cargo::run(cargo::program(bench).arg("--help"));
    }
    let argus = cargo::build_program("argus", cargo::cargo().args(["build", "--release", "--package", "argus-server", "--bin", "argus"]))?;
    cargo::run(cargo::program(bench).arg("--argus").arg(argus).args(arguments))
}
