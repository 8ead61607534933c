//! A released WIT directory never changes: components in the field were built against it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use argus_claims::Digest;

fn wit() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit")
}

/// `sha256sum` lines: digest, two spaces, path.
fn released() -> BTreeMap<String, Digest> {
    let text = fs::read_to_string(wit().join("RELEASED.sha256")).expect("the list of released files");
    text.lines()
        .map(|line| {
            let (digest, path) = line.split_once("  ").expect("digest and path");
            (path.to_owned(), digest.parse().expect("a digest"))
        })
        .collect()
}

fn present() -> BTreeMap<String, Digest> {
    let mut files = BTreeMap::new();
    for directory in fs::read_dir(wit()).expect("a directory").map(|entry| entry.expect("an entry").path()).filter(|path| path.is_dir()) {
        for file in fs::read_dir(&directory).expect("a directory").map(|entry| entry.expect("an entry").path()) {
            let path = file.strip_prefix(wit()).expect("below").to_string_lossy().into_owned();
            files.insert(path, Digest::of(&fs::read(file).expect("read")));
        }
    }
    files
}

#[test]
fn released_contracts_are_unchanged() {
    assert_eq!(present(), released(), "a released contract is frozen: make a new version beside it (wit/README.md)");
}
