//! RP-initiated logout, request by request (OpenID Connect RP-Initiated Logout 1.0).

use argus_tests::browser::visible_text;
use argus_tests::document::{ALICE, BOB, CASE_DESK, DOCUMENTS};
use argus_tests::{Answer, Browser, Installation, jwt};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

const REGISTERED: &str = "https://my.application/signed-out";

/// A browser in which alice is signed in, and her ID token.
async fn signed_in(argus: &Installation) -> (Browser, String) {
    let browser = argus.browser();
    let tokens = argus.application(CASE_DESK).tokens(&browser, ALICE, "openid").await;
    (browser, tokens.id)
}

async fn end_session(browser: &Browser, parameters: &[(&str, &str)]) -> Answer {
    browser.send(|http| http.request(reqwest::Method::GET, "/oauth2/end_session").query(parameters)).await
}

async fn is_signed_in(argus: &Installation, browser: &Browser) -> bool {
    let request = argus.application(CASE_DESK).request("openid").set("prompt", "none");
    let landing = browser.visit(&request.path(), None).await;
    match landing.parameter("error") {
        None => true,
        Some(error) => {
            assert_eq!(error, "login_required");
            false
        }
    }
}

/// A10.8
#[tokio::test]
async fn a_client_that_identifies_itself_ends_the_session_and_gets_the_browser_back() {
    let argus = Installation::shared();
    for (state, target) in [(Some("a b&c"), "https://my.application/signed-out?state=a+b%26c"), (None, REGISTERED)] {
        let (browser, hint) = signed_in(argus).await;
        let mut parameters = vec![("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", REGISTERED)];
        parameters.extend(state.map(|state| ("state", state)));
        let answer = end_session(&browser, &parameters).await.expect(303);
        assert_eq!(answer.header("location"), target);
        assert!(!is_signed_in(argus, &browser).await);
    }
}

/// A10.8: also by POST.
#[tokio::test]
async fn the_request_may_be_posted() {
    let argus = Installation::shared();
    let (browser, hint) = signed_in(argus).await;
    let form = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", REGISTERED)];
    let answer = browser.send(|http| http.request(reqwest::Method::POST, "/oauth2/end_session").form(&form)).await.expect(303);
    assert_eq!(answer.header("location"), REGISTERED);
    assert!(!is_signed_in(argus, &browser).await);
}

/// A10.8, A1.15: no redirect, and the session stays.
#[tokio::test]
async fn a_request_that_does_not_check_out_changes_nothing_and_leads_nowhere() {
    let argus = Installation::shared();
    let (browser, hint) = signed_in(argus).await;
    let unsigned = {
        let (mut header, claims) = (jwt::part(&hint, 0), jwt::part(&hint, 1));
        header["alg"] = "none".into();
        jwt::forged(&header, &claims, b"")
    };
    let foreign = {
        let (start, signature) = hint.rsplit_once('.').unwrap();
        let mut signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        signature[3] ^= 0x40;
        format!("{start}.{}", URL_SAFE_NO_PAD.encode(signature))
    };
    for parameters in [
        &[("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", "https://evil.example/")][..],
        &[("id_token_hint", &hint), ("post_logout_redirect_uri", "https://my.application/signed-out?x=1")],
        &[("id_token_hint", &hint), ("post_logout_redirect_uri", "https://documents.example/signed-out")],
        &[("id_token_hint", &unsigned), ("post_logout_redirect_uri", REGISTERED)],
        &[("id_token_hint", &foreign), ("post_logout_redirect_uri", REGISTERED)],
        &[("id_token_hint", "nonsense")],
        &[("post_logout_redirect_uri", REGISTERED)],
        &[("id_token_hint", &hint), ("client_id", DOCUMENTS)],
        &[("client_id", "nobody")],
        &[("state", "a"), ("state", "b")],
    ] {
        let answer = end_session(&browser, parameters).await.expect(400);
        assert_eq!(answer.header("location"), "", "{parameters:?}");
        assert!(answer.header("set-cookie").is_empty(), "{parameters:?}");
    }
    assert!(is_signed_in(argus, &browser).await);
}

/// A10.8, A1.9: a link cannot sign anybody out; the user is asked first.
#[tokio::test]
async fn without_proof_the_user_is_asked() {
    let argus = Installation::shared();
    let other = argus.application(CASE_DESK).tokens(&argus.browser(), BOB, "openid").await;
    for (parameters, target) in [
        (&[][..], None),
        (&[("state", "only")], None),
        (&[("client_id", CASE_DESK)], None),
        (
            &[("client_id", CASE_DESK), ("post_logout_redirect_uri", REGISTERED), ("state", "s")],
            Some("https://my.application/signed-out?state=s"),
        ),
        // Somebody else's hint proves nothing about this session.
        (&[("id_token_hint", other.id.as_str()), ("post_logout_redirect_uri", REGISTERED)], Some(REGISTERED)),
    ] {
        let (browser, _) = signed_in(argus).await;
        let page = end_session(&browser, parameters).await.expect(200);
        assert!(visible_text(&page).contains("Sign out?"), "{parameters:?}");
        assert!(is_signed_in(argus, &browser).await);
        let answer = browser.confirm(&page).await;
        match target {
            Some(target) => assert_eq!(answer.expect(303).header("location"), target),
            None => assert!(visible_text(&answer.expect(200)).contains("You are signed out")),
        }
        assert!(!is_signed_in(argus, &browser).await);
    }
}

/// A10.8
#[tokio::test]
async fn with_the_hint_alone_the_session_ends_on_a_page_of_ours() {
    let argus = Installation::shared();
    let (browser, hint) = signed_in(argus).await;
    let page = end_session(&browser, &[("id_token_hint", &hint)]).await.expect(200);
    assert!(visible_text(&page).contains("You are signed out"));
    assert!(!is_signed_in(argus, &browser).await);
}

/// A10.8
#[tokio::test]
async fn somebody_who_is_signed_out_already_is_told_so() {
    let argus = Installation::shared();
    let browser = argus.browser();
    let page = end_session(&browser, &[]).await.expect(200);
    assert!(visible_text(&page).contains("You are signed out"));
    let (_, hint) = signed_in(argus).await;
    let answer = end_session(&browser, &[("id_token_hint", &hint), ("post_logout_redirect_uri", REGISTERED)]).await.expect(303);
    assert_eq!(answer.header("location"), REGISTERED);
}

/// A11.3
#[tokio::test]
async fn the_end_of_a_session_is_on_record() {
    let argus = Installation::standard();
    let (browser, hint) = signed_in(&argus).await;
    let _ = end_session(&browser, &[("id_token_hint", &hint)]).await.expect(200);
    let ended = argus.audit_with(&["--event", "session.ended"]);
    assert_eq!((ended.len(), &ended[0]["subject"]), (1, &jwt::part(&hint, 1)["sub"]));
    assert_eq!(ended[0]["outcome"], json!("success"));
}
