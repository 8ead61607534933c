//! A11.6, A5.10: the import document: applied whole or not at all, twice as well as once, and given back by the export.

use std::time::Duration;

use argus_tests::document::{ALICE, CASE_DESK, client, client_id, only_clients, standard};
use argus_tests::until::until_within;
use argus_tests::{Installation, Landing, jwt};
use serde_json::{Value, json};

/// A11.6, A5.10: each with its pointer, and nothing applied.
#[test]
fn a_document_with_anything_wrong_is_refused_whole() {
    let argus = Installation::new("");
    argus.import(&standard());
    let before = argus.cli(&["export"]).succeeded().stdout;
    let user = |members: Value| {
        let mut user = json!({"username": "dave", "name": "Dave"});
        user.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        json!({"users": [user]})
    };
    let of_client = |members: Value| only_clients(json!([client(&client_id(1), members)]));
    for (document, pointer) in [
        (json!({"user": []}), "/user"),
        (json!({"users": {}}), "/users"),
        (json!({"users": ["dave"]}), "/users/0"),
        (json!({"users": [["dave", "Dave"]]}), "/users/0"),
        (json!({"groups": [["group4", "Four"]]}), "/groups/0"),
        (user(json!({"functions": [["argusFunction1"]]})), "/users/0/functions/0"),
        (of_client(json!({"openIDCustomClaims": [["userGroups", {"allowedGroups": []}]]})), "/clients/0/openIDCustomClaims/0"),
        (json!({"users": [{"name": "Dave"}]}), "/users/0"),
        (user(json!({"grups": []})), "/users/0/grups"),
        (user(json!({"groups": ["group1", 1]})), "/users/0/groups/1"),
        (user(json!({"groups": ["nosuch"]})), "/users/0/groups"),
        (user(json!({"customer": "nosuch"})), "/users/0/customer"),
        (user(json!({"functions": [{"function": "nosuch"}]})), "/users/0/functions"),
        (user(json!({"functions": [{"function": "argusFunction1", "custmer": "x"}]})), "/users/0/functions/0/custmer"),
        (user(json!({"email": "not an address"})), "/users/0/email"),
        (user(json!({"password": ""})), "/users/0/password"),
        (user(json!({"admin": "yes"})), "/users/0/admin"),
        (json!({"users": [{"username": "x", "name": "X"}, {"username": "X", "name": "X"}]}), "/users/1/username"),
        (json!({"customers": [{"shortname": "c", "name": "C", "domain": "nosuch"}]}), "/customers/0/domain"),
        (json!({"customers": [{"id": 1, "shortname": "c", "name": "C", "domain": "acme"}]}), "/customers/0/id"),
        (json!({"customers": [{"id": 9, "shortname": "mycustomer"}]}), "/customers/0/id"),
        (json!({"domains": [{"id": 0, "shortname": "d", "name": "D"}]}), "/domains/0/id"),
        (json!({"groups": [{"shortname": "", "name": "Empty"}]}), "/groups/0/shortname"),
        (json!({"resources": [{"audience": "https://a", "name": "A", "scopes": ["openid"]}]}), "/resources/0/scopes/0"),
        (json!({"resources": [{"audience": "https://a", "name": "A", "scopes": ["cases:read"]}]}), "/resources/0/scopes/0"),
        (of_client(json!({"scopes": ["nosuch"]})), "/clients/0/scopes/0"),
        (of_client(json!({"scopes": ["cases:read"], "resources": []})), "/clients/0/scopes/0"),
        (of_client(json!({"resources": ["https://nosuch"]})), "/clients/0/resources/0"),
        (of_client(json!({"owner": "nosuch"})), "/clients/0/owner"),
        (of_client(json!({"grantTypes": ["implicit"]})), "/clients/0/grantTypes/0"),
        (of_client(json!({"redirectUris": []})), "/clients/0/redirectUris"),
        (of_client(json!({"secret": "short"})), "/clients/0/secret"),
        (of_client(json!({"type": "secret"})), "/clients/0/type"),
        (of_client(json!({"openIDCustomClaim": []})), "/clients/0/openIDCustomClaim"),
        (of_client(json!({"openIDCustomClaims": [{"provider": "userGroups"}]})), "/clients/0/openIDCustomClaims/0"),
        (of_client(json!({"clientId": "not-a-uuid"})), "/clients/0/clientId"),
    ] {
        // What is right beside it is not applied either.
        let mut document = document;
        document.as_object_mut().unwrap().entry("roles").or_insert(json!([{"name": "applied"}]));
        let refusal = argus.try_import(&document.to_string()).failed();
        assert!(refusal.lines().any(|line| line.starts_with(&format!("{pointer}: "))), "{pointer}: {document}\n{refusal}");
        assert!(refusal.contains("nothing was changed"), "{refusal}");
    }
    for text in ["", "{", "[]", "{} {}", "null", "{\"users\": [}", "\u{feff}{}"] {
        assert!(argus.try_import(text).failed().contains("nothing was changed"), "{text}");
    }
    assert_eq!(argus.cli(&["export"]).succeeded().stdout, before);
}

/// A11.6
#[test]
fn every_problem_is_told_at_once() {
    let argus = Installation::new("");
    let document = json!({
        "users": [{"username": "a", "name": "A", "groups": ["nosuch"], "customer": "nosuch"}],
        "clients": [{"clientId": client_id(1), "name": "", "type": "public", "redirectUris": ["http://a.example/"]}],
    });
    let refusal = argus.try_import(&document.to_string()).failed();
    for pointer in ["/users/0/groups", "/users/0/customer", "/clients/0/name", "/clients/0/redirectUris/0"] {
        assert!(refusal.contains(&format!("{pointer}: ")), "{pointer}: {refusal}");
    }
    assert!(refusal.contains("refused: 4 problems"), "{refusal}");
}

/// A11.6
#[tokio::test]
async fn importing_the_same_again_changes_nothing() {
    let argus = Installation::standard();
    let tokens = argus.application(CASE_DESK).tokens(&argus.browser(), ALICE, "openid").await;
    let before = argus.cli(&["export"]).succeeded().stdout;
    let again = argus.import(&standard());
    assert!(again.stderr.contains("imported: 0 new, 0 changed"), "{}", again.stderr);
    assert_eq!(again.json(), json!({"clients": []}));
    assert_eq!(argus.cli(&["export"]).succeeded().stdout, before);
    let _ = argus.application(CASE_DESK).refresh(&tokens.refresh).await.expect(200);
}

/// A11.6: an export makes the same installation elsewhere, and holds neither password nor secret.
#[tokio::test]
async fn an_export_can_be_imported() {
    let argus = Installation::new("");
    argus.import(&standard());
    let export = argus.cli(&["export"]).succeeded();
    for secret in [ALICE.password, argus.secret(CASE_DESK).unwrap().as_str(), "password", "argon2"] {
        assert!(!export.stdout.contains(secret), "{secret}");
    }
    let other = Installation::new("");
    other.import_text(&export.stdout);
    assert_eq!(other.cli(&["export"]).succeeded().stdout, export.stdout);
    other.import(&json!({"users": [{"username": ALICE.username, "password": ALICE.password}]}));
    other.serve();
    other.application(CASE_DESK).tokens(&other.browser(), ALICE, "openid groups").await;
}

/// A11.6: what is not named stays; `null` clears.
#[test]
fn a_document_adds_and_changes_and_removes_nothing() {
    let argus = Installation::new("");
    argus.import(&standard());
    argus.import(&json!({"users": [{"username": "alice", "phone": null, "name": "Alice Again"}], "groups": [{"shortname": "group4", "name": "Four"}]}));
    let export = argus.cli(&["export"]).succeeded().json();
    let alice = export["users"].as_array().unwrap().iter().find(|user| user["username"] == "alice").unwrap();
    assert_eq!((&alice["name"], &alice["email"], alice.get("phone")), (&json!("Alice Again"), &json!("alice@example.com"), None));
    assert_eq!(alice["groups"], json!(["group1", "group3"]));
    assert_eq!(export["groups"].as_array().unwrap().len(), 4);
    assert_eq!(export["users"].as_array().unwrap().len(), 3);
}

/// A11.6: the running server sees it within a second.
#[tokio::test]
async fn a_change_is_seen_by_the_running_server_within_a_second() {
    let argus = Installation::standard();
    let browser = argus.browser();
    let _ = browser.sign_in(ALICE).await.expect(303);
    let desk = argus.application(CASE_DESK);
    desk.tokens(&browser, ALICE, "openid").await;
    let (window, request) = (&browser, desk.request("openid").set("redirect_uri", "https://new.example/cb"));
    let _ = browser.open(&request.path()).await.expect(400);
    argus.import(&only_clients(json!([{"clientId": CASE_DESK, "redirectUris": ["https://new.example/cb"]}])));
    let landing = until_within(Duration::from_secs(1), "the new redirect URI counts", async || {
        Some(window.visit(&request.path(), None).await).filter(|landing| matches!(landing, Landing::Redirect(_)))
    })
    .await;
    landing.code();
    let old = desk.request("openid");
    let _ = browser.open(&old.path()).await.expect(400);
}

/// A11.6: a secret chosen by hand, replaced at once.
#[tokio::test]
async fn a_secret_may_be_chosen_and_replaces_the_one_before() {
    let argus = Installation::standard();
    let desk = argus.application(CASE_DESK);
    let chosen = "a secret chosen by hand, long enough";
    argus.import(&only_clients(json!([{"clientId": CASE_DESK, "secret": chosen}])));
    argus.set_secret(CASE_DESK, chosen);
    let changed = argus.application(CASE_DESK);
    until_within(Duration::from_secs(1), "the chosen secret counts", async || {
        (changed.client_credentials("cases:read").await.status == 200).then_some(())
    })
    .await;
    assert_eq!(desk.client_credentials("cases:read").await.error(401), "invalid_client");
}

/// A11.6: `sub` and numbers outlive a change of everything else.
#[tokio::test]
async fn a_user_stays_the_same_subject_whatever_changes() {
    let argus = Installation::standard();
    let desk = argus.application(CASE_DESK);
    let before = jwt::part(&desk.tokens(&argus.browser(), ALICE, "openid customer").await.id, 1);
    argus.import(&json!({"users": [{"username": "alice", "name": "Other", "email": "other@example.com", "customer": "othercustomer"}]}));
    let after = jwt::part(&desk.tokens(&argus.browser(), ALICE, "openid customer").await.id, 1);
    assert_eq!(after["sub"], before["sub"]);
    assert_eq!((&before["customer_id"], &after["customer_id"]), (&json!(1), &json!(2)));
}
