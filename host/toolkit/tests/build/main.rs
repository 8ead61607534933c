//! Scaffolds providers, builds them by their languages' tool chains and runs them in the server's engine.
//!
//! Needs cargo with the target `wasm32-unknown-unknown`, and Go.

#[path = "../support/mod.rs"]
mod support;

mod go;
mod interpreted;
mod rust;

use std::fs;
use std::path::{Path, PathBuf};

use argus_toolkit::build::{self, Built, Tools};
use argus_toolkit::{Language, scaffold};

fn scaffolded(language: Language, into: &Path) -> PathBuf {
    scaffold::create(language, "badge-level", into).expect("made").folder
}

fn built(folder: &Path) -> Built {
    build::build(folder, &mut |_| ()).unwrap_or_else(|error| panic!("{error}"))
}

fn replace(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).expect("read");
    assert!(text.contains(from), "{} has {from}", file.display());
    fs::write(file, text.replace(from, to)).expect("written");
}

/// Tools with a program that does no more than a line of shell.
#[cfg(unix)]
fn pretended(into: &Path, program: &str, line: &str) -> Tools {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = into.join("tools");
    fs::create_dir_all(&folder).expect("made");
    let file = folder.join(program);
    fs::write(&file, format!("#!/bin/sh\n{line}\n")).expect("written");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("set");
    Tools::on(folder)
}
