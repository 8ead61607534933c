//! Claim provider `functionRoleMapping`: a claim of a configurable name lists the roles that stand for the functions granted to the user.
//!
//! Roles stand in the order of the configuration's keys, each once; the claim is always present. For a client that is defined for a
//! customer only grants for that customer count, and grants for every customer; for any other client every grant counts.

mod configuration;
mod roles;

use argus_claims_sdk::{Claim, ClaimProvider, Facts, Interest, Issuance, Metadata, Plan, Problem, ProviderError};

pub use configuration::{Configuration, RoleMapping};

/// The provider.
#[derive(Debug)]
pub struct FunctionRoleMapping;

impl ClaimProvider for FunctionRoleMapping {
    type Configuration = Configuration;

    fn describe() -> Metadata {
        Metadata {
            name: "functionRoleMapping".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            description:
                "A claim of your choice: the roles that stand for the functions granted to the user, for the customer of the client.".into(),
            configuration_schema: include_str!("schema.json").into(),
            needs: Facts::FUNCTIONS,
        }
    }

    fn plan(configuration: &Configuration) -> Result<Plan, Vec<Problem>> {
        let problems = configuration.problems();
        if !problems.is_empty() {
            return Err(problems);
        }
        let functions = configuration.role_mapping.0.iter().map(|(function, _)| function.clone()).collect();
        Ok(Plan::of_claims([configuration.claim_name.as_str()]).functions(Interest::Only(functions)))
    }

    fn claims(configuration: Configuration, issuance: Issuance) -> Result<Vec<Claim>, ProviderError> {
        let roles = roles::of_grants(&configuration.role_mapping, &issuance.user.functions, issuance.client.customer);
        Ok(vec![Claim::text_list(configuration.claim_name, roles)])
    }
}

argus_claims_sdk::export!(FunctionRoleMapping);
