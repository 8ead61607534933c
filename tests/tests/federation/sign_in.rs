//! Users of identity providers reach a relying party with the same tokens and claims as everybody else.

use argus_tests::document::{ALICE, CASE_DESK};
use serde_json::json;

use crate::*;

#[tokio::test]
async fn users_of_two_organisations_and_a_local_one_at_the_same_relying_party() {
    let argus = argus();
    argus.import(&with_claims(json!([
        {"provider": "userGroups", "configuration": {"stringified": false, "allowedGroups": ["group1", "group2"]}}])));
    let (zitadel, crewjam) = (Upstream::zitadel(), Upstream::crewjam());
    for (upstream, slug) in [(&zitadel, "acme-zitadel"), (&crewjam, "acme-crewjam")] {
        upstream.put_user("alice", "alice@upstream.example", &["engineering", "unmapped"]).await;
        let mut members = provisioning();
        if slug == "acme-crewjam" {
            members["attributes"] = crewjams_attributes();
        }
        upstream.connect(&argus, slug, members).await;
    }

    let of_zitadel = tokens(&argus, &argus.browser(), &zitadel, "acme-zitadel", "alice").await.id_claims();
    let of_crewjam = tokens(&argus, &argus.browser(), &crewjam, "acme-crewjam", "alice").await.id_claims();
    let local = argus.application(CASE_DESK).tokens(&argus.browser(), ALICE, "openid profile email").await.id_claims();

    for claims in [&of_zitadel, &of_crewjam, &local] {
        assert_eq!(claims["iss"], argus.issuer());
        assert_eq!(claims["groups"], json!(["group1"]), "{claims}");
    }
    // One name at both, and here: three people.
    assert_ne!(of_zitadel["sub"], of_crewjam["sub"]);
    assert_ne!(of_zitadel["sub"], local["sub"]);
    assert_ne!(of_crewjam["sub"], local["sub"]);
    assert_eq!(of_zitadel["email"], "alice@upstream.example");
    assert_eq!(of_zitadel["email_verified"], true);
    assert_eq!(of_zitadel["name"], "alice of the upstream");

    // The same person again is the same subject.
    let again = tokens(&argus, &argus.browser(), &zitadel, "acme-zitadel", "alice").await.id_claims();
    assert_eq!(again["sub"], of_zitadel["sub"]);
}

/// Its NameIDs are transient ones: an attribute says who somebody is.
fn crewjams_attributes() -> serde_json::Value {
    let principal_name = "urn:oid:1.3.6.1.4.1.5923.1.1.1.6";
    json!({"identifier": principal_name, "username": "urn:oid:0.9.2342.19200300.100.1.1", "name": "urn:oid:2.5.4.3",
        "email": principal_name, "groups": "urn:oid:1.3.6.1.4.1.5923.1.1.1.1"})
}

#[tokio::test]
async fn a_transient_name_identifies_nobody() {
    let argus = argus();
    let upstream = Upstream::crewjam();
    upstream.put_user("erin", "erin@upstream.example", &[]).await;
    upstream.connect(&argus, "acme", json!({"jit": true})).await;
    let browser = argus.browser();
    let posted = response(&argus, &browser, &upstream, "acme", "erin").await;
    assert_eq!(refused(&argus, posted.post(&browser).await), "name-id");

    // With a key in our metadata it encrypts, and in the old way.
    let entry = json!({"slug": "acme", "attributes": crewjams_attributes(), "encryption": true, "allowCbc": true});
    argus.import(&json!({"upstreamIdps": [entry]}));
    argus_tests::until("our metadata have a key for encryption", async || {
        let metadata = argus.http().get("/saml/acme/metadata").await.text;
        metadata.contains("use=\"encryption\"").then_some(())
    })
    .await;
    upstream.trust(&argus, "acme").await;
    let subject = |browser| {
        let (argus, upstream) = (&argus, &upstream);
        async move { tokens(argus, &browser, upstream, "acme", "erin").await.id_claims()["sub"].clone() }
    };
    assert_eq!(subject(argus.browser()).await, subject(argus.browser()).await);
}

#[tokio::test]
async fn groups_follow_the_identity_provider_and_leave_those_of_administrators() {
    let argus = argus();
    let upstream = Upstream::zitadel();
    upstream.put_user("erin", "erin@upstream.example", &["engineering"]).await;
    upstream.connect(&argus, "acme", provisioning()).await;
    let first = tokens(&argus, &argus.browser(), &upstream, "acme", "erin").await;
    assert_eq!(first.id_claims()["groups"], json!(["group1"]));
    argus.import(&json!({"users": [{"username": "erin", "groups": ["group3"]}]}));

    upstream.put_user("erin", "erin@upstream.example", &["sales"]).await;
    let second = tokens(&argus, &argus.browser(), &upstream, "acme", "erin").await;
    assert_eq!(second.id_claims()["groups"], json!(["group2", "group3"]));
    // What the connection gives is not the directory's to export.
    let exported = argus.cli(&["export"]).succeeded().json();
    let erin = exported["users"].as_array().unwrap().iter().find(|user| user["username"] == "erin").unwrap().clone();
    assert_eq!(erin["groups"], json!(["group3"]));
    assert_eq!(erin["attributes"], json!({"department": ["sales"]}));
    // And an export imports again without a change.
    assert!(argus.import(&exported).stderr.contains("0 new, 0 changed"), "{:?}", argus.import(&exported));
}

#[tokio::test]
async fn functions_and_attributes_reach_claim_providers() {
    let argus = argus();
    let attachments = json!([{"provider": "functionRoleMapping", "configuration":
        {"claimName": "permissions", "roleMapping": {"argusFunction1": "reader", "argusFunction2": "closer"}}}]);
    let mut document = with_claims(attachments);
    document["clients"][0]["customer"] = json!("mycustomer");
    argus.import(&document);
    let upstream = Upstream::zitadel();
    upstream.put_user("erin", "erin@upstream.example", &["may-read"]).await;
    let mut members = provisioning();
    members["attributes"]["functions"] = json!("groups");
    members["functionMap"] = json!({"may-read": "argusFunction1", "may-close": "argusFunction2"});
    upstream.connect(&argus, "acme", members).await;
    let claims = tokens(&argus, &argus.browser(), &upstream, "acme", "erin").await.id_claims();
    assert_eq!((&claims["permissions"], &claims["amr"]), (&json!(["reader"]), &json!(["pwd"])), "{claims}");

    upstream.put_user("erin", "erin@upstream.example", &["may-close"]).await;
    let claims = tokens(&argus, &argus.browser(), &upstream, "acme", "erin").await.id_claims();
    assert_eq!(claims["permissions"], json!(["closer"]));
}

#[tokio::test]
async fn a_sign_in_that_is_asked_for_anew_is_new() {
    let argus = argus();
    let upstream = Upstream::zitadel();
    upstream.put_user("erin", "erin@upstream.example", &[]).await;
    upstream.connect(&argus, "acme", provisioning()).await;
    let browser = argus.browser();
    let application = argus.application(CASE_DESK);
    tokens(&argus, &browser, &upstream, "acme", "erin").await;

    let request = application.request("openid").set("idp_hint", "acme").set("prompt", "login");
    let Landing::Redirect(away) = browser.visit(&request.path(), None).await else { panic!("not sent away") };
    let posted = upstream.answer(&away, "erin").await;
    let landing = browser.go_on(posted.post(&browser).await, None).await;
    assert_eq!(request.code_of(&landing).code, landing.code());
}

#[tokio::test]
async fn a_sign_in_of_before_is_not_one_that_is_asked_for_anew() {
    let argus = argus();
    let upstream = Upstream::crewjam();
    upstream.put_user("erin", "erin@upstream.example", &[]).await;
    let members = json!({"jit": true, "attributes": crewjams_attributes(), "clockSkewSeconds": 0});
    upstream.connect(&argus, "acme", members).await;
    let (browser, mut jar) = (argus.browser(), Jar::new());
    let (_, away) = sent_away(&argus, &browser, "acme").await;
    let _ = upstream.answer_again(&away, "erin", &mut jar).await.post(&browser).await.expect(303);

    // The identity provider goes on with its session, whatever it is asked for.
    let request = argus.application(CASE_DESK).request("openid").set("idp_hint", "acme").set("prompt", "login");
    let Landing::Redirect(away) = browser.visit(&request.path(), None).await else { panic!("not sent away") };
    let posted = upstream.answer_again(&away, "erin", &mut jar).await;
    assert_eq!(refused(&argus, posted.post(&browser).await), "authn-instant");
}

#[tokio::test]
async fn the_sign_in_page_shows_the_way() {
    let argus = argus();
    let upstream = Upstream::zitadel();
    upstream.put_user("erin", "erin@upstream.example", &[]).await;
    upstream.connect(&argus, "acme", provisioning()).await;
    let browser = argus.browser();
    let page = browser.open("/login").await.expect(200);
    assert!(page.text.contains("Continue with Organisation acme"), "{}", page.text);

    // By the button that finds the organisation of an address, whatever the case of its letters.
    let mut fields = Browser::fields(&page);
    fields.retain(|(name, _)| name != "password" && name != "username");
    fields.push(("organisation".to_owned(), "1".to_owned()));
    let typed = |address: &str| [fields.clone(), vec![("username".to_owned(), address.to_owned())]].concat();
    let found = browser.post("/login", &typed("Erin@UPSTREAM.example")).await.expect(303);
    assert_eq!(found.header("location"), "/login/acme");
    let not_found = browser.post("/login", &typed("erin@elsewhere.example")).await.expect(422);
    assert!(not_found.text.contains("No organisation signs in with that e-mail address"));

    // Signed in without an application: the home page knows who it is.
    let Landing::Redirect(away) = browser.visit("/login/acme", None).await else { panic!("not sent away") };
    let answer = upstream.answer(&away, "erin").await.post(&browser).await.expect(303);
    assert_eq!(answer.header("location"), "/");
    assert!(browser.open("/account").await.expect(200).text.contains("erin of the upstream"));
}

#[tokio::test]
async fn passwords_can_be_switched_off_for_a_domain() {
    let argus = argus();
    let upstream = Upstream::zitadel();
    upstream.put_user("erin", "erin@upstream.example", &[]).await;
    let mut members = provisioning();
    members["localPasswords"] = json!(false);
    upstream.connect(&argus, "acme", members).await;
    argus.import(&json!({"users": [{"username": "erin@upstream.example", "name": "Erin", "password": "a password of erin"}]}));
    let browser = argus.browser();
    let person = argus_tests::Person { username: "erin@upstream.example", password: "a password of erin" };
    assert_eq!(browser.sign_in(person).await.expect(303).header("location"), "/login/acme");
    let _ = browser.sign_in(ALICE).await.expect(303);
    assert!(browser.open("/account").await.expect(200).text.contains("Alice A"));
}
