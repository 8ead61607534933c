//! `{"claimName": "roles", "roleMapping": {"function": "role"}}`

use core::fmt;
use std::collections::BTreeSet;

use argus_claims_sdk::{Problem, is_reserved, pointer};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};

/// Longest claim name the host accepts.
const MAX_CLAIM_NAME_BYTES: usize = 128;

/// The configuration of one attachment.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Configuration {
    /// Name of the claim.
    pub claim_name: String,
    /// Which function gives which role.
    pub role_mapping: RoleMapping,
}

/// Function and role in the order of the keys: the order of the claim's values, so no map will do.
#[derive(Debug)]
pub struct RoleMapping(pub Vec<(String, String)>);

impl Configuration {
    /// What the JSON Schema can't tell.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if is_reserved(&self.claim_name) {
            problems.push(Problem {
                pointer: pointer(["claimName"]),
                message: "the protocol keeps this claim name for itself, choose another".into(),
            });
        } else if self.claim_name.is_empty() || self.claim_name.chars().any(|c| c.is_control() || c.is_whitespace()) {
            problems
                .push(Problem { pointer: pointer(["claimName"]), message: "a claim name is printable text without white space".into() });
        } else if self.claim_name.len() > MAX_CLAIM_NAME_BYTES {
            // The schema counts characters.
            problems.push(Problem { pointer: pointer(["claimName"]), message: "a claim name has 128 bytes at most".into() });
        }
        let mut seen = BTreeSet::new();
        for (function, _) in &self.role_mapping.0 {
            if !seen.insert(function) {
                problems.push(Problem {
                    pointer: pointer(["roleMapping", function]),
                    message: "this function is mapped twice, and only one of the roles could win".into(),
                });
            }
        }
        problems
    }
}

impl<'de> Deserialize<'de> for RoleMapping {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(InOrder)
    }
}

struct InOrder;

impl<'de> Visitor<'de> for InOrder {
    type Value = RoleMapping;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object from function to role")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut members: M) -> Result<RoleMapping, M::Error> {
        let mut mapping = Vec::new();
        while let Some(member) = members.next_entry()? {
            mapping.push(member);
        }
        Ok(RoleMapping(mapping))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FunctionRoleMapping;
    use argus_claims_sdk::{ClaimProvider, Interest, RESERVED_CLAIMS, parse_configuration};

    fn problem(configuration: &str) -> String {
        let problems = parse_configuration::<Configuration>(configuration).and_then(|c| FunctionRoleMapping::plan(&c));
        problems.expect_err("refused").remove(0).pointer
    }

    #[test]
    fn keys_keep_their_order() {
        let configuration: Configuration =
            parse_configuration(r#"{"roleMapping":{"z":"1","a":"2","m":"3"},"claimName":"c"}"#).expect("accepted");
        let functions: Vec<_> = configuration.role_mapping.0.iter().map(|(function, _)| function.as_str()).collect();
        assert_eq!(functions, ["z", "a", "m"]);
    }

    #[test]
    fn reserved_claim_names_are_refused() {
        for name in RESERVED_CLAIMS {
            assert_eq!(problem(&format!(r#"{{"claimName":"{name}","roleMapping":{{}}}}"#)), "/claimName");
        }
    }

    #[test]
    fn configurations_are_checked_with_a_pointer() {
        assert_eq!(problem("{}"), "");
        assert_eq!(problem(r#"{"claimName":1,"roleMapping":{}}"#), "/claimName");
        assert_eq!(problem(r#"{"claimName":"a b","roleMapping":{}}"#), "/claimName");
        assert_eq!(problem(&format!(r#"{{"claimName":"{}","roleMapping":{{}}}}"#, "å".repeat(65))), "/claimName");
        assert_eq!(problem(r#"{"claimName":"c","roleMapping":[]}"#), "/roleMapping");
        assert_eq!(problem(r#"{"claimName":"c","roleMapping":{"a/b":1}}"#), "/roleMapping/a~1b");
        assert_eq!(problem(r#"{"claimName":"c","roleMapping":{},"extra":1}"#), "/extra");
    }

    #[test]
    fn a_function_mapped_twice_is_refused() {
        assert_eq!(problem(r#"{"claimName":"c","roleMapping":{"f/1":"a","f/1":"b"}}"#), "/roleMapping/f~11");
        assert_eq!(problem(r#"{"claimName":"c","claimName":"d","roleMapping":{}}"#), "");
    }

    #[test]
    fn the_plan_asks_for_the_mapped_functions_only() {
        let configuration = parse_configuration(r#"{"claimName":"c","roleMapping":{"f1":"r"}}"#).expect("accepted");
        let plan = FunctionRoleMapping::plan(&configuration).expect("a plan");
        assert_eq!(plan.claim_names, ["c"]);
        assert_eq!(plan.functions, Interest::Only(vec!["f1".into()]));
    }
}
