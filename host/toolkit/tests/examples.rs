//! The example claim providers are as `argus plugin new` makes them: what an author does not change is the template's, byte for byte.

use std::fs;
use std::path::{Path, PathBuf};

use argus_toolkit::manifest::Manifest;
use argus_toolkit::scaffold;

/// What an author writes.
const OWN: &[&str] = &["README.md", "schema.json", "claim-provider.json", "Cargo.toml", "Cargo.lock"];
const OWN_BEGINNINGS: &[&str] = &["tests/", "src/", "provider"];

fn examples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/claim-providers");
    let mut examples: Vec<_> = fs::read_dir(folder).expect("the examples").map(|entry| entry.expect("an entry").path()).collect();
    examples.retain(|path| path.join("claim-provider.json").is_file());
    examples.sort();
    examples
}

#[test]
fn examples_have_what_the_templates_have() {
    let examples = examples();
    assert!(!examples.is_empty());
    for example in examples {
        let manifest = Manifest::read(&example).expect("a manifest");
        assert_eq!(example.file_name().and_then(|name| name.to_str()), Some(manifest.name.as_str()));
        let into = tempfile::tempdir().expect("a folder");
        let fresh = scaffold::create(manifest.language, manifest.name.as_str(), into.path()).expect("made");
        for file in &fresh.files {
            let name = file.to_string_lossy();
            if OWN.contains(&&*name) || OWN_BEGINNINGS.iter().any(|beginning| name.starts_with(beginning)) {
                continue;
            }
            let (theirs, ours) = (fs::read(example.join(file)), fs::read(fresh.folder.join(file)).expect("just written"));
            assert!(theirs.is_ok_and(|theirs| theirs == ours), "{}: {name} is not the template's", example.display());
        }
    }
}
