//! What people do in the console, from the first click to the last.

use argus_tests::document::{ALICE, BOB, CAROL, CASE_DESK, USER_GROUPS};
use argus_tests::{Installation, RelyingParty};
use serde_json::Value;

use crate::chromium::Chromium;
use crate::{argus, sign_in};

/// A5.6: from the page of applications to a sign-in by a stock client library, with the secret that was shown.
#[tokio::test]
async fn a_user_registers_an_application_and_somebody_signs_in_to_it() {
    let argus = argus();
    let chromium = Chromium::start(&argus).await;
    sign_in(&chromium, BOB, "/apps").await;
    chromium.press("main a.primary").await;
    chromium.until_at("/apps/new").await;
    chromium.fill("#name", "Bob's wiki").await;
    chromium.fill("#redirectUris", "http://wiki.example/cb").await;
    chromium.until_told("http://wiki.example/cb: ").await;
    chromium.fill("#redirectUris", "https://wiki.example/cb").await;
    chromium.until_told_no_more("http://wiki.example/cb: ").await;
    chromium.press("main button.primary").await;
    let secret = chromium.value("#secret").await;
    assert_eq!(secret.len(), 43);
    let id = chromium.run("return document.querySelector('.facts dd:nth-of-type(2) code').textContent").await;
    let issuer = argus.issuer();
    let library = RelyingParty::discover(issuer, id.as_str().unwrap(), Some(secret), "https://wiki.example/cb").await.unwrap();
    let tokens = library.sign_in(&argus.browser(), Some(CAROL), "openid email").await.unwrap();
    assert_eq!(tokens.id_claims()["aud"], id);
    chromium.finish().await;
}

/// A5.10: a client's claim providers, tried on a user in the page, then saved as they were typed.
#[tokio::test]
async fn an_administrator_tries_claims_on_a_user_and_saves_them() {
    let argus = argus();
    let chromium = Chromium::start(&argus).await;
    sign_in(&chromium, ALICE, "/admin/clients").await;
    chromium.press(&format!("main tbody a[href$='{CASE_DESK}']")).await;
    chromium.press(&format!("main a[href$='{CASE_DESK}/claims']")).await;
    // The form and the document beside it are in step.
    chromium.choose("#claims-form > .field select", "userGroups").await;
    chromium.press("#claims-form > .actions button").await;
    chromium.fill("#claims-form fieldset textarea", "group9").await;
    assert!(chromium.value("#claims").await.contains("\"group9\""));
    chromium.press("#claims-form fieldset input[type=checkbox]").await;
    assert!(chromium.value("#claims").await.contains("\"stringified\": true"));
    chromium.fill("#claims", "{").await;
    chromium.until_told("cannot be read as it is typed").await;
    chromium.fill("#claims", USER_GROUPS).await;
    chromium.until_told("1. userGroups").await;
    assert_eq!(chromium.value("#claims-form fieldset textarea").await, "group1\ngroup2");
    chromium.fill("#user", "alice").await;
    chromium.press("main button[value=preview]").await;
    chromium.until_told("userGroups").await;
    chromium.until_told("[\"group1\"]").await;
    chromium.press("main button[value=review]").await;
    chromium.until_told("3 of 3 users get other claims.").await;
    chromium.press("main button[value=save]").await;
    chromium.until_at(&format!("/admin/clients/{CASE_DESK}")).await;
    let claims = saved(&argus);
    assert_eq!(claims, serde_json::from_str::<Value>(USER_GROUPS).unwrap()["openIDCustomClaims"]);
    chromium.finish().await;
}

fn saved(argus: &Installation) -> Value {
    let exported = argus.cli(&["export"]).succeeded().json();
    let clients = exported["clients"].as_array().unwrap();
    clients.iter().find(|client| client["clientId"] == CASE_DESK).unwrap()["openIDCustomClaims"].clone()
}
