//! Clients that users register themselves (A5.6–A5.8), through the pages.

use argus_tests::browser::visible_text;
use argus_tests::document::{ALICE, BOB, CAROL, CASE_DESK, USER_GROUPS};
use argus_tests::{Answer, Application, Browser, Installation, Person};

use crate::admin_pages::{administrator, between, form, works};
use crate::plugin_sign_in::{administered, administered_with};
use crate::support::serving_with;

const REDIRECT: &str = "https://my.application/oauth/callback";

async fn signed_in(argus: &Installation, person: Person) -> Browser {
    let browser = argus.browser();
    let _ = browser.sign_in(person).await.expect(303);
    browser
}

async fn register(browser: &Browser, kind: &str, name: &str, uris: &str, scopes: &[&str]) -> Answer {
    let page = browser.open("/apps/new").await.expect(200);
    let id = between(&page.text, "name=\"id\" value=\"", "\"").to_owned();
    let mut fields = vec![("id", id.as_str()), ("kind", kind), ("name", name), ("redirectUris", uris)];
    fields.extend(scopes.iter().map(|scope| ("scopes", *scope)));
    browser.post("/apps/new", &form(&page, &fields)).await
}

fn path_of(page: &Answer) -> String {
    format!("/apps/{}", between(&page.text, "action=\"/apps/", "\""))
}

fn id_of(page: &Answer) -> String {
    path_of(page).rsplit('/').next().unwrap().to_owned()
}

/// A5.6: from registration to a sign-in, with the secret that was shown once; edited, rotated, disabled, deleted.
#[tokio::test]
async fn a_user_registers_clients_and_people_sign_in_to_them() {
    let argus = administered();
    let browser = signed_in(&argus, BOB).await;
    assert!(visible_text(&browser.open("/apps").await.expect(200)).contains("You have not registered an application."));
    let page = register(&browser, "web", "Bob's wiki", REDIRECT, &["openid", "email"]).await.expect(200);
    let (id, secret) = (id_of(&page), between(&page.text, "readonly value=\"", "\"").to_owned());
    let application = Application::new(argus.http(), &id, Some(secret.clone())).answered_at(REDIRECT);
    let tokens = application.tokens(&argus.browser(), CAROL, "openid").await;
    assert_eq!(tokens.id_claims()["aud"], id.as_str());
    for text in [argus.log(), format!("{:?}", argus.audit()), browser.open(&path_of(&page)).await.expect(200).text] {
        assert!(!text.contains(&secret), "shown again");
    }

    for (kind, name, uri) in [("spa", "Bob's maps", "https://maps.example/cb"), ("native", "Bob's app", "http://127.0.0.1/cb")] {
        let page = register(&browser, kind, name, uri, &["openid"]).await.expect(200);
        assert!(!page.text.contains("readonly value"), "a public client has no secret");
    }
    let list = visible_text(&browser.open("/apps").await.expect(200));
    for told in ["Bob's wiki", "Bob's maps", "Bob's app", "3 of 5"] {
        assert!(list.contains(told), "{told}: {list}");
    }

    let path = path_of(&page);
    let page = browser.open(&path).await.expect(200);
    let act = async |page: &Answer, fields: &[(&str, &str)]| browser.post(&path, &form(page, fields)).await;
    let edited = [
        ("action", "save"),
        ("revision", "1"),
        ("name", "Bob's notes"),
        ("redirectUris", "https://notes.example/cb"),
        ("scopes", "openid"),
        ("scopes", "phone"),
    ];
    let _ = act(&page, &edited).await.expect(303);
    assert!(visible_text(&act(&page, &edited).await.expect(409)).contains("has changed since the form was shown"));
    let page = browser.open(&path).await.expect(200);
    assert!(page.text.contains("https://notes.example/cb") && !page.text.contains(REDIRECT) && visible_text(&page).contains("Bob's notes"));

    let made = between(&page.text, "name=\"secret\" value=\"", "\"").to_owned();
    let rotated = act(&page, &[("action", "rotate"), ("secret", &made)]).await.expect(200);
    let second = between(&rotated.text, "readonly value=\"", "\"").to_owned();
    assert!(works_at(&argus, &id, &secret).await && works_at(&argus, &id, &second).await);
    let _ = act(&page, &[("action", "disable"), ("revision", "2")]).await.expect(303);
    assert!(!works_at(&argus, &id, &second).await);
    let _ = act(&page, &[("action", "enable"), ("revision", "3")]).await.expect(303);
    assert!(works_at(&argus, &id, &second).await);
    assert_eq!(act(&page, &[("action", "delete"), ("revision", "4")]).await.expect(303).header("location"), "/apps");
    let _ = browser.open(&path).await.expect(404);
}

async fn works_at(argus: &Installation, id: &str, secret: &str) -> bool {
    let application = Application::new(argus.http(), id, Some(secret.to_owned())).answered_at("https://notes.example/cb");
    let form = [("grant_type", "authorization_code"), ("code", "none"), ("redirect_uri", "https://notes.example/cb")];
    application.token(&form).await.json()["error"] == "invalid_grant"
}

/// A5.7: somebody else's client is not there, whatever is tried.
#[tokio::test]
async fn nobody_reaches_a_client_of_somebody_else() {
    let argus = administered();
    let bob = signed_in(&argus, BOB).await;
    let page = register(&bob, "web", "Bob's wiki", REDIRECT, &["openid"]).await.expect(200);
    let path = path_of(&page);
    let secret = between(&page.text, "readonly value=\"", "\"").to_owned();
    // Nor an administrator, who has pages for that.
    for person in [CAROL, ALICE] {
        let browser = signed_in(&argus, person).await;
        let own = browser.open("/apps/new").await.expect(200);
        for path in [path.as_str(), &format!("{path}/claims"), &format!("/apps/{CASE_DESK}"), "/apps/nonsense"] {
            let _ = browser.open(path).await.expect(404);
            for action in ["save", "enable", "disable", "delete", "rotate"] {
                let fields = [("action", action), ("revision", "1"), ("secret", "1"), ("name", "x"), ("redirectUris", REDIRECT)];
                if path.matches('/').count() == 2 {
                    let _ = browser.post(path, &form(&own, &fields)).await.expect(404);
                }
            }
        }
        let asked = [("provider", "userGroups"), ("configuration", r#"{"allowedGroups": ["group1"]}"#), ("reason", "")];
        let _ = browser.post(&format!("{path}/claims"), &form(&own, &asked)).await.expect(404);
        assert!(!browser.open("/apps").await.expect(200).text.contains("Bob's wiki"));
        // Nor by registering one under its number.
        let id = path.rsplit('/').next().unwrap();
        let fields = [("id", id), ("kind", "web"), ("name", "Mine"), ("redirectUris", REDIRECT), ("scopes", "openid")];
        let _ = browser.post("/apps/new", &form(&own, &fields)).await.expect(404);
    }
    assert!(works(&argus, path.rsplit('/').next().unwrap(), &secret).await, "it is as it was");
}

/// A5.8: kinds, scopes and the number are policy; what cannot be is shown again with everything in it.
#[tokio::test]
async fn a_user_registers_what_the_policy_allows() {
    let configuration = "[self_service]\nkinds = [\"web\", \"spa\"]\nscopes = [\"openid\", \"cases:read\"]\nmax_clients = 2\n";
    let argus = serving_with(serde_json::json!([]), configuration);
    let browser = signed_in(&argus, BOB).await;
    let page = browser.open("/apps/new").await.expect(200);
    assert!(!page.text.contains("value=\"native\"") && !page.text.contains("value=\"email\""));
    let hostile = "\"><script>alert(1)</script>";
    for (kind, name, uris, scopes, told) in [
        ("native", "N", REDIRECT, "openid", "registered by administrators"),
        ("service", "S", "", "openid", "registered by administrators"),
        ("web", "W", REDIRECT, "email", "email: is given by administrators only."),
        ("web", "W", REDIRECT, "clients:write", "clients:write: is given by administrators only."),
        ("web", "", REDIRECT, "openid", "must be 1 to 200 characters"),
        ("web", "W", "https://a.example/cb http://b.example/cb", "openid", "http://b.example/cb: "),
        ("web", "W", "https://*.example/cb", "openid", "https://*.example/cb: "),
        ("web", hostile, hostile, "openid", "alert(1)"),
    ] {
        let page = register(&browser, kind, name, uris, &[scopes]).await.expect(422);
        assert!(visible_text(&page).contains(told), "{told}: {}", visible_text(&page));
        assert!(!page.text.contains("<script>alert"));
    }
    assert!(visible_text(&browser.open("/apps").await).contains("You have not registered an application."), "nothing was registered");

    // A scope of a resource brings the resource with it, and the user is always asked.
    let page = register(&browser, "web", "One", REDIRECT, &["openid", "cases:read"]).await.expect(200);
    let secret = between(&page.text, "readonly value=\"", "\"").to_owned();
    let application = Application::new(argus.http(), &id_of(&page), Some(secret)).answered_at(REDIRECT);
    let denied = argus.browser().that_denies().visit(&application.request("openid cases:read").path(), Some(CAROL)).await;
    assert_eq!(denied.error(), "access_denied");
    // Several at once: no more than the number comes of it.
    let answers = futures_util::future::join_all((0..6).map(|n| {
        let browser = browser.clone();
        async move { register(&browser, "web", &format!("Many {n}"), REDIRECT, &["openid"]).await.status }
    }));
    assert_eq!(answers.await.into_iter().filter(|status| *status == 200).count(), 1);
    let list = browser.open("/apps").await.expect(200);
    assert!(visible_text(&list).contains("2 of 2") && !list.text.contains("/apps/new"));
    let page = register(&browser, "web", "Two", REDIRECT, &["openid"]).await.expect(422);
    assert!(visible_text(&page).contains("you have 2 clients, and may have 2"), "{}", visible_text(&page));
}

#[tokio::test]
async fn where_the_policy_turns_it_off_nothing_is_there() {
    let argus = serving_with(serde_json::json!([]), "[self_service]\nenabled = false\n");
    let browser = signed_in(&argus, BOB).await;
    for path in ["/apps", "/apps/new", "/api/v1/me/clients"] {
        let _ = browser.open(path).await.expect(404);
    }
    assert!(!browser.open("/account").await.expect(200).text.contains("/apps"));
}

/// A5.8: with approval, a client works when an administrator has said so, and what it is changes no sooner.
#[tokio::test]
async fn an_administrator_approves_new_clients_and_changes_of_them() {
    let argus = administered_with("[self_service]\napproval = true\n");
    let (bob, alice) = (signed_in(&argus, BOB).await, administrator(&argus).await);
    let page = register(&bob, "web", "Bob's wiki", REDIRECT, &["openid"]).await.expect(200);
    let (id, secret, path) = (id_of(&page), between(&page.text, "readonly value=\"", "\"").to_owned(), path_of(&page));
    assert!(visible_text(&page).contains("waits for an administrator"));
    assert!(!works(&argus, &id, &secret).await);
    let enabled = bob.post(&path, &form(&page, &[("action", "enable"), ("revision", "1")])).await.expect(409);
    assert!(visible_text(&enabled).contains("only an administrator can enable this client"));

    let decide = async |action: &str| {
        let page = alice.open("/admin/requests").await.expect(200);
        let request = between(&page.text, "name=\"request\" value=\"", "\"").to_owned();
        let fields = form(&page, &[("action", action), ("request", &request)]);
        let _ = alice.post("/admin/requests", &fields).await.expect(303);
        let _ = alice.post("/admin/requests", &fields).await.expect(404);
    };
    decide("approve").await;
    assert!(works(&argus, &id, &secret).await);

    let page = bob.open(&path).await.expect(200);
    let save = |uris| [("action", "save"), ("revision", "2"), ("name", "Payroll"), ("redirectUris", uris), ("scopes", "openid")];
    let wrong = bob.post(&path, &form(&page, &save("http://payroll.example/cb"))).await.expect(422);
    assert!(visible_text(&wrong).contains("http://payroll.example/cb: "), "what cannot be is told at once");
    let _ = bob.post(&path, &form(&page, &save(REDIRECT))).await.expect(303);
    let waiting = visible_text(&bob.open(&path).await.expect(200));
    assert!(waiting.contains("Bob's wiki") && waiting.contains("waits for an administrator"), "{waiting}");
    decide("decline").await;
    assert!(visible_text(&bob.open(&path).await).contains("Bob's wiki"));
    let _ = bob.post(&path, &form(&page, &save(REDIRECT))).await.expect(303);
    decide("approve").await;
    assert!(visible_text(&bob.open(&path).await).contains("Payroll"));
    let decided: Vec<_> = argus.audit().into_iter().filter(|event| event["event"] == "client.request_decided").collect();
    assert_eq!(decided.len(), 3);

    // What an administrator disabled stays so.
    let page = alice.open(&format!("/admin/clients/{id}")).await.expect(200);
    let _ = alice.post(&format!("/admin/clients/{id}"), &form(&page, &[("action", "disable"), ("revision", "3")])).await.expect(303);
    let page = bob.open(&path).await.expect(200);
    let _ = bob.post(&path, &form(&page, &[("action", "enable"), ("revision", "4")])).await.expect(409);
    assert!(!works(&argus, &id, &secret).await);
}

/// A5.8: claim providers are for administrators to attach; users ask for them.
#[tokio::test]
async fn a_user_asks_for_a_claim_provider_and_an_administrator_reviews_it() {
    let argus = administered();
    let (bob, alice) = (signed_in(&argus, BOB).await, administrator(&argus).await);
    let page = register(&bob, "web", "Bob's wiki", REDIRECT, &["openid"]).await.expect(200);
    let (id, secret) = (id_of(&page), between(&page.text, "readonly value=\"", "\"").to_owned());
    let path = format!("{}/claims", path_of(&page));
    let page = bob.open(&path).await.expect(200);
    assert!(visible_text(&page).contains("userGroups") && visible_text(&page).contains("functionRoleMapping"));
    let ask = async |provider: &str, configuration: &str| {
        let fields = [("provider", provider), ("configuration", configuration), ("reason", "For the sidebar")];
        bob.post(&path, &form(&page, &fields)).await
    };
    for (provider, configuration, told) in [
        ("nosuch", "{}", "no claim provider is named nosuch"),
        ("userGroups", "nonsense", "(document)"),
        ("userGroups", r#"{"allowedGroups": 1}"#, "/configuration/allowedGroups"),
        ("", "{}", "no claim provider is named"),
    ] {
        let refused = visible_text(&ask(provider, configuration).await.expect(422));
        assert!(refused.contains(told) && refused.contains("For the sidebar"), "{told}: {refused}");
    }
    let literal: serde_json::Value = serde_json::from_str(USER_GROUPS).unwrap();
    let configuration = literal["openIDCustomClaims"][0]["configuration"].to_string();
    let _ = ask("userGroups", &configuration).await.expect(303);

    let requests = alice.open("/admin/requests").await.expect(200);
    assert!(visible_text(&requests).contains("For the sidebar") && visible_text(&requests).contains("bob"));
    let review = between(&requests.text, &format!("href=\"/admin/clients/{id}/claims?"), "\"");
    let claims = format!("/admin/clients/{id}/claims");
    let page = alice.open(&format!("{claims}?{review}")).await.expect(200);
    let document = visible_text(&page);
    let document = between(&document, "Claim providers as JSON", "Preview for user").trim().to_owned();
    let fields = form(&page, &[("action", "save"), ("claims", &document), ("revision", "1"), ("request", "1")]);
    let _ = alice.post(&claims, &fields).await.expect(303);
    assert!(visible_text(&alice.open("/admin/requests").await).contains("Nobody waits for you."));

    let application = Application::new(argus.http(), &id, Some(secret)).answered_at(REDIRECT);
    assert!(application.tokens(&argus.browser(), ALICE, "openid").await.id_claims()["groups"].is_array());
}

/// What an application sent in vain, as its owner is told it; nobody else's address or name is.
#[tokio::test]
async fn the_owner_sees_what_was_refused_and_why() {
    let argus = administered();
    let browser = signed_in(&argus, BOB).await;
    let page = register(&browser, "web", "Bob's wiki", REDIRECT, &["openid"]).await.expect(200);
    let (id, path, secret) = (id_of(&page), path_of(&page), between(&page.text, "readonly value=\"", "\"").to_owned());
    let application = Application::new(argus.http(), &id, Some(secret)).answered_at(REDIRECT);
    let _ = application.tokens(&argus.browser(), CAROL, "openid").await;
    let wrong = application.request("openid").set("redirect_uri", &format!("{REDIRECT}/")).path();
    let refused = argus.browser().open(&wrong).await.expect(400);
    let reference = refused.header("x-correlation-id").to_owned();
    let page = browser.open(&path).await.expect(200);
    let text = visible_text(&page);
    for told in [format!("{REDIRECT}/").as_str(), REDIRECT, &reference, "token.issued", "authorization.refused"] {
        assert!(text.contains(told), "{told}: {text}");
    }
    assert!(!text.contains("carol") && !text.contains("Carol"), "{text}");
}
