//! The claim provider {{name}}: one claim takes the first value of an attribute of the user.

use argus_claims_sdk::{Claim, ClaimProvider, Facts, Interest, Issuance, Metadata, Plan, Problem, ProviderError, claim_name_fault};
use serde::Deserialize;

/// The provider.
#[derive(Debug)]
pub struct Provider;

/// What an administrator writes for a client; `schema.json` describes it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Configuration {
    claim: String,
    attribute: String,
    default: Option<String>,
}

impl ClaimProvider for Provider {
    type Configuration = Configuration;

    fn describe() -> Metadata {
        Metadata {
            name: "{{name}}".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            description: "Sets one claim to the first value of an attribute of the user, or to a default.".into(),
            configuration_schema: include_str!("../schema.json").into(),
            needs: Facts::ATTRIBUTES,
        }
    }

    fn plan(configuration: &Configuration) -> Result<Plan, Vec<Problem>> {
        let mut problems = Vec::new();
        if let Some(fault) = claim_name_fault(&configuration.claim) {
            problems.push(Problem { pointer: "/claim".into(), message: fault.into() });
        }
        if configuration.default.as_deref() == Some("") {
            problems.push(Problem { pointer: "/default".into(), message: "must not be empty; leave it out for no claim".into() });
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Plan::of_claims([&configuration.claim]).attributes(Interest::Only(vec![configuration.attribute.clone()])))
    }

    fn claims(configuration: Configuration, issuance: Issuance) -> Result<Vec<Claim>, ProviderError> {
        let attribute = issuance.user.attributes.into_iter().find(|attribute| attribute.name == configuration.attribute);
        let value = attribute.and_then(|attribute| attribute.values.into_iter().next()).or(configuration.default);
        Ok(value.map(|value| Claim::text(configuration.claim, value)).into_iter().collect())
    }
}

argus_claims_sdk::export!(Provider);

#[cfg(test)]
mod tests {
    use argus_claims_sdk::parse_configuration;

    use super::*;

    fn plan(configuration: &str) -> Result<Plan, Vec<Problem>> {
        Provider::plan(&parse_configuration(configuration)?)
    }

    #[test]
    fn the_plan_reads_the_one_attribute() {
        let plan = plan(r#"{"claim":"badge_level","attribute":"badge"}"#).expect("accepted");
        assert_eq!(plan.claim_names, ["badge_level"]);
        assert_eq!(plan.attributes, Interest::Only(vec!["badge".into()]));
    }

    #[test]
    fn an_empty_default_is_refused() {
        let problems = plan(r#"{"claim":"badge_level","attribute":"badge","default":""}"#).expect_err("refused");
        assert_eq!(problems[0].pointer, "/default");
    }

    #[test]
    fn claims_of_the_protocol_are_refused() {
        let problems = plan(r#"{"claim":"sub","attribute":"badge"}"#).expect_err("refused");
        assert_eq!(problems[0].pointer, "/claim");
    }

    #[test]
    fn a_misspelt_key_is_refused() {
        let problems = plan(r#"{"claim":"badge_level","attribute":"badge","defualt":"visitor"}"#).expect_err("refused");
        assert_eq!(problems[0].pointer, "/defualt");
    }
}
