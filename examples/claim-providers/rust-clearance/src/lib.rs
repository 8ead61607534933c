//! The claim provider rust-clearance: one claim with the name of the highest level a user holds for the client's customer.
//!
//! A level is held by whoever was granted one of its functions for the client's customer or for every customer. A client that is
//! defined for all customers sees grants for every customer only: what somebody may do at one customer is no statement about all.

use argus_claims_sdk::{
    Claim, ClaimProvider, Facts, FunctionGrant, Interest, Issuance, Metadata, Plan, Problem, ProviderError, claim_name_fault, pointer,
};
use serde::Deserialize;

/// The provider.
#[derive(Debug)]
pub struct Provider;

/// What an administrator writes for a client; `schema.json` describes it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Configuration {
    claim: String,
    /// The lowest first.
    levels: Vec<Level>,
    default: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Level {
    name: String,
    functions: Vec<String>,
}

impl ClaimProvider for Provider {
    type Configuration = Configuration;

    fn describe() -> Metadata {
        Metadata {
            name: "rust-clearance".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            description: "Sets one claim to the name of the highest level whose functions the user holds for the client's customer.".into(),
            configuration_schema: include_str!("../schema.json").into(),
            needs: Facts::FUNCTIONS,
        }
    }

    fn plan(configuration: &Configuration) -> Result<Plan, Vec<Problem>> {
        let problems = problems(configuration);
        if !problems.is_empty() {
            return Err(problems);
        }
        let functions = configuration.levels.iter().flat_map(|level| level.functions.clone()).collect();
        Ok(Plan::of_claims([&configuration.claim]).functions(Interest::Only(functions)))
    }

    fn claims(configuration: Configuration, issuance: Issuance) -> Result<Vec<Claim>, ProviderError> {
        let customer = issuance.client.customer;
        let counts = |grant: &&FunctionGrant| grant.customer.is_none() || grant.customer == customer;
        let held: Vec<&str> = issuance.user.functions.iter().filter(counts).map(|grant| grant.function.as_str()).collect();
        let highest = configuration.levels.into_iter().rev().find(|level| level.functions.iter().any(|name| held.contains(&name.as_str())));
        let value = highest.map(|level| level.name).or(configuration.default);
        Ok(value.map(|value| Claim::text(configuration.claim, value)).into_iter().collect())
    }
}

argus_claims_sdk::export!(Provider);

/// What the schema cannot say.
fn problems(configuration: &Configuration) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut refuse = |path: &[&str], message: &str| problems.push(Problem { pointer: pointer(path), message: message.into() });
    if let Some(fault) = claim_name_fault(&configuration.claim) {
        refuse(&["claim"], fault);
    }
    let mut functions: Vec<&str> = Vec::new();
    for (index, level) in configuration.levels.iter().enumerate() {
        let index_text = index.to_string();
        if configuration.levels[..index].iter().any(|lower| lower.name == level.name) {
            refuse(&["levels", &index_text, "name"], "another level has this name already");
        }
        for (place, function) in level.functions.iter().enumerate() {
            // The higher of two levels would win and the lower entry mean nothing, which nobody writes on purpose.
            if functions.contains(&function.as_str()) {
                refuse(&["levels", &index_text, "functions", &place.to_string()], "this function gives a level already");
            }
            functions.push(function);
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use argus_claims_sdk::parse_configuration;

    use super::*;

    fn pointers(configuration: &str) -> Vec<String> {
        let configuration = parse_configuration(configuration).expect("read");
        problems(&configuration).into_iter().map(|problem| problem.pointer).collect()
    }

    #[test]
    fn the_plan_asks_for_the_functions_of_all_levels() {
        let text = r#"{"claim":"clearance","levels":[{"name":"low","functions":["a"]},{"name":"high","functions":["b","c"]}]}"#;
        let plan = Provider::plan(&parse_configuration(text).expect("read")).expect("accepted");
        assert_eq!(plan.functions, Interest::Only(vec!["a".into(), "b".into(), "c".into()]));
    }

    #[test]
    fn each_level_and_function_stands_once() {
        let text = r#"{"claim":"c","levels":[{"name":"low","functions":["a"]},{"name":"low","functions":["b","a"]}]}"#;
        assert_eq!(pointers(text), ["/levels/1/name", "/levels/1/functions/1"]);
    }

    #[test]
    fn claims_of_the_protocol_are_refused() {
        assert_eq!(pointers(r#"{"claim":"sub","levels":[{"name":"low","functions":["a"]}]}"#), ["/claim"]);
    }
}
