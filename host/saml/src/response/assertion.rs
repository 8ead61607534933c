//! What an assertion says (Core §2.3.3, §2.7.2; Profiles §4.1.4.2).

use argus_domain::Timestamp;

use super::{Expected, VerifiedAssertion, attributes, check_id_and_version, conditions, envelope, exactly_one, subject};
use crate::instant;
use crate::names::{ASSERTION, DSIG};
use crate::refusal::{Refusal, Rule, refuse};
use crate::xml::Node;

pub(super) fn read(assertion: Node<'_, '_>, expected: &Expected<'_>) -> Result<VerifiedAssertion, Refusal> {
    let id = check_id_and_version(assertion)?.to_owned();
    for child in assertion.children() {
        let is_known = match child.name() {
            (ASSERTION, name) => matches!(name, "Issuer" | "Subject" | "Conditions" | "Advice" | "AuthnStatement" | "AttributeStatement"),
            (DSIG, name) => name == "Signature",
            _ => false,
        };
        if !is_known {
            return refuse(Rule::Structure, "The Assertion has a child that does not belong there.");
        }
    }
    envelope::check_issuer(assertion, expected)?;
    instant::parse(assertion.attribute("IssueInstant").unwrap_or_default())?;
    let (name_id, confirmed_until) = subject::read(assertion, expected)?;
    let valid_until = conditions::check(assertion, expected)?;
    let authn = AuthnStatement::read(assertion, expected)?;
    let attributes = attributes::read(assertion)?;
    Ok(VerifiedAssertion {
        id,
        replay_until: confirmed_until.min(valid_until).after(expected.skew()),
        name_id,
        attributes,
        authn_instant: authn.instant,
        session_index: authn.session_index,
        session_not_on_or_after: authn.session_not_on_or_after,
        authn_context_class: authn.context_class,
    })
}

struct AuthnStatement {
    instant: Timestamp,
    session_index: Option<String>,
    session_not_on_or_after: Option<Timestamp>,
    context_class: Option<String>,
}

impl AuthnStatement {
    fn read(assertion: Node<'_, '_>, expected: &Expected<'_>) -> Result<Self, Refusal> {
        let statement = exactly_one(assertion, (ASSERTION, "AuthnStatement"), Rule::AuthnStatement)?;
        let Some(instant) = statement.attribute("AuthnInstant") else {
            return refuse(Rule::AuthnStatement, "The AuthnStatement has no AuthnInstant.");
        };
        let session_not_on_or_after = statement.attribute("SessionNotOnOrAfter").map(instant::parse).transpose()?;
        if session_not_on_or_after.is_some_and(|end| expected.has_ended(end)) {
            return refuse(Rule::SessionExpired, "The session at the identity provider has ended.");
        }
        let context = exactly_one(statement, (ASSERTION, "AuthnContext"), Rule::AuthnStatement)?;
        let mut classes = context.children_named(ASSERTION, "AuthnContextClassRef");
        let context_class = match (classes.next(), classes.next()) {
            (None, _) => None,
            (Some(class), None) if class.text().is_some() => class.trimmed_text(),
            _ => return refuse(Rule::AuthnStatement, "The AuthnContext has more than one class, or one that is not text."),
        };
        Ok(Self {
            instant: instant::parse(instant)?,
            session_index: statement.attribute("SessionIndex").map(str::to_owned),
            session_not_on_or_after,
            context_class,
        })
    }
}
