//! The console in a real browser: Debian's Chromium, driven by WebDriver.
//!
//! Needs Chromium with its driver, and axe-core, which `cargo xtask test` gets; it runs these apart from the other tests. A violation
//! of the content security policy on any page fails the test that saw it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod accessibility;
mod chromium;
mod journeys;
mod keyboard;
mod without_script;

use argus_tests::document::{self, ALICE};
use argus_tests::{Installation, Person};
use serde_json::json;

use crate::chromium::Chromium;

/// A serving installation with the standard document, which alice administers.
fn argus() -> Installation {
    let argus = Installation::new("");
    argus.import(&document::standard());
    argus.import(&json!({"users": [{"username": ALICE.username, "admin": true}]}));
    argus.serve();
    argus
}

/// Signs in through the page that asks for it.
async fn sign_in(chromium: &Chromium, person: Person, next: &str) {
    chromium.open(next).await;
    chromium.fill("#username", person.username).await;
    chromium.fill("#password", person.password).await;
    chromium.press("button.primary").await;
    chromium.until_at(next).await;
}
