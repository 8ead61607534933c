//! The tools that the tests of claim providers' authors run: Go, Node.js with npm, Python with venv. Rust's are those of this build.

use std::process::Command;

use anyhow::{Result, bail};

use crate::{cargo, parts};

/// Major and minor number.
type Version = (u32, u32);

/// A program, and how to see that it is there and good enough.
struct Tool {
    name: &'static str,
    /// Prints the version, and fails where a part is missing.
    probe: &'static [&'static str],
    /// `argus plugin build` takes no older one.
    oldest: Version,
    /// Debian's packages; the first has the version.
    packages: &'static [&'static str],
    how: &'static str,
}

const TOOLS: &[Tool] = &[
    Tool {
        name: "Go",
        probe: &["go", "env", "GOVERSION"],
        oldest: (1, 24),
        packages: &["golang-go"],
        how: "https://go.dev/dl has it for every system",
    },
    Tool {
        name: "Node.js",
        probe: &["node", "--version"],
        oldest: (18, 0),
        packages: &["nodejs"],
        how: "https://nodejs.org has it for every system",
    },
    Tool {
        name: "npm",
        probe: &["npm", "--version"],
        oldest: (0, 0),
        packages: &["npm"],
        how: "it comes with Node.js from https://nodejs.org",
    },
    Tool {
        name: "Python with venv",
        probe: &["python3", "-c", "import sys, venv, ensurepip; print(*sys.version_info[:2], sep='.')"],
        oldest: (3, 9),
        packages: &["python3", "python3-venv"],
        how: "https://www.python.org has it for every system; Debian has venv in the package python3-venv",
    },
];

/// Finds the tools, or installs those that are missing; else says which they are and how to get them.
pub(crate) fn find(install: bool) -> Result<(), String> {
    let missing = || TOOLS.iter().filter_map(|tool| tool.fault().map(|fault| (tool, fault))).collect::<Vec<_>>();
    let mut why = String::new();
    let tools: Vec<_> = missing().into_iter().map(|(tool, _)| tool).collect();
    if !tools.is_empty()
        && install
        && let Err(error) = install_all(&tools)
    {
        why = format!(" (they could not be installed: {error:#})");
    }
    let missing = missing();
    if missing.is_empty() {
        return Ok(());
    }
    let faults: Vec<_> = missing.iter().map(|(tool, fault)| format!("{fault}; {}", tool.how)).collect();
    Err(format!("{}{why}", faults.join(". ")))
}

impl Tool {
    /// What keeps it from being used.
    fn fault(&self) -> Option<String> {
        let [program, arguments @ ..] = self.probe else { return None };
        let output = Command::new(program).args(arguments).env("GOTOOLCHAIN", "local").output();
        let Some(output) = output.ok().filter(|output| output.status.success()) else {
            return Some(format!("{} is not installed", self.name));
        };
        let printed = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let is_old = version_in(&printed).is_some_and(|found| found < self.oldest);
        is_old.then(|| format!("{} has version {printed}, and {}.{} or later is needed", self.name, self.oldest.0, self.oldest.1))
    }
}

/// Installs packages of the distribution, and none of which it has only an older version.
fn install_all(tools: &[&Tool]) -> Result<()> {
    parts::apt_update()?;
    let mut packages = Vec::new();
    let mut too_old = Vec::new();
    for tool in tools {
        let description =
            cargo::output_of(cargo::program("apt-cache").args(["show", "--no-all-versions", tool.packages[0]])).unwrap_or_default();
        match offered(&description) {
            Some(version) if version >= tool.oldest => packages.extend(tool.packages),
            Some((major, minor)) => too_old.push(format!("{} {major}.{minor}", tool.packages[0])),
            None => too_old.push(format!("no {}", tool.packages[0])),
        }
    }
    if !packages.is_empty() {
        parts::apt_install(&packages)?;
    }
    if !too_old.is_empty() {
        bail!("this system's packages have {}", too_old.join(" and "));
    }
    Ok(())
}

/// The version that `apt-cache show` tells, without the distribution's epoch before it.
fn offered(description: &str) -> Option<Version> {
    let version = description.lines().find_map(|line| line.strip_prefix("Version: "))?;
    version_in(version.split_once(':').map_or(version, |(_, version)| version))
}

/// The first `MAJOR.MINOR` in a text.
fn version_in(text: &str) -> Option<Version> {
    text.split(|c: char| !c.is_ascii_digit() && c != '.').find_map(|word| {
        let mut numbers = word.split('.').map(str::parse);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_what_programs_and_packages_say() {
        assert_eq!(version_in("go1.26.8"), Some((1, 26)));
        assert_eq!(version_in("v20.20.2"), Some((20, 20)));
        assert_eq!(offered("Package: golang-go\nVersion: 2:1.19~1\n"), Some((1, 19)));
        assert_eq!(offered("Package: nodejs\nVersion: 18.19.0+dfsg-6~deb12u2\n"), Some((18, 19)));
        assert_eq!(offered(""), None);
    }

    #[test]
    fn what_is_missing_or_too_old_is_told() {
        let tool = |probe, oldest| Tool { name: "a tool", probe, oldest, packages: &["a"], how: "" };
        assert_eq!(tool(&["argus-no-such-tool"], (0, 0)).fault().as_deref(), Some("a tool is not installed"));
        assert_eq!(tool(&["sh", "-c", "exit 1"], (0, 0)).fault().as_deref(), Some("a tool is not installed"));
        let old = tool(&["sh", "-c", "echo v1.9.2"], (1, 24)).fault();
        assert_eq!(old.as_deref(), Some("a tool has version v1.9.2, and 1.24 or later is needed"));
        assert_eq!(tool(&["sh", "-c", "echo 1.24"], (1, 24)).fault(), None);
    }
}
