//! When and for whom an assertion is valid (Core §2.5).

use argus_domain::Timestamp;

use super::{Expected, exactly_one};
use crate::instant;
use crate::names::ASSERTION;
use crate::refusal::{Refusal, Rule, refuse};
use crate::xml::Node;

/// Checks the conditions, and gives the end of the validity period.
pub(super) fn check(assertion: Node<'_, '_>, expected: &Expected<'_>) -> Result<Timestamp, Refusal> {
    let conditions = exactly_one(assertion, (ASSERTION, "Conditions"), Rule::Conditions)?;
    let not_before = conditions.attribute("NotBefore").map(instant::parse).transpose()?;
    let Some(not_on_or_after) = conditions.attribute("NotOnOrAfter") else {
        return refuse(Rule::Conditions, "The Conditions have no NotOnOrAfter.");
    };
    let not_on_or_after = instant::parse(not_on_or_after)?;
    if not_before.is_some_and(|not_before| not_before >= not_on_or_after) {
        return refuse(Rule::ValidityPeriod, "The validity period ends before it begins.");
    }
    if not_before.is_some_and(|not_before| !expected.has_begun(not_before)) {
        return refuse(Rule::ValidityPeriod, "The assertion is not valid yet.");
    }
    if expected.has_ended(not_on_or_after) {
        return refuse(Rule::ValidityPeriod, "The assertion has expired.");
    }
    let (mut restrictions, mut once, mut proxy) = (0, 0, 0);
    for condition in conditions.children() {
        match condition.name() {
            (ASSERTION, "AudienceRestriction") => {
                restrictions += 1;
                check_audience(condition, expected)?;
            }
            // Every assertion is good for one login here, and none is passed on.
            (ASSERTION, "OneTimeUse") => once += 1,
            (ASSERTION, "ProxyRestriction") => proxy += 1,
            // Core §2.5.1: what is not understood makes the validity indeterminate.
            _ => return refuse(Rule::Conditions, "The Conditions have one that is not understood."),
        }
    }
    if once > 1 || proxy > 1 {
        return refuse(Rule::Conditions, "The Conditions have one twice that may be there once.");
    }
    if restrictions == 0 {
        return refuse(Rule::Audience, "The assertion is not restricted to an audience.");
    }
    Ok(not_on_or_after)
}

/// Core §2.5.1.4: any audience of a restriction is enough, but every restriction counts.
fn check_audience(restriction: Node<'_, '_>, expected: &Expected<'_>) -> Result<(), Refusal> {
    let mut includes_us = false;
    for audience in restriction.children() {
        let Some(name) = audience.is(ASSERTION, "Audience").then(|| audience.trimmed_text()).flatten() else {
            return refuse(Rule::Audience, "An audience restriction has something other than audiences that are text.");
        };
        includes_us |= name == expected.connection.sp_entity_id;
    }
    if includes_us { Ok(()) } else { refuse(Rule::Audience, "The assertion was made for another audience.") }
}
