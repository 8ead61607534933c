//! What the Response says, around its assertion (Core §3.2.2, §3.3.3; Bindings §3.5.5.2).

use super::{Expected, at_most_one, check_id_and_version, exactly_one};
use crate::instant;
use crate::names::{ASSERTION, DSIG, FORMAT_ENTITY, PROTOCOL, SUCCESS};
use crate::refusal::{Refusal, Rule, refuse};
use crate::xml::Node;

pub(super) fn check(response: Node<'_, '_>, is_signed: bool, expected: &Expected<'_>) -> Result<(), Refusal> {
    check_id_and_version(response)?;
    for child in response.children() {
        let is_known = match child.name() {
            (ASSERTION, name) => matches!(name, "Issuer" | "Assertion" | "EncryptedAssertion"),
            (PROTOCOL, name) => matches!(name, "Extensions" | "Status"),
            (DSIG, name) => name == "Signature",
            _ => false,
        };
        if !is_known {
            return refuse(Rule::Structure, "The Response has a child that does not belong there.");
        }
    }
    check_issuer(response, expected)?;
    at_most_one(response, (PROTOCOL, "Extensions"), Rule::Structure)?;
    check_status(response)?;
    instant::parse(response.attribute("IssueInstant").unwrap_or_default())?;
    match response.attribute("Destination") {
        Some(destination) if destination == expected.connection.acs_url => {}
        Some(_) => return refuse(Rule::Destination, "The Response was sent to another destination."),
        // Bindings §3.5.5.2: who signs a message over a browser has to say where to.
        None if is_signed => return refuse(Rule::Destination, "The Response is signed and has no Destination."),
        None => {}
    }
    check_in_response_to(response.attribute("InResponseTo"), "Response", expected)
}

/// The Issuer of a Response or Assertion.
pub(super) fn check_issuer(parent: Node<'_, '_>, expected: &Expected<'_>) -> Result<(), Refusal> {
    let issuer = exactly_one(parent, (ASSERTION, "Issuer"), Rule::Issuer)?;
    if issuer.attribute("Format").is_some_and(|format| format != FORMAT_ENTITY) {
        return refuse(Rule::Issuer, "The Format of an Issuer is not that of an entity.");
    }
    if issuer.trimmed_text().as_ref() == Some(&expected.connection.idp_entity_id) {
        return Ok(());
    }
    refuse(Rule::Issuer, format!("The {} is not issued by the identity provider of the connection.", parent.name().1))
}

/// The top-level status.
pub(super) fn check_status(response: Node<'_, '_>) -> Result<(), Refusal> {
    let status = exactly_one(response, (PROTOCOL, "Status"), Rule::Status)?;
    let code = exactly_one(status, (PROTOCOL, "StatusCode"), Rule::Status)?;
    match code.attribute("Value") {
        Some(SUCCESS) => Ok(()),
        _ => refuse(Rule::Status, "The identity provider answers with a status other than Success."),
    }
}

/// InResponseTo of the Response or of the confirmation.
pub(super) fn check_in_response_to(answered: Option<&str>, place: &str, expected: &Expected<'_>) -> Result<(), Refusal> {
    match (expected.pending, answered) {
        (Some(pending), Some(id)) if pending.id == id => Ok(()),
        (Some(_), _) => refuse(Rule::InResponseTo, format!("The {place} does not answer the pending request of this browser.")),
        (None, _) if !expected.connection.allow_unsolicited => {
            refuse(Rule::Unsolicited, "No request of this browser is pending, and the connection allows no unsolicited responses.")
        }
        (None, None) => Ok(()),
        (None, Some(_)) => refuse(Rule::InResponseTo, format!("The {place} answers a request, and none of this browser is pending.")),
    }
}
