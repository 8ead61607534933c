//! Dependencies point one way: `domain ← keys, storage, claims, saml ← protocol ← http ← server`, and `claims ← toolkit ← server`.
//!
//! And what a layer is for stays in it: WebAssembly in `claims`, SQL in `storage`, axum in `http` and `server`. Dependencies for
//! tests and build scripts count as well.

use super::metadata::{Package, Workspace};

/// The layers from the bottom; a crate may depend on crates of lower layers only.
const LAYERS: &[&[&str]] = &[
    &["argus-domain"],
    &["argus-keys", "argus-storage", "argus-claims", "argus-saml"],
    &["argus-toolkit", "argus-protocol"],
    &["argus-http"],
    &["argus-server"],
];

/// Crates of the host that may use some of the crates below them only.
const NARROW: &[(&str, &[&str])] = &[("argus-toolkit", &["argus-domain", "argus-claims"])];

/// Crates that only some of the host's crates may name; a name with `*` at its end stands for all that begin so.
const CONFINED: &[(&str, &[&str])] = &[
    ("argus-toolkit", &["argus-server"]),
    // The toolkit starts an author's own module on the author's machine, to keep its state; it never runs a component.
    ("wasmtime*", &["argus-claims", "argus-toolkit"]),
    ("wasmparser", &["argus-claims", "argus-toolkit"]),
    ("sqlx*", &["argus-storage"]),
    ("bergshamra*", &["argus-saml"]),
    ("uppsala", &["argus-saml"]),
    ("axum*", &["argus-http", "argus-server"]),
    ("askama*", &["argus-http"]),
    ("clap", &["argus-server"]),
    ("anyhow", &["argus-server"]),
];

pub(super) fn check(workspace: &Workspace) -> Vec<String> {
    workspace.packages.iter().filter(|package| package.member).flat_map(problems_of).collect()
}

fn problems_of(package: &Package) -> Vec<String> {
    let mut problems = Vec::new();
    let Some(layer) = layer_of(&package.name) else {
        // Only the load program and the tests stand beside the layers; xtask must work while they do not compile.
        if package.name == "xtask" && package.dependencies.iter().any(|dependency| dependency.starts_with("argus-")) {
            problems.push("xtask depends on a crate of Argus".to_owned());
        }
        return problems;
    };
    let narrow = NARROW.iter().find(|(name, _)| *name == package.name);
    for dependency in &package.dependencies {
        if narrow.is_some_and(|(_, allowed)| dependency.starts_with("argus-") && !allowed.contains(&dependency.as_str())) {
            problems.push(format!("{} depends on {dependency}, which is none of its business", package.name));
        }
        if layer_of(dependency).is_some_and(|below| below >= layer) {
            problems.push(format!("{} depends on {dependency}, which is not below it", package.name));
        }
        for (name, allowed) in CONFINED {
            if matches(name, dependency) && !allowed.contains(&package.name.as_str()) {
                problems.push(format!("{} depends on {dependency}, which is for {} only", package.name, allowed.join(" and ")));
            }
        }
    }
    problems
}

fn layer_of(name: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&name))
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => name == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(name: &str, dependencies: &[&str]) -> Vec<String> {
        problems_of(&Package {
            name: name.to_owned(),
            version: String::new(),
            member: true,
            description: None,
            license: None,
            dependencies: dependencies.iter().map(|dependency| (*dependency).to_owned()).collect(),
        })
    }

    #[test]
    fn a_crate_may_depend_on_lower_layers() {
        assert!(problems("argus-protocol", &["argus-domain", "argus-storage", "serde"]).is_empty());
    }

    #[test]
    fn upwards_and_sideways_are_refused() {
        assert_eq!(problems("argus-storage", &["argus-protocol"]).len(), 1);
        assert_eq!(problems("argus-storage", &["argus-keys"]).len(), 1);
    }

    #[test]
    fn confined_crates_stay_where_they_are() {
        assert_eq!(problems("argus-protocol", &["wasmtime-wasi", "sqlx", "axum"]).len(), 3);
        assert!(problems("argus-server", &["axum", "axum-server"]).is_empty());
    }

    #[test]
    fn the_toolkit_knows_the_engine_and_the_server_knows_it() {
        assert!(problems("argus-toolkit", &["argus-domain", "argus-claims", "wasmtime"]).is_empty());
        assert_eq!(problems("argus-toolkit", &["argus-storage"]).len(), 1);
        assert_eq!(problems("argus-http", &["argus-toolkit"]).len(), 1);
        assert!(problems("argus-server", &["argus-toolkit"]).is_empty());
    }

    #[test]
    fn xtask_stands_alone() {
        assert_eq!(problems("xtask", &["anyhow", "argus-domain"]).len(), 1);
    }
}
