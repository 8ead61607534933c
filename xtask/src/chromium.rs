//! What the tests in a real browser need: Debian's Chromium with its driver, and axe-core from npm, kept in the target folder.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::{cargo, parts};

/// The version of axe-core.
const AXE: &str = "4.14.1";

/// The file of axe-core, where the browser is there as well; or why one of them is not.
pub(crate) fn find(target: &Path, install: bool) -> Result<PathBuf, String> {
    for (program, package) in [("chromium", "chromium"), ("chromedriver", "chromium-driver"), ("npm", "npm")] {
        if parts::find_program(program).is_some() {
            continue;
        }
        let installed = if install { parts::apt_update().and_then(|()| parts::apt_install(&[package])) } else { Ok(()) };
        if installed.is_err() || parts::find_program(program).is_none() {
            return Err(format!("{program} is not installed: `apt-get install {package}`"));
        }
    }
    let folder = target.join(format!("axe-core-{AXE}"));
    let file = folder.join("axe.min.js");
    if !file.is_file() {
        fetch(target, &folder).map_err(|error| format!("axe-core {AXE} could not be had: {error:#}"))?;
    }
    Ok(file)
}

/// Unpacks it beside its place and renames it: a folder that is there is whole.
fn fetch(target: &Path, folder: &Path) -> Result<()> {
    let download = target.join("axe-core-download");
    std::fs::create_dir_all(&download)?;
    cargo::run(cargo::program("npm").args(["pack", "--silent", &format!("axe-core@{AXE}")]).current_dir(&download))?;
    cargo::run(cargo::program("tar").arg("xzf").arg(download.join(format!("axe-core-{AXE}.tgz"))).arg("-C").arg(&download))?;
    let unpacked = download.join("package");
    if !unpacked.is_dir() {
        bail!("the archive has no folder package");
    }
    std::fs::rename(&unpacked, folder).context("cannot put it in its place")?;
    std::fs::remove_dir_all(&download)?;
    Ok(())
}
