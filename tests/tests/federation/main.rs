//! Federation with identity providers that organisations really run.
//!
//! Needs Go for the programs in `tests/upstreams`. `cargo xtask test` runs these apart from the other tests.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod keycloak;
mod links;
mod refused;
mod rollover;
mod sign_in;

use argus_tests::document::{self, CASE_DESK, CASE_DESK_REDIRECT};
use argus_tests::upstream::{Jar, PostedResponse};
use argus_tests::{Answer, Browser, Installation, Landing, Tokens, Upstream};
use serde_json::{Value, json};
use url::Url;

const EMAIL_FORMAT: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";

/// A serving installation with the standard document.
fn argus() -> Installation {
    Installation::standard()
}

/// The members of a connection whose users are added, and bring groups.
fn provisioning() -> Value {
    json!({
        "jit": true, "customer": "mycustomer", "domains": ["upstream.example"], "nameIdFormat": EMAIL_FORMAT,
        "attributes": {"username": "UserName", "name": "FullName", "email": "Email", "groups": "groups"},
        "groupMap": {"engineering": "group1", "sales": "group2"},
        "userAttributes": {"department": "groups"},
    })
}

/// As far as an application's request leads without anybody's help: to the identity provider.
async fn sent_away(argus: &Installation, browser: &Browser, slug: &str) -> (argus_tests::application::AuthorizationRequest, Url) {
    let request = argus.application(CASE_DESK).request("openid profile email groups offline_access").set("idp_hint", slug);
    match browser.visit(&request.path(), None).await {
        Landing::Redirect(url) => (request, url),
        other => panic!("not sent away: {other:?}"),
    }
}

/// Signs in through a connection, for an application; returns its tokens.
async fn tokens(argus: &Installation, browser: &Browser, upstream: &Upstream, slug: &str, username: &str) -> Tokens {
    let (request, away) = sent_away(argus, browser, slug).await;
    let posted = upstream.answer(&away, username).await;
    let landing = browser.go_on(posted.post(browser).await, None).await;
    let application = argus.application(CASE_DESK);
    assert!(
        matches!(&landing, Landing::Redirect(url) if url.as_str().starts_with(CASE_DESK_REDIRECT)),
        "{:?}\n{landing:?}",
        argus.audit().last()
    );
    Tokens::of(&application.redeem(&request.code_of(&landing)).await.expect(200))
}

/// The generic page, and the rule in the audit trail.
#[track_caller]
fn refused(argus: &Installation, answer: Answer) -> String {
    let page = answer.expect(403);
    assert!(page.text.contains("was not accepted here"), "{}", page.text);
    let id = page.header("x-correlation-id").to_owned();
    assert!(page.text.contains(&id));
    let events = argus.audit();
    let event = events.iter().rev().find(|event| event["correlationId"] == id.as_str()).unwrap();
    assert_eq!(event["event"], "sign_in.failed");
    event["details"]["rule"].as_str().unwrap().to_owned()
}

/// A response for this browser that was not posted yet.
async fn response(argus: &Installation, browser: &Browser, upstream: &Upstream, slug: &str, username: &str) -> PostedResponse {
    let (_, away) = sent_away(argus, browser, slug).await;
    upstream.answer(&away, username).await
}

/// The standard document's clients with other claims.
fn with_claims(attachments: Value) -> Value {
    let mut client = document::case_desk();
    client["openIDCustomClaims"] = attachments;
    json!({"clients": [client]})
}
