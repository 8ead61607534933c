//! Rust: cargo builds a module for `wasm32-unknown-unknown`, and wit-component makes the component, in this process.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::component;
use super::error::BuildError;
use super::tools::{Tool, Tools, run};

const TARGET: &str = "wasm32-unknown-unknown";
const HOW: &str = "install Rust with rustup, see https://rustup.rs";
const CARGO: Tool = Tool { program: "cargo", language: "Rust", how: HOW };
const RUSTC: Tool = Tool { program: "rustc", language: "Rust", how: HOW };

pub(super) fn build(tools: &Tools, folder: &Path, progress: &mut dyn FnMut(&str)) -> Result<Vec<u8>, BuildError> {
    let cargo = tools.find(CARGO)?;
    demand_target(tools, folder)?;

    progress("cargo build --release");
    let target_dir = folder.join("target");
    let mut command = tools.command(cargo, folder);
    command.args(["build", "--release", "--quiet", "--lib", "--target", TARGET, "--target-dir"]).arg(&target_dir);
    // Added to the flags in the folder's `.cargo/config.toml`. Paths of this machine have no place in a component, and its digest must
    // not depend on them.
    command.arg("--config").arg(format!("target.{TARGET}.rustflags = {:?}", remapped(folder)));
    without_outer_build(&mut command);
    run(command)?;

    progress("making the component");
    let package = library_name(tools, folder)?;
    component::of_described_module(&super::read(target_dir.join(TARGET).join("release").join(format!("{package}.wasm")))?)
}

fn demand_target(tools: &Tools, folder: &Path) -> Result<(), BuildError> {
    let mut command = tools.command(tools.find(RUSTC)?, folder);
    command.args(["--print", "target-libdir", "--target", TARGET]);
    without_outer_build(&mut command);
    if Path::new(run(command)?.trim()).is_dir() {
        return Ok(());
    }
    Err(BuildError::PartMissing { what: "Rust's target wasm32-unknown-unknown", how: "rustup target add wasm32-unknown-unknown" })
}

/// The name of the library, which authors may change.
fn library_name(tools: &Tools, folder: &Path) -> Result<String, BuildError> {
    let mut command = tools.command(tools.find(CARGO)?, folder);
    command.args(["metadata", "--format-version=1", "--no-deps", "--quiet"]);
    without_outer_build(&mut command);
    let metadata: serde_json::Value =
        serde_json::from_str(&run(command)?).map_err(|error| BuildError::NotAProvider(format!("cargo metadata: {error}")))?;
    let manifest = folder.join("Cargo.toml");
    metadata["packages"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|package| package["manifest_path"].as_str().is_some_and(|path| Path::new(path) == manifest))
        .flat_map(|package| package["targets"].as_array().into_iter().flatten())
        .find(|target| target["kind"].as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "cdylib")))
        .and_then(|target| target["name"].as_str())
        .map(|name| name.replace('-', "_"))
        .ok_or_else(|| BuildError::NotAProvider("Cargo.toml names no library with crate-type = [\"cdylib\"]".to_owned()))
}

fn remapped(folder: &Path) -> Vec<String> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| env::home_dir().map(|home| home.join(".cargo")));
    let to = |from: &Path, name: &str| format!("--remap-path-prefix={}={name}", from.display());
    home.iter().map(|home| to(home, "cargo")).chain([to(folder, "provider")]).collect()
}

/// Flags, wrappers and profiles of a build around this one are not meant for the provider, and would change its digest.
fn without_outer_build(command: &mut Command) {
    for (name, _) in env::vars_os() {
        if is_of_outer_build(&name) {
            command.env_remove(name);
        }
    }
}

fn is_of_outer_build(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let exact = ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER", "RUSTC", "CARGO"];
    let prefixes = ["CARGO_BUILD_", "CARGO_PROFILE_", "CARGO_TARGET_", "CARGO_PKG_", "CARGO_MANIFEST_"];
    exact.contains(&&*name) || prefixes.iter().any(|prefix| name.starts_with(prefix))
}
