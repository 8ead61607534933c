//! Versions of claim providers over time: approvals in documents, recordings and replays, versions that fail and lose their place.

use argus_test_guests::guest;
use argus_tests::document::{ALICE, BOB, CAROL, client, client_id, only_clients};
use argus_tests::{Installation, Terminal, jwt, until};
use serde_json::{Value, json};

use crate::plugin_sign_in::administered;

/// The built-in provider that reads groups, as a file of somebody's own.
async fn reads_groups(terminal: &Terminal) -> Vec<u8> {
    let file = terminal.home().join("groups.wasm");
    let provider = terminal.run(&["plugin", "versions", "userGroups", "--json"]).await.succeeded().json();
    let digest = provider["current"].as_str().unwrap().to_owned();
    terminal.run(&["plugin", "fetch", "userGroups", &digest, "-o", file.to_str().unwrap()]).await.succeeded();
    std::fs::read(file).unwrap()
}

fn provider_document(name: &str, more: Value) -> Value {
    let mut entry = json!({"name": name, "component": "component.wasm"});
    entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({"claimProviders": [entry]})
}

/// Whoever imports a new provider approves what it reads; a later version that reads more has to be told so.
#[tokio::test]
async fn an_import_approves_a_new_provider_and_no_wider_successor() {
    let argus = administered();
    let terminal = Terminal::of(&argus, ALICE);
    let component = reads_groups(&terminal).await;
    let file = |bytes: &[u8]| [("component.wasm".to_owned(), bytes.to_vec())];
    let import = |document: &Value, bytes: &[u8]| {
        let files = file(bytes);
        let files: Vec<(String, &[u8])> = files.iter().map(|(name, bytes)| (name.clone(), &bytes[..])).collect();
        argus.try_import_with_files(document, &files)
    };
    import(&provider_document("fresh", json!({})), &component).succeeded();
    import(&provider_document("level", json!({})), guest("good")).succeeded();
    let warned = import(&provider_document("level", json!({})), &component).succeeded().stderr;
    assert!(warned.contains("warning: /claimProviders/0/component: reads groups, which was not approved"), "{warned}");
    let states = async |name: &str| {
        let provider = terminal.run(&["plugin", "versions", name, "--json"]).await.succeeded().json();
        let versions = provider["versions"].as_array().unwrap().clone();
        let mut states: Vec<String> = versions.iter().map(|version| version["state"].as_str().unwrap().to_owned()).collect();
        states.sort();
        states
    };
    assert_eq!(states("fresh").await, ["current"]);
    assert_eq!(states("level").await, ["current", "waiting"]);
    let pinned = client(
        &client_id(1),
        json!({"openIDCustomClaims": [{"provider": "level", "configuration": {"allowedGroups": []},
        "digest": argus_digest(&terminal, "fresh").await}]}),
    );
    let refusal = argus.try_import(&only_clients(json!([pinned])).to_string()).failed();
    assert!(refusal.contains("/clients/0/openIDCustomClaims/0/digest: ") && refusal.contains("waits for the approval"), "{refusal}");

    import(&provider_document("level", json!({"facts": ["groups"]})), &component).succeeded();
    assert_eq!(states("level").await, ["current", "previous"]);
    let unknown = import(&provider_document("level", json!({"facts": ["passwords"]})), &component).failed();
    assert!(unknown.contains("/claimProviders/0/facts: "), "{unknown}");
}

async fn argus_digest(terminal: &Terminal, name: &str) -> String {
    let provider = terminal.run(&["plugin", "versions", name, "--json"]).await.succeeded().json();
    provider["current"].as_str().unwrap().to_owned()
}

/// Pushes a guest under a name.
async fn push(terminal: &Terminal, name: &str, component: &[u8], options: &[&str]) {
    let file = terminal.file("pushed.wasm", component);
    terminal.run(&[&["plugin", "push", &file, "--name", name, "--approve", "all"], options].concat()).await.succeeded();
}

/// The good guest with another metal.
fn with_metal(metal: &str) -> Vec<u8> {
    let mut component = guest("good").to_vec();
    let at = component.windows(4).position(|bytes| bytes == b"gold").unwrap();
    component[at..at + 4].copy_from_slice(metal.as_bytes());
    component
}

/// What was recorded is run again: the same version gives the same, another one shows what it would have changed. Only for clients
/// that want it, and sealed.
#[tokio::test]
async fn a_recorded_issuance_is_replayed_with_another_version() {
    let argus = administered();
    let terminal = Terminal::of(&argus, ALICE);
    let (gold, zinc) = (terminal.file("gold.wasm", &with_metal("gold")), terminal.file("zinc.wasm", &with_metal("zinc")));
    push(&terminal, "level", &with_metal("gold"), &[]).await;
    let attached = json!([{"provider": "level", "configuration": {"secretly": "configured"}, "targets": ["id_token"]}]);
    argus.import(&only_clients(json!([
        client(&client_id(1), json!({"openIDCustomClaims": attached})),
        client(&client_id(2), json!({"openIDCustomClaims": attached, "recordClaimInputsSeconds": 3600})),
    ])));
    let issue = async |n: u32| {
        let application = argus.application(&client_id(n));
        let code = application.code(&argus.browser(), ALICE, "openid").await;
        application.redeem(&code).await.expect(200).header("x-correlation-id").to_owned()
    };
    let unrecorded = issue(1).await;
    let refusal = terminal.run(&["plugin", "replay", &unrecorded, "--component", &gold]).await.failed();
    assert!(refusal.contains("recordClaimInputsSeconds"), "{refusal}");

    let recorded = issue(2).await;
    let same = terminal.run(&["plugin", "replay", &recorded, "--component", &gold]).await.succeeded().stdout;
    assert!(same.contains("attachment 0 (level), id_token") && same.contains("the claims are the same"), "{same}");
    let changed = terminal.run(&["plugin", "replay", &recorded, "--component", &zinc]).await;
    assert_eq!(changed.code, 1);
    for part in ["claim `level` has another value", "before    \"gold\"", "now       \"zinc\""] {
        assert!(changed.stdout.contains(part), "{}", changed.stdout);
    }
    let trace = terminal.run(&["trace", &recorded, "--json"]).await.succeeded().json();
    assert_eq!(trace["attachments"][0]["inputRecorded"], true);
    assert!(argus.audit().iter().any(|event| event["event"] == "claim_values.read" && event["details"]["request"] == recorded.as_str()));
}

/// Row A9.3 and the failure contract over time: a version that begins to fail gives its place back, and that is on record.
#[tokio::test]
async fn a_promoted_version_that_fails_too_often_loses_its_place() {
    let argus = Installation::new("[rollout]\nmin_failures = 3\n");
    argus.import(&argus_tests::document::standard());
    let trouble = client(&client_id(1), json!({"openIDCustomClaims": [{"provider": "level", "configuration": {}, "onFailure": "omit"}]}));
    let files = [("component.wasm".to_owned(), guest("good"))];
    let mut document = provider_document("level", json!({}));
    document["clients"] = json!([trouble]);
    argus.import_with_files(&document, &files);
    argus.serve();
    let application = argus.application(&client_id(1));
    let level_of = async |person| jwt::part(&application.tokens(&argus.browser(), person, "openid").await.id, 1)["level"].clone();
    assert_eq!(level_of(ALICE).await, "gold");

    argus.import_with_files(&provider_document("level", json!({})), &[("component.wasm".to_owned(), guest("traps"))]);
    let demoted = async || argus.audit_with(&["--event", "claim_provider.demoted"]).pop();
    let failed = std::cell::Cell::new(0);
    // What one person's data does decides nothing for everybody.
    until("alice has failed often enough for three", async || {
        failed.set(failed.get() + u32::from(level_of(ALICE).await.is_null()));
        (failed.get() >= 5).then_some(())
    })
    .await;
    assert_eq!(demoted().await, None);
    let event = until("the failing version is demoted", async || {
        level_of(BOB).await;
        level_of(CAROL).await;
        demoted().await
    })
    .await;
    assert_eq!((&event["details"]["provider"], &event["details"]["place"]), (&json!("level"), &json!("current")));
    assert_eq!(event["outcome"], "failure");
    until("the version before serves", async || (level_of(ALICE).await == "gold").then_some(())).await;
}

/// A shadow version that fails is counted, harms nobody, and ends.
#[tokio::test]
async fn a_shadow_version_that_fails_too_often_ends() {
    let argus = Installation::new("[rollout]\nmin_failures = 3\n");
    argus.import(&argus_tests::document::standard());
    argus.import(&json!({"users": [{"username": "alice", "admin": true}]}));
    argus.serve();
    let terminal = Terminal::of(&argus, ALICE);
    push(&terminal, "level", guest("good"), &[]).await;
    let attached = json!([{"provider": "level", "configuration": {}}]);
    argus.import(&only_clients(json!([client(&client_id(1), json!({"openIDCustomClaims": attached}))])));
    argus.import_with_files(&provider_document("broken", json!({})), &[("component.wasm".to_owned(), guest("traps"))]);
    // The check would refuse it at an upload, so it comes by import, as another name's version first, and then as this one's.
    let broken = argus_digest(&terminal, "broken").await;
    argus.import_with_files(&provider_document("level", json!({})), &[("component.wasm".to_owned(), guest("traps"))]);
    terminal.run(&["plugin", "rollback", "level"]).await.succeeded();
    terminal.run(&["plugin", "shadow", "level", &broken]).await.succeeded();

    let application = argus.application(&client_id(1));
    let event = until("the failing shadow ends", async || {
        for person in [ALICE, BOB, CAROL] {
            let level = jwt::part(&application.tokens(&argus.browser(), person, "openid").await.id, 1)["level"].clone();
            assert_eq!(level, "gold", "the shadow is in nobody's way");
        }
        argus.audit_with(&["--event", "claim_provider.demoted"]).pop()
    })
    .await;
    assert_eq!((&event["details"]["digest"], &event["details"]["place"]), (&json!(broken), &json!("shadow")));
    let provider = terminal.run(&["plugin", "versions", "level", "--json"]).await.succeeded().json();
    assert_eq!(provider["shadow"], Value::Null);
}

/// What a provider logs is kept with its request, bounded, and is shown as text whatever is in it.
#[tokio::test]
async fn what_a_provider_logs_is_kept_with_its_request() {
    let argus = administered();
    let terminal = Terminal::of(&argus, ALICE);
    push(&terminal, "chatty", guest("floods_the_log"), &[]).await;
    let attached = json!([{"provider": "chatty", "configuration": {}, "targets": ["id_token"]}]);
    argus.import(&only_clients(json!([client(&client_id(1), json!({"openIDCustomClaims": attached}))])));
    let application = argus.application(&client_id(1));
    let code = application.code(&argus.browser(), ALICE, "openid").await;
    let request = application.redeem(&code).await.expect(200).header("x-correlation-id").to_owned();

    let trace = terminal.run(&["trace", &request, "--json"]).await.succeeded().json();
    let lines = trace["attachments"][0]["log"].as_array().unwrap().clone();
    assert!((1..=65).contains(&lines.len()), "{}", lines.len());
    assert!(lines.last().unwrap()["message"].as_str().unwrap().contains("further lines were dropped"), "{lines:?}");
    let logs = terminal.run(&["plugin", "logs", "chatty", "--json"]).await.succeeded().json();
    assert!(
        logs.as_array()
            .unwrap()
            .iter()
            .any(|log| log["correlationId"] == request.as_str() && log["lines"] == trace["attachments"][0]["log"])
    );
    assert!(terminal.run(&["plugin", "logs", "userGroups", "--json"]).await.succeeded().json().as_array().unwrap().is_empty());
}
