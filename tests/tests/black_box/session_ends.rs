//! A10.8, A10.9: what ends with what. Nothing outlives the sign-in it came of, but for what was allowed to.

use argus_tests::document::{ALICE, BOB, CASE_DESK};
use argus_tests::{Application, Browser, Installation, Landing, Person, Tokens, jwt, until};
use serde_json::{Value, json};

/// Signs in with a password although somebody is signed in, and redeems the code.
async fn sign_in_again(desk: &Application, browser: &Browser, person: Person, demand: (&str, &str)) -> Tokens {
    let request = desk.request("openid").set(demand.0, demand.1);
    Tokens::of(&desk.redeem(&request.code_of(&browser.visit(&request.path(), Some(person)).await)).await)
}

async fn sign_out(browser: &Browser) {
    let page = browser.open("/oauth2/end_session").await.expect(200);
    let _ = browser.confirm(&page).await.expect(200);
}

async fn is_signed_in(desk: &Application, browser: &Browser) -> bool {
    let landing = browser.visit(&desk.request("openid").set("prompt", "none").path(), None).await;
    landing.parameter("code").is_some()
}

async fn assert_live(desk: &Application, tokens: &Tokens) {
    let _ = desk.userinfo(&tokens.access).await.expect(200);
    let _ = desk.refresh(&tokens.refresh).await.expect(200);
}

async fn assert_ended(desk: &Application, tokens: &Tokens) {
    assert_eq!(desk.refresh(&tokens.refresh).await.error(400), "invalid_grant");
    assert_eq!(desk.userinfo(&tokens.access).await.error(401), "invalid_token");
}

/// The same where another process ended them, which the server notices within a second.
async fn assert_ended_soon(desk: &Application, tokens: &Tokens) {
    let access = &tokens.access;
    until("the access token is refused", async || (desk.userinfo(access).await.status == 401).then_some(())).await;
    assert_ended(desk, tokens).await;
}

/// A10.8
#[tokio::test]
async fn a_code_does_not_outlive_the_sign_in_it_came_of() {
    let argus = Installation::shared();
    let desk = argus.application(CASE_DESK);
    for scope in ["openid", "openid offline_access"] {
        let browser = argus.browser();
        let code = desk.code(&browser, ALICE, scope).await;
        sign_out(&browser).await;
        assert_eq!(desk.redeem(&code).await.error(400), "invalid_grant", "{scope}");
        let _ = browser.sign_in(ALICE).await.expect(303);
        assert_eq!(desk.redeem(&code).await.error(400), "invalid_grant", "what ended stays ended: {scope}");
    }
}

/// A10.9
#[tokio::test]
async fn a_code_does_not_outlive_the_disabling_of_its_user() {
    let argus = Installation::standard();
    let desk = argus.application(CASE_DESK);
    let code = desk.code(&argus.browser(), ALICE, "openid offline_access").await;
    argus.cli(&["user", "disable", "alice"]).succeeded();
    argus.cli(&["user", "enable", "alice"]).succeeded();
    assert_eq!(desk.redeem(&code).await.error(400), "invalid_grant");
}

/// A10.8
#[tokio::test]
async fn signing_in_again_is_the_same_session_and_signing_out_ends_all_of_it() {
    let argus = Installation::shared();
    let desk = argus.application(CASE_DESK);
    for demand in [("prompt", "login"), ("max_age", "0")] {
        let browser = argus.browser();
        let first = desk.tokens(&browser, ALICE, "openid").await;
        let offline = desk.tokens(&browser, ALICE, "openid offline_access").await;
        let waiting = desk.code(&browser, ALICE, "openid").await;
        let second = sign_in_again(&desk, &browser, ALICE, demand).await;
        let waited = Tokens::of(&desk.redeem(&waiting).await);
        assert_live(&desk, &second).await;
        let first = Tokens::of(&desk.refresh(&first.refresh).await);
        sign_out(&browser).await;
        for tokens in [&first, &waited, &second] {
            assert_ended(&desk, tokens).await;
        }
        assert_live(&desk, &offline).await;
    }
}

/// A10.8: a form sent twice, or from two windows, with the cookie of before.
#[tokio::test]
async fn signing_in_twice_at_once_is_one_session() {
    let argus = Installation::shared();
    let desk = argus.application(CASE_DESK);
    let browser = argus.browser();
    let answer = browser.sign_in(ALICE).await.expect(303);
    let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
    let tokens = desk.tokens(&browser, ALICE, "openid").await;
    let window = || argus.browser().with_header("cookie", &cookie);
    let mut renewed = Vec::new();
    for _ in 0..2 {
        // Each window still has the cookie of before.
        let page = window().open("/login").await.expect(200);
        let csrf = page.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
        let both = if csrf.is_empty() { cookie.clone() } else { format!("{cookie}; {csrf}") };
        let mut fields = Browser::fields(&page);
        fields.retain(|(name, _)| !["username", "password"].contains(&name.as_str()));
        fields.push(("username".to_owned(), ALICE.username.to_owned()));
        fields.push(("password".to_owned(), ALICE.password.to_owned()));
        let answer = argus.browser().with_header("cookie", &both).post("/login", &fields).await.expect(303);
        renewed.push(answer.header("set-cookie").split(';').next().unwrap().to_owned());
    }
    let tokens = Tokens::of(&desk.refresh(&tokens.refresh).await);
    // The answer that came last counts in a browser, whichever was made first: here the one that was made first.
    let left = argus.browser().with_header("cookie", &renewed[0]);
    assert!(!is_signed_in(&desk, &left).await);
    let _ = left.open("/oauth2/end_session").await.expect(200);
    assert_ended(&desk, &tokens).await;
}

/// A1.9
#[tokio::test]
async fn signing_in_again_makes_the_old_cookie_worthless() {
    let argus = Installation::shared();
    let desk = argus.application(CASE_DESK);
    let browser = argus.browser();
    let answer = browser.sign_in(ALICE).await.expect(303);
    let stolen = answer.header("set-cookie").split(';').next().unwrap();
    let thief = argus.browser().with_header("cookie", stolen);
    assert!(is_signed_in(&desk, &thief).await);
    sign_in_again(&desk, &browser, ALICE, ("prompt", "login")).await;
    assert!(is_signed_in(&desk, &browser).await);
    assert!(!is_signed_in(&desk, &thief).await);
}

/// A10.8, A11.3
#[tokio::test]
async fn another_user_signing_in_ends_what_came_of_the_sign_in_before() {
    let argus = Installation::standard();
    let desk = argus.application(CASE_DESK);
    let browser = argus.browser();
    let online = desk.tokens(&browser, ALICE, "openid").await;
    let offline = desk.tokens(&browser, ALICE, "openid offline_access").await;
    let waiting = desk.code(&browser, ALICE, "openid").await;
    let bobs = sign_in_again(&desk, &browser, BOB, ("prompt", "login")).await;
    assert_ended(&desk, &online).await;
    assert_eq!(desk.redeem(&waiting).await.error(400), "invalid_grant");
    assert_live(&desk, &offline).await;
    assert_live(&desk, &bobs).await;
    let ended = argus.audit_with(&["--event", "session.ended"]);
    assert_eq!((ended.len(), &ended[0]["subject"]), (1, &jwt::part(&online.id, 1)["sub"]));
    assert_eq!(ended[0]["details"]["reason"], "another user signed in");
    let begun = argus.audit_with(&["--event", "sign_in.succeeded"]);
    assert_eq!(begun.len(), 2);
    assert_eq!(ended[0]["details"]["session"], begun[0]["details"]["session"]);
    assert_ne!(begun[1]["details"]["session"], begun[0]["details"]["session"]);
}

/// A10.8: a session that was idle for too long asks for the password, and is the parent of what came of it all the same.
#[tokio::test]
async fn what_came_of_an_expired_session_ends_with_the_one_that_takes_its_place() {
    for person in [ALICE, BOB] {
        let argus = Installation::standard_with("[sessions]\nidle_seconds = 1\n");
        let desk = argus.application(CASE_DESK);
        let browser = argus.browser();
        let before = desk.tokens(&browser, ALICE, "openid").await;
        let (asking, session) = (&desk, &browser);
        until("the session ends", async || (!is_signed_in(asking, session).await).then_some(())).await;
        let _ = desk.userinfo(&before.access).await.expect(200);
        let _ = browser.sign_in(person).await.expect(303);
        sign_out(&browser).await;
        assert_ended(&desk, &before).await;
    }
}

/// A10.9, A11.3
#[tokio::test]
async fn a_new_password_ends_every_session_and_token() {
    let argus = Installation::standard();
    let desk = argus.application(CASE_DESK);
    let browser = argus.browser();
    let tokens = desk.tokens(&browser, ALICE, "openid").await;
    let offline = desk.tokens(&browser, ALICE, "openid offline_access").await;
    let waiting = desk.code(&browser, ALICE, "openid").await;
    let bobs = desk.tokens(&argus.browser(), BOB, "openid").await;
    let password = |password: &str| json!({"users": [{"username": "alice", "password": password}]});

    argus.import(&password(ALICE.password));
    assert!(is_signed_in(&desk, &browser).await, "the password is the same");
    let tokens = Tokens::of(&desk.refresh(&tokens.refresh).await);

    argus.import(&password("a password nobody has seen"));
    assert_eq!(desk.redeem(&waiting).await.error(400), "invalid_grant");
    assert_ended_soon(&desk, &tokens).await;
    assert_ended_soon(&desk, &offline).await;
    assert!(!is_signed_in(&desk, &browser).await);
    assert_live(&desk, &bobs).await;

    let changed = argus.audit_with(&["--event", "user.changed"]);
    assert_eq!((changed.len(), &changed[0]["details"]["passwordChanged"]), (1, &json!(true)));
    let ended = argus.audit_with(&["--event", "session.ended"]);
    let reasons: Vec<&Value> = ended.iter().map(|event| &event["details"]["reason"]).collect();
    assert_eq!((reasons, &ended[0]["subject"]), (vec![&json!("the password was changed")], &changed[0]["subject"]));

    let anew = browser.sign_in(Person { password: "a password nobody has seen", ..ALICE }).await.expect(303);
    assert!(!anew.header("set-cookie").is_empty());
    assert!(matches!(browser.visit(&desk.request("openid").path(), None).await, Landing::Redirect(_)));
    assert_eq!(desk.refresh(&offline.refresh).await.error(400), "invalid_grant", "what ended stays ended");
}
