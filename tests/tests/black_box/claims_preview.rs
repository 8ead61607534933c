//! Preview is issuance: what an administrator is shown before, a client is told after, byte for byte. And the API these commands use.

use argus_tests::document::{self, ALICE, BOB, CAROL, CASE_DESK, client, client_id, client_with_claims, only_clients};
use argus_tests::http::Answer;
use argus_tests::{Application, Installation, Person, jwt};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{ACCESS_TOKEN_CLAIMS, ID_TOKEN_CLAIMS, without_sub};

/// The command line's own client, which any administrator may sign in with.
const COMMAND_LINE: &str = "6b1f2d0c-43f6-4c5e-9d0e-6f2a3c1b7a55";
const SCOPES: &str = "openid providers:read providers:write clients:read clients:write audit:read";

/// A token of a person for the administration API.
async fn token(argus: &Installation, person: Person, scope: &str) -> String {
    let application = argus.application(COMMAND_LINE).answered_at("http://127.0.0.1:4711/callback");
    application.tokens(&argus.browser(), person, scope).await.access
}

fn installation() -> Installation {
    let argus = crate::plugin_sign_in::administered();
    let everywhere = json!(["id_token", "userinfo", "access_token"]);
    let groups = json!({"provider": "userGroups", "configuration": {"allowedGroups": ["group1", "group2", "nosuch"]}});
    let text =
        json!({"provider": "userGroups", "configuration": {"stringified": true, "allowedGroups": ["group3"]}, "targets": ["access_token"]});
    let roles = json!({"provider": "functionRoleMapping", "targets": everywhere,
        "configuration": {"claimName": "æ \"roles\"".replace(' ', "_"), "roleMapping": {"argusFunction2": "r2", "argusFunction1": "r1"}}});
    argus.import(&only_clients(json!([
        client_with_claims(&client_id(1), json!([groups])),
        client_with_claims(&client_id(2), json!([text, roles])),
        client(&client_id(3), json!({"customer": "mycustomer", "openIDCustomClaims": [roles]})),
        client(&client_id(4), json!({})),
    ])));
    argus
}

async fn post(argus: &Installation, token: &str, path: &str, body: &Value) -> Answer {
    let http = argus.http();
    http.send(http.request(Method::POST, path).bearer_auth(token).json(body)).await
}

/// Everything beyond the protocol, as it stands in the token: the text, not the value, so that order counts as well.
fn beyond(claims: &Value, protocol: &[&str]) -> String {
    let mut claims = claims.clone();
    for name in protocol {
        claims.as_object_mut().unwrap().shift_remove(*name);
    }
    claims.to_string()
}

#[tokio::test]
async fn preview_and_token_are_equal_byte_for_byte() {
    let argus = installation();
    let token = token(&argus, ALICE, SCOPES).await;
    let all = "openid profile email phone customer groups groupstring roles";
    let scopes = ["openid", "openid profile email", all, "openid groups", "openid roles cases:read", "openid customer phone"];
    for n in 1..=4 {
        let application = argus.application(&client_id(n));
        for (i, person) in [ALICE, BOB, CAROL].into_iter().enumerate() {
            for scope in scopes.iter().skip(i).step_by(2) {
                let body = json!({"user": person.username, "scopes": scope.split(' ').collect::<Vec<_>>()});
                let preview =
                    post(&argus, &token, &format!("/api/v1/clients/{}/claims/preview", client_id(n)), &body).await.expect(200).json();
                let tokens = application.tokens(&argus.browser(), person, scope).await;
                let userinfo = without_sub(application.userinfo(&tokens.access).await.expect(200).json());
                let issued = [
                    beyond(&jwt::part(&tokens.id, 1), ID_TOKEN_CLAIMS),
                    beyond(&jwt::part(&tokens.access, 1), ACCESS_TOKEN_CLAIMS),
                    userinfo.to_string(),
                ];
                let shown = ["idToken", "accessToken", "userinfo"].map(|name| preview[name]["claims"].to_string());
                assert_eq!(shown, issued, "client {n}, {}, {scope}", person.username);
                assert_eq!(preview["idToken"]["tokenBytes"], tokens.id.len(), "client {n}, {}, {scope}", person.username);
                assert_eq!(preview["accessToken"]["tokenBytes"], tokens.access.len());
                assert_eq!(preview["userinfo"]["bytes"], userinfo.to_string().len());
            }
        }
    }
}

#[tokio::test]
async fn each_claim_of_a_preview_says_where_it_comes_from_and_what_it_takes() {
    let argus = installation();
    let token = token(&argus, ALICE, SCOPES).await;
    let path = format!("/api/v1/clients/{}/claims/preview", client_id(1));
    let body = json!({"user": "alice", "scopes": ["openid", "groups", "email"]});
    let preview = post(&argus, &token, &path, &body).await.expect(200).json();
    let id_token = &preview["idToken"];
    assert_eq!(id_token["origins"]["email"], json!({"scope": "email"}));
    assert_eq!(
        (&id_token["origins"]["groups"]["provider"], &id_token["origins"]["groups"]["attachment"]),
        (&json!("userGroups"), &json!(0))
    );
    assert_eq!(id_token["claimBytes"]["groups"], r#""groups":["group1"]"#.len());
    assert_eq!(preview["replaced"], json!([{"claim": "groups", "scope": "groups", "provider": "userGroups"}]));
    assert_eq!((&preview["attachments"][0]["outcome"], &preview["attachments"][0]["facts"]), (&json!("ok"), &json!(["groups"])));

    // Another configuration, before it is saved; one that is wrong is told with its place.
    let other = |allowed: Value| json!({"user": "alice", "openIDCustomClaims": [{"provider": "userGroups", "configuration": allowed}]});
    let preview = post(&argus, &token, &path, &other(json!({"allowedGroups": ["group3"]}))).await.expect(200).json();
    assert_eq!(preview["idToken"]["claims"]["groups"], json!(["group3"]));
    let refusal = post(&argus, &token, &path, &other(json!({"allowedGroups": "group3"}))).await.expect(422);
    assert_eq!(refusal.header("content-type"), "application/problem+json");
    assert_eq!(refusal.json()["problems"][0]["pointer"], "/openIDCustomClaims/0/configuration/allowedGroups");
    assert_eq!(argus.application(&client_id(1)).tokens(&argus.browser(), ALICE, "openid").await.id_claims()["groups"], json!(["group1"]));
}

/// Only administrators, only with the scope, only with a live token; and an administrator no more is one no more at once.
#[tokio::test]
async fn the_api_is_for_administrators() {
    let argus = installation();
    let http = argus.http();
    let none = http.get("/api/v1/claim-providers").await.expect(401);
    assert!(none.header("www-authenticate").starts_with("Bearer realm=") && none.json()["status"] == 401, "{}", none.text);
    assert_eq!(http.get_as("/api/v1/claim-providers", "made.up.token").await.status, 401);

    let bobs = token(&argus, BOB, SCOPES).await;
    let refused = http.get_as("/api/v1/claim-providers", &bobs).await.expect(403);
    assert_eq!(refused.json()["detail"], "the user is no administrator");
    let narrow = token(&argus, ALICE, "openid clients:read").await;
    assert!(http.get_as("/api/v1/claim-providers", &narrow).await.expect(403).header("www-authenticate").contains("insufficient_scope"));
    assert_eq!(http.get_as("/api/v1/clients", &narrow).await.status, 200);
    let desks = argus.application(CASE_DESK).tokens(&argus.browser(), ALICE, "openid profile").await.access;
    assert_eq!(http.get_as("/api/v1/clients", &desks).await.status, 403);

    argus.import(&json!({"users": [{"username": "alice", "admin": false}]}));
    argus_tests::until("alice is no administrator", async || (http.get_as("/api/v1/clients", &narrow).await.status == 403).then_some(()))
        .await;
}

/// A pipeline has a client of its own, which acts for itself.
#[tokio::test]
async fn a_client_that_was_given_the_scope_may_act_for_itself() {
    let argus = installation();
    let pipeline = json!({"clientId": client_id(7), "name": "Pipeline", "type": "confidential", "grantTypes": ["client_credentials"],
        "scopes": ["providers:read"]});
    argus.import(&only_clients(json!([pipeline])));
    let application: Application = argus.application(&client_id(7));
    let token = application.client_credentials("providers:read").await.expect(200).json()["access_token"].as_str().unwrap().to_owned();
    let http = argus.http();
    let listed = http.get_as("/api/v1/claim-providers", &token).await.expect(200).json();
    assert!(listed.as_array().unwrap().iter().any(|provider| provider["name"] == "userGroups" && provider["builtin"] == true));
    assert_eq!(http.get_as("/api/v1/clients", &token).await.status, 403);
}

/// Nobody's change is lost, and what is wrong changes nothing.
#[tokio::test]
async fn claims_are_changed_at_the_revision_that_was_read() {
    let argus = installation();
    let token = token(&argus, ALICE, SCOPES).await;
    let http = argus.http();
    let path = format!("/api/v1/clients/{}/claims", client_id(4));
    let put = async |tag: Option<&str>, body: &str| {
        let mut request = http.request(Method::PUT, &path).bearer_auth(&token).header("content-type", "application/json");
        if let Some(tag) = tag {
            request = request.header("if-match", tag);
        }
        http.send(request.body(body.to_owned())).await
    };
    let read = http.get_as(&path, &token).await.expect(200);
    let tag = read.header("etag").to_owned();
    assert_eq!(read.json(), json!({"openIDCustomClaims": [], "recordClaimInputsSeconds": null}));
    assert_eq!(put(None, "{}").await.status, 428);
    for (body, pointer) in [
        ("{", ""),
        ("[]", ""),
        (r#"{"openIDCustomClaim": []}"#, "/openIDCustomClaim"),
        (r#"{"openIDCustomClaims": [{"provider": "nosuch", "configuration": {}}]}"#, "/openIDCustomClaims/0/provider"),
        (r#"{"openIDCustomClaims": [{"provider": "userGroups", "configuration": {}, "digest": "00"}]}"#, "/openIDCustomClaims/0/digest"),
        (r#"{"openIDCustomClaims": [], "recordClaimInputsSeconds": 0}"#, "/recordClaimInputsSeconds"),
    ] {
        let refusal = put(Some(&tag), body).await.expect(422).json();
        assert_eq!(refusal["problems"][0]["pointer"], pointer, "{body}: {refusal}");
    }
    // The document of the source, byte for byte, comes back as it was given.
    let saved = put(Some(&tag), document::USER_GROUPS).await.expect(200);
    let given: Value = serde_json::from_str(document::USER_GROUPS).unwrap();
    assert_eq!(saved.json()["openIDCustomClaims"].to_string(), given["openIDCustomClaims"].to_string());
    assert_ne!(saved.header("etag"), tag);
    assert_eq!(put(Some(&tag), r#"{"openIDCustomClaims": []}"#).await.status, 412);
    let again = http.get_as(&path, &token).await.expect(200).json();
    assert_eq!(again["openIDCustomClaims"], given["openIDCustomClaims"]);
}
