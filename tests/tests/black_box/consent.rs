//! The user's word: it is the user's own, and the last one counts.

use argus_tests::document::{ALICE, BOB, DOCUMENTS};
use argus_tests::{Answer, Browser, Installation, Landing};

/// The consent page's form, answered.
async fn answer(browser: &Browser, page: &Answer, decision: &str) -> Answer {
    let mut fields = Browser::fields(page);
    fields.retain(|(name, _)| name != "decision");
    fields.push(("decision".to_owned(), decision.to_owned()));
    browser.post("/consent", &fields).await
}

/// Signs in and stops at the consent page.
async fn asked(browser: &Browser, argus: &Installation) -> Answer {
    let request = argus.application(DOCUMENTS).request("openid profile").set("prompt", "consent");
    let answer = browser.open(&request.path()).await.expect(303);
    let page = browser.open(answer.header("location")).await;
    let page = if page.status == 303 { browser.open(page.header("location")).await } else { page };
    assert!(page.text.contains("name=\"decision\""), "{}", page.text);
    page
}

/// A6.20: two windows, or a form sent twice.
#[tokio::test]
async fn a_no_counts_after_a_yes() {
    let argus = Installation::shared();
    let browser = argus.browser();
    let _ = browser.sign_in(ALICE).await.expect(303);
    let page = asked(&browser, argus).await;
    let allowed = answer(&browser, &page, "allow").await.expect(303);
    assert!(allowed.header("location").contains("code="), "{allowed:?}");
    let denied = answer(&browser, &page, "deny").await.expect(303);
    assert!(denied.header("location").contains("error=access_denied"), "{denied:?}");
}

/// A6.20: bob has seen nothing of what his word would disclose.
#[tokio::test]
async fn the_word_of_one_user_is_not_taken_for_anothers() {
    let argus = Installation::shared();
    let browser = argus.browser();
    let _ = browser.sign_in(ALICE).await.expect(303);
    let shown_to_alice = asked(&browser, argus).await;
    let _ = browser.sign_in(BOB).await.expect(303);
    let answered = answer(&browser, &shown_to_alice, "allow").await;
    let again = browser.open(answered.expect(303).header("location")).await.expect(200);
    assert!(again.text.contains("bob") && !again.text.contains("alice@"), "{}", again.text);
    let landing = browser.go_on(again, None).await;
    let Landing::Redirect(_) = &landing else { panic!("{landing:?}") };
    assert!(landing.parameter("code").is_some());
}
