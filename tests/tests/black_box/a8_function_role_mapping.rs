//! A8: the claim provider `functionRoleMapping`.

use argus_tests::document::{
    ALICE, BOB, CAROL, FUNCTION_ROLE_MAPPING, client_id, client_with_claims, client_with_literal_claims, only_clients,
};
use argus_tests::{Installation, Jwks, Person};
use serde_json::{Value, json};

use crate::support::{ID_TOKEN_CLAIMS, beyond_protocol, serving};

fn mapping(claim: &str, roles: Value) -> Value {
    json!({"provider": "functionRoleMapping", "configuration": {"claimName": claim, "roleMapping": roles}})
}

async fn claims(argus: &Installation, client: &str, person: Person) -> Value {
    let tokens = argus.application(client).tokens(&argus.browser(), person, "openid").await;
    beyond_protocol(&Jwks::fetch(&argus.http()).await, &tokens.id, ID_TOKEN_CLAIMS)
}

/// A8.1, A8.2, A8.3, A8.6: the published document; both functions, one, and none.
#[tokio::test]
async fn the_published_configuration_gives_the_published_claims() {
    let argus = Installation::standard();
    let id = client_id(1);
    argus.import_text(&format!("{{\"clients\": [{}]}}", client_with_literal_claims(&id, FUNCTION_ROLE_MAPPING)));
    let all = [claims(&argus, &id, ALICE).await, claims(&argus, &id, BOB).await, claims(&argus, &id, CAROL).await];
    insta::assert_json_snapshot!("function_role_mapping", all);
}

/// A8.2, A8.3: the second function alone.
#[tokio::test]
async fn each_function_gives_its_own_role_and_no_other() {
    let argus = Installation::standard();
    let id = client_id(1);
    argus.import(&json!({
        "users": [{"username": "carol", "functions": [{"function": "argusFunction2", "customer": "mycustomer"}]}],
        "clients": [client_with_claims(&id, json!([mapping("roles_here", json!({"argusFunction1": "r1", "argusFunction2": "r2"}))]))],
    }));
    assert_eq!(claims(&argus, &id, CAROL).await, json!({"roles_here": ["r2"]}));
    assert_eq!(claims(&argus, &id, BOB).await, json!({"roles_here": ["r1"]}));
}

/// A8.4, A5.11
#[tokio::test]
async fn for_a_client_of_a_customer_only_grants_for_that_customer_count() {
    let (of_my, of_other, of_none) = (client_id(1), client_id(2), client_id(3));
    let client = |id: &str, customer: Option<&str>| {
        let mut client = client_with_claims(id, json!([mapping("c", json!({"argusFunction1": "r1", "argusFunction2": "r2"}))]));
        if let Some(customer) = customer {
            client["customer"] = customer.into();
        }
        client
    };
    let argus = serving(json!([client(&of_my, Some("mycustomer")), client(&of_other, Some("othercustomer")), client(&of_none, None)]));
    // Granted for every customer.
    argus.import(&json!({"users": [{"username": "carol", "functions": [{"function": "argusFunction1"}]}]}));
    for (person, my, other, none) in [
        (ALICE, json!(["r1", "r2"]), json!([]), json!(["r1", "r2"])),
        (BOB, json!([]), json!(["r1"]), json!(["r1"])),
        (CAROL, json!(["r1"]), json!(["r1"]), json!(["r1"])),
    ] {
        for (id, expected) in [(&of_my, my), (&of_other, other), (&of_none, none)] {
            assert_eq!(claims(&argus, id, person).await, json!({"c": expected}), "{} {id}", person.username);
        }
    }
}

/// A8.5: the order of the configuration, which is not the alphabet's.
#[tokio::test]
async fn a_role_comes_once_and_in_the_order_of_the_configuration() {
    let (ordered, doubled) = (client_id(1), client_id(2));
    let argus = serving(json!([
        client_with_claims(&ordered, json!([mapping("c", json!({"argusFunction2": "zebra", "argusFunction1": "ant"}))])),
        client_with_claims(&doubled, json!([mapping("c", json!({"argusFunction2": "same", "argusFunction1": "same"}))])),
    ]));
    assert_eq!(claims(&argus, &ordered, ALICE).await, json!({"c": ["zebra", "ant"]}));
    assert_eq!(claims(&argus, &doubled, ALICE).await, json!({"c": ["same"]}));
}

/// A8.7
#[tokio::test]
async fn claims_of_the_protocol_cannot_be_named() {
    let argus = Installation::shared();
    let reserved = [
        "iss",
        "sub",
        "aud",
        "exp",
        "iat",
        "nbf",
        "jti",
        "nonce",
        "auth_time",
        "acr",
        "amr",
        "azp",
        "at_hash",
        "c_hash",
        "s_hash",
        "sid",
        "scope",
        "client_id",
        "cnf",
        "act",
        "events",
    ];
    let clients: Vec<_> =
        (800..).zip(reserved).map(|(n, name)| client_with_claims(&client_id(n), json!([mapping(name, json!({}))]))).collect();
    let refusal = argus.try_import(&only_clients(json!(clients)).to_string()).failed();
    for (i, name) in reserved.iter().enumerate() {
        assert!(refusal.contains(&format!("/clients/{i}/openIDCustomClaims/0/configuration/claimName: ")), "{name}: {refusal}");
    }
    assert!(refusal.contains(&format!("refused: {} problems", reserved.len())), "{refusal}");
}

/// A8.8
#[tokio::test]
async fn one_provider_can_be_attached_twice_with_two_claim_names() {
    let id = client_id(1);
    let attachments =
        json!([mapping("first", json!({"argusFunction1": "one"})), mapping("second", json!({"argusFunction2": "two", "nosuch": "three"}))]);
    let argus = serving(json!([client_with_claims(&id, attachments)]));
    assert_eq!(claims(&argus, &id, ALICE).await, json!({"first": ["one"], "second": ["two"]}));
}

/// A9.7: known when it is saved, so refused when it is saved.
#[tokio::test]
async fn two_attachments_cannot_set_the_same_claim() {
    let argus = Installation::shared();
    for attachments in [
        json!([mapping("same", json!({"argusFunction1": "one"})), mapping("same", json!({"argusFunction2": "two"}))]),
        json!([{"provider": "userGroups", "configuration": {"allowedGroups": ["group1"]}}, mapping("groups", json!({}))]),
    ] {
        let document = only_clients(json!([client_with_claims(&client_id(880), attachments)]));
        let refusal = argus.try_import(&document.to_string()).failed();
        assert!(refusal.contains("/clients/0/openIDCustomClaims/1: sets the claim "), "{refusal}");
        assert!(refusal.contains("which entry 0 sets as well"), "{refusal}");
    }
}
