//! An author of a claim provider: a folder of theirs, and the program run in it. No server, no installation.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::installation::{Output, run};
use crate::program;

/// Whether tests that run the tools of other languages were left out by `ARGUS_TEST_AUTHORS=off`. `cargo xtask test` does so with the
/// workspace's tests: these are parts of their own there, and are named when they do not run.
pub fn left_out() -> bool {
    std::env::var("ARGUS_TEST_AUTHORS").is_ok_and(|value| value == "off")
}

/// An author with a folder for one provider and a cache of their own.
pub struct Author {
    home: TempDir,
}

impl Author {
    /// An author whose folder has the manifest of a provider called `provider`, and nothing else.
    pub fn new() -> Self {
        let author = Self { home: tempfile::tempdir().unwrap() };
        author.write("claim-provider.json", r#"{"name": "provider", "language": "rust"}"#);
        author
    }

    /// The same with a component, as a build leaves it.
    pub fn with_component(component: &[u8]) -> Self {
        let author = Self::new();
        author.write("provider.wasm", component);
        author
    }

    /// The folder.
    pub fn folder(&self) -> PathBuf {
        self.home.path().join("provider")
    }

    /// Writes a file of the folder.
    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.folder().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Writes a test vector.
    pub fn vector(&self, name: &str, vector: &Value) {
        self.write(&format!("tests/{name}.json"), vector.to_string());
    }

    /// Runs the program in the folder.
    pub fn argus(&self, arguments: &[&str]) -> Output {
        run(self.command(arguments, &self.folder()), "")
    }

    /// Where the author's folders are.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Runs the program in a folder.
    pub fn argus_in(&self, folder: &Path, arguments: &[&str]) -> Output {
        run(self.command(arguments, folder), "")
    }

    /// Builds the provider in a folder. What languages' tools fetched or compiled before is theirs to find again: they have the caches
    /// of whoever runs the tests.
    pub fn build_in(&self, folder: &Path) -> Output {
        let mut command = Command::new(program::argus());
        command.args(["plugin", "build"]).current_dir(folder);
        run(command, "")
    }

    /// Runs a program of the language's tools in a folder, as its author would by hand.
    pub fn tool_in(&self, folder: &Path, line: &[&str]) -> Output {
        let mut command = Command::new(line[0]);
        // A build around this one would have its own way.
        command.args(&line[1..]).current_dir(folder).env_remove("CARGO_TARGET_DIR");
        run(command, "")
    }

    /// The program, to be run in a folder with this author's cache.
    pub fn command(&self, arguments: &[&str], folder: &Path) -> Command {
        let mut command = Command::new(program::argus());
        command.args(arguments).current_dir(folder).env("XDG_CACHE_HOME", self.home.path().join("cache"));
        command
    }
}

impl Default for Author {
    fn default() -> Self {
        Self::new()
    }
}
