//! Who a user of an identity provider is here, and who does not get in.

use argus_tests::document::{ALICE, BOB};
use serde_json::json;

use crate::*;

#[tokio::test]
async fn nobody_is_added_where_the_connection_does_not_say_so() {
    let argus = argus();
    let upstream = Upstream::zitadel();
    upstream.put_user("erin", "erin@upstream.example", &[]).await;
    let mut members = provisioning();
    members["jit"] = json!(false);
    upstream.connect(&argus, "acme", members).await;
    let browser = argus.browser();
    let posted = response(&argus, &browser, &upstream, "acme", "erin").await;
    assert_eq!(refused(&argus, posted.post(&browser).await), "user");
    let exported = argus.cli(&["export"]).succeeded().json();
    assert!(exported["users"].as_array().unwrap().iter().all(|user| user["username"] != "erin"));
}

#[tokio::test]
async fn an_address_links_nobody_where_the_connection_does_not_say_so() {
    let argus = argus();
    argus.import(&json!({"users": [{"username": "frank", "name": "Frank F", "email": "erin@upstream.example", "emailVerified": true}]}));
    let upstream = Upstream::zitadel();
    upstream.put_user("erin", "erin@upstream.example", &[]).await;
    upstream.connect(&argus, "acme", provisioning()).await;
    let claims = tokens(&argus, &argus.browser(), &upstream, "acme", "erin").await.id_claims();
    assert_eq!(claims["name"], "erin of the upstream");
}

#[tokio::test]
async fn a_verified_address_in_a_domain_of_the_connection_links() {
    let argus = argus();
    argus.import(&json!({"users": [
        {"username": "frank", "name": "Frank F", "email": "erin@upstream.example", "emailVerified": true, "password": "a password of frank"}]}));
    let upstream = Upstream::zitadel();
    upstream.put_user("erin", "Erin@upstream.example", &["engineering"]).await;
    upstream.put_user("mallory", "alice@example.com", &[]).await;
    let mut members = provisioning();
    members["link"] = json!("verifiedEmail");
    upstream.connect(&argus, "acme", members).await;

    let claims = tokens(&argus, &argus.browser(), &upstream, "acme", "erin").await.id_claims();
    // Frank's own profile, and the connection's groups.
    assert_eq!((&claims["name"], &claims["groups"]), (&json!("Frank F"), &json!(["group1"])));
    // An address of somebody else's domain links to nobody, and verifies nothing.
    let claims = tokens(&argus, &argus.browser(), &upstream, "acme", "mallory").await.id_claims();
    assert_eq!((&claims["name"], &claims["email_verified"]), (&json!("mallory of the upstream"), &json!(false)));
}

#[tokio::test]
async fn who_asks_for_it_tells_once_who_they_are_here() {
    let argus = argus();
    let upstream = Upstream::zitadel();
    for name in ["erin", "frank"] {
        upstream.put_user(name, &format!("{name}@upstream.example"), &["engineering"]).await;
    }
    let mut members = provisioning();
    members["link"] = json!("confirm");
    upstream.connect(&argus, "acme", members).await;

    let browser = argus.browser();
    let (request, away) = sent_away(&argus, &browser, "acme").await;
    let posted = upstream.answer(&away, "erin").await;
    let page = posted.post(&browser).await.expect(303);
    let page = browser.open(page.header("location")).await.expect(200);
    assert!(page.text.contains("<strong>erin</strong>"), "{}", page.text);
    // The assertion is used up, and the page is this browser's.
    assert_eq!(refused(&argus, posted.post(&browser).await), "unsolicited");
    let _ = argus.browser().open(page.url.as_str()).await.expect(400);

    let answered = |members: &[(&str, &str)]| {
        let mut fields = Browser::fields(&page);
        fields.retain(|(name, _)| !members.iter().any(|(other, _)| other == name));
        fields.extend(members.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        fields
    };
    let wrong = browser.post("/login/acme/link", &answered(&[("username", "bob"), ("password", "wrong")])).await.expect(401);
    assert!(wrong.text.contains("value=\"bob\""), "{}", wrong.text);
    let right = answered(&[("username", BOB.username), ("password", BOB.password)]);
    let landing = browser.go_on(browser.post("/login/acme/link", &right).await, None).await;
    let application = argus.application(argus_tests::document::CASE_DESK);
    let claims = Tokens::of(&application.redeem(&request.code_of(&landing)).await.expect(200)).id_claims();
    assert_eq!((&claims["name"], &claims["groups"]), (&json!("Bob B"), &json!(["group1", "group2"])));
    let _ = browser.post("/login/acme/link", &right).await.expect(400);

    // From now on nobody is asked; and somebody else may be new.
    assert_eq!(tokens(&argus, &argus.browser(), &upstream, "acme", "erin").await.id_claims()["sub"], claims["sub"]);
    let browser = argus.browser();
    let posted = response(&argus, &browser, &upstream, "acme", "frank").await;
    let page = browser.open(posted.post(&browser).await.expect(303).header("location")).await.expect(200);
    let mut fields = Browser::fields(&page);
    fields.push(("new".to_owned(), "1".to_owned()));
    let landing = browser.go_on(browser.post("/login/acme/link", &fields).await, None).await;
    assert!(matches!(landing, Landing::Redirect(_)), "{landing:?}");
    let exported = argus.cli(&["export"]).succeeded().json();
    assert!(exported["users"].as_array().unwrap().iter().any(|user| user["username"] == "frank"));
}

#[tokio::test]
async fn an_administrator_is_not_got_by_an_address() {
    let argus = argus();
    argus.import(&json!({"users": [
        {"username": "root", "name": "Root", "email": "root@upstream.example", "emailVerified": true, "admin": true}]}));
    let upstream = Upstream::zitadel();
    upstream.put_user("mallory", "root@upstream.example", &[]).await;
    let mut members = provisioning();
    members["link"] = json!("verifiedEmail");
    upstream.connect(&argus, "acme", members).await;
    let claims = tokens(&argus, &argus.browser(), &upstream, "acme", "mallory").await.id_claims();
    assert_eq!(claims["name"], "mallory of the upstream");
}

#[tokio::test]
async fn a_disabled_user_gets_in_by_no_way() {
    let argus = argus();
    let upstream = Upstream::zitadel();
    upstream.put_user("erin", "erin@upstream.example", &[]).await;
    upstream.connect(&argus, "acme", provisioning()).await;
    let browser = argus.browser();
    let before = tokens(&argus, &browser, &upstream, "acme", "erin").await;
    argus.import(&json!({"users": [{"username": "erin", "enabled": false}]}));
    let _ = argus.application(argus_tests::document::CASE_DESK).refresh(&before.refresh).await.expect(400);
    let posted = response(&argus, &browser, &upstream, "acme", "erin").await;
    assert_eq!(refused(&argus, posted.post(&browser).await), "user");
}

#[tokio::test]
async fn a_disabled_connection_lets_nobody_in_and_puts_out_who_came_through_it() {
    let argus = argus();
    let upstream = Upstream::zitadel();
    upstream.put_user("erin", "erin@upstream.example", &[]).await;
    upstream.connect(&argus, "acme", provisioning()).await;
    let (browser, alice) = (argus.browser(), argus.browser());
    let before = tokens(&argus, &browser, &upstream, "acme", "erin").await;
    let late = response(&argus, &argus.browser(), &upstream, "acme", "erin").await;
    let _ = alice.sign_in(ALICE).await.expect(303);

    argus.import(&json!({"upstreamIdps": [{"slug": "acme", "enabled": false}]}));
    argus_tests::until("the connection is gone", async || (argus.http().get("/login/acme").await.status == 404).then_some(())).await;
    let application = argus.application(argus_tests::document::CASE_DESK);
    let _ = application.refresh(&before.refresh).await.expect(400);
    let _ = browser.open("/account").await.expect(303);
    let _ = alice.open("/account").await.expect(200);
    let _ = late.post(&argus.browser()).await.expect(404);
    let _ = browser.open("/login/acme").await.expect(404);
    let page = browser.open("/login").await.expect(200);
    assert!(!page.text.contains("Organisation acme"));
    // A hint at it is none.
    let request = application.request("openid").set("idp_hint", "acme");
    assert!(matches!(browser.visit(&request.path(), None).await, Landing::Page(page) if page.text.contains("password")));
}
