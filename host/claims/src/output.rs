//! What a guest returned, checked before it leaves this crate. These limits are part of the contract, so they aren't configurable.

use std::collections::HashSet;
use std::io;

use argus_domain::claim::{ClaimName, ClaimNameError};
use argus_domain::issuance::{Plan, ProvidedClaim};
use serde_json::Value;

use crate::invocation::{ClaimViolation, InvocationError};
use crate::text::short;
use crate::version::{RawClaim, RawValue};

/// Claims in one answer.
pub const MAX_CLAIMS: usize = 64;
/// Names and values of one answer, as compact JSON.
pub const MAX_OUTPUT_BYTES: usize = 16 << 10;
/// Arrays and objects around the innermost value of a claim.
pub const MAX_JSON_DEPTH: usize = 8;
/// Longest part of a guest's claim name that is repeated in an error.
const SHOWN_NAME_BYTES: usize = 64;

/// Checks an answer; order is kept.
pub(crate) fn check(claims: Vec<RawClaim>, plan: &Plan) -> Result<Vec<ProvidedClaim>, InvocationError> {
    if claims.len() > MAX_CLAIMS {
        return Err(ClaimViolation::TooMany(claims.len()).into());
    }
    let mut left = MAX_OUTPUT_BYTES;
    let mut checked: Vec<ProvidedClaim> = Vec::with_capacity(claims.len());
    for claim in claims {
        let name = check_name(&claim.name, plan)?;
        if checked.iter().any(|other| other.name == name) {
            return Err(ClaimViolation::DuplicateName(shown(&claim.name)).into());
        }
        let value = check_value(claim.value, &claim.name)?;
        left = spend(left, &claim.name, &value)?;
        checked.push(ProvidedClaim { name, value });
    }
    Ok(checked)
}

fn check_name(name: &str, plan: &Plan) -> Result<ClaimName, ClaimViolation> {
    // The plan's names were parsed when it was made, so a name in it needs no second look.
    if let Some(planned) = plan.claim_names.iter().find(|planned| planned.as_str() == name) {
        return Ok(planned.clone());
    }
    Err(match ClaimName::parse(name) {
        Err(ClaimNameError::Reserved(_)) => ClaimViolation::ReservedClaim(shown(name)),
        Err(ClaimNameError::Malformed) => ClaimViolation::MalformedName(shown(name)),
        Ok(_) => ClaimViolation::NotInPlan(shown(name)),
    })
}

fn check_value(value: RawValue, name: &str) -> Result<Value, InvocationError> {
    Ok(match value {
        RawValue::Text(text) => Value::String(text),
        RawValue::Integer(number) => Value::from(number),
        RawValue::Boolean(truth) => Value::Bool(truth),
        RawValue::TextList(texts) => Value::Array(texts.into_iter().map(Value::String).collect()),
        RawValue::Json(text) => {
            // Size and depth before anything is built: a parser's own limits are far higher.
            if text.len() > MAX_OUTPUT_BYTES {
                return Err(InvocationError::OutputTooLarge);
            }
            if depth(&text) > MAX_JSON_DEPTH {
                return Err(ClaimViolation::TooDeep(shown(name)).into());
            }
            serde_json::from_str(&text).map_err(|_| ClaimViolation::BadJson(shown(name)))?
        }
    })
}

/// How deep arrays and objects are nested, if the text is JSON.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0_usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// Takes a claim's size in a token off what is left.
fn spend(left: usize, name: &str, value: &Value) -> Result<usize, InvocationError> {
    /// Counts down and stops at nothing.
    struct Budget(usize);
    impl io::Write for Budget {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::StorageFull)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut budget = Budget(left);
    let counted = serde_json::to_writer(&mut budget, name).and_then(|()| serde_json::to_writer(&mut budget, value));
    counted.map(|()| budget.0).map_err(|_| InvocationError::OutputTooLarge)
}

fn shown(name: &str) -> String {
    short(name, SHOWN_NAME_BYTES)
}

/// A plan's claim names, checked: the count, each name, and that none stands there twice.
pub(crate) fn claim_names(names: Vec<String>) -> Result<Vec<ClaimName>, ClaimViolation> {
    if names.len() > MAX_CLAIMS {
        return Err(ClaimViolation::TooMany(names.len()));
    }
    let mut seen = HashSet::new();
    names
        .iter()
        .map(|name| match ClaimName::parse(name) {
            Ok(_) if !seen.insert(name) => Err(ClaimViolation::DuplicateName(shown(name))),
            Ok(parsed) => Ok(parsed),
            Err(ClaimNameError::Reserved(_)) => Err(ClaimViolation::ReservedClaim(shown(name))),
            Err(ClaimNameError::Malformed) => Err(ClaimViolation::MalformedName(shown(name))),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(names: &[&str]) -> Plan {
        let claim_names = names.iter().map(|name| ClaimName::parse(name).expect("a claim name")).collect();
        Plan { claim_names, ..Plan::default() }
    }

    fn answer(name: &str, value: RawValue) -> Vec<RawClaim> {
        vec![RawClaim { name: name.to_owned(), value }]
    }

    fn json(text: impl Into<String>) -> Result<Value, InvocationError> {
        check(answer("a", RawValue::Json(text.into())), &plan(&["a"])).map(|mut claims| claims.remove(0).value)
    }

    #[test]
    fn every_kind_of_value_becomes_json() {
        let claims = vec![
            RawClaim { name: "a".into(), value: RawValue::Text("x".into()) },
            RawClaim { name: "b".into(), value: RawValue::Integer(-1) },
            RawClaim { name: "c".into(), value: RawValue::Boolean(true) },
            RawClaim { name: "d".into(), value: RawValue::TextList(vec![]) },
            RawClaim { name: "e".into(), value: RawValue::Json(r#"{"z":1,"a":null}"#.into()) },
        ];
        let checked = check(claims, &plan(&["e", "d", "c", "b", "a"])).expect("accepted");
        let shown: Vec<_> = checked.iter().map(|claim| format!("{}={}", claim.name, claim.value)).collect();
        assert_eq!(shown, [r#"a="x""#, "b=-1", "c=true", "d=[]", r#"e={"z":1,"a":null}"#]);
    }

    #[test]
    fn names_must_be_planned_once_and_not_reserved() {
        let refused = |name: &str| check(answer(name, RawValue::Integer(1)), &plan(&["a"])).expect_err("refused");
        assert_eq!(refused("sub"), ClaimViolation::ReservedClaim("sub".into()).into());
        assert_eq!(refused("b"), ClaimViolation::NotInPlan("b".into()).into());
        assert_eq!(refused(""), ClaimViolation::MalformedName(String::new()).into());
        let mut twice = answer("a", RawValue::Integer(1));
        twice.extend(answer("a", RawValue::Integer(2)));
        assert_eq!(check(twice, &plan(&["a"])), Err(ClaimViolation::DuplicateName("a".into()).into()));
    }

    #[test]
    fn the_number_of_claims_is_bounded() {
        let claims = (0..65).map(|number| RawClaim { name: number.to_string(), value: RawValue::Integer(1) }).collect();
        assert_eq!(check(claims, &plan(&[])), Err(ClaimViolation::TooMany(65).into()));
    }

    #[test]
    fn size_is_counted_as_it_will_stand_in_the_token() {
        let of_size = |text: String| check(answer("a", RawValue::Text(text)), &plan(&["a"])).map(|_| ());
        // Two pairs of quotation marks and the name.
        assert_eq!(of_size("x".repeat(MAX_OUTPUT_BYTES - 5)), Ok(()));
        assert_eq!(of_size("x".repeat(MAX_OUTPUT_BYTES - 4)), Err(InvocationError::OutputTooLarge));
        // A control character takes six bytes.
        assert_eq!(of_size("\u{1}".repeat(MAX_OUTPUT_BYTES / 5)), Err(InvocationError::OutputTooLarge));
        assert_eq!(json(" ".repeat(MAX_OUTPUT_BYTES + 1)), Err(InvocationError::OutputTooLarge));
    }

    #[test]
    fn size_is_that_of_all_claims_together() {
        let claims = |bytes: usize| {
            ["a", "b"].map(|name| RawClaim { name: name.into(), value: RawValue::Text("x".repeat(bytes)) }).into_iter().collect()
        };
        assert!(check(claims(MAX_OUTPUT_BYTES / 2 - 5), &plan(&["a", "b"])).is_ok());
        assert_eq!(check(claims(MAX_OUTPUT_BYTES / 2 - 4), &plan(&["a", "b"])), Err(InvocationError::OutputTooLarge));
    }

    #[test]
    fn json_is_nested_eight_deep_at_most() {
        let nested = |depth: usize| json("[".repeat(depth) + &"]".repeat(depth));
        assert!(nested(MAX_JSON_DEPTH).is_ok());
        assert_eq!(nested(MAX_JSON_DEPTH + 1), Err(ClaimViolation::TooDeep("a".into()).into()));
        assert!(json(r#"["[[[[[[[[[[", "\"[[[[[[[[[["]"#).is_ok());
        assert!(json("[[],[],[],[],[],[],[],[],[]]").is_ok());
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for text in ["", "{", "nul", "1 2", "{'a':1}", "1e999", "]", "\"\u{1}\""] {
            assert_eq!(json(text), Err(ClaimViolation::BadJson("a".into()).into()), "{text}");
        }
    }

    #[test]
    fn plans_name_each_claim_once() {
        assert!(claim_names(vec!["a".into(), "b".into()]).is_ok());
        assert_eq!(claim_names(vec!["a".into(), "a".into()]), Err(ClaimViolation::DuplicateName("a".into())));
        assert_eq!(claim_names(vec!["iss".into()]), Err(ClaimViolation::ReservedClaim("iss".into())));
        assert_eq!(claim_names((0..65).map(|n| n.to_string()).collect()), Err(ClaimViolation::TooMany(65)));
    }
}
