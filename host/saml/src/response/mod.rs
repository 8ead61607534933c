//! The verifier: [`verify`] takes a response to pieces and hands back what its identity provider vouches for, or the rule it breaks.
//!
//! SAML 2.0 Core, Bindings §3.5, Profiles §4.1.4. The order: the text within limits, the tree, the shape and the places of all
//! signatures, the signatures, and only then what the document says. Replay is not looked at here; whoever lets a user in stores
//! [`VerifiedAssertion::id`] until [`VerifiedAssertion::replay_until`], and refuses one that is stored.
//!
//! Refusals come in the order of the checks; the first rule broken is named.

mod assertion;
mod attributes;
mod conditions;
mod envelope;
mod subject;

use std::time::Duration;

use argus_domain::Timestamp;
use uppsala::Document;

pub use self::attributes::Attribute;
pub use self::subject::NameId;
use crate::connection::{Connection, PendingRequest};
use crate::encryption;
use crate::names::{ASSERTION, PROTOCOL};
use crate::refusal::{Refusal, Rule, refuse};
use crate::signature;
use crate::xml::{self, Comments, Node};

/// The largest document that is looked at.
pub const MAX_BYTES: usize = 512 * 1024;

/// What an identity provider vouches for. Nothing but [`verify`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedAssertion {
    id: String,
    replay_until: Timestamp,
    name_id: NameId,
    attributes: Vec<Attribute>,
    authn_instant: Timestamp,
    session_index: Option<String>,
    session_not_on_or_after: Option<Timestamp>,
    authn_context_class: Option<String>,
}

impl VerifiedAssertion {
    /// The ID of the assertion, which is good for one login.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// From this moment on the assertion is refused by its age, and its ID need not be known any more.
    pub fn replay_until(&self) -> Timestamp {
        self.replay_until
    }

    /// Who was authenticated.
    pub fn name_id(&self) -> &NameId {
        &self.name_id
    }

    /// The attributes, in the order of the document.
    pub fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }

    /// When the user was authenticated.
    pub fn authn_instant(&self) -> Timestamp {
        self.authn_instant
    }

    /// The identity provider's session.
    pub fn session_index(&self) -> Option<&str> {
        self.session_index.as_deref()
    }

    /// When a session that rests on this assertion ends.
    pub fn session_not_on_or_after(&self) -> Option<Timestamp> {
        self.session_not_on_or_after
    }

    /// How the user was authenticated.
    pub fn authn_context_class(&self) -> Option<&str> {
        self.authn_context_class.as_deref()
    }
}

/// What a document is compared with.
#[derive(Clone, Copy)]
struct Expected<'a> {
    connection: &'a Connection,
    pending: Option<&'a PendingRequest>,
    now: Timestamp,
}

impl Expected<'_> {
    /// Whether the moment has come, for a clock that may be behind.
    fn has_begun(&self, not_before: Timestamp) -> bool {
        self.now.after(self.connection.clock_skew) >= not_before
    }

    /// Whether the moment has passed, for a clock that may be ahead.
    fn has_ended(&self, not_on_or_after: Timestamp) -> bool {
        self.now.before(self.connection.clock_skew) >= not_on_or_after
    }

    fn skew(&self) -> Duration {
        self.connection.clock_skew
    }
}

/// Verifies a response: `document` is the decoded parameter of the HTTP-POST binding. `pending` is the request that this browser
/// was sent away with over this connection.
pub fn verify(
    document: &[u8],
    connection: &Connection,
    pending: Option<&PendingRequest>,
    now: Timestamp,
) -> Result<VerifiedAssertion, Refusal> {
    let expected = Expected { connection, pending, now };
    let document = xml::parse(xml::utf8(document)?, Comments::Refused)?;
    let response = xml::root(&document)?;
    if !response.is(PROTOCOL, "Response") {
        return refuse(Rule::Root, "The root of the document is not a Response of SAML 2.0.");
    }
    let ids = check_tree(response)?;
    let content = one_assertion(response)?;
    let response_signature = signature::find(response)?;

    if content.is(ASSERTION, "EncryptedAssertion") {
        signature::check_positions(&document, &[response_signature])?;
        verify_signatures(&document, &[(response, response_signature)], connection)?;
        envelope::check(response, response_signature.is_some(), &expected)?;
        let plaintext = encryption::decrypt(content, connection, response_signature.is_some())?;
        // What does not even parse is no different from what does not decrypt: so says the constant refusal.
        let inner = xml::parse(&plaintext, Comments::Refused).map_err(|_| encryption::refusal())?;
        let assertion = xml::root(&inner)?;
        if !assertion.is(ASSERTION, "Assertion") {
            return Err(encryption::refusal());
        }
        let inner_ids = check_tree(assertion)?;
        if inner_ids.iter().any(|id| ids.contains(id)) {
            return refuse(Rule::UniqueIds, "An ID of the encrypted assertion is given in the Response as well.");
        }
        let only = assertion.descendants().filter(|node| is_assertion(*node) || node.name().1 == "Response").count();
        if only != 1 {
            return refuse(Rule::OneAssertion, "The encrypted assertion holds a second one.");
        }
        let inner_signature = signature::find(assertion)?;
        signature::check_positions(&inner, &[inner_signature])?;
        if response_signature.is_none() && inner_signature.is_none() {
            return refuse(Rule::SignatureMissing, "Neither the Response nor the encrypted assertion is signed.");
        }
        verify_signatures(&inner, &[(assertion, inner_signature)], connection)?;
        return assertion::read(assertion, &expected);
    }

    let assertion_signature = signature::find(content)?;
    signature::check_positions(&document, &[response_signature, assertion_signature])?;
    if response_signature.is_none() && assertion_signature.is_none() {
        return refuse(Rule::SignatureMissing, "Neither the Response nor the Assertion is signed.");
    }
    verify_signatures(&document, &[(response, response_signature), (content, assertion_signature)], connection)?;
    envelope::check(response, response_signature.is_some(), &expected)?;
    assertion::read(content, &expected)
}

fn verify_signatures<'d, 't>(
    document: &Document<'_>,
    parents: &[(Node<'d, 't>, Option<Node<'d, 't>>)],
    connection: &Connection,
) -> Result<(), Refusal> {
    let signed: Vec<_> = parents.iter().filter_map(|(parent, signature)| signature.map(|signature| (*parent, signature))).collect();
    signature::verify(document, &signed, &connection.signing_keys)
}

/// By the local name alone: an assertion of another namespace or version is there to be taken for one.
fn is_assertion(node: Node<'_, '_>) -> bool {
    matches!(node.name().1, "Assertion" | "EncryptedAssertion")
}

fn one_assertion<'d, 't>(response: Node<'d, 't>) -> Result<Node<'d, 't>, Refusal> {
    if response.descendants().filter(|node| node.name().1 == "Response").count() != 1 {
        return refuse(Rule::Root, "The document has a second Response.");
    }
    let assertions: Vec<_> = response.descendants().filter(|node| is_assertion(*node)).collect();
    match assertions[..] {
        [] => {
            envelope::check_status(response)?;
            refuse(Rule::OneAssertion, "The Response has no assertion.")
        }
        [content] if content.name().0 == ASSERTION && response.children().any(|child| child.id() == content.id()) => Ok(content),
        [_] => refuse(Rule::OneAssertion, "The assertion is not a child of the Response."),
        _ => refuse(Rule::OneAssertion, "The document has more than one assertion."),
    }
}

/// What holds for every element: no text beside elements, no identifier twice. Gives the identifiers.
fn check_tree<'d>(root: Node<'d, '_>) -> Result<Vec<&'d str>, Refusal> {
    let mut ids = Vec::new();
    for node in root.descendants() {
        if node.is_mixed() {
            return refuse(Rule::Structure, "An element has text beside its child elements.");
        }
        for (namespace, name, value) in node.attributes() {
            let is_id = name.eq_ignore_ascii_case("id") || name.eq_ignore_ascii_case("AssertionID");
            if is_id && namespace.is_some() {
                return refuse(Rule::UniqueIds, "An identifier is in a namespace.");
            }
            if is_id {
                ids.push(value);
            }
        }
    }
    let given = ids.len();
    ids.sort_unstable();
    ids.dedup();
    if ids.len() != given { refuse(Rule::UniqueIds, "An identifier is given twice.") } else { Ok(ids) }
}

/// An ID, and Version 2.0.
fn check_id_and_version<'d>(node: Node<'d, '_>) -> Result<&'d str, Refusal> {
    if node.attribute("Version") != Some("2.0") {
        return refuse(Rule::Version, format!("The {} is not of version 2.0.", node.name().1));
    }
    // Bounded, and without what a reference could read as more than a name.
    match node.attribute("ID") {
        Some(id) if !id.is_empty() && id.len() <= 256 && id.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.')) => Ok(id),
        _ => refuse(Rule::Structure, format!("The {} has no ID that is an XML name.", node.name().1)),
    }
}

/// The one child of a name; more than one is refused by the rule.
fn at_most_one<'d, 't>(
    parent: Node<'d, 't>,
    (namespace, name): (&'static str, &'static str),
    rule: Rule,
) -> Result<Option<Node<'d, 't>>, Refusal> {
    let mut found = parent.children_named(namespace, name);
    let first = found.next();
    match found.next() {
        Some(_) => refuse(rule, format!("There is more than one {name}.")),
        None => Ok(first),
    }
}

fn exactly_one<'d, 't>(parent: Node<'d, 't>, name: (&'static str, &'static str), rule: Rule) -> Result<Node<'d, 't>, Refusal> {
    match at_most_one(parent, name, rule)? {
        Some(node) => Ok(node),
        None => refuse(rule, format!("There is no {}.", name.1)),
    }
}
