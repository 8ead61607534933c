//! A9: claim providers as an extension point: run at each issuance, sandboxed, each failure kept to its attachment.

use std::collections::HashMap;

use argus_test_guests::{GUESTS, guest};
use argus_tests::document::{ALICE, CASE_DESK, client_id, client_with_claims, directory, only_clients};
use argus_tests::{Application, Installation, Jwks, Tokens, jwt, until};
use serde_json::{Value, json};

use crate::support::{ID_TOKEN_CLAIMS, beyond_protocol, serving};

/// Guests that do not load, with words of the reason.
const DO_NOT_LOAD: &[(&str, &str)] = &[
    ("imports_a_file_system", "wasi:filesystem/preopens"),
    ("imports_a_socket", "wasi:sockets/tcp-create-socket"),
    ("imports_a_clock", "wasi:clocks/monotonic-clock"),
    ("spins_at_start", ""),
    ("starts_with_too_much_memory", "memory"),
    ("has_a_circular_schema", "schema"),
    ("was_built_for_another_version", "argus:claims/"),
    ("has_another_type", ""),
    ("is_of_another_world", "argus:claims/claim-provider"),
    ("is_not_valid", "type mismatch"),
    ("has_many_instances", "instances"),
    ("has_many_memories", "memories"),
    ("has_a_huge_table", "table"),
    ("is_a_compile_bomb", ""),
];
/// Guests that load, and fail when a configuration is checked; the last two refuse this one.
const DO_NOT_VALIDATE: &[&str] = &[
    "spins_in_realloc",
    "spins_while_validating",
    "reallocates_outside_its_memory",
    "plans_a_reserved_claim",
    "traps_on_long_configurations",
    "wants_what_cannot_be_guessed",
];
/// Guests that can be attached, and fail at each issuance.
const FAIL: &[&str] = &[
    "spins",
    "recurses",
    "allocates",
    "allocates_at_once",
    "traps",
    "answers_outside_its_memory",
    "answers_what_is_no_text",
    "floods_output",
    "aliases_one_string",
    "returns_many_claims",
    "sets_a_reserved_claim",
    "sets_a_claim_outside_its_plan",
    "sets_a_claim_twice",
    "returns_bad_json",
    "returns_deep_json",
    "refuses",
    "blames_itself",
    "no_longer_accepts",
];
/// Guests that give a claim, whatever else they try; no user here is in so many groups that it would matter.
const WORK: &[&str] = &["good", "floods_the_log", "keeps_state", "is_slow_for_large_users", "breaks_for_large_users"];
/// Guests that import what language toolchains import unasked, and find nothing behind it; their claim is a number.
const FIND_NOTHING: &[&str] = &["asks_wasi", "asks_wasi_preview_1"];

/// A document with these guests as claim providers, and its files.
fn providers(guests: &[&str]) -> (Value, Vec<(String, &'static [u8])>) {
    let entries: Vec<_> = guests.iter().map(|name| json!({"name": name, "component": format!("{name}.wasm")})).collect();
    (json!({"claimProviders": entries}), guests.iter().map(|name| (format!("{name}.wasm"), guest(name))).collect())
}

fn attached(provider: &str, on_failure: &str) -> Value {
    json!([{"provider": provider, "configuration": {}, "onFailure": on_failure}])
}

/// A9.3: no guest goes untested.
#[test]
fn every_guest_has_its_place_here() {
    let known: Vec<_> = DO_NOT_LOAD.iter().map(|(name, _)| *name).chain([DO_NOT_VALIDATE, FAIL, WORK, FIND_NOTHING].concat()).collect();
    for (name, _) in GUESTS {
        assert!(known.contains(name), "{name}");
    }
    assert_eq!(known.len(), GUESTS.len());
}

/// A9.3: refused at upload, by name, with everything else in the document.
#[test]
fn components_that_do_not_fit_are_refused_at_upload() {
    let argus = Installation::new("[claims]\ncompile_timeout_ms = 3000\n");
    let names: Vec<_> = DO_NOT_LOAD.iter().map(|(name, _)| *name).collect();
    let (mut document, files) = providers(&names);
    document["groups"] = json!([{"shortname": "group1", "name": "Group one"}]);
    let refusal = argus.try_import_with_files(&document, &files).failed();
    for (i, (name, reason)) in DO_NOT_LOAD.iter().enumerate() {
        let pointer = format!("/claimProviders/{i}/component: ");
        let line = refusal.lines().find(|line| line.starts_with(&pointer)).unwrap_or_else(|| panic!("{name}: {refusal}"));
        assert!(line.contains(reason), "{name}: {line}");
    }
    let export = argus.cli(&["export"]).succeeded().json();
    assert_eq!(export, json!({}), "nothing was applied");
}

/// A9.3: refused when it is attached, with the pointer of the configuration.
#[test]
fn providers_that_fail_while_checking_cannot_be_attached() {
    let argus = Installation::new("");
    let (mut document, files) = providers(DO_NOT_VALIDATE);
    let clients = DO_NOT_VALIDATE.iter().zip(1..).map(|(name, n)| client_with_claims(&client_id(n), attached(name, "omit")));
    document["resources"] = directory()["resources"].clone();
    document["clients"] = clients.collect();
    let refusal = argus.try_import_with_files(&document, &files).failed();
    for (i, name) in DO_NOT_VALIDATE.iter().enumerate() {
        let pointer = format!("/clients/{i}/openIDCustomClaims/0/configuration");
        assert!(refusal.lines().any(|line| line.starts_with(&pointer)), "{name}: {refusal}");
    }
    assert!(!argus.cli(&["export"]).succeeded().stdout.contains("clientId"), "nothing was applied");
}

/// A9.3, A9.5: each ends in what its attachment says, and the server goes on serving.
#[tokio::test]
async fn a_provider_that_misbehaves_harms_nobody_else() {
    let argus = Installation::standard();
    let all = [FAIL, WORK, FIND_NOTHING].concat();
    let (mut document, files) = providers(&all);
    let failing: HashMap<&str, String> = FAIL.iter().copied().zip((100..).map(client_id)).collect();
    let omitting: HashMap<&str, String> = all.iter().copied().zip((200..).map(client_id)).collect();
    let clients = failing.iter().map(|(name, id)| client_with_claims(id, attached(name, "fail")));
    let clients = clients.chain(omitting.iter().map(|(name, id)| client_with_claims(id, attached(name, "omit"))));
    document["clients"] = clients.collect();
    argus.import_with_files(&document, &files);

    let browser = argus.browser();
    let _ = browser.sign_in(ALICE).await.expect(303);
    let jwks = Jwks::fetch(&argus.http()).await;
    let mut refused = Vec::new();
    let mut omitted = Vec::new();
    for name in FAIL {
        let application = argus.application(&failing[name]);
        let answer = application.redeem(&application.code(&browser, ALICE, "openid").await).await.expect(500);
        let correlation_id = answer.header("x-correlation-id").to_owned();
        let body = answer.json();
        assert_eq!(body["error"], "server_error", "{name}");
        assert!(body["error_description"].as_str().unwrap().contains(&correlation_id), "{body}");
        assert!(!body.to_string().contains(name), "the cause is for operators: {body}");
        refused.push((*name, correlation_id));

        let application = argus.application(&omitting[name]);
        let tokens = application.tokens(&browser, ALICE, "openid email").await;
        let claims = beyond_protocol(&jwks, &tokens.id, ID_TOKEN_CLAIMS);
        assert_eq!(claims, json!({"email": "alice@example.com", "email_verified": true}), "{name}");
        let userinfo = application.userinfo(&tokens.access).await.expect(200).json();
        assert_eq!(userinfo.get("level"), None, "{name}");
        omitted.push((*name, jwt::part(&tokens.access, 1)["jti"].clone()));
        // The server goes on serving.
        argus.application(CASE_DESK).tokens(&browser, ALICE, "openid").await;
    }
    for (name, level) in WORK.iter().zip([json!("gold"), json!("gold"), json!(2), json!("gold"), json!("gold")]) {
        let application = argus.application(&omitting[name]);
        for _ in 0..3 {
            // `keeps_state` counts its calls: nothing stays from one to the next.
            let tokens = application.tokens(&browser, ALICE, "openid").await;
            assert_eq!(beyond_protocol(&jwks, &tokens.id, ID_TOKEN_CLAIMS), json!({"level": level}), "{name}");
        }
    }
    for name in FIND_NOTHING {
        let application = argus.application(&omitting[name]);
        let level = async || {
            let tokens = application.tokens(&browser, ALICE, "openid").await;
            beyond_protocol(&jwks, &tokens.id, ID_TOKEN_CLAIMS)["level"].clone()
        };
        assert_eq!(level().await, level().await, "no clock, no environment, no randomness: {name}");
    }

    let trail = argus.audit();
    for (name, correlation_id) in refused {
        let events: Vec<_> = trail.iter().filter(|event| event["correlationId"] == correlation_id.as_str()).collect();
        let failed = events.iter().find(|event| event["event"] == "claim_provider.failed").unwrap_or_else(|| panic!("{name}: {events:?}"));
        assert_eq!((&failed["details"]["provider"], &failed["outcome"]), (&json!(name), &json!("failure")));
        assert!(failed["details"]["digest"].as_str().is_some_and(|digest| digest.len() >= 64), "{failed}");
        assert!(!events.iter().any(|event| event["event"] == "token.issued"));
    }
    for (name, jti) in omitted {
        let issued = trail.iter().find(|event| event["details"]["jti"] == jti).unwrap();
        let run = &issued["details"]["claimProviders"][0];
        assert_eq!(run["provider"], name);
        assert!(run["omitted"].as_str().is_some_and(|reason| !reason.is_empty()), "{run}");
    }
}

/// A9.3: while providers use up their time, others get their answers.
#[tokio::test]
async fn endless_loops_leave_others_their_turn() {
    let argus = Installation::standard();
    let (mut document, files) = providers(&["spins", "good"]);
    let (spins, good) = (client_id(1), client_id(2));
    document["clients"] =
        json!([client_with_claims(&spins, attached("spins", "omit")), client_with_claims(&good, attached("good", "fail"))]);
    argus.import_with_files(&document, &files);
    let browser = argus.browser();
    let _ = browser.sign_in(ALICE).await.expect(303);
    let run = async |id: &str| {
        let application: Application = argus.application(id);
        for _ in 0..5 {
            application.tokens(&browser, ALICE, "openid").await;
        }
    };
    tokio::join!(run(&spins), run(&spins), run(&spins), run(&spins), run(&good), run(&good));
}

/// A9.1, A7.1: at each issuance, from what the directory says then.
#[tokio::test]
async fn claims_are_computed_anew_at_each_issuance() {
    let id = client_id(1);
    let argus = serving(json!([client_with_claims(
        &id,
        json!([{"provider": "userGroups", "configuration": {"allowedGroups": ["group1", "group2"]}}])
    )]));
    let application = argus.application(&id);
    let first = application.tokens(&argus.browser(), ALICE, "openid").await;
    assert_eq!(jwt::part(&first.id, 1)["groups"], json!(["group1"]));
    argus.import(&json!({"users": [{"username": "alice", "groups": ["group2"]}]}));
    let (asking, token) = (&application, &first.access);
    until("UserInfo says so", async || {
        let groups = asking.userinfo(token).await.expect(200).json()["groups"].clone();
        (groups == json!(["group2"])).then_some(())
    })
    .await;
    let second = Tokens::of(&application.refresh(&first.refresh).await);
    assert_eq!(jwt::part(&second.id, 1)["groups"], json!(["group2"]));

    // One run for each issuance, with where it came from.
    for (event, tokens) in [("token.issued", &first), ("token.refreshed", &second)] {
        let jti = jwt::part(&tokens.access, 1)["jti"].clone();
        let events = argus.audit_with(&["--event", event]);
        let runs = &events.iter().find(|event| event["details"]["jti"] == jti).unwrap()["details"]["claimProviders"];
        assert_eq!(runs.as_array().unwrap().len(), 1, "{runs}");
        let run = &runs[0];
        assert_eq!((&run["provider"], &run["target"], &run["claims"]), (&json!("userGroups"), &json!("id_token"), &json!(["groups"])));
        assert!(run["digest"].as_str().is_some_and(|digest| digest.len() >= 64) && run["durationUs"].is_u64() && run["revision"].is_u64());
    }
}

/// A9.1, A9.5: only the targets an attachment names.
#[tokio::test]
async fn claims_go_where_the_attachment_says() {
    let attachment = |targets: Value| {
        let mut attachment = json!([{"provider": "userGroups", "configuration": {"allowedGroups": ["group1"]}}]);
        if !targets.is_null() {
            attachment[0]["targets"] = targets;
        }
        attachment
    };
    let cases = [
        (Value::Null, [true, true, false]),
        (json!(["id_token"]), [true, false, false]),
        (json!(["userinfo"]), [false, true, false]),
        (json!(["access_token"]), [false, false, true]),
        (json!(["id_token", "userinfo", "access_token"]), [true, true, true]),
    ];
    let clients: Vec<_> =
        (1..).zip(&cases).map(|(n, (targets, _))| client_with_claims(&client_id(n), attachment(targets.clone()))).collect();
    let argus = serving(json!(clients));
    let browser = argus.browser();
    for (n, (targets, expected)) in (1..).zip(&cases) {
        let application = argus.application(&client_id(n));
        let tokens = application.tokens(&browser, ALICE, "openid").await;
        let userinfo = application.userinfo(&tokens.access).await.expect(200).json();
        let found = [&jwt::part(&tokens.id, 1), &userinfo, &jwt::part(&tokens.access, 1)].map(|claims| claims.get("groups").is_some());
        assert_eq!(found, *expected, "{targets}");
    }
    let none = only_clients(json!([client_with_claims(&client_id(9), attachment(json!([])))]));
    assert!(argus.try_import(&none.to_string()).failed().contains("/clients/0/openIDCustomClaims/0/targets: "));
}

/// A9.5, A11.3: a new version has to accept what is stored; a built-in name is not for the taking.
#[test]
fn a_new_version_is_checked_against_what_is_attached() {
    let argus = Installation::new("");
    let (mut document, files) = providers(&["good"]);
    document["claimProviders"][0]["name"] = "level".into();
    document["resources"] = directory()["resources"].clone();
    document["clients"] = json!([client_with_claims(&client_id(1), attached("level", "fail"))]);
    argus.import_with_files(&document, &files);

    let (mut next, files) = providers(&["spins_while_validating"]);
    next["claimProviders"][0]["name"] = "level".into();
    let refusal = argus.try_import_with_files(&next, &files).failed();
    let expected = format!("/claimProviders/0/component: refuses the configuration stored for client {}", client_id(1));
    assert!(refusal.contains(&expected), "{refusal}");

    let (mut taken, files) = providers(&["good"]);
    taken["claimProviders"][0]["name"] = "userGroups".into();
    assert!(argus.try_import_with_files(&taken, &files).failed().contains("/claimProviders/0/name: is the name of a built-in"));
    let missing = json!({"claimProviders": [{"name": "level", "component": "nosuch.wasm"}]});
    assert!(argus.try_import_with_files(&missing, &[]).failed().contains("/claimProviders/0/component: cannot read nosuch.wasm"));
    let uploaded = argus.audit_with(&["--event", "claim_provider.uploaded"]);
    assert!(uploaded.iter().any(|event| event["details"]["provider"] == "level"));
}
