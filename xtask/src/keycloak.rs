//! Keycloak for the federation tests: from Maven Central, unpacked and built once, kept in the target folder.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::{cargo, parts};

const VERSION: &str = "26.7.3";

/// The folder of Keycloak, ready to be started; or why there is none.
pub(crate) fn find(target: &Path, install: bool) -> Result<PathBuf, String> {
    let folder = target.join(format!("keycloak-{VERSION}"));
    if folder.is_dir() {
        return Ok(folder);
    }
    for (program, package) in [("mvn", "maven"), ("java", "default-jre-headless")] {
        if parts::find_program(program).is_some() {
            continue;
        }
        let installed = if install { parts::apt_update().and_then(|()| parts::apt_install(&[package])) } else { Ok(()) };
        if installed.is_err() || parts::find_program(program).is_none() {
            return Err(format!("{program} is not installed: `apt-get install {package}`; Keycloak needs Java 17 or later"));
        }
    }
    fetch(target, &folder).map_err(|error| format!("Keycloak {VERSION} could not be had: {error:#}"))?;
    Ok(folder)
}

/// Builds it beside its place and renames it: a folder that is there is whole.
fn fetch(target: &Path, folder: &Path) -> Result<()> {
    let download = target.join("keycloak-download");
    std::fs::create_dir_all(&download)?;
    let artifact = format!("-Dartifact=org.keycloak:keycloak-quarkus-dist:{VERSION}:tar.gz");
    let to = format!("-DoutputDirectory={}", download.display());
    cargo::run(cargo::program("mvn").args(["--quiet", "--batch-mode", "dependency:copy"]).arg(artifact).arg(to))?;
    let archive = download.join(format!("keycloak-quarkus-dist-{VERSION}.tar.gz"));
    cargo::run(cargo::program("tar").arg("xzf").arg(&archive).arg("-C").arg(&download))?;
    let unpacked = download.join(format!("keycloak-{VERSION}"));
    if !unpacked.is_dir() {
        bail!("the archive has no folder keycloak-{VERSION}");
    }
    let build = ["build", "--db=dev-file", "--health-enabled=true", "--cache=local"];
    cargo::run(cargo::program(unpacked.join("bin/kc.sh")).args(build)).context("it could not be built")?;
    std::fs::rename(&unpacked, folder)?;
    std::fs::remove_dir_all(&download)?;
    Ok(())
}
