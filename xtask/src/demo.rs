//! `cargo xtask demo`: from a fresh clone to a signed-in user.
//!
//! Builds with the profile of the tests, so that a newcomer compiles the dependencies once.

use anyhow::Result;

use crate::cargo;
use crate::parts;

/// Tells `argus demo` which relying party to start.
const RELYING_PARTY: &str = "ARGUS_DEMO_RELYING_PARTY";

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    parts::add_wasm_target()?;
    let argus = cargo::build_program("argus", cargo::cargo().args(["build", "--package", "argus-server", "--bin", "argus"]))?;
    let relying_party = cargo::build_program(
        "relying-party",
        cargo::cargo()
            .args(["build", "--manifest-path", "examples/Cargo.toml", "--package", "relying-party", "--target-dir"])
            .arg(cargo::target_directory()?),
    )?;
    cargo::run(cargo::program(argus).arg("demo").args(arguments).env(RELYING_PARTY, relying_party))
}
