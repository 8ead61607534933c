//! Making claims.

use crate::{Claim, ClaimValue};

impl Claim {
    /// A claim with a text.
    pub fn text(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: ClaimValue::Text(value.into()) }
    }

    /// A claim with a number.
    pub fn integer(name: impl Into<String>, value: i64) -> Self {
        Self { name: name.into(), value: ClaimValue::Integer(value) }
    }

    /// A claim with a truth value.
    pub fn boolean(name: impl Into<String>, value: bool) -> Self {
        Self { name: name.into(), value: ClaimValue::Boolean(value) }
    }

    /// A claim with a list of texts.
    pub fn text_list(name: impl Into<String>, values: Vec<String>) -> Self {
        Self { name: name.into(), value: ClaimValue::TextList(values) }
    }

    /// A claim with any JSON, given as text. The host refuses what isn't JSON or is nested deeper than 8.
    pub fn json(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), value: ClaimValue::Json(text.into()) }
    }
}
