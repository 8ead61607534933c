//! Claim providers at a server, by the command line: pushed, approved, promoted, compared, rolled back, deleted.

use argus_test_guests::guest;
use argus_tests::document::{ALICE, BOB, CASE_DESK, client_id, client_with_claims, only_clients};
use argus_tests::{Application, Installation, Terminal, Tokens, jwt, until};
use serde_json::{Value, json};

use crate::plugin_sign_in::administered;

/// What the provider says of alice in her next ID token at a client.
async fn level(application: &Application, argus: &Installation) -> Value {
    let tokens = application.tokens(&argus.browser(), ALICE, "openid").await;
    jwt::part(&tokens.id, 1)["level"].clone()
}

/// Returns when the running server, which looks now and then, issues the value.
async fn until_level_is(value: &str, application: &Application, argus: &Installation) {
    until(&format!("level is {value}"), async || (level(application, argus).await == value).then_some(())).await;
}

/// A component that sets the claim `level` to `gold`.
fn gold() -> Vec<u8> {
    guest("good").to_vec()
}

/// The same with another metal.
fn zinc() -> Vec<u8> {
    let mut component = gold();
    let at = component.windows(4).position(|bytes| bytes == b"gold").unwrap();
    component[at..at + 4].copy_from_slice(b"zinc");
    assert_ne!(component, gold());
    component
}

/// Pushes a component under a name, and returns its digest.
async fn push(terminal: &Terminal, name: &str, component: &[u8], options: &[&str]) -> String {
    let file = terminal.file(&format!("{name}.wasm"), component);
    let output = terminal.run(&[&["plugin", "push", &file, "--name", name, "--json"], options].concat()).await.succeeded();
    output.json()["digest"].as_str().unwrap().to_owned()
}

async fn json_of(terminal: &Terminal, arguments: &[&str]) -> Value {
    terminal.run(&[arguments, &["--json"]].concat()).await.succeeded().json()
}

/// The states of a provider's versions, by digest.
async fn state(terminal: &Terminal, name: &str, digest: &str) -> Value {
    let provider = json_of(terminal, &["plugin", "versions", name]).await;
    let versions = provider["versions"].as_array().unwrap();
    versions.iter().find(|version| version["digest"] == digest).unwrap()["state"].clone()
}

#[tokio::test]
async fn a_version_serves_when_it_is_promoted_and_no_more_when_rolled_back() {
    let argus = administered();
    let (terminal, desk) = (Terminal::of(&argus, ALICE), argus.application(CASE_DESK));
    let first = push(&terminal, "level", &gold(), &["--approve", "all", "--promote"]).await;
    terminal.run(&["client", "attach", CASE_DESK, "level", "--configuration", "{}"]).await.succeeded();
    until_level_is("gold", &desk, &argus).await;

    let second = push(&terminal, "level", &zinc(), &["--approve", "all"]).await;
    assert_eq!((state(&terminal, "level", &second).await, state(&terminal, "level", &first).await), (json!("available"), json!("current")));
    assert_eq!(level(&desk, &argus).await, "gold");

    let output = terminal.run(&["plugin", "promote", "level", &second[..8]]).await.succeeded();
    assert!(output.stdout.contains(&format!("version {} serves", &second[..12])), "{}", output.stdout);
    until_level_is("zinc", &desk, &argus).await;
    assert_eq!(state(&terminal, "level", &first).await, "previous");

    terminal.run(&["plugin", "rollback", "level"]).await.succeeded();
    until_level_is("gold", &desk, &argus).await;
    assert_eq!(terminal.sign_ins(), 1);
    let promoted = argus.audit();
    assert!(promoted.iter().any(|event| event.to_string().contains(&second)), "who promoted what is on record");
}

/// A component that asks for facts waits until they are approved, and is handed these alone.
#[tokio::test]
async fn a_provider_sees_approved_facts_only() {
    let argus = administered();
    let terminal = Terminal::of(&argus, ALICE);
    // A built-in component under names of its own: it reads groups.
    let built_in = json_of(&terminal, &["plugin", "versions", "userGroups"]).await;
    let digest = built_in["current"].as_str().unwrap();
    let file = terminal.home().join("groups.wasm");
    terminal.run(&["plugin", "fetch", "userGroups", &digest[..12], "-o", file.to_str().unwrap()]).await.succeeded();
    let component = std::fs::read(&file).unwrap();

    let name = "seeing";
    push(&terminal, name, &component, &[]).await;
    assert_eq!(state(&terminal, name, digest).await, "waiting");
    terminal.run(&["plugin", "promote", name, digest]).await.failed();
    argus.import(&only_clients(json!([client_with_claims(&client_id(1), json!([]))])));
    let id = client_id(1);
    let attach = ["client", "attach", &id, name, "--configuration", r#"{"allowedGroups": ["group1"]}"#];
    terminal.run(&attach).await.failed();
    let output = terminal.run(&["plugin", "push", file.to_str().unwrap(), "--name", "seeing"]).await.succeeded();
    for part in ["reads groups", "waits until somebody approves that it reads groups", "argus plugin approve seeing"] {
        assert!(output.stdout.contains(part), "{}", output.stdout);
    }
    let refusal = terminal.run(&["plugin", "approve", name, "--facts", "email"]).await.failed();
    assert!(refusal.contains("groups would be missing"), "{refusal}");
    assert_eq!(state(&terminal, name, digest).await, "waiting");
    let approved = terminal.run(&["plugin", "approve", name]).await.succeeded();
    for part in ["may read groups", &format!("version {} serves", &digest[..12])] {
        assert!(approved.stdout.contains(part), "{}", approved.stdout);
    }
    terminal.run(&attach).await.succeeded();

    let application = argus.application(&id);
    let issue = async || {
        let code = application.code(&argus.browser(), ALICE, "openid").await;
        let answer = application.redeem(&code).await.expect(200);
        (answer.header("x-correlation-id").to_owned(), jwt::part(&Tokens::of(&answer).id, 1)["groups"].clone())
    };
    let request = until("the provider gives a group", async || {
        let (request, groups) = issue().await;
        (groups == json!(["group1"])).then_some(request)
    })
    .await;
    // What it was handed is on record, and is no more than that.
    let terminal = &terminal;
    let facts = until("the trace is there", async || {
        let output = terminal.run(&["trace", &request, "--json"]).await;
        (output.code == 0).then(|| output.json()["attachments"][0]["facts"].clone())
    })
    .await;
    assert_eq!(facts, json!(["groups"]));
}

#[tokio::test]
async fn a_shadow_is_compared_and_changes_nothing() {
    let argus = administered();
    let (terminal, desk) = (Terminal::of(&argus, ALICE), argus.application(CASE_DESK));
    push(&terminal, "level", &gold(), &["--approve", "all", "--promote"]).await;
    terminal.run(&["client", "attach", CASE_DESK, "level", "--configuration", "{}"]).await.succeeded();
    until_level_is("gold", &desk, &argus).await;
    push(&terminal, "level", &zinc(), &["--approve", "all", "--shadow"]).await;

    let shadow = async || {
        let provider = json_of(&terminal, &["plugin", "versions", "level"]).await;
        let versions = provider["versions"].as_array().unwrap().clone();
        versions.into_iter().find(|version| version["state"] == "shadow").map(|version| version["shadow"].clone())
    };
    until("the shadow has run", async || {
        assert_eq!(level(&desk, &argus).await, "gold");
        shadow().await.filter(|runs| runs["different"].as_u64().is_some_and(|runs| runs > 0))
    })
    .await;
    let names = terminal.run(&["plugin", "versions", "level"]).await.succeeded().stdout;
    assert!(names.contains("level: changed") && !names.contains("zinc") && !names.contains("gold"), "{names}");
    let values = terminal.run(&["plugin", "versions", "level", "--values"]).await.succeeded().stdout;
    assert!(values.contains("\"gold\" became \"zinc\""), "{values}");

    terminal.run(&["plugin", "shadow", "level", "--stop"]).await.succeeded();
    assert_eq!(shadow().await, None);
}

#[tokio::test]
async fn a_pinned_client_stays_and_its_version_cannot_be_deleted() {
    let argus = administered();
    let (terminal, desk) = (Terminal::of(&argus, ALICE), argus.application(CASE_DESK));
    let first = push(&terminal, "level", &gold(), &["--approve", "all", "--promote"]).await;
    let pin = ["client", "attach", CASE_DESK, "level", "--configuration", "{}", "--digest", &first[..10]];
    terminal.run(&pin).await.succeeded();
    until_level_is("gold", &desk, &argus).await;

    let second = push(&terminal, "level", &zinc(), &["--approve", "all", "--promote"]).await;
    let third = push(&terminal, "other", &zinc(), &["--approve", "all", "--promote"]).await;
    assert_eq!(second, third, "a version is its component");
    let entry = json!({"provider": "level", "configuration": {}});
    argus.import(&only_clients(json!([client_with_claims(&client_id(1), json!([entry]))])));
    until_level_is("zinc", &argus.application(&client_id(1)), &argus).await;
    assert_eq!(level(&desk, &argus).await, "gold");

    let listed = terminal.run(&["plugin", "versions", "level"]).await.succeeded().stdout;
    assert!(listed.contains("Case desk (#0 pinned)"), "{listed}");
    let refusal = terminal.run(&["plugin", "delete", "level", &first]).await.failed();
    assert!(refusal.contains("Case desk") || refusal.contains(CASE_DESK), "{refusal}");
    terminal.run(&["plugin", "delete", "level"]).await.failed();

    terminal.run(&["client", "detach", CASE_DESK, "level"]).await.succeeded();
    terminal.run(&["plugin", "delete", "level", &first]).await.succeeded();
    terminal.run(&["plugin", "rollback", "level"]).await.failed();
    terminal.run(&["plugin", "delete", "other"]).await.succeeded();
}

#[tokio::test]
async fn what_does_not_fit_is_refused_with_the_reason() {
    let argus = administered();
    let terminal = Terminal::of(&argus, ALICE);
    let file = terminal.file("files.wasm", guest("imports_a_file_system"));
    let refusal = terminal.run(&["plugin", "push", &file]).await.failed();
    assert!(refusal.contains("failed: component: ") && refusal.contains("wasi:filesystem/preopens"), "{refusal}");
    let text = terminal.file("text.wasm", b"no component");
    assert!(terminal.run(&["plugin", "push", &text]).await.failed().contains("is no WebAssembly component"));
    let good = terminal.file("userGroups.wasm", &gold());
    terminal.run(&["plugin", "push", &good, "--promote"]).await.failed();
    for arguments in [&["plugin", "versions", "nosuch"][..], &["plugin", "promote", "userGroups", "00000000"], &["trace", "nosuch"]] {
        terminal.run(arguments).await.failed();
    }
}

/// What a claim is and why, from the tokens' side: preview, comparison, explanation and trace.
#[tokio::test]
async fn claims_can_be_looked_at_before_and_after_they_are_issued() {
    let argus = administered();
    let (terminal, desk) = (Terminal::of(&argus, ALICE), argus.application(CASE_DESK));
    let digest = push(&terminal, "level", &gold(), &["--approve", "all", "--promote"]).await;
    let attach = ["client", "attach", CASE_DESK, "level", "--configuration", "{}"];
    let dry = terminal.run(&[&attach[..], &["--dry-run"]].concat()).await.succeeded();
    for part in ["alice\n", "+level", "with changes"] {
        assert!(dry.stdout.contains(part), "{}", dry.stdout);
    }
    assert_eq!(json_of(&terminal, &["client", "claims", CASE_DESK]).await["openIDCustomClaims"], json!([]));
    terminal.run(&attach).await.succeeded();
    until_level_is("gold", &desk, &argus).await;

    let preview = terminal.run(&["client", "preview", CASE_DESK, "--user", "bob", "--scope", "openid profile"]).await.succeeded().stdout;
    assert!(preview.contains(&format!("level {} (#0)", &digest[..12])) && preview.contains("scope profile"), "{preview}");
    let none = terminal.file("none.json", br#"{"openIDCustomClaims": []}"#);
    let diff = terminal.run(&["client", "diff", CASE_DESK, "--claims", &format!("@{none}"), "--users", "all"]).await.succeeded().stdout;
    assert!(diff.contains("-level") && diff.contains("3 of them with changes"), "{diff}");
    let explain = ["explain", "--user", "alice", "--client", CASE_DESK, "--claim", "level"];
    let explanation = terminal.run(&explain).await.succeeded().stdout;
    assert!(explanation.contains("level is in ") && explanation.contains("value: \"gold\""), "{explanation}");

    let code = desk.code(&argus.browser(), BOB, "openid").await;
    let answer = desk.redeem(&code).await.expect(200);
    let id = answer.header("x-correlation-id").to_owned();
    let (terminal, id) = (&terminal, &id);
    let trace = until("the trace is there", async || {
        let output = terminal.run(&["trace", id]).await;
        (output.code == 0).then_some(output.stdout)
    })
    .await;
    assert!(trace.contains("token.issued") && trace.contains(&format!("#0 level {}", &digest[..12])), "{trace}");
}
