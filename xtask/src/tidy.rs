//! `cargo xtask tidy`: rules of the tree that no compiler checks. `cargo test` holds them as well.
//!
//! Every check looks at the files git knows of, or at `cargo metadata`, and reports all it finds, a line each.

mod dependencies;
mod docs;
mod files;
mod frozen;
mod layers;
mod licence;
mod metadata;

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::cargo;

/// A file of the tree.
struct File {
    /// Relative to the root, with `/`.
    path: String,
    /// Its text; `None` when it is not UTF-8.
    text: Option<String>,
}

impl File {
    fn has_extension(&self, extension: &str) -> bool {
        Path::new(&self.path).extension().is_some_and(|found| found == extension)
    }
}

/// The files git tracks or would track.
fn tree() -> Result<Vec<File>> {
    let listing = cargo::output_of(cargo::program("git").args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]))
        .context("tidy takes its list of files from git")?;
    let mut files = Vec::new();
    for path in listing.split_terminator('\0') {
        // A file that was removed and not yet staged is still listed.
        let Ok(bytes) = std::fs::read(cargo::root().join(path)) else { continue };
        files.push(File { path: path.to_owned(), text: String::from_utf8(bytes).ok() });
    }
    Ok(files)
}

/// Everything found, a line each.
fn problems() -> Result<Vec<String>> {
    let files = tree()?;
    let workspaces = metadata::read_all()?;
    let mut problems = Vec::new();
    problems.extend(files::check(&files));
    problems.extend(docs::check(&files, crate::COMMANDS));
    problems.extend(frozen::check(&files));
    for workspace in &workspaces {
        problems.extend(layers::check(workspace));
        problems.extend(dependencies::check(workspace));
    }
    problems.sort();
    problems.dedup();
    Ok(problems)
}

pub(crate) fn run() -> Result<()> {
    let problems = problems()?;
    for problem in &problems {
        println!("{problem}");
    }
    match problems.len() {
        0 => {
            println!("tidy");
            Ok(())
        }
        count => bail!("tidy found {count} problem(s)"),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_tree_is_tidy() {
        let problems = super::problems().expect("the tree can be read");
        assert!(problems.is_empty(), "{}", problems.join("\n"));
    }
}
