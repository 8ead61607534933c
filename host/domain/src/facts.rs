//! Facts about a user that a claim provider may ask for: it declares them, an administrator approves them, and nothing else is
//! handed over.

use std::fmt;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// A set of facts; in JSON, the list of their names in the contract's order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// `username`, `name`
    pub profile: bool,
    /// `email`, `email-verified`
    pub email: bool,
    /// `phone`, `phone-verified`
    pub phone: bool,
    /// `customer`, `domain`
    pub customer: bool,
    /// `groups`
    pub groups: bool,
    /// `roles`
    pub roles: bool,
    /// `functions`
    pub functions: bool,
    /// `attributes`
    pub attributes: bool,
    /// `session.client-ip`
    pub network: bool,
}

impl Facts {
    /// Every fact there is.
    pub const ALL: Self = Self::of([true; 9]);

    /// Every fact's name, in the contract's order.
    pub const NAMES: [&str; 9] = ["profile", "email", "phone", "customer", "groups", "roles", "functions", "attributes", "network"];

    const fn of([profile, email, phone, customer, groups, roles, functions, attributes, network]: [bool; 9]) -> Self {
        Self { profile, email, phone, customer, groups, roles, functions, attributes, network }
    }

    fn flags(self) -> [bool; 9] {
        let Self { profile, email, phone, customer, groups, roles, functions, attributes, network } = self;
        [profile, email, phone, customer, groups, roles, functions, attributes, network]
    }

    fn with(self, other: Self, combine: impl Fn(bool, bool) -> bool) -> Self {
        let (mine, others) = (self.flags(), other.flags());
        Self::of(std::array::from_fn(|i| combine(mine[i], others[i])))
    }

    /// The set of the facts named; `None` when one of the names is no fact's.
    pub fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let mut flags = [false; 9];
        for name in names {
            flags[Self::NAMES.iter().position(|known| *known == name)?] = true;
        }
        Some(Self::of(flags))
    }

    /// The names of the facts in the set.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.into_iter().zip(self.flags()).filter_map(|(name, is_in)| is_in.then_some(name))
    }

    /// Facts in both sets: what a provider wishes and an administrator granted.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        self.with(other, |a, b| a && b)
    }

    /// Facts in either set.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        self.with(other, |a, b| a || b)
    }

    /// Facts in this set that are not in the other.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        self.with(other, |a, b| a && !b)
    }

    /// Whether there is no fact in the set.
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }

    /// Whether every fact of this set is in the other.
    pub fn is_subset(self, other: Self) -> bool {
        self.without(other).is_empty()
    }
}

impl fmt::Display for Facts {
    /// The names with commas, or `nothing`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.names().collect();
        f.write_str(if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }.as_str())
    }
}

impl Serialize for Facts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.names())
    }
}

impl<'de> Deserialize<'de> for Facts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = Vec::<String>::deserialize(deserializer)?;
        Self::named(names.iter().map(String::as_str))
            .ok_or_else(|| D::Error::custom(format!("expected a list of facts, which are {}", Self::NAMES.join(", "))))
    }
}

impl PartialSchema for Facts {
    fn schema() -> RefOr<Schema> {
        let name = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(Self::NAMES));
        ArrayBuilder::new().items(name).into()
    }
}

impl ToSchema for Facts {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_reads_and_writes_as_its_names() {
        let some = Facts { email: true, groups: true, ..Facts::default() };
        assert_eq!(serde_json::to_string(&some).unwrap(), r#"["email","groups"]"#);
        assert_eq!(serde_json::from_str::<Facts>(r#"["groups","email","groups"]"#).unwrap(), some);
        assert!(serde_json::from_str::<Facts>(r#"["passwords"]"#).unwrap_err().to_string().contains("profile, email"));
        assert_eq!((some.to_string(), Facts::default().to_string()), ("email, groups".into(), "nothing".into()));
    }

    #[test]
    fn sets_are_compared_fact_by_fact() {
        let names = |names: &[&str]| Facts::named(names.iter().copied()).unwrap();
        let (one, other) = (names(&["profile", "email"]), names(&["email", "network"]));
        assert_eq!(one.intersection(other), names(&["email"]));
        assert_eq!(one.union(other), names(&["profile", "email", "network"]));
        assert_eq!(one.without(other), names(&["profile"]));
        assert!(names(&["email"]).is_subset(one) && !other.is_subset(one) && one.is_subset(Facts::ALL));
    }
}
