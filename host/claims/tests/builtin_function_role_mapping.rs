//! The built-in `functionRoleMapping`, as component in the real engine, against rows A8.1 to A8.8.

mod support;

use argus_claims::{ClaimProviderComponent, ConfigurationError, builtin};
use argus_domain::claim::RESERVED_CLAIMS;
use argus_domain::issuance::Facts;
use serde_json::{Value, json};
use support::{Sandbox, for_customer, granted, invoke, issuance};

const MAPPING: &str = r#"{"claimName":"roles","roleMapping":{"argusFunction1":"customRole1","argusFunction2":"customRole2"}}"#;

async fn function_role_mapping(sandbox: &Sandbox) -> ClaimProviderComponent {
    sandbox.registry.load(builtin::component("functionRoleMapping").expect("built in")).await.expect("loads")
}

/// Name and value of the one claim, for a client of a customer or of none.
async fn claim(configuration: &str, functions: &[(&str, Option<u64>)], client_customer: Option<u64>) -> (String, Value) {
    let sandbox = Sandbox::new();
    let user = granted(functions);
    let component = function_role_mapping(&sandbox).await;
    let mut claims = invoke(&component, configuration, &for_customer(&user, client_customer)).await.outcome.expect("claims");
    assert_eq!(claims.len(), 1);
    let claim = claims.remove(0);
    (claim.name.as_str().to_owned(), claim.value)
}

async fn roles(functions: &[(&str, Option<u64>)], client_customer: Option<u64>) -> Value {
    claim(MAPPING, functions, client_customer).await.1
}

async fn pointers(component: &ClaimProviderComponent, configuration: &str) -> Vec<String> {
    match component.validate_configuration(configuration).await {
        Err(ConfigurationError::Problems(problems)) => problems.iter().map(|problem| problem.pointer.as_str().to_owned()).collect(),
        other => panic!("{other:?}"),
    }
}

/// A8.1
#[tokio::test]
async fn the_claim_has_the_configured_name() {
    let configuration = r#"{"claimName":"https://example.com/roles","roleMapping":{"f":"r"}}"#;
    assert_eq!(claim(configuration, &[("f", None)], None).await, ("https://example.com/roles".to_owned(), json!(["r"])));
}

/// A8.2
#[tokio::test]
async fn roles_are_those_of_granted_functions() {
    assert_eq!(roles(&[("argusFunction1", None)], None).await, json!(["customRole1"]));
    assert_eq!(roles(&[("argusFunction2", None)], None).await, json!(["customRole2"]));
    assert_eq!(roles(&[("argusFunction1", None), ("argusFunction2", None)], None).await, json!(["customRole1", "customRole2"]));
}

/// A8.3
#[tokio::test]
async fn functions_outside_the_mapping_give_no_role() {
    assert_eq!(roles(&[("argusFunction3", None), ("argusFunction2", None)], None).await, json!(["customRole2"]));
}

/// A8.4
#[tokio::test]
async fn a_client_of_a_customer_counts_grants_for_that_customer() {
    let for_first = &[("argusFunction1", Some(1))];
    assert_eq!(roles(for_first, Some(1)).await, json!(["customRole1"]));
    assert_eq!(roles(for_first, Some(2)).await, json!([]));
    assert_eq!(roles(for_first, None).await, json!(["customRole1"]));
    // A grant for no customer in particular is one for every customer.
    assert_eq!(roles(&[("argusFunction1", None)], Some(2)).await, json!(["customRole1"]));
    let of_both = &[("argusFunction1", Some(1)), ("argusFunction1", Some(2)), ("argusFunction2", Some(1))];
    assert_eq!(roles(of_both, Some(2)).await, json!(["customRole1"]));
}

/// A8.5
#[tokio::test]
async fn roles_stand_in_the_order_of_the_keys_each_once() {
    let configuration = r#"{"claimName":"roles","roleMapping":{"z":"shared","a":"other","m":"shared"}}"#;
    let all = &[("a", None), ("m", None), ("z", None)];
    assert_eq!(claim(configuration, all, None).await.1, json!(["shared", "other"]));
    assert_eq!(claim(configuration, &all[..2], None).await.1, json!(["other", "shared"]));
}

/// A8.6
#[tokio::test]
async fn a_user_without_any_of_the_functions_has_the_claim_all_the_same() {
    assert_eq!(roles(&[], None).await, json!([]));
    assert_eq!(claim(r#"{"claimName":"roles","roleMapping":{}}"#, &[("f", None)], None).await.1, json!([]));
}

/// A8.7
#[tokio::test]
async fn claims_of_the_protocol_are_refused_with_a_pointer() {
    let sandbox = Sandbox::new();
    let component = function_role_mapping(&sandbox).await;
    for name in RESERVED_CLAIMS {
        let configuration = json!({"claimName": name, "roleMapping": {}}).to_string();
        assert_eq!(pointers(&component, &configuration).await, ["/claimName"], "{name}");
    }
}

/// A8.8
#[tokio::test]
async fn two_attachments_give_two_claims() {
    let sandbox = Sandbox::new();
    let component = function_role_mapping(&sandbox).await;
    let user = granted(&[("f", None)]);
    for name in ["first", "second"] {
        let configuration = json!({"claimName": name, "roleMapping": {"f": name}}).to_string();
        let claims = invoke(&component, &configuration, &issuance(&user)).await.outcome.expect("claims");
        assert_eq!((claims[0].name.as_str(), &claims[0].value), (name, &json!([name])));
    }
}

#[tokio::test]
async fn the_provider_is_given_the_mapped_functions_only() {
    let sandbox = Sandbox::new();
    let component = function_role_mapping(&sandbox).await;
    assert_eq!(component.metadata().needs, Facts { functions: true, ..Facts::default() });
    let plan = component.validate_configuration(MAPPING).await.expect("a plan");
    assert_eq!(plan.functions_of_interest, ["argusFunction1", "argusFunction2"]);
    let none = component.validate_configuration(r#"{"claimName":"roles","roleMapping":{}}"#).await.expect("a plan");
    assert_eq!(none.functions_of_interest, [""]);
}

#[tokio::test]
async fn a_faulty_configuration_is_refused_with_its_place() {
    let sandbox = Sandbox::new();
    let component = function_role_mapping(&sandbox).await;
    let cases = [
        ("{}", vec!["/claimName", "/roleMapping"]),
        (r#"{"claimName":"c","roleMapping":{},"extra":1}"#, vec!["/extra"]),
        (r#"{"claimName":1,"roleMapping":{}}"#, vec!["/claimName"]),
        (r#"{"claimName":"a b","roleMapping":{}}"#, vec!["/claimName"]),
        (r#"{"claimName":"c","roleMapping":[]}"#, vec!["/roleMapping"]),
        (r#"{"claimName":"c","roleMapping":{"a/b":1}}"#, vec!["/roleMapping/a~1b"]),
        (r#"{"claimName":"c","roleMapping":{"f":"a","f":"b"}}"#, vec!["/roleMapping/f"]),
    ];
    for (configuration, expected) in cases {
        assert_eq!(pointers(&component, configuration).await, expected, "{configuration}");
    }
}
