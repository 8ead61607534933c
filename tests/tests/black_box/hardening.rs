//! Ways around what administrators decide, each of which worked once: clients of users, links, old sign-ins, odd JSON.

use argus_tests::document::{ALICE, BOB, CAROL};
use argus_tests::{Answer, Person};
use reqwest::Method;
use serde_json::{Value, json};

use crate::admin_pages::{administrator, form};
use crate::plugin_sign_in::{administered, administered_with};
use crate::support::{Admin, Caller, pointers};

const OWN: &str = "/api/v1/me/clients";

/// A change of what is there.
async fn patch(caller: &Caller<'_>, path: &str, members: Value) -> Answer {
    let tag = caller.send(Method::GET, path, None, None).await.expect(200).header("etag").to_owned();
    caller.send(Method::PATCH, path, Some(&tag), Some(&members)).await
}

/// A registration that names itself, so that the same is one.
async fn register(caller: &Caller<'_>, key: &str, name: &str) -> Answer {
    let http = caller.argus.http();
    let members = json!({"kind": "web", "name": name, "redirectUris": ["https://my.application/cb"], "scopes": ["openid"]});
    let request = http.request(Method::POST, OWN).bearer_auth(&caller.token).header("idempotency-key", key);
    http.send(request.header("content-type", "application/json").body(members.to_string())).await
}

const CLIENTS: &str = "openid clients:read clients:write";

#[tokio::test]
async fn an_owner_cannot_enable_what_an_administrator_disabled_or_has_yet_to_approve() {
    for (configuration, is_approved) in [("", true), ("[self_service]\napproval = true\n", false)] {
        let argus = administered_with(configuration);
        let (alice, bob) = (Caller::new(&argus, ALICE, CLIENTS).await, Caller::new(&argus, BOB, CLIENTS).await);
        let id = register(&bob, "k1", "Wiki").await.expect(201).json()["clientId"].as_str().unwrap().to_owned();
        let (own, path) = (format!("{OWN}/{id}"), format!("/api/v1/clients/{id}"));
        if is_approved {
            let _ = patch(&alice, &path, json!({"enabled": false})).await.expect(200);
        }
        for enabled in [json!(null), json!("true")] {
            assert_eq!(pointers(&patch(&bob, &own, json!({"enabled": enabled})).await), ["/enabled"]);
        }
        let _ = patch(&bob, &own, json!({"enabled": true})).await.expect(409);
        if !is_approved {
            let both = patch(&bob, &own, json!({"name": "Notes", "enabled": true})).await;
            assert_eq!(pointers(&both), ["/enabled"]);
        }
        // Nor by a revision that is still to come.
        let ahead = bob.send(Method::PATCH, &own, Some("\"9\""), Some(&json!({"enabled": true}))).await;
        let _ = ahead.expect(412);

        // Nor by a new life under the same id.
        let tag = bob.send(Method::GET, &own, None, None).await.header("etag").to_owned();
        let _ = bob.send(Method::DELETE, &own, Some(&tag), None).await.expect(204);
        let again = register(&bob, "k1", "Your bank").await.expect(409);
        assert!(again.text.contains("was deleted"), "{}", again.text);
        let _ = alice.send(Method::GET, &path, None, None).await.expect(404);
    }
}

#[tokio::test]
async fn the_id_of_a_deleted_client_is_nobodys_to_take() {
    let argus = administered();
    let alice = Caller::new(&argus, ALICE, CLIENTS).await;
    let members = json!({"name": "HR portal", "type": "confidential", "redirectUris": ["https://hr.example/cb"]});
    let made = alice.send(Method::POST, "/api/v1/clients", None, Some(&members)).await.expect(201);
    let id = made.json()["clientId"].as_str().unwrap().to_owned();
    let _ = alice.send(Method::DELETE, &format!("/api/v1/clients/{id}"), Some("\"1\""), None).await.expect(204);

    let browser = argus.browser();
    let _ = browser.sign_in(BOB).await.expect(303);
    let page = browser.open("/apps/new").await.expect(200);
    let typed = [("id", id.as_str()), ("kind", "web"), ("name", "HR"), ("redirectUris", "https://evil.example/cb"), ("scopes", "openid")];
    let answer = browser.post("/apps/new", &form(&page, &typed)).await;
    assert!(answer.text.contains("was deleted"), "{}", answer.text);
    let _ = browser.open(&format!("/apps/{id}")).await.expect(404);
}

#[tokio::test]
async fn a_user_changes_clients_only_so_often() {
    let argus = administered();
    let (alice, bob) = (Caller::new(&argus, ALICE, CLIENTS).await, Caller::new(&argus, BOB, CLIENTS).await);
    let id = register(&bob, "k1", "Wiki").await.expect(201).json()["clientId"].as_str().unwrap().to_owned();
    let own = format!("{OWN}/{id}");
    for number in 1..30 {
        let _ = patch(&bob, &own, json!({"name": format!("Wiki {number}")})).await.expect(200);
    }
    let refused = patch(&bob, &own, json!({"name": "Wiki"})).await.expect(409);
    assert!(refused.text.contains("very often"), "{}", refused.text);
    let _ = patch(&alice, &format!("/api/v1/clients/{id}"), json!({"name": "Notes"})).await.expect(200);
    let many: Vec<String> = (0..51).map(|number| format!("https://my.application/{number}")).collect();
    assert_eq!(pointers(&patch(&alice, &format!("/api/v1/clients/{id}"), json!({"redirectUris": many})).await), ["/redirectUris"]);
}

#[tokio::test]
async fn a_reset_link_ends_with_the_password_it_was_made_for() {
    let argus = administered();
    let alice = Caller::new(&argus, ALICE, "openid directory:read directory:write").await;
    let link = async || {
        let made = alice.send(Method::POST, "/api/v1/users/carol/reset-link", None, None).await.expect(201).json();
        let url = made["url"].as_str().unwrap().to_owned();
        let _ = argus.http().get(&url).await.expect(200);
        url
    };
    let by_administrator = link().await;
    let _ = patch(&alice, "/api/v1/users/carol", json!({"password": "another long password"})).await.expect(200);
    let _ = argus.http().get(&by_administrator).await.expect(404);

    let by_user = link().await;
    let browser = argus.browser();
    let carol = Person { password: "another long password", ..CAROL };
    let _ = browser.sign_in(carol).await.expect(303);
    let page = browser.open("/account/password").await.expect(200);
    let typed = [("old", carol.password), ("new", "correct horse battery"), ("again", "correct horse battery")];
    let _ = browser.post("/account/password", &form(&page, &typed)).await.expect(200);
    let _ = argus.http().get(&by_user).await.expect(404);

    let disabled = link().await;
    let _ = patch(&alice, "/api/v1/users/carol", json!({"enabled": false})).await.expect(200);
    let _ = alice.send(Method::POST, "/api/v1/users/carol/reset-link", None, None).await.expect(409);
    let _ = patch(&alice, "/api/v1/users/carol", json!({"enabled": true})).await.expect(200);
    let _ = argus.http().get(&disabled).await.expect(404);
}

#[tokio::test]
async fn large_forms_of_nobody_are_not_held() {
    let argus = administered();
    let http = argus.http();
    let form = |path: &str| http.request(Method::POST, path).header("content-type", "application/x-www-form-urlencoded");
    let large = format!("document={}", "x".repeat(400_000));
    for path in ["/admin/documents", "/admin/identity-providers/new"] {
        let _ = http.send(form(path).body(large.clone())).await.expect(413);
    }
    let browser = administrator(&argus).await;
    let page = browser.open("/admin/documents").await.expect(200);
    let fields = self::form(&page, &[("action", "try"), ("document", &large)]);
    let answer = browser.post("/admin/documents", &fields).await;
    assert_ne!(answer.status, 413);
}

#[tokio::test]
async fn a_member_twice_and_the_character_zero_are_refused_at_their_place() {
    let admin = Admin::new("openid directory:read directory:write clients:read clients:write").await;
    let twice = r#"{"username": "eve", "name": "Eve", "admin": false, "admin": true}"#;
    assert_eq!(pointers(&admin.send(Method::POST, "/api/v1/users", None, Some(twice)).await), ["/admin"]);
    let zero = r#"{"username": "eve", "name": "E\u0000ve"}"#;
    assert_eq!(pointers(&admin.send(Method::POST, "/api/v1/users", None, Some(zero)).await), ["/name"]);
    for path in ["/api/v1/users/%00", "/api/v1/claim-providers/%00", "/api/v1/traces/%00", "/api/v1/groups/%00"] {
        let _ = admin.get(path).await.expect(404);
    }
    for name in [".", "..", "new"] {
        let members = json!({"username": name, "name": "Eve"});
        assert_eq!(pointers(&admin.post("/api/v1/users", &members).await), ["/username"], "{name}");
    }
    let client = json!({"name": "Alice \u{202e}gnp.exe", "type": "confidential", "redirectUris": ["https://a.example/cb"]});
    assert_eq!(pointers(&admin.post("/api/v1/clients", &client).await), ["/name"]);
}
