//! Domains, customers, groups, roles, functions and resources through the administration API.

use argus_tests::document::{ALICE, CASE_DESK, CASES};
use argus_tests::{Answer, Tokens};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Admin, pointers};

const SCOPES: &str = "openid directory:read directory:write clients:read clients:write";

async fn create(admin: &Admin, path: &str, members: &Value) -> Answer {
    let http = admin.argus.http();
    let request = http.request(Method::PUT, path).bearer_auth(admin.token()).header("if-none-match", "*");
    http.send(request.header("content-type", "application/json").body(members.to_string())).await
}

/// Each section, a new entry of it with its path, and a change of that.
fn samples() -> [(&'static str, &'static str, Value, Value); 6] {
    [
        ("domains", "new", json!({"name": "New"}), json!({"name": "Newer"})),
        ("customers", "new", json!({"name": "New", "domain": "acme"}), json!({"name": "Newer"})),
        ("groups", "new%20group", json!({"name": "New"}), json!({"name": "Newer"})),
        ("roles", "new", json!({}), json!({})),
        ("functions", "new", json!({"description": "Old"}), json!({"description": null})),
        ("resources", "https%3A%2F%2Fnew.example", json!({"name": "New", "scopes": ["new:read"]}), json!({"scopes": []})),
    ]
}

#[tokio::test]
async fn entries_of_every_kind_are_made_changed_and_deleted() {
    let admin = Admin::new(SCOPES).await;
    for (section, key, members, change) in samples() {
        let (all, path) = (format!("/api/v1/{section}"), format!("/api/v1/{section}/{key}"));
        let before = admin.get(&all).await.expect(200).json()[section].as_array().unwrap().len();
        let made = create(&admin, &path, &members).await.expect(201);
        let _ = create(&admin, &path, &members).await.expect(409);
        let shown = admin.get(&path).await.expect(200);
        assert_eq!((shown.json(), shown.header("etag")), (made.json(), made.header("etag")), "{section}");
        assert_eq!(admin.get(&all).await.json()[section].as_array().unwrap().len(), before + 1);

        let tag = made.header("etag").to_owned();
        let text = change.to_string();
        let _ = admin.send(Method::PUT, &path, None, Some(&text)).await.expect(428);
        let changed = admin.send(Method::PUT, &path, Some(&tag), Some(&text)).await.expect(200);
        assert_eq!(changed.json() != made.json(), change != json!({}), "{section}");
        if change != json!({}) {
            let _ = admin.send(Method::PUT, &path, Some(&tag), Some(&text)).await.expect(412);
            let _ = admin.send(Method::DELETE, &path, Some(&tag), None).await.expect(412);
        }
        let _ = admin.send(Method::DELETE, &path, Some(changed.header("etag")), None).await.expect(204);
        let _ = admin.get(&path).await.expect(404);
        let _ = admin.send(Method::PUT, &path, Some(&tag), Some(&text)).await.expect(404);
    }
    let events = admin.argus.audit_with(&["--event", "directory.changed"]);
    let deleted: Vec<_> = events.iter().filter_map(|event| event["details"]["deleted"].as_str()).collect();
    assert_eq!(deleted, ["new", "new", "new group", "new", "new", "https://new.example"]);
    assert!(events.iter().rev().take(6).all(|event| event["actor"].as_str().unwrap().starts_with("user:")));
}

#[tokio::test]
async fn what_refers_to_an_entry_keeps_it_or_goes_with_it() {
    let admin = Admin::new(SCOPES).await;
    for (path, reason) in [
        ("domains/acme", "customer mycustomer belongs to it"),
        ("customers/mycustomer", "user alice belongs to it"),
        ("resources/https%3A%2F%2Fcases.example.com", "may use it"),
    ] {
        let path = format!("/api/v1/{path}");
        let tag = admin.get(&path).await.expect(200).header("etag").to_owned();
        let kept = admin.send(Method::DELETE, &path, Some(&tag), None).await.expect(409);
        assert!(kept.json()["detail"].as_str().unwrap().contains(reason), "{}", kept.text);
    }
    // A membership goes with its group, at once: the next token does not have it.
    let application = admin.argus.application(CASE_DESK);
    let before = application.tokens(&admin.argus.browser(), ALICE, "openid groups").await;
    assert_eq!(before.id_claims()["groups"], json!(["group1", "group3"]));
    let tag = admin.get("/api/v1/groups/group1").await.expect(200).header("etag").to_owned();
    let _ = admin.send(Method::DELETE, "/api/v1/groups/group1", Some(&tag), None).await.expect(204);
    let after = Tokens::of(&application.refresh(&before.refresh).await.expect(200));
    assert_eq!(after.id_claims()["groups"], json!(["group3"]));
}

#[tokio::test]
async fn what_is_wrong_is_told_at_its_place_and_needs_the_scope() {
    let admin = Admin::new(SCOPES).await;
    for (path, members, expected) in [
        ("groups/new", json!({"nam": "New"}), "/nam"),
        ("groups/new", json!({"name": 1}), "/name"),
        ("customers/new", json!({"name": "New", "domain": "nobodys"}), "/domain"),
        ("customers/new", json!({"name": "New", "domain": "acme", "id": 1}), "/id"),
        ("resources/new", json!({"name": "New", "scopes": ["openid"]}), "/scopes/0"),
        ("resources/new", json!({"name": "New", "scopes": ["cases:read"]}), "/scopes/0"),
    ] {
        assert_eq!(pointers(&create(&admin, &format!("/api/v1/{path}"), &members).await), [expected], "{path} {members}");
    }
    assert!(admin.get("/api/v1/resources").await.expect(200).text.contains(CASES));
    let reader = Admin::new("openid directory:read").await;
    let _ = reader.get("/api/v1/groups").await.expect(200);
    let _ = reader.get("/api/v1/resources").await.expect(403);
    let _ = create(&reader, "/api/v1/groups/new", &json!({"name": "New"})).await.expect(403);
}

#[tokio::test]
async fn an_entry_keeps_the_key_of_its_address() {
    let admin = Admin::new(SCOPES).await;
    let made = create(&admin, "/api/v1/groups/new", &json!({"shortname": "new", "name": "New"})).await.expect(201);
    let renamed = admin.send(Method::PUT, "/api/v1/groups/new", Some(made.header("etag")), Some(r#"{"shortname": "newer"}"#)).await;
    assert_eq!(pointers(&renamed), ["/shortname"]);
    let http = admin.argus.http();
    let both = http.request(Method::PUT, "/api/v1/groups/other").bearer_auth(admin.token()).header("if-none-match", "\"x\"");
    let _ = http.send(both.header("content-type", "application/json").body(r#"{"name": "Other"}"#)).await.expect(400);
}
