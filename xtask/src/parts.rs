//! Parts that the build or the tests need and a machine may lack: found, and added where that can be done without asking.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::cargo;

const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// Adds the compiler's WebAssembly target: claim providers are compiled to it by the build.
///
/// The toolchain file names the target, but rustup adds it by itself only when it installs the toolchain, and not at all
/// with `RUSTUP_AUTO_INSTALL=0`.
pub(crate) fn add_wasm_target() -> Result<()> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let libraries = cargo::output_of(cargo::program(rustc).args(["--print", "target-libdir", "--target", WASM_TARGET]))?;
    if Path::new(libraries.trim()).is_dir() {
        return Ok(());
    }
    if find_program("rustup").is_none() {
        bail!(
            "the compiler has no {WASM_TARGET} target, and there is no rustup to add it; \
             install Rust with rustup, or your distribution's package of that target's standard library"
        );
    }
    cargo::run(cargo::program("rustup").args(["target", "add", WASM_TARGET])).context("the WebAssembly target could not be added")
}

/// Whether PostgreSQL's programs are on this machine; the tests start a server of their own with them.
pub(crate) fn has_postgresql() -> bool {
    let has_server = |directory: &Path| ["initdb", "pg_ctl", "psql"].iter().all(|program| directory.join(program).is_file());
    let in_path = std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|directory| has_server(&directory)));
    // Debian keeps the server's programs out of `PATH`, one directory a version.
    let versions = || std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    in_path || versions().any(|version| has_server(&version.path().join("bin")))
}

/// Installs PostgreSQL from the distribution, as root and with apt only.
pub(crate) fn install_postgresql() -> Result<()> {
    apt_update()?;
    apt_install(&["postgresql"])
}

/// Has apt look what there is, which only root can.
pub(crate) fn apt_update() -> Result<()> {
    if find_program("apt-get").is_none() || !is_root()? {
        bail!("only root can install it, and only with apt");
    }
    cargo::run(apt_get().arg("update"))
}

/// Installs packages of the distribution.
pub(crate) fn apt_install(packages: &[&str]) -> Result<()> {
    cargo::run(apt_get().args(["install", "--yes", "--no-install-recommends"]).args(packages))
}

fn apt_get() -> Command {
    let mut command = cargo::program("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

fn is_root() -> Result<bool> {
    Ok(cargo::output_of(Command::new("id").arg("-u"))?.trim() == "0")
}

/// Finds a program in `PATH`.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|directory| directory.join(name)).find(|path| path.is_file())
}
