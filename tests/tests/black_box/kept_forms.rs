//! Forms that come after their sign-in has ended, or too long after it: what was typed is kept, and nothing is done before.

use argus_tests::document::{self, ALICE, CASE_DESK};
use argus_tests::{Browser, Database, Installation};
use reqwest::Method;
use serde_json::json;
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;

use crate::admin_pages::{administrator, form};
use crate::support::{command_line_token, send_as};

const NEW_USER: &str = "/admin/users/new";
const TYPED: [(&str, &str); 5] =
    [("username", "erin"), ("name", "Erin <E>"), ("more", "{\n  \"attributes\": {\"desk\": [\"7\"]}\n}"), ("tag", ""), ("action", "save")];

fn in_a_file() -> Installation {
    let argus = Installation::on(&Database::Sqlite, "");
    argus.import(&document::standard());
    argus.import(&json!({"users": [{"username": ALICE.username, "admin": true}]}));
    argus.serve();
    argus
}

/// Lets every sign-in be older than it is.
async fn age_sign_ins(argus: &Installation, seconds: u32) {
    let options = SqliteConnectOptions::new().filename(argus.data().join("argus.db"));
    let mut database = options.connect().await.unwrap();
    let sql =
        "UPDATE browser_sessions SET sign_in = json_set(sign_in, '$.authenticated_at', json_extract(sign_in, '$.authenticated_at') - $1)";
    let aged = sqlx::query(sql).bind(i64::from(seconds) * 1_000).execute(&mut database).await.unwrap();
    assert!(aged.rows_affected() > 0);
}

/// Sends the form again, from the page that kept it.
async fn again(browser: &Browser, kept: &argus_tests::Answer) -> argus_tests::Answer {
    let fields = Browser::fields(kept);
    for (name, value) in TYPED.iter().filter(|(_, value)| !value.is_empty()) {
        let field = fields.iter().find(|(known, _)| known == name).unwrap_or_else(|| panic!("{name} is not kept"));
        // The pages of tests are read with their white space folded.
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(words(&field.1), words(value));
    }
    browser.post(NEW_USER, &fields).await
}

#[tokio::test]
async fn what_was_typed_outlives_the_sign_in() {
    let argus = crate::plugin_sign_in::administered();
    let browser = administrator(&argus).await;
    let page = browser.open(NEW_USER).await.expect(200);
    let token = command_line_token(&argus, ALICE, "openid directory:write directory:read").await;
    let _ = send_as(&argus, &token, Method::DELETE, "/api/v1/users/alice/sessions", None, None).await.expect(204);

    let kept = browser.post(NEW_USER, &form(&page, &TYPED)).await.expect(403);
    assert!(kept.text.contains("href=\"/login?next=%2Fadmin%2Fusers%2Fnew\""), "{}", kept.text);
    assert!(!kept.text.contains("Erin <E>"), "markup is told as text");
    let token = command_line_token(&argus, ALICE, "openid directory:read").await;
    let _ = send_as(&argus, &token, Method::GET, "/api/v1/users/erin", None, None).await.expect(404);

    let _ = browser.sign_in(ALICE).await.expect(303);
    let _ = again(&browser, &kept).await.expect(200);
    let erin = send_as(&argus, &token, Method::GET, "/api/v1/users/erin", None, None).await.expect(200).json();
    assert_eq!((&erin["name"], &erin["attributes"]), (&json!("Erin <E>"), &json!({"desk": ["7"]})));
}

#[tokio::test]
async fn a_sign_in_of_long_ago_is_asked_for_again() {
    let argus = in_a_file();
    let browser = administrator(&argus).await;
    let page = browser.open(NEW_USER).await.expect(200);
    age_sign_ins(&argus, 16 * 60).await;
    let kept = browser.post(NEW_USER, &form(&page, &TYPED)).await.expect(403);
    let _ = browser.open("/admin/users/erin").await.expect(404);
    let _ = browser.sign_in(ALICE).await.expect(303);
    let _ = again(&browser, &kept).await.expect(200);
    let _ = browser.open("/admin/users/erin").await.expect(200);
}

#[tokio::test]
async fn passwords_are_typed_again() {
    let argus = crate::plugin_sign_in::administered();
    let browser = administrator(&argus).await;
    let page = browser.open("/account/password").await.expect(200);
    let token = command_line_token(&argus, ALICE, "openid directory:write").await;
    let _ = send_as(&argus, &token, Method::DELETE, "/api/v1/users/alice/sessions", None, None).await.expect(204);
    let typed = [("old", ALICE.password), ("new", "correct horse battery"), ("again", "correct horse battery")];
    let answer = browser.post("/account/password", &form(&page, &typed)).await.expect(303);
    assert_eq!(answer.header("location"), "/login?next=%2Faccount%2Fpassword");
}

#[tokio::test]
async fn what_changes_the_installation_takes_a_recent_sign_in() {
    let argus = in_a_file();
    let browser = administrator(&argus).await;
    let (clients, settings) = ("/admin/clients/new".to_owned(), format!("/admin/clients/{CASE_DESK}/settings"));
    let claims = format!("/admin/clients/{CASE_DESK}/claims");
    let mut pages = Vec::new();
    for path in [&clients, &settings, &claims] {
        pages.push(browser.open(path).await.expect(200));
    }
    let command_line = argus.application("6b1f2d0c-43f6-4c5e-9d0e-6f2a3c1b7a55").answered_at("http://127.0.0.1:4711/callback");
    age_sign_ins(&argus, 16 * 60).await;
    let new = [("id", "00000000-0000-4000-8000-000000000123"), ("kind", "service"), ("name", "Robot"), ("scopes", "directory:write")];
    let _ = browser.post(&clients, &form(&pages[0], &new)).await.expect(403);
    let _ = browser.post(&settings, &form(&pages[1], &[("revision", "1"), ("settings", "{}")])).await.expect(403);
    let saved = [("revision", "1"), ("claims", r#"{"openIDCustomClaims": []}"#), ("action", "save"), ("user", "alice")];
    let _ = browser.post(&claims, &form(&pages[2], &saved)).await.expect(403);
    // Looking is not changing.
    let previewed = saved.map(|(name, value)| (name, if name == "action" { "preview" } else { value }));
    let _ = browser.post(&claims, &form(&pages[2], &previewed)).await.expect(200);

    let asks = async |scope: &str| {
        let page = browser.open(&command_line.request(scope).path()).await;
        page.status == 303 && page.header("location").starts_with("/login")
    };
    assert!(asks("openid directory:write").await, "a token that changes the installation");
    assert!(!asks("openid directory:read").await, "a token that looks");
}
