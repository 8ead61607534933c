//! `argus plugin new` in each language, as it comes: built, checked, tested, pushed to a server, attached to a client, and found in the
//! ID token of a stock client library.

use argus_tests::document::{ALICE, CASE_DESK, CASE_DESK_REDIRECT};
use argus_tests::{Author, Installation, RelyingParty, Terminal, document, jwt, until};
use serde_json::json;

use crate::{BUDGET_MS, accepted_without_a_warning, all_vectors_pass, readme};

/// Compiling a Python interpreter takes 15 seconds of a processor with an unoptimised compiler, and others want processors as well.
fn claims_section() -> String {
    format!("[claims]\nbudget_ms = {BUDGET_MS}\ncompile_timeout_ms = 300000\ncompile_cpu_seconds = 120\n")
}

/// A serving installation; alice administers it and has a badge.
fn installation() -> Installation {
    let argus = Installation::new(&claims_section());
    argus.import(&document::standard());
    argus.import(&json!({"users": [{"username": ALICE.username, "admin": true, "attributes": {"badge": ["gold", "silver"]}}]}));
    argus.serve();
    argus
}

async fn from_nothing_to_a_token(language: &str) {
    if argus_tests::author::left_out() {
        return;
    }
    let author = Author::new();
    author.argus_in(author.home(), &["plugin", "new", "--lang", language, "badge-level"]).succeeded();
    let folder = author.home().join("badge-level");
    for (line, output) in readme::commands(&author, &folder) {
        let output = output.succeeded();
        if line == "argus plugin build" {
            for part in ["badge-level.wasm", "size ", "digest "] {
                assert!(output.stdout.contains(part), "{}", output.stdout);
            }
        }
    }
    accepted_without_a_warning(&author, &folder);
    all_vectors_pass(&author, &folder);

    let argus = installation();
    let terminal = Terminal::of(&argus, ALICE);
    let folder = folder.to_str().unwrap();
    let pushed = terminal.run(&["plugin", "push", folder]).await.succeeded();
    for part in ["reads attributes", "argus plugin approve badge-level"] {
        assert!(pushed.stdout.contains(part), "{}", pushed.stdout);
    }
    let approved = terminal.run(&["plugin", "approve", "badge-level", "--facts", "attributes"]).await.succeeded();
    assert!(approved.stdout.contains("may read attributes"), "{}", approved.stdout);
    let configuration = r#"{"claim": "badge_level", "attribute": "badge"}"#;
    terminal.run(&["client", "attach", CASE_DESK, "badge-level", "--configuration", configuration]).await.succeeded();
    assert_eq!(terminal.sign_ins(), 1, "by the browser, once for all commands");

    let secret = argus.secret(CASE_DESK);
    let party = RelyingParty::discover(argus.issuer(), CASE_DESK, secret, CASE_DESK_REDIRECT).await.unwrap();
    until("the claim is in the ID token", async || {
        let tokens = party.sign_in(&argus.browser(), Some(ALICE), "openid").await.unwrap();
        (jwt::part(&tokens.id, 1)["badge_level"] == "gold").then_some(())
    })
    .await;

    // What the schema cannot say is said by the provider, at its place.
    let reserved = r#"{"claim": "sub", "attribute": "badge"}"#;
    let refusal = terminal.run(&["client", "attach", CASE_DESK, "badge-level", "--configuration", reserved]).await.failed();
    assert!(refusal.contains("/claim") && refusal.contains("claim of the protocol"), "{refusal}");
}

#[tokio::test]
async fn rust() {
    from_nothing_to_a_token("rust").await;
}

#[tokio::test]
async fn go() {
    from_nothing_to_a_token("go").await;
}

#[tokio::test]
async fn javascript() {
    from_nothing_to_a_token("js").await;
}

#[tokio::test]
async fn python() {
    from_nothing_to_a_token("python").await;
}
