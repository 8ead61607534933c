//! Import, export and signing keys through the administration API.

use argus_tests::document::{BOB, client, client_id};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Admin, pointers};

const SCOPES: &str = "openid directory:read directory:write clients:read clients:write providers:write federation:read federation:write";

async fn import(admin: &Admin, query: &str, document: &Value) -> argus_tests::Answer {
    admin.send(Method::POST, &format!("/api/v1/import{query}"), None, Some(&document.to_string())).await
}

#[tokio::test]
async fn a_dry_run_tells_what_an_import_would_do_and_does_nothing() {
    let admin = Admin::new(SCOPES).await;
    let document = json!({
        "groups": [{"shortname": "group1", "name": "Group one"}, {"shortname": "new", "name": "New"}],
        "users": [{"username": BOB.username, "name": "Robert"}],
        "clients": [client(&client_id(7), json!({"name": "Imported"}))],
    });
    let before = admin.get("/api/v1/export").await.expect(200).json();
    let planned = import(&admin, "?dryRun=true", &document).await.expect(200).json();
    let expected = json!([
        {"section": "groups", "key": "new", "isNew": true},
        {"section": "users", "key": "bob", "isNew": false},
        {"section": "clients", "key": "Imported", "isNew": true},
    ]);
    assert_eq!((&planned["entries"], &planned["unchanged"], &planned["clients"]), (&expected, &json!(1), &json!([])));
    assert_eq!(admin.get("/api/v1/export").await.json(), before);

    let done = import(&admin, "", &document).await.expect(200).json();
    assert_eq!((&done["entries"], &done["dryRun"]), (&expected, &json!(false)));
    let secret = done["clients"][0]["secret"].as_str().unwrap().to_owned();
    assert_eq!(done["clients"][0]["clientId"], client_id(7));
    let exported = admin.get("/api/v1/export").await.expect(200);
    assert!(exported.text.contains("Robert") && !exported.text.contains(&secret));
    assert_eq!(exported.json(), admin.argus.cli(&["export"]).succeeded().json(), "the same as the command line's");
    let again = import(&admin, "?dryRun=true", &exported.json()).await.expect(200).json();
    assert_eq!(again["entries"], json!([]), "what was exported changes nothing");
    let events = admin.argus.audit_with(&["--event", "document.imported"]);
    assert!(events.last().unwrap()["actor"].as_str().unwrap().starts_with("user:"));
}

#[tokio::test]
async fn what_is_wrong_is_told_at_its_place_and_changes_nothing() {
    let admin = Admin::new(SCOPES).await;
    let before = admin.get("/api/v1/export").await.json();
    let wrong = json!({"groups": [{"shortname": "new", "name": "New"}], "users": [{"username": "x", "name": "X", "groups": ["nobodys"]}]});
    for query in ["", "?dryRun=true", "?dryRun=false"] {
        assert_eq!(pointers(&import(&admin, query, &wrong).await), ["/users/0/groups"], "{query}");
    }
    let file = json!({"claimProviders": [{"name": "level", "component": "/etc/passwd"}]});
    let refused = import(&admin, "", &file).await;
    assert_eq!(pointers(&refused), ["/claimProviders/0/component"]);
    assert!(refused.text.contains("there is no folder here"));
    let _ = import(&admin, "?dryRun=maybe", &json!({})).await.expect(422);
    assert_eq!(admin.get("/api/v1/export").await.json(), before);
    // Every scope is needed: a document may change anything.
    let some = Admin::new("openid directory:read directory:write clients:read").await;
    let _ = import(&some, "?dryRun=true", &json!({})).await.expect(403);
    let _ = some.get("/api/v1/export").await.expect(403);
}

#[tokio::test]
async fn signing_keys_are_seen_and_rotated() {
    let admin = Admin::new("openid keys:write").await;
    let keys = admin.get("/api/v1/keys").await.expect(200);
    assert!(!keys.text.contains("private") && !keys.text.contains("\"d\""), "{}", keys.text);
    let active = |answer: &argus_tests::Answer| -> Vec<String> {
        let keys = answer.json()["keys"].as_array().unwrap().clone();
        keys.iter().filter(|key| key["state"] == "active").map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
    };
    let before = active(&keys);
    assert!(!before.is_empty());
    let published = admin.post("/api/v1/keys/rotate", &json!({})).await.expect(200);
    assert_eq!(active(&published), before, "the next keys do not sign yet");
    let jwks = admin.argus.http().get("/.well-known/jwks.json").await.json()["keys"].as_array().unwrap().len();
    assert_eq!(jwks, published.json()["keys"].as_array().unwrap().len());
    let rotated = active(&admin.post("/api/v1/keys/rotate", &json!({"now": true})).await.expect(200));
    assert!(rotated.len() == before.len() && rotated.iter().all(|kid| !before.contains(kid)), "{rotated:?}");
    assert_eq!(pointers(&admin.post("/api/v1/keys/rotate", &json!({"at": 1})).await), ["/at"]);
    let other = Admin::new("openid directory:read").await;
    let _ = other.get("/api/v1/keys").await.expect(403);
}
