//! `cargo metadata` of every workspace of the tree, as far as the checks need it.
//!
//! Filtered to this machine's platform, since the packages of other platforms are not downloaded by a build.

use std::collections::HashSet;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::cargo;

/// The workspaces of the tree. What customers and relying parties would have is built as they would build it, so there is more than one.
const MANIFESTS: &[&str] = &["Cargo.toml", "plugins/Cargo.toml", "examples/Cargo.toml"];

/// A workspace and everything it is built from.
pub(super) struct Workspace {
    /// Its manifest, relative to the root.
    pub(super) manifest: &'static str,
    pub(super) packages: Vec<Package>,
}

/// A package, ours or somebody else's.
pub(super) struct Package {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) member: bool,
    pub(super) description: Option<String>,
    pub(super) license: Option<String>,
    pub(super) dependencies: Vec<String>,
}

pub(super) fn read_all() -> Result<Vec<Workspace>> {
    let platform = platform()?;
    MANIFESTS.iter().map(|manifest| read(manifest, &platform)).collect()
}

fn platform() -> Result<String> {
    let version = cargo::output_of(cargo::cargo().args(["--version", "--verbose"]))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("cargo does not tell its host")?.to_owned())
}

fn read(manifest: &'static str, platform: &str) -> Result<Workspace> {
    let arguments = ["metadata", "--format-version=1", "--locked", "--filter-platform", platform, "--manifest-path", manifest];
    let metadata: Value = serde_json::from_str(&cargo::output_of(cargo::cargo().args(arguments))?)?;
    let members: Vec<&str> = list(&metadata["workspace_members"]).map(text).collect();
    let built = built(manifest, platform)?;
    let built_in =
        list(&metadata["packages"]).filter(|package| built.contains(&format!("{} v{}", text(&package["name"]), text(&package["version"]))));
    let packages = built_in.map(|package| Package {
        name: text(&package["name"]).to_owned(),
        version: text(&package["version"]).to_owned(),
        member: members.contains(&text(&package["id"])),
        description: package["description"].as_str().map(str::to_owned),
        license: package["license"].as_str().map(str::to_owned),
        dependencies: list(&package["dependencies"]).map(|dependency| text(&dependency["name"]).to_owned()).collect(),
    });
    Ok(Workspace { manifest, packages: packages.collect() })
}

/// Name and version of everything that is compiled. The metadata's own graph also has optional packages that another feature only
/// mentions.
fn built(manifest: &str, platform: &str) -> Result<HashSet<String>> {
    let arguments = ["tree", "--workspace", "--locked", "--prefix=none", "--edges=all", "--target", platform, "--manifest-path", manifest];
    let tree = cargo::output_of(cargo::cargo().args(arguments))?;
    Ok(tree.lines().map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect())
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
