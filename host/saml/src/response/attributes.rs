//! What else the identity provider says about the user (Core §2.7.3).

use std::collections::HashSet;

use crate::names::ASSERTION;
use crate::refusal::{Refusal, Rule, refuse};
use crate::xml::Node;

/// An attribute of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    name: String,
    values: Vec<String>,
}

impl Attribute {
    /// The name, which is not always the one for people.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The values, in the order of the document.
    pub fn values(&self) -> &[String] {
        &self.values
    }
}

pub(super) fn read(assertion: Node<'_, '_>) -> Result<Vec<Attribute>, Refusal> {
    let mut attributes = Vec::new();
    let mut names = HashSet::new();
    for node in assertion.children_named(ASSERTION, "AttributeStatement").flat_map(Node::children) {
        if !node.is(ASSERTION, "Attribute") {
            return refuse(Rule::Attributes, "An AttributeStatement has something other than attributes.");
        }
        let Some(name) = node.attribute("Name").filter(|name| !name.is_empty()) else {
            return refuse(Rule::Attributes, "An attribute has no Name.");
        };
        // Merged or overwritten, each reader in its own way, when it is there twice.
        if !names.insert(name) {
            return refuse(Rule::Attributes, "An attribute is there twice.");
        }
        let mut values = Vec::new();
        for value in node.children() {
            match value.is(ASSERTION, "AttributeValue").then(|| value.text()).flatten() {
                Some(text) => values.push(text),
                None => return refuse(Rule::Attributes, "An attribute has a value that is not just text."),
            }
        }
        attributes.push(Attribute { name: name.to_owned(), values });
    }
    Ok(attributes)
}
