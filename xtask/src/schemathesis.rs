//! Schemathesis, which makes requests of an OpenAPI document, from PyPI, kept in the target folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::cargo;

/// Its version.
const VERSION: &str = "4.32.5";

/// Tells the tests where it is.
pub(crate) const SCHEMATHESIS: &str = "ARGUS_TEST_SCHEMATHESIS";

/// The program, in an environment of its own; or why it cannot be had. Python is there already.
pub(crate) fn find(target: &Path) -> Result<PathBuf, String> {
    let environment = target.join(format!("schemathesis-{VERSION}"));
    let program = environment.join("bin").join("st");
    // It is there as soon as it can say its version: an installation that broke off is begun again.
    let works = || Command::new(&program).arg("--version").output().is_ok_and(|output| output.status.success());
    if !works() {
        install(&environment).map_err(|error| format!("Schemathesis {VERSION} could not be had: {error:#}"))?;
    }
    if works() { Ok(program) } else { Err(format!("{} does not run", program.display())) }
}

fn install(environment: &Path) -> Result<()> {
    cargo::run(cargo::program("python3").args(["-m", "venv", "--clear"]).arg(environment))?;
    let pip = environment.join("bin").join("pip");
    cargo::run(cargo::program(pip).args(["install", "--quiet", &format!("schemathesis=={VERSION}")]))
}
