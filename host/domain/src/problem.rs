//! What is wrong with a document, and where: an RFC 6901 JSON Pointer and a sentence.

use std::fmt;

use serde::Serialize;
use utoipa::ToSchema;

/// An RFC 6901 JSON Pointer; the empty pointer is the whole document.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
#[serde(transparent)]
pub struct Pointer(String);

impl Pointer {
    /// The whole document.
    pub fn root() -> Self {
        Self::default()
    }

    /// Accepts a pointer as it stands in text: empty, or segments that each start with `/`.
    pub fn parse(text: &str) -> Option<Self> {
        (text.is_empty() || text.starts_with('/')).then(|| Self(text.to_owned()))
    }

    /// The pointer to a member or element of what this one points to.
    #[must_use]
    pub fn join(&self, segment: impl fmt::Display) -> Self {
        Self(format!("{}/{}", self.0, segment.to_string().replace('~', "~0").replace('/', "~1")))
    }

    /// This pointer with another one, relative to it, appended.
    #[must_use]
    pub fn append(&self, relative: &Pointer) -> Self {
        Self(format!("{}{}", self.0, relative.0))
    }

    /// The text form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "(document)" } else { &self.0 })
    }
}

/// One thing wrong with a document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
pub struct Problem {
    /// Where.
    pub pointer: Pointer,
    /// What, as a sentence for the person who wrote the document.
    pub message: String,
}

impl Problem {
    /// A problem at a pointer.
    pub fn new(pointer: Pointer, message: impl Into<String>) -> Self {
        Self { pointer, message: message.into() }
    }

    /// The same problem in a document that holds this one at `base`.
    #[must_use]
    pub fn within(self, base: &Pointer) -> Self {
        Self { pointer: base.append(&self.pointer), message: self.message }
    }

    /// The same problem in the part of its document that is at `base`, if it is there.
    #[must_use]
    pub fn outside(self, base: &str) -> Self {
        match self.pointer.as_str().strip_prefix(base).and_then(Pointer::parse) {
            Some(pointer) => Self { pointer, ..self },
            None => self,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.pointer, self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_escaped() {
        let pointer = Pointer::root().join("clients").join(0).join("a/b~c");
        assert_eq!(pointer.as_str(), "/clients/0/a~1b~0c");
    }

    #[test]
    fn the_root_reads_as_a_word() {
        assert_eq!(Problem::new(Pointer::root(), "is not an object").to_string(), "(document): is not an object");
    }
}
