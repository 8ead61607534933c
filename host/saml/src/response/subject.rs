//! Who the assertion is about, and why whoever brings it may use it (Core §2.4, Profiles §3.3, §4.1.4.2).

use argus_domain::Timestamp;

use super::{Expected, at_most_one, envelope, exactly_one};
use crate::instant;
use crate::names::{ASSERTION, BEARER, FORMAT_UNSPECIFIED};
use crate::refusal::{Refusal, Rule, refuse};
use crate::xml::Node;

/// Longest identifier; Core §8.3.7 allows 256 characters for persistent ones.
const MAX_NAME_ID_CHARS: usize = 1024;

/// Who was authenticated. The same value means another person under another format or qualifier.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NameId {
    value: String,
    format: String,
    name_qualifier: Option<String>,
    sp_name_qualifier: Option<String>,
}

impl NameId {
    /// The identifier.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// What kind of identifier it is, as a URI; the unspecified one if the identity provider does not say.
    pub fn format(&self) -> &str {
        &self.format
    }

    /// Within whose identifiers it is unique.
    pub fn name_qualifier(&self) -> Option<&str> {
        self.name_qualifier.as_deref()
    }

    /// For which service provider, or group of them, it was made.
    pub fn sp_name_qualifier(&self) -> Option<&str> {
        self.sp_name_qualifier.as_deref()
    }

    fn read(subject: Node<'_, '_>) -> Result<Self, Refusal> {
        let node = exactly_one(subject, (ASSERTION, "NameID"), Rule::NameId)?;
        let value = match node.trimmed_text() {
            Some(value) if value.chars().count() <= MAX_NAME_ID_CHARS => value,
            Some(_) => return refuse(Rule::NameId, "The NameID is too long."),
            None => return refuse(Rule::NameId, "The NameID is empty, or not just text."),
        };
        let attribute = |name| node.attribute(name).map(str::to_owned);
        Ok(Self {
            value,
            format: attribute("Format").unwrap_or_else(|| FORMAT_UNSPECIFIED.to_owned()),
            name_qualifier: attribute("NameQualifier"),
            sp_name_qualifier: attribute("SPNameQualifier"),
        })
    }
}

/// The NameID, and until when the bearer is confirmed.
pub(super) fn read(assertion: Node<'_, '_>, expected: &Expected<'_>) -> Result<(NameId, Timestamp), Refusal> {
    let subject = exactly_one(assertion, (ASSERTION, "Subject"), Rule::Subject)?;
    for child in subject.children() {
        if !child.is(ASSERTION, "NameID") && !child.is(ASSERTION, "SubjectConfirmation") {
            return refuse(Rule::Subject, "The Subject has something other than a NameID and confirmations.");
        }
    }
    let name_id = NameId::read(subject)?;
    let is_bearer = |node: &Node<'_, '_>| node.attribute("Method") == Some(BEARER);
    let mut bearers = subject.children_named(ASSERTION, "SubjectConfirmation").filter(is_bearer);
    let (Some(confirmation), None) = (bearers.next(), bearers.next()) else {
        return refuse(Rule::SubjectConfirmation, "The Subject has not exactly one bearer confirmation.");
    };
    let until = check_bearer(confirmation, expected)?;
    Ok((name_id, until))
}

fn check_bearer(confirmation: Node<'_, '_>, expected: &Expected<'_>) -> Result<Timestamp, Refusal> {
    let data = at_most_one(confirmation, (ASSERTION, "SubjectConfirmationData"), Rule::SubjectConfirmation)?;
    let (Some(data), 1) = (data, confirmation.children().count()) else {
        return refuse(Rule::SubjectConfirmation, "The bearer confirmation is not made of one SubjectConfirmationData.");
    };
    if data.children().next().is_some() {
        return refuse(Rule::SubjectConfirmation, "The bearer confirmation asks for more than bearing.");
    }
    match data.attribute("Recipient") {
        Some(recipient) if recipient == expected.connection.acs_url => {}
        Some(_) => return refuse(Rule::Recipient, "The assertion was made for another recipient."),
        None => return refuse(Rule::Recipient, "The bearer confirmation has no Recipient."),
    }
    if data.attribute("NotBefore").is_some() {
        return refuse(Rule::SubjectConfirmation, "The bearer confirmation has a NotBefore.");
    }
    let Some(until) = data.attribute("NotOnOrAfter") else {
        return refuse(Rule::SubjectConfirmation, "The bearer confirmation has no NotOnOrAfter.");
    };
    let until = instant::parse(until)?;
    if expected.has_ended(until) {
        return refuse(Rule::ValidityPeriod, "The bearer confirmation has expired.");
    }
    envelope::check_in_response_to(data.attribute("InResponseTo"), "bearer confirmation", expected)?;
    Ok(until)
}
