//! What a configuration will do.

use crate::bindings::argus::claims::types;

/// Which facts of a kind a configuration reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Interest {
    /// Whatever the directory has.
    #[default]
    All,
    /// Only those of these names; none at all when the list is empty.
    Only(Vec<String>),
}

impl Interest {
    /// In the contract an empty list means all. No group, function or attribute has an empty name, so the empty name asks for none.
    fn into_names(self) -> Vec<String> {
        match self {
            Self::All => Vec::new(),
            Self::Only(names) if names.is_empty() => vec![String::new()],
            Self::Only(names) => names,
        }
    }
}

/// What one configuration will do: the host asks whenever it loads the configuration, and holds the provider to the answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Every claim name `claims` may return.
    pub claim_names: Vec<String>,
    /// Groups, by short name.
    pub groups: Interest,
    /// Functions, by name.
    pub functions: Interest,
    /// Attributes, by name.
    pub attributes: Interest,
}

impl Plan {
    /// A plan to set these claims, reading every fact declared in `needs`.
    pub fn of_claims<S: Into<String>>(names: impl IntoIterator<Item = S>) -> Self {
        Self { claim_names: names.into_iter().map(Into::into).collect(), ..Self::default() }
    }

    /// Reads these groups.
    #[must_use]
    pub fn groups(self, groups: Interest) -> Self {
        Self { groups, ..self }
    }

    /// Reads grants of these functions.
    #[must_use]
    pub fn functions(self, functions: Interest) -> Self {
        Self { functions, ..self }
    }

    /// Reads these attributes.
    #[must_use]
    pub fn attributes(self, attributes: Interest) -> Self {
        Self { attributes, ..self }
    }
}

impl From<Plan> for types::Plan {
    fn from(plan: Plan) -> Self {
        Self {
            claim_names: plan.claim_names,
            groups_of_interest: plan.groups.into_names(),
            functions_of_interest: plan.functions.into_names(),
            attributes_of_interest: plan.attributes.into_names(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interest_in_nothing_is_not_interest_in_everything() {
        let plan = types::Plan::from(Plan::of_claims(["groups"]).groups(Interest::Only(Vec::new())));
        assert_eq!(plan.groups_of_interest, [""]);
        assert!(plan.functions_of_interest.is_empty());
    }
}
