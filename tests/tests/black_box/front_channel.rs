//! The authorization endpoint beyond its core: how requests come, what is ignored, what is refused, how answers travel.

use argus_tests::document::{ALICE, CASE_DESK, CASE_DESK_REDIRECT, DOCUMENTS};
use argus_tests::{Browser, Code, Installation, Landing, jwt};
use reqwest::Method;

async fn signed_in(argus: &Installation) -> Browser {
    let browser = argus.browser();
    let _ = browser.sign_in(ALICE).await.expect(303);
    browser
}

/// A1.7: OpenID Connect Core §3.1.2.1
#[tokio::test]
async fn a_request_may_be_posted() {
    let argus = Installation::shared();
    let desk = argus.application(CASE_DESK);
    let request = desk.request("openid");
    let browser = argus.browser();
    let answer = browser.send(|http| http.request(Method::POST, "/oauth2/authorize").form(&request.parameters)).await;
    let code = request.code_of(&browser.go_on(answer, Some(ALICE)).await);
    let _ = desk.redeem(&code).await.expect(200);
}

/// A10.8: a browser keeps the session cookie back when another site posts; the user must not have to sign in again for it.
#[tokio::test]
async fn a_request_posted_by_another_site_finds_the_session_all_the_same() {
    let argus = Installation::shared();
    let desk = argus.application(CASE_DESK);
    let browser = signed_in(argus).await;
    let request = desk.request("openid");
    let without_cookies = argus.browser().with_header("sec-fetch-site", "cross-site");
    let answer = without_cookies.send(|http| http.request(Method::POST, "/oauth2/authorize").form(&request.parameters)).await.expect(303);
    request.code_of(&browser.visit(answer.header("location"), None).await);
}

/// A1.7: OpenID Connect Core §3.1.2.1
#[tokio::test]
async fn parameters_that_mean_nothing_here_are_ignored() {
    let argus = Installation::shared();
    let desk = argus.application(CASE_DESK);
    let browser = signed_in(argus).await;
    for (name, value) in [
        ("display", "page"),
        ("display", "popup"),
        ("ui_locales", "se nb"),
        ("claims_locales", "nb"),
        ("acr_values", "1 2"),
        ("login_hint", "alice"),
        ("nosuch", "x"),
        ("prompt", "create"),
        ("resource", "https://cases.example.com"),
        ("response_mode", "query"),
        ("claims", "{\"userinfo\":{\"name\":{\"essential\":true}}}"),
    ] {
        browser.visit(&desk.request("openid").set(name, value).path(), None).await.code();
    }
    // An empty value counts as absent (RFC 6749 §3.1).
    browser.visit(&desk.request("openid").set("prompt", "").set("max_age", "").path(), None).await.code();
}

/// A1.7
#[tokio::test]
async fn what_is_not_served_is_refused_and_never_ignored() {
    let argus = Installation::shared();
    let desk = argus.application(CASE_DESK);
    let browser = signed_in(argus).await;
    for (name, value, error) in [
        ("request", "eyJhbGciOiJub25lIn0.e30.", "request_not_supported"),
        ("request_uri", "https://my.application/request.jwt", "request_uri_not_supported"),
        ("response_mode", "fragment", "invalid_request"),
        ("max_age", "soon", "invalid_request"),
        ("nonce", &"n".repeat(5000), "invalid_request"),
    ] {
        let landing = browser.visit(&desk.request("openid").set(name, value).path(), None).await;
        assert_eq!(landing.error(), error, "{name}");
    }
    let landing = browser.visit(&desk.request("openid").add("scope", "email").path(), None).await;
    assert_eq!(landing.error(), "invalid_request", "a parameter sent twice");
}

/// A1.7
#[tokio::test]
async fn a_nonce_comes_back_as_it_was_or_not_at_all() {
    let argus = Installation::shared();
    let desk = argus.application(CASE_DESK);
    let browser = signed_in(argus).await;
    for nonce in [Some("n".repeat(384)), Some("æ+/=%".to_owned()), None] {
        let request = match &nonce {
            Some(nonce) => desk.request("openid").set("nonce", nonce),
            None => desk.request("openid").without("nonce"),
        };
        let code = request.code_of(&browser.visit(&request.path(), None).await);
        let answer = desk.redeem(&code).await.expect(200).json();
        assert_eq!(jwt::part(answer["id_token"].as_str().unwrap(), 1).get("nonce").and_then(|nonce| nonce.as_str()), nonce.as_deref());
    }
}

/// A1.8: no state in, no state out.
#[tokio::test]
async fn a_request_without_state_gets_none_back() {
    let argus = Installation::shared();
    let browser = signed_in(argus).await;
    let landing = browser.visit(&argus.application(CASE_DESK).request("openid").without("state").path(), None).await;
    landing.code();
    assert_eq!(landing.parameter("state"), None);
}

/// A1.8: OAuth 2.0 Form Post Response Mode
#[tokio::test]
async fn an_answer_may_be_posted_by_the_browser() {
    let argus = Installation::shared();
    let desk = argus.application(CASE_DESK);
    let request = desk.request("openid").set("response_mode", "form_post").set("state", "\"><script>alert(1)</script>");
    let browser = argus.browser();
    let landing = browser.visit(&request.path(), Some(ALICE)).await;
    let Landing::Posted { action, .. } = &landing else { panic!("{landing:?}") };
    assert_eq!(action, CASE_DESK_REDIRECT);
    assert_eq!(landing.parameter("iss").as_deref(), Some(argus.issuer()));
    let _ = desk.redeem(&request.code_of(&landing)).await.expect(200);

    let answer = browser.open(&request.path()).await.expect(200);
    assert!(!answer.text.contains("<script>alert"));
    let policy = answer.header("content-security-policy");
    assert!(policy.contains("script-src 'sha256-") && policy.contains("form-action https://my.application"), "{policy}");
    assert_eq!(answer.header("cache-control"), "no-store");

    let refused = browser.visit(&request.set("response_type", "token").path(), None).await;
    assert!(matches!(refused, Landing::Posted { .. }), "{refused:?}");
    assert_eq!(refused.error(), "unsupported_response_type");
}

/// A6.20
#[tokio::test]
async fn who_says_no_sends_the_client_away_with_access_denied() {
    let argus = Installation::shared();
    let documents = argus.application(DOCUMENTS);
    let request = documents.request("openid").set("prompt", "consent");
    let landing = argus.browser().that_denies().visit(&request.path(), Some(ALICE)).await;
    assert_eq!(landing.error(), "access_denied");
    assert_eq!(landing.parameter("state").as_deref(), request.get("state"));
    assert_eq!(landing.parameter("iss").as_deref(), Some(argus.issuer()));
}

/// A1.4: a client that may not use the code grant.
#[tokio::test]
async fn a_code_that_was_never_issued_is_refused() {
    let argus = Installation::shared();
    let desk = argus.application(CASE_DESK);
    let made_up = Code { code: "A".repeat(43), verifier: Some("v".repeat(43)), nonce: None };
    assert_eq!(desk.redeem(&made_up).await.error(400), "invalid_grant");
}
