//! What is too much: bodies, headers, queries, parameters, guesses.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use argus_tests::document::{ALICE, BOB, CASE_DESK, CASES_API};
use argus_tests::{Browser, Installation};
use reqwest::Method;
use serde_json::json;

async fn guess(browser: &Browser, username: &str, password: &str) -> argus_tests::Answer {
    let page = browser.open("/login").await.expect(200);
    let mut fields = Browser::fields(&page);
    fields.retain(|(name, _)| name == "csrf");
    fields.push(("username".to_owned(), username.to_owned()));
    fields.push(("password".to_owned(), password.to_owned()));
    browser.post("/login", &fields).await
}

/// A4.6
#[tokio::test]
async fn a_body_beyond_the_limit_is_refused() {
    let argus = Installation::shared();
    let desk = argus.application(CASE_DESK);
    let most = "x".repeat(60_000);
    assert_eq!(desk.token(&[("grant_type", "refresh_token"), ("refresh_token", &most)]).await.error(400), "invalid_grant");
    let beyond = "x".repeat(70_000);
    for path in ["/oauth2/token", "/oauth2/revoke", "/oauth2/introspect"] {
        assert_eq!(desk.post(path, &[("token", &beyond)]).await.error(413), "invalid_request", "{path}");
    }
    let http = argus.http();
    let _ = http.post_form("/oauth2/userinfo", &[("access_token", &beyond)]).await.expect(413);
    for path in ["/login", "/oauth2/authorize", "/oauth2/end_session"] {
        let page = http.post_form(path, &[("x", &beyond)]).await.expect(413);
        assert!(page.header("content-type").starts_with("text/html"), "{path}");
    }
}

/// A4.6: sent in pieces, with no length told beforehand.
#[test]
fn a_body_in_pieces_is_counted_too() {
    let argus = Installation::shared();
    let address = argus.address();
    let mut connection = TcpStream::connect(address.strip_prefix("http://").unwrap()).unwrap();
    let head = "POST /oauth2/token HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/x-www-form-urlencoded\r\n\
                transfer-encoding: chunked\r\n\r\n";
    connection.write_all(head.as_bytes()).unwrap();
    let piece = format!("1000\r\n{}\r\n", "a".repeat(4096));
    for _ in 0..17 {
        connection.write_all(piece.as_bytes()).unwrap();
    }
    let mut answer = String::new();
    BufReader::new(connection).read_line(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}

/// A1.8
#[tokio::test]
async fn a_query_or_headers_beyond_the_limit_are_refused() {
    let argus = Installation::shared();
    let desk = argus.application(CASE_DESK);
    let request = desk.request("openid").set("id_token_hint", &"x".repeat(17_000));
    let _ = argus.browser().open(&request.path()).await.expect(414);
    let http = argus.http();
    let _ = http.send(http.request(Method::GET, "/").header("x-large", "x".repeat(40_000))).await.expect(431);
    let _ = http.get("/").await.expect(200);
}

/// A4.6
#[tokio::test]
async fn a_flood_of_parameters_or_broken_text_is_refused() {
    let argus = Installation::shared();
    let http = argus.http();
    let flood: String = (0..100).map(|n| format!("p{n}=1&")).collect();
    let form =
        |body: String| http.request(Method::POST, "/oauth2/token").header("content-type", "application/x-www-form-urlencoded").body(body);
    assert_eq!(http.send(form(flood.clone())).await.error(400), "invalid_request");
    for broken in ["grant_type=%ff", "grant_type=%00"] {
        assert_eq!(http.send(form(broken.to_owned())).await.error(400), "invalid_request");
    }
    let json = http.request(Method::POST, "/oauth2/token").json(&json!({"grant_type": "client_credentials"}));
    assert_eq!(http.send(json).await.error(400), "invalid_request");
    let _ = http.get(&format!("/oauth2/authorize?{flood}")).await.expect(400);
    let _ = http.get("/oauth2/authorize?state=%ff").await.expect(400);
}

/// A4.6: JSON, whatever the caller would rather have.
#[tokio::test]
async fn errors_of_endpoints_for_programs_are_json() {
    let argus = Installation::shared();
    let http = argus.http();
    let request = http.request(Method::POST, "/oauth2/token").header("accept", "text/html").form(&[("grant_type", "x")]);
    assert_eq!(http.send(request).await.error(401), "invalid_client");
    let _ = http.get("/oauth2/token").await.expect(405);
    let _ = http.get("/nowhere").await.expect(404);
}

/// A10.8, A11.3: guessing is slowed down by user name and address, and locks nobody out.
#[tokio::test]
async fn failed_sign_ins_are_limited_and_successful_ones_are_not() {
    let configuration = "[limits]\nsign_in_failures_per_username_and_address = 3\nsign_in_window_seconds = 600\n";
    let argus = Installation::standard_with(configuration);
    let browser = argus.browser();
    for _ in 0..3 {
        let _ = guess(&browser, "alice", "wrong").await.expect(401);
    }
    let limited = guess(&browser, "Alice", ALICE.password).await.expect(429);
    let wait: u64 = limited.header("retry-after").parse().unwrap();
    assert!((1..=600).contains(&wait), "{wait}");
    assert_eq!(limited.header("set-cookie"), "");
    // Others are not held up, nor is alice elsewhere.
    let _ = browser.sign_in(BOB).await.expect(303);
    let elsewhere = argus.browser().from_address([127, 0, 0, 9].into());
    let _ = elsewhere.sign_in(ALICE).await.expect(303);
    for _ in 0..5 {
        let _ = browser.sign_in(BOB).await.expect(303);
    }
    let failed = argus.audit_with(&["--event", "sign_in.failed"]);
    assert!(failed.len() >= 3, "{failed:?}");
    assert_eq!((&failed[0]["details"]["username"], &failed[0]["address"]), (&json!("alice"), &json!("127.0.0.1")));
}

/// A10.8: guesses sent at once are told no more than guesses sent one by one.
#[tokio::test]
async fn guesses_at_the_same_time_are_limited_too() {
    let argus = Installation::standard_with("[limits]\nsign_in_failures_per_username_and_address = 3\n");
    let browser = argus.browser();
    // The cookie that guards the forms is there before the guesses race.
    let _ = browser.open("/login").await.expect(200);
    let guesses = (0..12).map(|n| {
        let browser = &browser;
        async move { guess(browser, "alice", &format!("wrong {n}")).await.status }
    });
    let told = futures_util::future::join_all(guesses).await.into_iter().filter(|status| *status == 401).count();
    assert_eq!(told, 3);
}

/// A11.3: a password typed as a user name must not stay in a trail that forgets nothing.
#[tokio::test]
async fn a_name_that_nobody_has_is_not_kept() {
    let argus = Installation::standard();
    let _ = guess(&argus.browser(), "correct horse battery staple", "x").await.expect(401);
    let failed = argus.audit_with(&["--event", "sign_in.failed"]);
    assert_eq!(failed.len(), 1);
    assert!(!failed[0].to_string().contains("battery"), "{failed:?}");
    assert_eq!(failed[0]["details"]["reason"], "unknown user name");
}

/// A10.8: one name and one password, however a keyboard composes their letters.
#[tokio::test]
async fn a_name_is_the_same_in_every_unicode_form() {
    let argus = Installation::new("");
    argus.import(&json!({"users": [{"username": "\u{c5}se", "name": "\u{c5}se", "password": "p\u{e5}ssord"}]}));
    argus.serve();
    for (username, password) in [("\u{c5}se", "p\u{e5}ssord"), ("a\u{30a}SE", "pa\u{30a}ssord")] {
        let _ = guess(&argus.browser(), username, password).await.expect(303);
    }
}

/// A10.8: a window that leaks; the user can sign in again by and by.
#[tokio::test]
async fn a_limit_passes_by_itself() {
    let configuration = "[limits]\nsign_in_failures_per_username_and_address = 1\nsign_in_window_seconds = 1\n";
    let argus = Installation::standard_with(configuration);
    let browser = argus.browser();
    let _ = guess(&browser, "alice", "wrong").await.expect(401);
    let window = &browser;
    argus_tests::until("alice may try again", async || (window.sign_in(ALICE).await.status == 303).then_some(())).await;
}

/// A4.6: one that is not on this list of scopes.
#[tokio::test]
async fn a_scope_value_beyond_the_limit_is_refused() {
    let argus = Installation::shared();
    let api = argus.application(CASES_API);
    assert_eq!(api.client_credentials(&"s ".repeat(1500)).await.error(400), "invalid_scope");
}
