//! Claim provider `userGroups`: the claim `groups` holds those of the allowed groups that the user is a member of.
//!
//! The values stand in the order of `allowedGroups`, each once. The claim is always present, so that a relying party sees one type: a
//! list, or with `stringified` a text that holds a JSON array.

use argus_claims_sdk::{Claim, ClaimProvider, Facts, Interest, Issuance, Metadata, Named, Plan, Problem, ProviderError};
use serde::Deserialize;

/// Name of the claim, stringified or not.
const CLAIM: &str = "groups";

/// The provider.
#[derive(Debug)]
pub struct UserGroups;

/// `{"stringified": false, "allowedGroups": ["group1"]}`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Configuration {
    /// Send the list as one text.
    #[serde(default)]
    pub stringified: bool,
    /// Short names, in the order of the claim.
    pub allowed_groups: Vec<String>,
}

impl ClaimProvider for UserGroups {
    type Configuration = Configuration;

    fn describe() -> Metadata {
        Metadata {
            name: "userGroups".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            description: "The claim groups: those of the allowed groups that the user is a member of, in the order of the configuration."
                .into(),
            configuration_schema: include_str!("schema.json").into(),
            needs: Facts::GROUPS,
        }
    }

    fn plan(configuration: &Configuration) -> Result<Plan, Vec<Problem>> {
        Ok(Plan::of_claims([CLAIM]).groups(Interest::Only(configuration.allowed_groups.clone())))
    }

    fn claims(configuration: Configuration, issuance: Issuance) -> Result<Vec<Claim>, ProviderError> {
        let groups = intersection(configuration.allowed_groups, &issuance.user.groups);
        Ok(vec![if configuration.stringified { Claim::text(CLAIM, json_array(&groups)) } else { Claim::text_list(CLAIM, groups) }])
    }
}

argus_claims_sdk::export!(UserGroups);

/// The allowed groups among the user's, in the order of the former.
fn intersection(allowed: Vec<String>, groups: &[Named]) -> Vec<String> {
    // The host sends groups in order already, so sorting is one pass; the flag tells whether a name was taken.
    let mut members: Vec<(&str, bool)> = groups.iter().map(|group| (group.short_name.as_str(), false)).collect();
    members.sort_unstable();
    let mut taken = allowed;
    taken.retain(|name| match members.binary_search_by(|(member, _)| (*member).cmp(name)) {
        Ok(index) => !core::mem::replace(&mut members[index].1, true),
        Err(_) => false,
    });
    taken
}

/// Compact JSON.
fn json_array(values: &[String]) -> String {
    // Strings always serialise; the alternative keeps the type of the claim.
    serde_json::to_string(values).unwrap_or_else(|_| "[]".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use argus_claims_sdk::parse_configuration;

    fn groups(names: &[&str]) -> Vec<Named> {
        names.iter().map(|name| Named { id: 1, short_name: (*name).into(), name: String::new() }).collect()
    }

    fn given(allowed: &[&str], member_of: &[&str]) -> Vec<String> {
        intersection(allowed.iter().map(|name| (*name).into()).collect(), &groups(member_of))
    }

    fn problem(configuration: &str) -> String {
        parse_configuration::<Configuration>(configuration).expect_err("refused").remove(0).pointer
    }

    #[test]
    fn only_allowed_groups_come_out_in_the_order_of_the_configuration() {
        assert_eq!(given(&["group1", "group2"], &["group1"]), ["group1"]);
        assert_eq!(given(&["zebra", "ant", "bee"], &["ant", "bee", "secret", "zebra"]), ["zebra", "ant", "bee"]);
    }

    #[test]
    fn a_group_comes_out_once() {
        assert_eq!(given(&["a", "b", "a"], &["a", "b"]), ["a", "b"]);
    }

    #[test]
    fn unsorted_memberships_are_no_trouble() {
        assert_eq!(given(&["a", "b"], &["c", "b", "a"]), ["a", "b"]);
    }

    #[test]
    fn nothing_in_common_is_an_empty_list() {
        assert!(given(&["a"], &["b"]).is_empty());
        assert!(given(&[], &["b"]).is_empty());
        assert_eq!(json_array(&[]), "[]");
    }

    #[test]
    fn stringified_groups_are_compact_json() {
        assert_eq!(json_array(&["group1".into(), "say \"hi\"".into()]), r#"["group1","say \"hi\""]"#);
    }

    #[test]
    fn configurations_are_checked_with_a_pointer() {
        assert_eq!(problem("{}"), "");
        assert_eq!(problem(r#"{"allowedGroups":"group1"}"#), "/allowedGroups");
        assert_eq!(problem(r#"{"allowedGroups":[1]}"#), "/allowedGroups/0");
        assert_eq!(problem(r#"{"allowedGroups":[],"stringified":"true"}"#), "/stringified");
        assert_eq!(problem(r#"{"allowedGroups":[],"allowedgroups":[]}"#), "/allowedgroups");
    }

    #[test]
    fn the_plan_asks_for_the_allowed_groups_only() {
        let configuration = parse_configuration(r#"{"allowedGroups":["a","b"]}"#).expect("accepted");
        let plan = UserGroups::plan(&configuration).expect("a plan");
        assert_eq!(plan.claim_names, ["groups"]);
        assert_eq!(plan.groups, Interest::Only(vec!["a".into(), "b".into()]));
    }
}
