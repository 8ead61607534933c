//! The languages there is a template and a build for.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A language claim providers can be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Rust, for `wasm32-unknown-unknown`, with the SDK.
    Rust,
    /// Stock Go, for `wasip1`, pre-initialised.
    Go,
    /// JavaScript on QuickJS.
    Js,
    /// CPython.
    Python,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 4] = [Self::Rust, Self::Go, Self::Js, Self::Python];

    /// As in `claim-provider.json` and on the command line: `rust`, `go`, `js`, `python`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Go => "go",
            Self::Js => "js",
            Self::Python => "python",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
