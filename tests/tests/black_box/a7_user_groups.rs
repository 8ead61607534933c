//! A7: the claim provider `userGroups`.

use argus_tests::document::{ALICE, BOB, CAROL, USER_GROUPS, client_id, client_with_claims, client_with_literal_claims, only_clients};
use argus_tests::{Installation, Jwks, Person, jwt};
use serde_json::{Value, json};

use crate::support::{ACCESS_TOKEN_CLAIMS, ID_TOKEN_CLAIMS, beyond_protocol, serving, without_sub};

fn attached(configuration: Value) -> Value {
    json!([{"provider": "userGroups", "configuration": configuration}])
}

async fn groups(argus: &Installation, client: &str, person: Person) -> Value {
    let tokens = argus.application(client).tokens(&argus.browser(), person, "openid").await;
    beyond_protocol(&Jwks::fetch(&argus.http()).await, &tokens.id, ID_TOKEN_CLAIMS)
}

/// A7.1, A7.3, A7.6: the published document gives the published claim.
#[tokio::test]
async fn the_published_configuration_gives_the_published_claim() {
    let argus = Installation::standard();
    let id = client_id(1);
    argus.import_text(&format!("{{\"clients\": [{}]}}", client_with_literal_claims(&id, USER_GROUPS)));
    let claims = [groups(&argus, &id, ALICE).await, groups(&argus, &id, BOB).await, groups(&argus, &id, CAROL).await];
    insta::assert_json_snapshot!("user_groups", claims);
}

/// A7.2, A7.7: in the order of the configuration; no other group anywhere a relying party can look.
#[tokio::test]
async fn groups_that_are_not_allowed_never_leave() {
    let id = client_id(1);
    let attachment = json!([{"provider": "userGroups", "configuration": {"allowedGroups": ["group3", "group2", "group1"]},
        "targets": ["id_token", "userinfo", "access_token"]}]);
    let narrow = client_id(2);
    let argus = serving(json!([
        client_with_claims(&id, attachment),
        client_with_claims(
            &narrow,
            json!([{"provider": "userGroups", "configuration": {"allowedGroups": ["group1"]},
            "targets": ["id_token", "userinfo", "access_token"]}])
        ),
    ]));
    let jwks = Jwks::fetch(&argus.http()).await;
    for (id, expected) in [(&id, json!({"groups": ["group3", "group1"]})), (&narrow, json!({"groups": ["group1"]}))] {
        let application = argus.application(id);
        let tokens = application.tokens(&argus.browser(), ALICE, "openid").await;
        assert_eq!(beyond_protocol(&jwks, &tokens.id, ID_TOKEN_CLAIMS), expected);
        assert_eq!(beyond_protocol(&jwks, &tokens.access, ACCESS_TOKEN_CLAIMS), expected);
        assert_eq!(without_sub(application.userinfo(&tokens.access).await.expect(200).json()), expected);
        assert_eq!(application.introspect(&tokens.access).await["groups"], expected["groups"]);
    }
}

/// A7.4, A7.6
#[tokio::test]
async fn stringified_groups_are_a_text_that_holds_json() {
    let id = client_id(1);
    let argus = serving(json!([client_with_claims(&id, attached(json!({"stringified": true, "allowedGroups": ["group1", "group3"]})))]));
    assert_eq!(groups(&argus, &id, ALICE).await, json!({"groups": "[\"group1\",\"group3\"]"}));
    assert_eq!(groups(&argus, &id, CAROL).await, json!({"groups": "[]"}));
}

/// A7.5, A9.7: the provider wins over the scope, once, and the trail says so.
#[tokio::test]
async fn the_provider_replaces_the_scope() {
    let id = client_id(1);
    let argus = serving(json!([client_with_claims(&id, attached(json!({"allowedGroups": ["group1"]})))]));
    let application = argus.application(&id);
    let tokens = application.tokens(&argus.browser(), ALICE, "openid groups groupstring").await;
    let claims = beyond_protocol(&Jwks::fetch(&argus.http()).await, &tokens.id, ID_TOKEN_CLAIMS);
    assert_eq!(claims, json!({"groups": ["group1"]}), "neither of the scopes shows more");
    let payload = tokens.id.split('.').nth(1).unwrap();
    let text = String::from_utf8(base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, payload).unwrap()).unwrap();
    assert_eq!(text.matches("\"groups\":").count(), 1, "{text}");
    let jti = jwt::part(&tokens.access, 1)["jti"].clone();
    let event = argus.audit().into_iter().find(|event| event["details"]["jti"] == jti).unwrap();
    let replaced = |name: &str| json!({"claim": name, "scope": name, "provider": "userGroups"});
    assert_eq!(event["details"]["replacedClaims"], json!([replaced("groups"), replaced("groupstring")]));
}

/// A7.8, A5.10: refused whole, each with its pointer.
#[tokio::test]
async fn a_configuration_that_does_not_fit_is_refused_with_its_pointer() {
    let argus = Installation::shared();
    for (configuration, pointer) in [
        (json!({}), ""),
        (json!({"allowedGroups": "group1"}), "/allowedGroups"),
        (json!({"allowedGroups": {}}), "/allowedGroups"),
        (json!({"allowedGroups": ["group1", 2]}), "/allowedGroups/1"),
        (json!({"allowedGroups": [""]}), "/allowedGroups/0"),
        (json!({"allowedGroups": [], "stringified": "true"}), "/stringified"),
        (json!({"allowedGroups": [], "allowed": []}), ""),
        (json!([]), ""),
        (json!("group1"), ""),
    ] {
        let document = only_clients(json!([client_with_claims(&client_id(701), attached(configuration.clone()))]));
        let refusal = argus.try_import(&document.to_string()).failed();
        let expected = format!("/clients/0/openIDCustomClaims/0/configuration{pointer}");
        assert!(refusal.lines().any(|line| line.starts_with(&expected)), "{configuration}: {refusal}");
        assert!(refusal.contains("nothing was changed"));
    }
    let document = only_clients(json!([client_with_claims(&client_id(701), json!([{"provider": "nosuch", "configuration": {}}]))]));
    let refusal = argus.try_import(&document.to_string()).failed();
    assert!(refusal.contains("/clients/0/openIDCustomClaims/0/provider: no claim provider is named nosuch"), "{refusal}");
    let export = argus.cli(&["export"]).succeeded().stdout;
    assert!(!export.contains(&client_id(701)));
}

/// A7.8
#[tokio::test]
async fn an_empty_list_and_an_unknown_group_are_accepted_with_a_warning() {
    let (empty, unknown) = (client_id(1), client_id(2));
    let argus = Installation::standard();
    let warned = argus.import(&only_clients(json!([
        client_with_claims(&empty, attached(json!({"allowedGroups": []}))),
        client_with_claims(&unknown, attached(json!({"allowedGroups": ["group1", "nosuch"]}))),
    ])));
    let warning = |i: u32, text: &str| {
        let line = format!("warning: /clients/{i}/openIDCustomClaims/0/configuration: {text}");
        assert!(warned.stderr.contains(&line), "{line}: {}", warned.stderr);
    };
    warning(0, "no group can be shown with this configuration");
    warning(1, "no group has the short name nosuch");
    assert_eq!(groups(&argus, &empty, ALICE).await, json!({"groups": []}));
    assert_eq!(groups(&argus, &unknown, ALICE).await, json!({"groups": ["group1"]}));
}
