//! A10.9: users are managed centrally, through the administration API, by the rules of the import document.

use argus_tests::Person;
use argus_tests::document::{BOB, CAROL, CASE_DESK};
use argus_tests::http::Answer;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Admin, pointers};

const USERS: &str = "/api/v1/users";
const SCOPES: &str = "openid directory:read directory:write";

/// Changes a user as the user is now.
async fn change(admin: &Admin, username: &str, patch: &Value) -> Answer {
    let path = format!("{USERS}/{username}");
    let tag = admin.get(&path).await.expect(200).header("etag").to_owned();
    admin.patch(&path, &tag, patch).await
}

#[tokio::test]
async fn a_user_is_added_changed_and_told_of_in_the_next_token() {
    let admin = Admin::new(SCOPES).await;
    let dora = json!({"username": "Dora ø", "name": "Dora D", "password": "dora's own phrase", "groups": ["group1"]});
    let created = admin.post(USERS, &dora).await.expect(201);
    let path = created.header("location").to_owned();
    assert_eq!(path, format!("{USERS}/Dora%20%C3%B8"));
    assert!(!created.text.contains("phrase"), "{}", created.text);
    let _ = admin.post(USERS, &dora).await.expect(409);
    let _ = admin.post(USERS, &json!({"username": "DORA Ø", "name": "Another"})).await.expect(409);

    let shown = admin.get(&path).await.expect(200);
    assert_eq!(shown.header("etag"), created.header("etag"));
    let tag = shown.header("etag").to_owned();
    let patch = json!({"email": "dora@example.com", "groups": ["group1", "group2"]});
    let _ = admin.send(Method::PATCH, &path, None, Some(&patch.to_string())).await.expect(428);
    for stale in ["\"0\"", "\"\"", "nonsense", "*"] {
        let _ = admin.send(Method::PATCH, &path, Some(stale), Some(&patch.to_string())).await.expect(412);
    }
    let changed = admin.send(Method::PATCH, &path, Some(&tag), Some(&patch.to_string())).await.expect(200);
    assert_eq!((&changed.json()["email"], &changed.json()["name"]), (&json!("dora@example.com"), &json!("Dora D")));
    let _ = admin.send(Method::PATCH, &path, Some(&tag), Some(&json!({"name": "Lost"}).to_string())).await.expect(412);

    let desk = admin.argus.application(CASE_DESK);
    let person = Person { username: "dora Ø", password: "dora's own phrase" };
    let claims = desk.tokens(&admin.argus.browser(), person, "openid email groups").await.id_claims();
    assert_eq!((&claims["sub"], &claims["email"]), (&changed.json()["sub"], &json!("dora@example.com")));
    assert_eq!(claims["groups"], json!(["group1", "group2"]));
    assert!(!format!("{:?}", admin.argus.audit()).contains("phrase"));
}

#[tokio::test]
async fn what_no_user_can_be_is_refused_at_its_place_and_changes_nothing() {
    let admin = Admin::new(SCOPES).await;
    let before = admin.get(USERS).await.expect(200).text;
    let with = |member: &str, value: Value| {
        let mut members = json!({"username": "erik", "name": "Erik E"});
        members[member] = value;
        members
    };
    for (members, expected) in [
        (with("usrname", json!("x")), "/usrname"),
        (with("username", json!("a\u{0}b")), "/username"),
        (with("username", json!(" erik")), "/username"),
        (with("username", json!("")), "/username"),
        (with("name", json!("x".repeat(201))), "/name"),
        (with("name", json!(null)), ""),
        (with("email", json!("nowhere")), "/email"),
        (with("enabled", json!("yes")), "/enabled"),
        (with("password", json!("x".repeat(1025))), "/password"),
        (with("groups", json!(["nosuch"])), "/groups"),
        (with("customer", json!("nosuch")), "/customer"),
        (with("functions", json!([{"function": "nosuch"}])), "/functions"),
    ] {
        let answer = admin.post(USERS, &members).await;
        assert_eq!(pointers(&answer), [expected], "{members}: {}", answer.text);
    }
    assert_eq!(pointers(&change(&admin, "bob", &json!({"username": "rob"})).await), ["/username"]);
    assert_eq!(pointers(&change(&admin, "bob", &json!({"sub": "x"})).await), ["/sub"]);
    for nobody in ["nobody", "%00", "a%2Fb"] {
        let _ = admin.get(&format!("{USERS}/{nobody}")).await.expect(404);
    }
    for limit in ["0", "201", "x", "-1"] {
        let _ = admin.get(&format!("{USERS}?limit={limit}")).await.expect(422);
    }
    assert_eq!(admin.get(USERS).await.text, before);
}

#[tokio::test]
async fn users_are_listed_page_by_page_in_order_of_name() {
    let admin = Admin::new(SCOPES).await;
    for name in ["Zoe", "eve", "Émile", "Dan"] {
        let _ = admin.post(USERS, &json!({"username": name, "name": name})).await.expect(201);
    }
    let mut names: Vec<String> = Vec::new();
    let mut path = format!("{USERS}?limit=2");
    loop {
        let page = admin.get(&path).await.expect(200).json();
        names.extend(page["users"].as_array().unwrap().iter().map(|user| user["username"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("{USERS}?limit=2&after={}", next.replace('É', "%C3%89"));
    }
    assert_eq!(names, ["alice", "bob", "carol", "Dan", "eve", "Zoe", "Émile"]);
}

/// A10.9
#[tokio::test]
async fn a_disabled_user_is_out_everywhere_at_once() {
    let admin = Admin::new(SCOPES).await;
    let desk = admin.argus.application(CASE_DESK);
    let browser = admin.argus.browser();
    let tokens = desk.tokens(&browser, BOB, "openid offline_access").await;
    let carols = desk.tokens(&admin.argus.browser(), CAROL, "openid").await;
    let _ = change(&admin, "bob", &json!({"enabled": false})).await.expect(200);
    assert_eq!(desk.userinfo(&tokens.access).await.error(401), "invalid_token");
    assert_eq!(desk.refresh(&tokens.refresh).await.error(400), "invalid_grant");
    let _ = browser.open("/account").await.expect(303);
    let _ = admin.argus.browser().sign_in(BOB).await.expect(401);
    let _ = desk.userinfo(&carols.access).await.expect(200);
    let disabled = admin.argus.audit_with(&["--event", "user.disabled"]);
    assert_eq!(disabled.len(), 1);
    assert!(disabled[0]["actor"].as_str().unwrap().starts_with("user:"));
    let _ = change(&admin, "bob", &json!({"enabled": true})).await.expect(200);
    let _ = admin.argus.browser().sign_in(BOB).await.expect(303);
    assert_eq!(desk.refresh(&tokens.refresh).await.error(400), "invalid_grant", "what ended stays ended");
}

#[tokio::test]
async fn sessions_are_seen_and_ended_and_another_password_ends_them_too() {
    let admin = Admin::new(SCOPES).await;
    let desk = admin.argus.application(CASE_DESK);
    let browser = admin.argus.browser();
    let tokens = desk.tokens(&browser, BOB, "openid offline_access").await;
    let path = format!("{USERS}/bob/sessions");
    let sessions = admin.get(&path).await.expect(200).json();
    assert_eq!((sessions.as_array().unwrap().len(), &sessions[0]["address"]), (1, &json!("127.0.0.1")));
    let _ = admin.send(Method::DELETE, &path, None, None).await.expect(204);
    assert_eq!(desk.userinfo(&tokens.access).await.error(401), "invalid_token");
    assert_eq!(desk.refresh(&tokens.refresh).await.error(400), "invalid_grant");
    let _ = browser.open("/account").await.expect(303);
    assert_eq!(admin.get(&path).await.expect(200).json(), json!([]));

    let _ = browser.sign_in(BOB).await.expect(303);
    let _ = change(&admin, "bob", &json!({"password": "given by an administrator"})).await.expect(200);
    let _ = browser.open("/account").await.expect(303);
    let _ = browser.sign_in(Person { username: "bob", password: "given by an administrator" }).await.expect(303);
}

#[tokio::test]
async fn who_may_only_read_changes_nothing() {
    let admin = Admin::new("openid directory:read").await;
    let _ = admin.get(USERS).await.expect(200);
    let _ = admin.post(USERS, &json!({"username": "erik", "name": "Erik"})).await.expect(403);
    let _ = change(&admin, "bob", &json!({"name": "Rob"})).await.expect(403);
    let _ = admin.send(Method::DELETE, &format!("{USERS}/bob/sessions"), None, None).await.expect(403);
    let other = Admin::at(admin.argus, "openid clients:read clients:write").await;
    let _ = other.get(USERS).await.expect(403);
    let http = other.argus.http();
    let _ = http.send(http.request(Method::GET, USERS)).await.expect(401);
}

/// What no use case has seen is told like everything else (RFC 9457).
#[tokio::test]
async fn what_cannot_be_read_is_told_as_a_problem() {
    let admin = Admin::new("openid directory:read").await;
    for path in ["/api/v1/users?q=%FF", "/api/v1/users?limit=0", "/api/v1/users/%FF", "/api/v1/users/nobody"] {
        let answer = admin.get(path).await;
        assert_eq!(answer.header("content-type"), "application/problem+json", "{path}");
        let problem = answer.json();
        assert_eq!(
            (problem["status"].as_u64(), problem["correlationId"].as_str()),
            (Some(answer.status.into()), Some(answer.header("x-correlation-id")))
        );
    }
}
