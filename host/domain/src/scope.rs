//! Scopes (RFC 6749 §3.3): tokens of a space-delimited list, whose order and repetition mean nothing.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The scope that lets tokens outlive the sign-in (OpenID Connect Core §11).
pub const OFFLINE_ACCESS: &str = "offline_access";

/// Scopes Argus itself gives a meaning, with a sentence for the consent page.
pub const STANDARD_SCOPES: &[(&str, &str)] = &[
    ("openid", "Sign you in"),
    ("profile", "Your name, user name and picture"),
    ("email", "Your e-mail address"),
    ("phone", "Your telephone number"),
    ("customer", "The customer and domain you belong to"),
    ("groups", "All groups you are a member of"),
    ("groupstring", "All groups you are a member of"),
    ("roles", "Your roles"),
    ("clientip", "The network address you signed in from"),
    (OFFLINE_ACCESS, "Keep access while you are away"),
];

/// Scopes of the administration API, with a sentence for the consent page. A token with one serves administrators only, or a client
/// that an administrator gave it, acting for itself.
pub const ADMINISTRATION_SCOPES: &[(&str, &str)] = &[
    ("providers:read", "See claim providers, their versions and logs"),
    ("providers:write", "Upload claim providers, and decide which version runs"),
    ("clients:read", "See clients and what they are told about users"),
    ("clients:write", "Register and change clients, and what they are told about users"),
    ("directory:read", "See users, and what is known of them"),
    ("directory:write", "Add and change users, and sign them out"),
    ("audit:read", "See who was issued what, and why"),
    ("federation:read", "See the connections to identity providers"),
    ("federation:write", "Change the connections to identity providers"),
    ("keys:write", "See the signing keys, and rotate them"),
];

/// Scopes kept for old relying parties: the `userGroups` claim provider controls per client which groups are shown.
pub const DEPRECATED_SCOPES: &[&str] = &["groups", "groupstring"];

/// The longest scope value accepted, in bytes.
pub const MAX_SCOPE_BYTES: usize = 2048;

/// A scope value that does not follow RFC 6749 §3.3.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("scope is a space-delimited list of printable ASCII tokens without quotes or backslashes")]
pub struct MalformedScope;

/// A set of scopes; its text form is sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ScopeSet(BTreeSet<String>);

impl ScopeSet {
    /// Reads a `scope` parameter. Repeated and surrounding spaces are forgiven, as relying parties send them.
    pub fn parse(text: &str) -> Result<Self, MalformedScope> {
        if text.len() > MAX_SCOPE_BYTES {
            return Err(MalformedScope);
        }
        let tokens: BTreeSet<String> = text.split(' ').filter(|token| !token.is_empty()).map(str::to_owned).collect();
        if tokens.iter().all(|token| is_scope_token(token)) { Ok(Self(tokens)) } else { Err(MalformedScope) }
    }

    /// Whether the set holds a scope.
    pub fn contains(&self, scope: &str) -> bool {
        self.0.contains(scope)
    }

    /// Whether no scope is in the set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether every scope of this set is in the other.
    pub fn is_subset(&self, other: &ScopeSet) -> bool {
        self.0.is_subset(&other.0)
    }

    /// The scopes, sorted.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Both sets together.
    #[must_use]
    pub fn union(&self, other: &ScopeSet) -> Self {
        Self(self.0.union(&other.0).cloned().collect())
    }
}

impl FromIterator<String> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = String>>(scopes: I) -> Self {
        Self(scopes.into_iter().collect())
    }
}

impl fmt::Display for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, scope) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            f.write_str(scope)?;
        }
        Ok(())
    }
}

/// Whether a scope is one of [`ADMINISTRATION_SCOPES`].
pub fn is_administration_scope(scope: &str) -> bool {
    ADMINISTRATION_SCOPES.iter().any(|(name, _)| *name == scope)
}

/// Whether Argus itself gives a scope its meaning: one of [`STANDARD_SCOPES`] or [`ADMINISTRATION_SCOPES`].
pub fn is_standard(scope: &str) -> bool {
    describe_standard(scope).is_some()
}

/// Whether a scope says what a client learns about a user: one of [`STANDARD_SCOPES`].
pub fn is_about_user(scope: &str) -> bool {
    STANDARD_SCOPES.iter().any(|(name, _)| *name == scope)
}

/// What a scope that Argus gives a meaning means, for the consent page.
pub fn describe_standard(scope: &str) -> Option<&'static str> {
    STANDARD_SCOPES.iter().chain(ADMINISTRATION_SCOPES).find(|(name, _)| *name == scope).map(|(_, description)| *description)
}

/// `scope-token = 1*( %x21 / %x23-5B / %x5D-7E )`
pub fn is_scope_token(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|b| matches!(b, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn order_and_repetition_mean_nothing() {
        let a = ScopeSet::parse("openid groups profile").unwrap();
        let b = ScopeSet::parse("profile openid  openid groups ").unwrap();
        assert_eq!(a, b);
        assert_eq!(a.to_string(), "groups openid profile");
    }

    #[test]
    fn characters_outside_the_grammar_are_refused() {
        for text in ["a\"b", "a\\b", "a\tb", "å", "a\n"] {
            assert_eq!(ScopeSet::parse(text), Err(MalformedScope), "{text}");
        }
    }

    proptest! {
        #[test]
        fn text_form_parses_back(tokens in proptest::collection::vec("[!#-\\[\\]-~]{1,12}", 0..8)) {
            let set: ScopeSet = tokens.into_iter().collect();
            prop_assert_eq!(ScopeSet::parse(&set.to_string()).unwrap(), set);
        }
    }
}
