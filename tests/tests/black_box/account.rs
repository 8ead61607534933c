//! The account: what users see and do about themselves, and that it is theirs alone.

use argus_tests::browser::visible_text;
use argus_tests::document::{ALICE, BOB, CASE_DESK, DOCUMENTS};
use argus_tests::{Answer, Browser, Installation, Person};

const PAGES: [&str; 4] = ["/account", "/account/applications", "/account/sessions", "/account/password"];

async fn signed_in(argus: &Installation, person: Person) -> Browser {
    let browser = argus.browser();
    let _ = browser.sign_in(person).await.expect(303);
    browser
}

/// The token of the forms of a page, with other fields.
fn form(page: &Answer, fields: &[(&str, &str)]) -> Vec<(String, String)> {
    let token = Browser::fields(page).into_iter().filter(|(name, _)| name == "csrf");
    token.chain(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))).collect()
}

async fn change_password(browser: &Browser, old: &str, new: &str, again: &str) -> Answer {
    let page = browser.open("/account/password").await.expect(200);
    browser.post("/account/password", &form(&page, &[("old", old), ("new", new), ("again", again)])).await
}

#[tokio::test]
async fn a_page_asks_for_the_sign_in_and_then_is_there() {
    let argus = Installation::shared();
    for path in PAGES {
        let browser = argus.browser();
        let to_sign_in = browser.open(path).await.expect(303);
        let sign_in = browser.open(to_sign_in.url.join(to_sign_in.header("location")).unwrap().as_str()).await.expect(200);
        let mut fields = Browser::fields(&sign_in);
        for (name, value) in &mut fields {
            match name.as_str() {
                "username" => ALICE.username.clone_into(value),
                "password" => ALICE.password.clone_into(value),
                _ => {}
            }
        }
        let back = browser.post("/login", &fields).await.expect(303);
        assert_eq!(back.header("location"), path);
        let page = browser.open(path).await.expect(200);
        assert!(visible_text(&page).contains("Alice A"), "{path}");
    }
}

#[tokio::test]
async fn a_sign_in_leads_to_no_other_place() {
    let argus = Installation::shared();
    for next in
        ["https://evil.example/account", "//evil.example/account", "/\\evil.example", "/accounts", "/account\\..", "@evil.example/account"]
    {
        let browser = argus.browser();
        let page = browser.open("/login").await.expect(200);
        let fields = form(&page, &[("username", ALICE.username), ("password", ALICE.password), ("next", next)]);
        assert_eq!(browser.post("/login", &fields).await.expect(303).header("location"), "/", "{next}");
    }
}

#[tokio::test]
async fn pages_run_no_script_but_ours_and_are_kept_by_nobody() {
    let argus = Installation::shared();
    let browser = signed_in(argus, ALICE).await;
    for path in PAGES {
        let page = browser.open(path).await.expect(200);
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self';"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(page.header("cache-control"), "no-store");
        assert!(!page.text.contains(" style=") && !page.text.contains(" onclick="), "nothing inline");
        assert!(page.text.len() < 100 * 1024, "{path} weighs {}", page.text.len());
    }
}

#[tokio::test]
async fn the_overview_says_what_is_known() {
    let argus = Installation::shared();
    let page = signed_in(argus, ALICE).await.open("/account").await.expect(200);
    let text = visible_text(&page);
    for told in ["Alice A", "alice", "Identifier"] {
        assert!(text.contains(told), "{told}: {text}");
    }
    assert!(!text.contains("Bob B"));
}

#[tokio::test]
async fn a_form_without_its_token_or_from_elsewhere_does_nothing() {
    let argus = Installation::shared();
    let browser = signed_in(argus, ALICE).await;
    let page = browser.open("/account/password").await.expect(200);
    let fields = [("old", ALICE.password), ("new", "quite another phrase"), ("again", "quite another phrase")];
    let whole = form(&page, &fields);
    let without: Vec<_> = whole.iter().filter(|(name, _)| name != "csrf").cloned().collect();
    let _ = browser.post("/account/password", &without).await.expect(403);
    let _ = browser.with_header("sec-fetch-site", "cross-site").post("/account/password", &whole).await.expect(403);
    let _ = argus.browser().sign_in(ALICE).await.expect(303);
}

#[tokio::test]
async fn a_form_of_somebody_whose_session_is_over_asks_for_the_sign_in() {
    let argus = Installation::shared();
    let (browser, other) = (signed_in(argus, ALICE).await, signed_in(argus, ALICE).await);
    let page = browser.open("/account/sessions").await.expect(200);
    let others = other.open("/account/sessions").await.expect(200);
    let _ = other.post("/account/sessions", &form(&others, &[("session", "others")])).await.expect(303);
    let answer = browser.post("/account/sessions", &form(&page, &[("session", "others")])).await.expect(403);
    assert!(answer.text.contains("href=\"/login?next=%2Faccount%2Fsessions\""), "{}", answer.text);
}

#[tokio::test]
async fn a_changed_password_ends_every_other_sign_in_and_what_came_of_it() {
    let argus = Installation::standard();
    let desk = argus.application(CASE_DESK);
    let (browser, other) = (argus.browser(), argus.browser());
    let mine = desk.tokens(&browser, ALICE, "openid").await;
    let others = desk.tokens(&other, ALICE, "openid offline_access").await;
    let bobs = desk.tokens(&argus.browser(), BOB, "openid").await;
    let new = "a much better phrase than before";

    let page = change_password(&browser, ALICE.password, new, new).await.expect(200);
    assert!(visible_text(&page).contains("Your password was changed"));
    assert!(!page.text.contains(new), "the page does not repeat it");
    let _ = other.open("/account").await.expect(303);
    assert_eq!(desk.refresh(&others.refresh).await.error(400), "invalid_grant");
    assert_eq!(desk.userinfo(&others.access).await.error(401), "invalid_token");
    let _ = desk.userinfo(&mine.access).await.expect(200);
    let _ = desk.refresh(&mine.refresh).await.expect(200);
    let _ = desk.userinfo(&bobs.access).await.expect(200);

    let _ = argus.browser().sign_in(ALICE).await.expect(401);
    let _ = argus.browser().sign_in(Person { username: ALICE.username, password: new }).await.expect(303);
    let audit = argus.audit();
    let of = |kind: &str| audit.iter().filter(|event| event["event"] == kind).collect::<Vec<_>>();
    assert!(of("user.changed").iter().any(|event| event["details"]["passwordChanged"] == true && event["outcome"] == "success"));
    assert!(of("session.ended").iter().any(|event| event["details"]["reason"] == "the password was changed"));
    assert!(!format!("{audit:?}").contains(new));
}

#[tokio::test]
async fn a_password_is_not_changed_for_whoever_does_not_know_it_or_chooses_badly() {
    let argus = Installation::shared();
    let browser = signed_in(argus, BOB).await;
    let good = "a phrase that would be good enough";
    for (old, new, again, told) in [
        ("not it", good, good, "This is not your password."),
        (BOB.password, "short", "short", "too short"),
        (BOB.password, good, "something else", "not the same"),
        (BOB.password, BOB.password, BOB.password, "neither the one you have"),
        (BOB.password, "", "", "too short"),
    ] {
        let page = change_password(&browser, old, new, again).await.expect(422);
        assert!(visible_text(&page).contains(told), "{told}: {}", visible_text(&page));
        assert!(page.text.contains("aria-invalid=\"true\""), "the field is named");
    }
    let long = "x".repeat(1025);
    let _ = change_password(&browser, BOB.password, &long, &long).await.expect(422);
    let _ = argus.browser().sign_in(BOB).await.expect(303);
}

#[tokio::test]
async fn sessions_are_listed_and_ended_one_by_one_or_all_but_this() {
    let argus = Installation::standard();
    let desk = argus.application(CASE_DESK);
    let browser = signed_in(&argus, ALICE).await;
    let (first, second) = (argus.browser(), argus.browser());
    let tokens = desk.tokens(&first, ALICE, "openid").await;
    let _ = second.sign_in(ALICE).await.expect(303);
    let bob = signed_in(&argus, BOB).await;

    let page = browser.open("/account/sessions").await.expect(200);
    let text = visible_text(&page);
    assert_eq!((text.matches("this browser").count(), text.matches("another browser").count()), (1, 2), "{text}");
    assert!(text.contains("127.0.0.1"));
    // Bob cannot end what is alice's, whatever he knows.
    let ids: Vec<&str> = page.text.split("name=\"session\" value=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let bobs = bob.open("/account/sessions").await.expect(200);
    for id in ids.iter().filter(|id| **id != "others") {
        let _ = bob.post("/account/sessions", &form(&bobs, &[("session", id)])).await.expect(303);
    }
    let _ = first.open("/account").await.expect(200);
    let _ = second.open("/account").await.expect(200);

    // The latest used comes first: one of the two is ended.
    let _ = browser.post("/account/sessions", &form(&page, &[("session", ids[0])])).await.expect(303);
    let text = visible_text(&browser.open("/account/sessions").await);
    assert_eq!(text.matches("another browser").count(), 1, "{text}");
    let _ = browser.post("/account/sessions", &form(&page, &[("session", "others")])).await.expect(303);
    let text = visible_text(&browser.open("/account/sessions").await);
    assert_eq!(text.matches("another browser").count(), 0, "{text}");
    let _ = first.open("/account").await.expect(303);
    let _ = second.open("/account").await.expect(303);
    assert_eq!(desk.userinfo(&tokens.access).await.error(401), "invalid_token");
    let _ = bob.open("/account").await.expect(200);
    for nonsense in ["", "nonsense", "0198C0DE-0000-7000-8000-000000000000"] {
        let _ = browser.post("/account/sessions", &form(&page, &[("session", nonsense)])).await.expect(400);
    }
}

/// A6.20: what is released is seen after consent as well, and can be taken back.
#[tokio::test]
async fn an_application_shows_what_it_receives_and_is_revoked() {
    let argus = Installation::standard();
    let desk = argus.application(DOCUMENTS);
    let browser = argus.browser();
    let page = signed_in(&argus, BOB).await.open("/account/applications").await.expect(200);
    assert!(visible_text(&page).contains("No application knows you yet."));

    let tokens = desk.tokens(&browser, ALICE, "openid profile email offline_access").await;
    let list = browser.open("/account/applications").await.expect(200);
    assert!(list.text.contains(DOCUMENTS) && visible_text(&list).contains("keeps access while you are away"));
    let path = format!("/account/applications/{DOCUMENTS}");
    let page = browser.open(&path).await.expect(200);
    let text = visible_text(&page);
    for told in ["Your e-mail address", "preferred_username", "Alice A"] {
        assert!(text.contains(told), "{told}: {text}");
    }
    // Nobody else's, and nothing that was never let in.
    let bob = signed_in(&argus, BOB).await;
    let _ = bob.open(&path).await.expect(404);
    for other in [CASE_DESK, "nonsense", "00000000-0000-4000-8000-000000000000"] {
        let _ = browser.open(&format!("/account/applications/{other}")).await.expect(404);
    }
    let bobs = bob.open("/account/sessions").await.expect(200);
    let _ = bob.post(&path, &form(&bobs, &[])).await.expect(303);
    let _ = desk.userinfo(&tokens.access).await.expect(200);

    let _ = browser.post(&path, &form(&page, &[])).await.expect(303);
    assert_eq!(desk.userinfo(&tokens.access).await.error(401), "invalid_token");
    assert_eq!(desk.refresh(&tokens.refresh).await.error(400), "invalid_grant");
    let _ = browser.open(&path).await.expect(404);
    let landing = browser.visit(&desk.request("openid").set("prompt", "none").path(), None).await;
    assert_eq!(landing.error(), "consent_required");
    let withdrawn = argus.audit_with(&["--event", "consent.withdrawn"]);
    assert_eq!(withdrawn.len(), 1, "{withdrawn:?}");
    assert_eq!(withdrawn[0]["clientId"], DOCUMENTS);
}
