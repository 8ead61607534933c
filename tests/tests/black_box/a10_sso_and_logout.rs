//! A10.8 and A10.9: one sign-in for several clients, and its end.

use std::time::Duration;

use argus_tests::browser::visible_text;
use argus_tests::document::{ALICE, BOB, CASE_DESK, DOCUMENTS};
use argus_tests::until::until_within;
use argus_tests::{Browser, Installation, Landing, jwt, until};
use serde_json::{Value, json};

/// The claims of alice's ID token, with the browser's session and no password, for a changed request.
async fn silently(argus: &Installation, browser: &Browser, parameters: &[(&str, &str)]) -> Result<Value, Landing> {
    let desk = argus.application(CASE_DESK);
    let request = parameters.iter().fold(desk.request("openid"), |request, (name, value)| request.set(name, value));
    let landing = browser.visit(&request.path(), None).await;
    match &landing {
        Landing::Redirect(_) if landing.parameter("code").is_some() => {
            let answer = desk.redeem(&request.code_of(&landing)).await.expect(200).json();
            Ok(jwt::part(answer["id_token"].as_str().unwrap(), 1))
        }
        _ => Err(landing),
    }
}

/// A10.8
#[tokio::test]
async fn a_second_client_asks_for_no_password_and_sees_the_same_sign_in() {
    let argus = Installation::shared();
    let browser = argus.browser();
    let documents = argus.application(DOCUMENTS).tokens(&browser, ALICE, "openid").await;
    let first = jwt::part(&documents.id, 1);
    let second = silently(argus, &browser, &[]).await.unwrap();
    assert_eq!((&second["auth_time"], &second["sub"]), (&first["auth_time"], &first["sub"]));
    assert_ne!(second["sid"], first["sid"]);
}

/// A10.8
#[tokio::test]
async fn prompt_none_never_shows_a_page() {
    let argus = Installation::shared();
    let browser = argus.browser();
    let landing = silently(argus, &browser, &[("prompt", "none")]).await.unwrap_err();
    assert_eq!(landing.error(), "login_required");
    let _ = browser.sign_in(ALICE).await.expect(303);
    silently(argus, &browser, &[("prompt", "none")]).await.unwrap();
    let combined = silently(argus, &browser, &[("prompt", "none login")]).await.unwrap_err();
    assert_eq!(combined.error(), "invalid_request");
    let documents = argus.application(DOCUMENTS);
    let fresh = argus.browser();
    let _ = fresh.sign_in(BOB).await.expect(303);
    let landing = fresh.visit(&documents.request("openid email").set("prompt", "none").path(), None).await;
    assert!(["consent_required"].contains(&landing.error().as_str()));
}

/// A10.8
#[tokio::test]
async fn prompt_login_and_max_age_demand_a_new_sign_in() {
    let argus = Installation::shared();
    let desk = argus.application(CASE_DESK);
    let browser = argus.browser();
    desk.tokens(&browser, ALICE, "openid").await;
    let before = silently(argus, &browser, &[("max_age", "10000")]).await.unwrap();
    assert!(before["auth_time"].is_u64());
    let (session, known) = (&browser, before["auth_time"].as_u64().unwrap());
    // One second has to pass for the difference to show.
    until("the sign-in is old", async || (jwt::now() > known + 1).then_some(())).await;
    for parameter in [("prompt", "login"), ("max_age", "1"), ("max_age", "0"), ("prompt", "select_account")] {
        let page = silently(argus, session, &[parameter]).await.unwrap_err().page(200);
        assert!(visible_text(&page).contains("Password"), "{parameter:?}");
    }
    let request = desk.request("openid").set("prompt", "login");
    let code = request.code_of(&browser.visit(&request.path(), Some(ALICE)).await);
    let answer = desk.redeem(&code).await.expect(200).json();
    let after = jwt::part(answer["id_token"].as_str().unwrap(), 1);
    assert!(after["auth_time"].as_u64().unwrap() > known);
    assert_eq!(after["sub"], before["sub"]);
    assert_eq!(silently(argus, &browser, &[("max_age", "-1")]).await.unwrap_err().error(), "invalid_request");
}

/// A10.8
#[tokio::test]
async fn a_hint_says_who_is_expected() {
    let argus = Installation::shared();
    let desk = argus.application(CASE_DESK);
    let (alices, bobs) = (argus.browser(), argus.browser());
    let alice = desk.tokens(&alices, ALICE, "openid").await;
    let bob = desk.tokens(&bobs, BOB, "openid").await;
    let same = silently(argus, &alices, &[("prompt", "none"), ("id_token_hint", &alice.id)]).await.unwrap();
    assert_eq!(same["sub"], jwt::part(&alice.id, 1)["sub"]);
    let other = silently(argus, &alices, &[("prompt", "none"), ("id_token_hint", &bob.id)]).await.unwrap_err();
    assert_eq!(other.error(), "login_required");
    let wrong = argus.browser().visit(&desk.request("openid").set("id_token_hint", &bob.id).path(), Some(ALICE)).await;
    assert_eq!(wrong.error(), "login_required", "OpenID Connect Core §3.1.2.1: not a sign-in page over and over");
    let page = silently(argus, &argus.browser(), &[("login_hint", "b<o>b")]).await.unwrap_err().page(200);
    assert!(page.text.contains("value=\"b&#60;o&#62;b\""), "{}", page.text);
}

/// A10.8
#[tokio::test]
async fn sessions_end_when_they_have_been_idle_or_have_lasted_too_long() {
    for limits in ["idle_seconds = 1", "absolute_seconds = 1"] {
        let argus = Installation::standard_with(&format!("[sessions]\n{limits}\n"));
        let browser = argus.browser();
        let _ = browser.sign_in(ALICE).await.expect(303);
        let (installation, session) = (&argus, &browser);
        until("the session ends", async || {
            let ended = silently(installation, session, &[("prompt", "none")]).await.err()?;
            assert_eq!(ended.error(), "login_required");
            Some(())
        })
        .await;
    }
}

/// A10.8: what the sign-in gave ends with it, except where the user allowed access while away.
#[tokio::test]
async fn signing_out_ends_what_came_of_the_sign_in_except_offline_access() {
    let argus = Installation::shared();
    let desk = argus.application(CASE_DESK);
    let browser = argus.browser();
    let online = desk.tokens(&browser, ALICE, "openid").await;
    let offline = desk.tokens(&browser, ALICE, "openid offline_access").await;
    let elsewhere = desk.tokens(&argus.browser(), ALICE, "openid").await;
    let page = browser.open("/oauth2/end_session").await.expect(200);
    let _ = browser.confirm(&page).await.expect(200);
    assert_eq!(silently(argus, &browser, &[("prompt", "none")]).await.unwrap_err().error(), "login_required");
    assert_eq!(desk.refresh(&online.refresh).await.error(400), "invalid_grant");
    assert_eq!(desk.userinfo(&online.access).await.error(401), "invalid_token");
    for tokens in [&offline, &elsewhere] {
        let _ = desk.userinfo(&tokens.access).await.expect(200);
        let _ = desk.refresh(&tokens.refresh).await.expect(200);
    }
}

/// A10.9
#[tokio::test]
async fn disabling_a_user_ends_every_session_and_token_at_once() {
    let argus = Installation::standard();
    let desk = argus.application(CASE_DESK);
    let browser = argus.browser();
    let tokens = desk.tokens(&browser, ALICE, "openid profile offline_access").await;
    let waiting = desk.code(&browser, ALICE, "openid").await;
    argus.cli(&["user", "disable", "alice"]).succeeded();
    let (asking, token) = (&desk, &tokens.access);
    until("the access token is refused", async || (asking.userinfo(token).await.status == 401).then_some(())).await;
    assert_eq!(argus.http().get_as("/api/v1/me", &tokens.access).await.error(401), "invalid_token");
    until_within(Duration::from_secs(1), "introspection knows", async || {
        (asking.introspect(token).await == json!({"active": false})).then_some(())
    })
    .await;
    assert_eq!(desk.refresh(&tokens.refresh).await.error(400), "invalid_grant");
    assert_eq!(desk.redeem(&waiting).await.error(400), "invalid_grant");
    assert_eq!(silently(&argus, &browser, &[("prompt", "none")]).await.unwrap_err().error(), "login_required");
    let _ = browser.sign_in(ALICE).await.expect(401);
    let disabled = argus.audit_with(&["--event", "user.disabled"]);
    assert_eq!((disabled.len(), &disabled[0]["subject"]), (1, &jwt::part(&tokens.id, 1)["sub"]));

    argus.cli(&["user", "enable", "alice"]).succeeded();
    let _ = browser.sign_in(ALICE).await.expect(303);
    assert_eq!(desk.refresh(&tokens.refresh).await.error(400), "invalid_grant", "what ended stays ended");
}

/// A10.9: by import as well.
#[tokio::test]
async fn a_user_disabled_by_import_is_out_too() {
    let argus = Installation::standard();
    let desk = argus.application(CASE_DESK);
    let tokens = desk.tokens(&argus.browser(), ALICE, "openid").await;
    argus.import(&json!({"users": [{"username": "alice", "enabled": false}]}));
    let (asking, token) = (&desk, &tokens.access);
    until("the access token is refused", async || (asking.userinfo(token).await.status == 401).then_some(())).await;
    assert_eq!(desk.refresh(&tokens.refresh).await.error(400), "invalid_grant");
}
