//! Without a mouse.

use argus_tests::document::BOB;
use thirtyfour::prelude::Key;

use crate::argus;
use crate::chromium::Chromium;

/// Tabs on until the focus is on an element.
async fn tab_to(chromium: &Chromium, css: &str) {
    for _ in 0..60 {
        chromium.keys(Key::Tab).await;
        let is_there = chromium.run(&format!("return document.activeElement.matches({css:?})")).await;
        if is_there == true {
            let outline = chromium.run("return getComputedStyle(document.activeElement).outlineStyle").await;
            assert_ne!(outline, "none", "the focus shows");
            return;
        }
    }
    panic!("no tab leads to {css}");
}

#[tokio::test]
async fn an_application_is_registered_by_keyboard_alone() {
    let argus = argus();
    let chromium = Chromium::start(&argus).await;
    chromium.open("/apps").await;
    chromium.element("#username").await;
    chromium.keys(BOB.username).await;
    tab_to(&chromium, "#password").await;
    chromium.keys(BOB.password).await;
    chromium.keys(Key::Enter).await;
    chromium.until_at("/apps").await;
    // The first stop leads past the bar.
    chromium.keys(Key::Tab).await;
    assert_eq!(chromium.run("return document.activeElement.className").await, "skip");
    chromium.keys(Key::Enter).await;
    tab_to(&chromium, "main a.primary").await;
    chromium.keys(Key::Enter).await;
    chromium.until_at("/apps/new").await;
    tab_to(&chromium, "[name=kind]").await;
    chromium.keys(Key::Down).await;
    assert_eq!(chromium.run("return document.querySelector('[name=kind]:checked').value").await, "spa");
    tab_to(&chromium, "#name").await;
    chromium.keys("By keyboard").await;
    tab_to(&chromium, "#redirectUris").await;
    chromium.keys("https://spa.example/cb").await;
    tab_to(&chromium, "main button.primary").await;
    chromium.keys(Key::Enter).await;
    chromium.until_told("Connect your application").await;
    assert!(chromium.text().await.contains("By keyboard"));
    chromium.finish().await;
}
