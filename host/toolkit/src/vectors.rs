//! Test vectors: `tests/*.json` in the folder of a provider, each with a configuration, an input and what is expected.
//!
//! They are read strictly: a misspelt member would be a test that tests nothing.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use argus_domain::input::InputDocument;
use argus_domain::{Pointer, Problem};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use serde_path_to_error::Segment;
use thiserror::Error;

/// Where vectors lie in the folder of a provider.
pub const FOLDER: &str = "tests";

/// Ways an invocation can fail that a vector may expect.
pub const ERRORS: [&str; 8] =
    ["rejected", "bad_configuration", "internal", "deadline_exceeded", "memory_exceeded", "output_too_large", "trap", "invalid_claims"];

/// A test vector.
#[derive(Clone, Debug)]
pub struct Vector {
    /// The file it was read from.
    pub file: PathBuf,
    /// The configuration, as its text stands in the file.
    pub configuration: String,
    /// What the provider is handed, as far as it may read it.
    pub input: InputDocument,
    /// What has to come of it.
    pub expected: Expected,
}

/// What a vector expects.
#[derive(Clone, Debug, PartialEq)]
pub enum Expected {
    /// Exactly these claims.
    Claims(Map<String, Value>),
    /// No claims, for a reason of this kind, one of [`ERRORS`].
    Error(String),
    /// That the configuration is refused, with problems at exactly these places.
    Problems(Vec<String>),
}

/// Why a vector cannot be run.
#[derive(Debug, Error)]
pub enum VectorError {
    /// Cannot be read.
    #[error("{} cannot be read", .0.display())]
    Unreadable(PathBuf, #[source] io::Error),
    /// Not what a vector looks like.
    #[error("{} is not a test vector: {problem}", .file.display())]
    Malformed {
        /// The file.
        file: PathBuf,
        /// What is wrong, and where.
        problem: Problem,
    },
    /// Nothing to run.
    #[error("{} has no test vectors: files that end in .json were expected, each with a configuration, an input and claims", .0.display())]
    None(PathBuf),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(rename = "configuration")]
    _configuration: Value,
    #[serde(default)]
    input: InputDocument,
    claims: Option<Map<String, Value>>,
    error: Option<String>,
    problems: Option<Vec<String>>,
}

/// Only the configuration, with its white space and the order of its keys.
#[derive(Deserialize)]
struct Verbatim {
    configuration: Box<RawValue>,
}

impl Vector {
    /// Reads a vector.
    pub fn read(file: &Path) -> Result<Self, VectorError> {
        let text = fs::read(file).map_err(|error| VectorError::Unreadable(file.to_owned(), error))?;
        Self::parse(file, &text).map_err(|problem| VectorError::Malformed { file: file.to_owned(), problem })
    }

    fn parse(file: &Path, text: &[u8]) -> Result<Self, Problem> {
        let mut reader = serde_json::Deserializer::from_slice(text);
        let document: Document = serde_path_to_error::deserialize(&mut reader)
            .map_err(|error| Problem::new(pointer(error.path()), error.inner().to_string()))?;
        let whole = |error: serde_json::Error| Problem::new(Pointer::root(), error.to_string());
        reader.end().map_err(whole)?;
        let verbatim: Verbatim = serde_json::from_slice(text).map_err(whole)?;
        let configuration = verbatim.configuration.get().to_owned();
        Ok(Self { file: file.to_owned(), configuration, expected: document.expected()?, input: document.input })
    }

    /// The file's name without its ending.
    pub fn name(&self) -> String {
        self.file.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Whether its configuration is one that the provider has to accept.
    pub fn is_accepted(&self) -> bool {
        !matches!(self.expected, Expected::Problems(_))
    }
}

impl Document {
    fn expected(&self) -> Result<Expected, Problem> {
        match (&self.claims, &self.error, &self.problems) {
            (Some(claims), None, None) => Ok(Expected::Claims(claims.clone())),
            (None, Some(error), None) if ERRORS.contains(&error.as_str()) => Ok(Expected::Error(error.clone())),
            (None, Some(error), None) => {
                let message = format!("`{error}` is no kind of failure; there are {}", ERRORS.join(", "));
                Err(Problem::new(Pointer::root().join("error"), message))
            }
            (None, None, Some(pointers)) => {
                if let Some(index) = pointers.iter().position(|pointer| Pointer::parse(pointer).is_none()) {
                    let message = "is no JSON Pointer: an empty text or one that starts with / was expected";
                    return Err(Problem::new(Pointer::root().join("problems").join(index), message));
                }
                Ok(Expected::Problems(pointers.clone()))
            }
            _ => Err(Problem::new(Pointer::root(), "exactly one of `claims`, `error` and `problems` was expected")),
        }
    }
}

/// The files of a folder that are vectors, in the order of their names.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>, VectorError> {
    let unreadable = |error| VectorError::Unreadable(folder.to_owned(), error);
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(VectorError::None(folder.to_owned()));
    }
    Ok(files)
}

fn pointer(path: &serde_path_to_error::Path) -> Pointer {
    path.iter().fold(Pointer::root(), |pointer, segment| match segment {
        Segment::Seq { index } => pointer.join(index),
        Segment::Map { key } => pointer.join(key),
        Segment::Enum { variant } => pointer.join(variant),
        Segment::Unknown => pointer,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Vector, Problem> {
        Vector::parse(Path::new("tests/a.json"), text.as_bytes())
    }

    fn place(text: &str) -> String {
        parse(text).expect_err("refused").pointer.as_str().to_owned()
    }

    #[test]
    fn a_configuration_is_handed_over_as_it_stands() {
        let vector = parse(r#"{"configuration": {"z": 1.0,  "a": 1e2}, "claims": {}}"#).unwrap();
        assert_eq!(vector.configuration, r#"{"z": 1.0,  "a": 1e2}"#);
        assert_eq!((vector.name().as_str(), vector.expected), ("a", Expected::Claims(Map::new())));
    }

    #[test]
    fn mistakes_are_shown_with_their_place() {
        assert_eq!(place(r#"{"configuration": {}, "claims": {}, "inputs": {}}"#), "/inputs");
        assert_eq!(place(r#"{"configuration": {}, "claims": {}, "input": {"user": {"grups": []}}}"#), "/input/user/grups");
        assert_eq!(place(r#"{"configuration": {}, "claims": {}, "input": {"user": {"groups": ["a", 1]}}}"#), "/input/user/groups/1");
        assert_eq!(place(r#"{"configuration": {}, "claims": []}"#), "/claims");
        assert_eq!(place(r#"{"configuration": {}, "error": "broken"}"#), "/error");
        assert_eq!(place(r#"{"configuration": {}, "problems": ["", "a"]}"#), "/problems/1");
    }

    #[test]
    fn exactly_one_thing_is_expected() {
        for text in [r#"{"configuration": {}}"#, r#"{"configuration": {}, "claims": {}, "error": "trap"}"#, r#"{"claims": {}}"#, "{", ""] {
            assert_eq!(place(text), "", "{text}");
        }
        assert!(matches!(parse(r#"{"configuration": {}, "error": "trap"}"#).unwrap().expected, Expected::Error(_)));
        assert!(!parse(r#"{"configuration": {}, "problems": ["/a"]}"#).unwrap().is_accepted());
    }
}
