//! Writes the folder of a new claim provider. The template is a whole provider, with configuration schema and test vectors, that builds
//! and passes as it is; the author changes it into their own.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::contract;
use crate::embedded::{self, File};
use crate::language::Language;
use crate::manifest::{ProviderName, ProviderNameError};

/// Where the SDK for Rust finds the contract, in this repository and in an author's folder.
const WIT_OF_SDK: (&str, &str) = ("../../wit/argus-claims-0.1.0", "../wit");

/// A folder that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scaffolded {
    /// The folder.
    pub folder: PathBuf,
    /// The files in it, relative to the folder, sorted.
    pub files: Vec<PathBuf>,
}

/// Why no folder was made.
#[derive(Debug, Error)]
pub enum ScaffoldError {
    /// The name.
    #[error(transparent)]
    Name(#[from] ProviderNameError),
    /// Nothing is overwritten.
    #[error("{} is there already: choose another name or another folder, nothing was written", .0.display())]
    Exists(PathBuf),
    /// The folder or a file in it.
    #[error("{} cannot be written", .0.display())]
    Write(PathBuf, #[source] io::Error),
}

/// Makes the folder `into/name`, which must not exist, and writes a whole provider to it.
pub fn create(language: Language, name: &str, into: &Path) -> Result<Scaffolded, ScaffoldError> {
    let name = ProviderName::parse(name)?;
    let folder = into.join(name.as_str());
    fs::create_dir_all(into).map_err(|error| ScaffoldError::Write(into.to_owned(), error))?;
    fs::create_dir(&folder).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => ScaffoldError::Exists(folder.clone()),
        _ => ScaffoldError::Write(folder.clone(), error),
    })?;
    let mut files = Vec::new();
    for (path, content) in contents(language, &name) {
        let to = folder.join(&path);
        write(&to, &content).map_err(|error| ScaffoldError::Write(to, error))?;
        files.push(PathBuf::from(path));
    }
    files.sort();
    Ok(Scaffolded { folder, files })
}

fn write(to: &Path, content: &[u8]) -> io::Result<()> {
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(to, content)
}

/// Every file, with its path in the folder.
fn contents(language: Language, name: &ProviderName) -> Vec<(String, Vec<u8>)> {
    let template = match language {
        Language::Rust => embedded::RUST,
        Language::Go => embedded::GO,
        Language::Js => embedded::JS,
        Language::Python => embedded::PYTHON,
    };
    let mut files: Vec<_> = embedded::SHARED.iter().chain(template).map(|file| (file.path.to_owned(), filled_in(file, name))).collect();
    if language == Language::Rust {
        files.extend(embedded::SDK.iter().map(|file| (format!("sdk/src/{}", file.path), with_path_of_contract(file))));
    }
    if language != Language::Go {
        files.push((format!("wit/{}", contract::TEXT_FILE), contract::TEXT.into()));
    }
    files
}

fn filled_in(file: &File, name: &ProviderName) -> Vec<u8> {
    match str::from_utf8(file.content) {
        Ok(text) => text.replace("{{name}}", name.as_str()).replace("{{snake}}", &name.snake()).into_bytes(),
        Err(_) => file.content.to_vec(),
    }
}

fn with_path_of_contract(file: &File) -> Vec<u8> {
    match str::from_utf8(file.content) {
        Ok(text) => text.replace(WIT_OF_SDK.0, WIT_OF_SDK.1).into_bytes(),
        Err(_) => file.content.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Manifest;

    fn into() -> tempfile::TempDir {
        tempfile::tempdir().expect("a folder")
    }

    #[test]
    fn a_folder_has_what_every_provider_has() {
        for language in Language::ALL {
            let into = into();
            let scaffolded = create(language, "badge-level", into.path()).expect("made");
            assert_eq!(scaffolded.folder, into.path().join("badge-level"));
            for file in ["schema.json", "README.md", "claim-provider.json", "tests/from-attribute.json", ".gitignore"] {
                assert!(scaffolded.files.contains(&file.into()), "{language}: {file}");
                assert!(scaffolded.folder.join(file).is_file(), "{language}: {file}");
            }
            let manifest = Manifest::read(&scaffolded.folder).expect("a manifest");
            assert_eq!((manifest.name.as_str(), manifest.language), ("badge-level", language));
        }
    }

    #[test]
    fn no_placeholder_is_left() {
        for language in Language::ALL {
            for (path, content) in contents(language, &ProviderName::parse("badge-level").expect("a name")) {
                let text = String::from_utf8_lossy(&content);
                assert!(!text.contains("{{name}}") && !text.contains("{{snake}}"), "{language}: {path}");
            }
        }
    }

    #[test]
    fn the_sdk_finds_the_contract() {
        let into = into();
        let folder = create(Language::Rust, "badge-level", into.path()).expect("made").folder;
        let bindings = fs::read_to_string(folder.join("sdk/src/bindings.rs")).expect("read");
        assert!(bindings.contains(r#"path: "../wit","#), "{bindings}");
        assert_eq!(fs::read_to_string(folder.join("wit/claims.wit")).expect("read"), contract::TEXT);
    }

    #[test]
    fn a_folder_that_exists_is_left_alone() {
        let into = into();
        fs::create_dir(into.path().join("badge-level")).expect("made");
        let error = create(Language::Go, "badge-level", into.path()).expect_err("refused");
        assert!(matches!(error, ScaffoldError::Exists(_)), "{error}");
        assert_eq!(fs::read_dir(into.path().join("badge-level")).expect("read").count(), 0);
    }

    #[test]
    fn a_name_cannot_leave_the_folder() {
        let into = into();
        for name in ["", "../up", "a/b", "Badge", "."] {
            let error = create(Language::Go, name, into.path()).expect_err("refused");
            assert!(matches!(error, ScaffoldError::Name(_)), "{name}: {error}");
        }
        assert_eq!(fs::read_dir(into.path()).expect("read").count(), 0);
    }
}
