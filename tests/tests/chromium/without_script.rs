//! With scripts turned off: every page does its work.

use argus_tests::document::ALICE;
use serde_json::json;

use crate::chromium::Chromium;
use crate::{argus, sign_in};

#[tokio::test]
async fn a_user_is_added_disabled_and_found_in_the_trail_without_a_script() {
    let argus = argus();
    let chromium = Chromium::start(&argus).await;
    chromium.devtools("Emulation.setScriptExecutionDisabled", json!({"value": true})).await;
    sign_in(&chromium, ALICE, "/admin/users/new").await;
    chromium.fill("#username", "dave").await;
    chromium.fill("#name", "Dave D").await;
    chromium.press("main button[value=save]").await;
    chromium.until_told("Link for a new password").await;
    let link = chromium.element("#secret").await.attr("value").await.unwrap().unwrap();
    assert!(link.starts_with(argus.issuer()), "{link}");
    chromium.open("/admin/users/dave").await;
    chromium.press("main button[value=disable]").await;
    chromium.until_told("disabled").await;
    chromium.open("/admin/audit?event=user.disabled").await;
    chromium.until_told("user.disabled").await;
    // Times stand there in full, for whoever has no script that knows the reader's zone.
    assert!(chromium.text().await.contains("UTC"));
    chromium.devtools("Emulation.setScriptExecutionDisabled", json!({"value": false})).await;
    chromium.finish().await;
}
