//! Reading a configuration, with the place of an error as RFC 6901 JSON Pointer.

use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};

use crate::{Problem, pointer};

/// Reads a configuration as the host hands it over.
///
/// The host checks the JSON Schema first, so this mostly finds what the schema leaves open. Useful in tests of a provider, too.
pub fn parse_configuration<C: DeserializeOwned>(text: &str) -> Result<C, Vec<Problem>> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = serde_path_to_error::deserialize(&mut reader).map_err(|error| (to_pointer(error.path()), error.inner().to_string()));
    let ended = read.and_then(|configuration| match reader.end() {
        Ok(()) => Ok(configuration),
        Err(error) => Err((String::new(), error.to_string())),
    });
    ended.map_err(|(pointer, message)| vec![Problem { pointer, message }])
}

fn to_pointer(path: &Path) -> String {
    let mut text = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => text.push_str(&pointer([index.to_string()])),
            Segment::Map { key } => text.push_str(&pointer([key])),
            Segment::Enum { variant } => text.push_str(&pointer([variant])),
            // The place can't be named more closely than this.
            Segment::Unknown => break,
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Configuration {
        #[serde(rename = "lists", default)]
        _lists: Vec<String>,
        #[serde(rename = "a/b", default)]
        _escaped: bool,
        #[serde(rename = "needed")]
        _needed: bool,
    }

    fn pointer_of(text: &str) -> String {
        parse_configuration::<Configuration>(text).expect_err("refused").remove(0).pointer
    }

    #[test]
    fn errors_point_at_their_place() {
        assert_eq!(pointer_of(r#"{"needed":true,"lists":["a",1]}"#), "/lists/1");
        assert_eq!(pointer_of(r#"{"needed":true,"lists":"a"}"#), "/lists");
        assert_eq!(pointer_of(r#"{"needed":true,"a/b":1}"#), "/a~1b");
        assert_eq!(pointer_of(r#"{"needed":true,"other":1}"#), "/other");
        assert_eq!(pointer_of("{}"), "");
        assert_eq!(pointer_of("[]"), "");
        assert_eq!(pointer_of(r#"{"needed":true} x"#), "");
        assert_eq!(pointer_of(r#"{"needed":true"#), "");
    }
}
