//! From grants to roles.

use std::collections::BTreeSet;

use argus_claims_sdk::FunctionGrant;

use crate::RoleMapping;

/// The roles whose function is granted, in the order of the mapping, each once.
pub(crate) fn of_grants(mapping: &RoleMapping, grants: &[FunctionGrant], client_customer: Option<u64>) -> Vec<String> {
    let mut granted: Vec<&str> =
        grants.iter().filter(|grant| counts(grant, client_customer)).map(|grant| grant.function.as_str()).collect();
    granted.sort_unstable();
    let mut seen = BTreeSet::new();
    let with_grant = mapping.0.iter().filter(|(function, _)| granted.binary_search(&function.as_str()).is_ok());
    with_grant.filter(|(_, role)| seen.insert(role.as_str())).map(|(_, role)| role.clone()).collect()
}

/// A client of one customer sees grants for that customer and grants for every customer; a client of no customer sees all.
fn counts(grant: &FunctionGrant, client_customer: Option<u64>) -> bool {
    client_customer.is_none() || grant.customer.is_none() || grant.customer == client_customer
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles(mapping: &[(&str, &str)], grants: &[(&str, Option<u64>)], client_customer: Option<u64>) -> Vec<String> {
        let mapping = RoleMapping(mapping.iter().map(|(function, role)| ((*function).into(), (*role).into())).collect());
        let grants: Vec<_> =
            grants.iter().map(|(function, customer)| FunctionGrant { function: (*function).into(), customer: *customer }).collect();
        of_grants(&mapping, &grants, client_customer)
    }

    const MAPPING: &[(&str, &str)] = &[("f1", "customRole1"), ("f2", "customRole2")];

    #[test]
    fn granted_functions_become_roles() {
        assert_eq!(roles(MAPPING, &[("f1", None)], None), ["customRole1"]);
        assert_eq!(roles(MAPPING, &[("f2", None)], None), ["customRole2"]);
        assert_eq!(roles(MAPPING, &[("f2", None), ("f1", Some(4))], None), ["customRole1", "customRole2"]);
    }

    #[test]
    fn functions_outside_the_mapping_give_nothing() {
        assert!(roles(MAPPING, &[("f3", None)], None).is_empty());
        assert!(roles(&[], &[("f1", None)], None).is_empty());
    }

    #[test]
    fn the_grant_must_be_for_the_customer_of_the_client() {
        let grants = &[("f1", Some(1))];
        assert_eq!(roles(MAPPING, grants, Some(1)), ["customRole1"]);
        assert!(roles(MAPPING, grants, Some(2)).is_empty());
        assert_eq!(roles(MAPPING, grants, None), ["customRole1"]);
        assert_eq!(roles(MAPPING, &[("f1", None)], Some(2)), ["customRole1"]);
    }

    #[test]
    fn one_role_of_two_functions_appears_once_at_its_first_place() {
        let mapping = &[("z", "shared"), ("a", "other"), ("m", "shared")];
        assert_eq!(roles(mapping, &[("a", None), ("m", None), ("z", None)], None), ["shared", "other"]);
        assert_eq!(roles(mapping, &[("a", None), ("m", None)], None), ["other", "shared"]);
    }
}
