//! `claim-provider.json`: what a folder with a claim provider is called and which language it is written in.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::Language;

/// Name of the file.
pub const MANIFEST_FILE: &str = "claim-provider.json";
/// Longest name of a provider.
pub const MAX_NAME_BYTES: usize = 64;

/// What `claim-provider.json` says. Unknown members are refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Manifest {
    /// The provider's name; the component is written to `NAME.wasm`.
    pub name: ProviderName,
    /// Which tool chain builds it.
    pub language: Language,
}

/// Name of a provider as its author calls it: 1 to 64 of `a-z`, `0-9` and `-`, beginning with a letter. It is a file name everywhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProviderName(String);

/// The text is no name for a provider.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{0}` is no name for a claim provider: 1 to 64 of a-z, 0-9 and - were expected, beginning with a letter")]
pub struct ProviderNameError(String);

/// Why a folder's `claim-provider.json` was not accepted.
#[derive(Debug, Error)]
pub enum ManifestError {
    /// No such file, or it cannot be read.
    #[error("{} cannot be read: the folder of a claim provider was expected, as `argus plugin new` makes it", .0.display())]
    Unreadable(PathBuf, #[source] io::Error),
    /// Not JSON, a member too many or too few, or a bad value.
    #[error("{} was not accepted; expected is {{\"name\": \"badge-level\", \"language\": \"{}\"}}", .0.display(), languages())]
    Malformed(PathBuf, #[source] serde_json::Error),
}

fn languages() -> String {
    Language::ALL.map(Language::as_str).join("|")
}

impl Manifest {
    /// Reads the manifest of a folder.
    pub fn read(folder: &Path) -> Result<Self, ManifestError> {
        let path = folder.join(MANIFEST_FILE);
        let text = fs::read(&path).map_err(|error| ManifestError::Unreadable(path.clone(), error))?;
        serde_json::from_slice(&text).map_err(|error| ManifestError::Malformed(path, error))
    }

    /// Where the component is written.
    pub fn component(&self, folder: &Path) -> PathBuf {
        folder.join(format!("{}.wasm", self.name))
    }
}

impl ProviderName {
    /// Checks a name.
    pub fn parse(text: &str) -> Result<Self, ProviderNameError> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let begins_well = text.as_bytes().first().is_some_and(u8::is_ascii_lowercase);
        if begins_well && text.len() <= MAX_NAME_BYTES && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ProviderNameError(text.chars().take(2 * MAX_NAME_BYTES).collect()))
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// With `_` for `-`, as identifiers are written.
    pub fn snake(&self) -> String {
        self.0.replace('-', "_")
    }
}

impl TryFrom<String> for ProviderName {
    type Error = ProviderNameError;

    fn try_from(text: String) -> Result<Self, ProviderNameError> {
        Self::parse(&text)
    }
}

impl From<ProviderName> for String {
    fn from(name: ProviderName) -> Self {
        name.0
    }
}

impl fmt::Display for ProviderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_file_names_everywhere() {
        for good in ["a", "badge-level", "b2", &"a".repeat(64)] {
            assert_eq!(ProviderName::parse(good).map(String::from), Ok(good.to_owned()));
        }
        for bad in ["", "-a", "2b", "Badge", "a_b", "a/b", "..", "a.b", "é", &"a".repeat(65)] {
            assert!(ProviderName::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_manifest_is_read_strictly() {
        let read = |text: &str| {
            let folder = tempfile::tempdir().expect("a folder");
            fs::write(folder.path().join(MANIFEST_FILE), text).expect("written");
            Manifest::read(folder.path())
        };
        let manifest = read(r#"{"name": "badge-level", "language": "go"}"#).expect("accepted");
        assert_eq!((manifest.name.as_str(), manifest.language), ("badge-level", Language::Go));
        for bad in [
            "",
            "[]",
            r#"{"name": "badge-level"}"#,
            r#"{"name": "badge-level", "language": "cobol"}"#,
            r#"{"name": "../up", "language": "go"}"#,
            r#"{"name": "badge-level", "language": "go", "version": "1"}"#,
        ] {
            let error = read(bad).expect_err("refused").to_string();
            assert!(error.contains("rust|go|js|python"), "{error}");
        }
    }

    #[test]
    fn a_folder_without_a_manifest_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let error = Manifest::read(folder.path()).expect_err("refused").to_string();
        assert!(error.contains("argus plugin new"), "{error}");
    }
}
