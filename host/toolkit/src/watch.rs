//! Tells which files of a folder have changed, by looking now and then: no system's way of being told is needed, and a folder of
//! sources is small.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Folders in which tools leave what they make.
const OUTPUT_FOLDERS: &[&str] = &["target", "node_modules", "venv", "__pycache__", "dist"];
/// Files that a build makes.
const OUTPUT_ENDINGS: &[&str] = &["wasm", "pyc"];
/// Files that a build makes from others: `build.mjs` of the template for JavaScript writes the schema as a module.
const OUTPUT_FILES: &[&str] = &["schema.js"];
/// Deeper than this lie no sources.
const MAX_DEPTH: u32 = 12;
/// Larger files are known by size and time alone.
const MAX_HASHED_BYTES: u64 = 4 << 20;

/// A folder under watch.
#[derive(Debug)]
pub struct Watch {
    folder: PathBuf,
    files: BTreeMap<PathBuf, State>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct State {
    modified: Option<SystemTime>,
    bytes: u64,
    /// A tool that writes a file anew with the same content has changed nothing.
    content: u64,
}

impl Watch {
    /// Watches a folder from now on. Hidden files, outputs of builds and installed packages do not count.
    pub fn new(folder: &Path) -> Self {
        let mut watch = Self { folder: folder.to_owned(), files: BTreeMap::new() };
        watch.changed();
        watch
    }

    /// The files that were made, changed or removed since the last look, relative to the folder.
    pub fn changed(&mut self) -> Vec<PathBuf> {
        let mut found = BTreeMap::new();
        self.look(&self.folder, 0, &mut found);
        let mut changed: Vec<PathBuf> = Vec::new();
        for (path, state) in &found {
            if self.files.get(path).is_none_or(|before| (before.bytes, before.content) != (state.bytes, state.content)) {
                changed.push(path.clone());
            }
        }
        changed.extend(self.files.keys().filter(|path| !found.contains_key(*path)).cloned());
        self.files = found;
        changed.iter().map(|path| path.strip_prefix(&self.folder).unwrap_or(path).to_owned()).collect()
    }

    /// What cannot be read counts as not there: it is about to be replaced, or none of the author's.
    fn look(&self, folder: &Path, depth: u32, found: &mut BTreeMap<PathBuf, State>) {
        let Ok(entries) = fs::read_dir(folder) else { return };
        for entry in entries.flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            let name = name.to_string_lossy();
            let Ok(kind) = entry.file_type() else { continue };
            if name.starts_with('.') || name.ends_with('~') || OUTPUT_FILES.contains(&&*name) {
                continue;
            }
            if kind.is_dir() {
                if depth < MAX_DEPTH && !OUTPUT_FOLDERS.contains(&&*name) {
                    self.look(&path, depth + 1, found);
                }
            } else if kind.is_file()
                && !path.extension().is_some_and(|ending| OUTPUT_ENDINGS.iter().any(|output| ending == *output))
                && let Some(state) = self.state(&path)
            {
                found.insert(path, state);
            }
        }
    }

    fn state(&self, path: &Path) -> Option<State> {
        let metadata = fs::metadata(path).ok()?;
        let (modified, bytes) = (metadata.modified().ok(), metadata.len());
        let before = self.files.get(path).filter(|before| (before.modified, before.bytes) == (modified, bytes));
        let content = match before {
            Some(before) => before.content,
            None if bytes <= MAX_HASHED_BYTES => {
                let mut hasher = DefaultHasher::new();
                fs::read(path).ok()?.hash(&mut hasher);
                hasher.finish()
            }
            None => {
                let mut hasher = DefaultHasher::new();
                modified.hash(&mut hasher);
                hasher.finish()
            }
        };
        Some(State { modified, bytes, content })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sources_that_changed_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        let write = |path: &str, text: &str| {
            fs::create_dir_all(at(path).parent().unwrap()).unwrap();
            fs::write(at(path), text).unwrap();
        };
        write("src/lib.rs", "one");
        write("schema.json", "{}");
        let mut watch = Watch::new(folder.path());
        assert!(watch.changed().is_empty());

        write("src/lib.rs", "three");
        write("target/debug/x", "made");
        write(".venv/lib/x.py", "installed");
        write("node_modules/a/index.js", "installed");
        write("badge-level.wasm", "made");
        write("schema.js", "made");
        assert_eq!(watch.changed(), [PathBuf::from("src/lib.rs")]);

        // The same again, with another time.
        write("src/lib.rs", "three");
        assert!(watch.changed().is_empty());
        fs::remove_file(at("schema.json")).unwrap();
        write("tests/a.json", "{}");
        assert_eq!(watch.changed(), [PathBuf::from("tests/a.json"), PathBuf::from("schema.json")]);
    }
}
