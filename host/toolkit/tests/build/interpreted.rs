//! JavaScript and Python: what is told when a part of the tool chain is missing. Their builds are run by `cargo xtask test`, which may
//! use the registries.
#![cfg(unix)]

use argus_toolkit::Language;
use argus_toolkit::build::{self, BuildError, Tools};

use crate::{pretended, scaffolded};

fn error(language: Language, tools: impl FnOnce(&std::path::Path) -> Tools) -> BuildError {
    let into = tempfile::tempdir().expect("a folder");
    let folder = scaffolded(language, into.path());
    build::build_with(&tools(into.path()), &folder, &mut |_| ()).expect_err("cannot be built")
}

#[test]
fn systems_without_an_interpreter_are_told_what_to_do() {
    let node = error(Language::Js, |_| Tools::on("/nowhere")).to_string();
    assert!(node.starts_with("`node` was not found") && node.contains("https://nodejs.org"), "{node}");
    let python = error(Language::Python, |_| Tools::on("/nowhere")).to_string();
    assert!(python.starts_with("`python3` was not found") && python.contains("3.9"), "{python}");
}

#[test]
fn old_interpreters_are_told() {
    let node = error(Language::Js, |into| pretended(into, "node", "echo v16.20.2"));
    assert!(matches!(&node, BuildError::ToolTooOld { tool: "node", found, .. } if found == "v16.20.2"), "{node}");
    let python = error(Language::Python, |into| pretended(into, "python3", "echo Python 3.8.10"));
    assert!(matches!(&python, BuildError::ToolTooOld { tool: "python3", .. }), "{python}");
}

#[test]
fn npm_is_told_apart_from_node() {
    let error = error(Language::Js, |into| pretended(into, "node", "echo v22.1.0"));
    assert!(matches!(error, BuildError::ToolMissing { tool: "npm", .. }), "{error}");
}

#[test]
fn a_python_without_venv_is_told_which_package_has_it() {
    let line = r#"case "$1" in --version) echo Python 3.11.2;; *) echo "ensurepip is not available" >&2; exit 1;; esac"#;
    let error = error(Language::Python, |into| pretended(into, "python3", line)).to_string();
    assert!(error.contains("python3-venv"), "{error}");
}
