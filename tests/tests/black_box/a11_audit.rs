//! A11.3: everything that matters is on record, in a chain that shows tampering, without any secret.

use std::collections::HashSet;
use std::path::Path;
use std::process::Command;

use argus_test_guests::guest;
use argus_tests::document::{ALICE, BOB, CAROL, CASE_DESK, CASES_API, DOCUMENTS, client_id, client_with_claims, only_clients};
use argus_tests::redact::is_uuid;
use argus_tests::{Application, Browser, Code, Database, Installation, Landing, Tokens, until};
use serde_json::{Value, json};

/// Everything that may stand nowhere: each value issued or typed, with a name to tell it by.
#[derive(Default)]
struct Secrets(Vec<(&'static str, String)>);

impl Secrets {
    fn add(&mut self, what: &'static str, value: &str) {
        assert!(value.len() >= 20, "{what}");
        self.0.push((what, value.to_owned()));
        // What is left of a token without its last part is no secret; the signature alone is.
        if let Some((_, signature)) = value.rsplit_once('.').filter(|(_, signature)| signature.len() >= 43) {
            self.0.push((what, signature.to_owned()));
        }
    }

    fn tokens(&mut self, tokens: &Tokens) {
        self.add("access token", &tokens.access);
        for (what, token) in [("refresh token", &tokens.refresh), ("ID token", &tokens.id)] {
            if !token.is_empty() {
                self.add(what, token);
            }
        }
    }

    fn assert_not_in(&self, place: &str, bytes: &[u8]) {
        for (what, secret) in &self.0 {
            assert!(!contains(bytes, secret.as_bytes()), "a {what} is in {place}: {secret}");
        }
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    let first = part[0];
    let mut from = 0;
    while let Some(at) = bytes[from..].iter().position(|byte| *byte == first) {
        if bytes[from + at..].starts_with(part) {
            return true;
        }
        from += at + 1;
    }
    false
}

/// Some forty actions, one after the other; returns what must be found nowhere.
async fn scenario(argus: &Installation) -> Secrets {
    let mut secrets = Secrets::default();
    for person in [ALICE, BOB, CAROL] {
        secrets.add("password", person.password);
    }
    let (desk, api, documents) = (argus.application(CASE_DESK), argus.application(CASES_API), argus.application(DOCUMENTS));
    for application in [&desk, &api, &documents] {
        secrets.add("client secret", application.secret.as_ref().unwrap());
    }
    let browser = argus.browser();
    // Sign-ins that fail, and one that does not.
    for (username, password) in [("alice", "a password that is wrong"), ("nobody", "another that is wrong")] {
        let page = browser.open("/login").await.expect(200);
        let mut fields = Browser::fields(&page);
        fields.retain(|(name, _)| name == "csrf");
        fields.extend([("username".to_owned(), username.to_owned()), ("password".to_owned(), password.to_owned())]);
        secrets.add("wrong password", password);
        let _ = browser.post("/login", &fields).await.expect(401);
    }
    let signed_in = browser.sign_in(ALICE).await.expect(303);
    secrets.add("session cookie", signed_in.header("set-cookie").split(['=', ';']).nth(1).unwrap());
    // Consent, refused and given.
    let request = documents.request("openid email");
    assert_eq!(browser.that_denies().visit(&request.path(), None).await.error(), "access_denied");
    let code = documents.code(&browser, ALICE, "openid email").await;
    secrets.add("code", &code.code);
    let first = Tokens::of(&documents.redeem(&code).await);
    // Used again: revoked.
    assert_eq!(documents.redeem(&code).await.error(400), "invalid_grant");
    secrets.tokens(&first);
    // Issued, refreshed, reused.
    let issued = desk.tokens(&browser, ALICE, "openid profile groups").await;
    let second = Tokens::of(&desk.refresh(&issued.refresh).await);
    let third = Tokens::of(&desk.refresh(&second.refresh).await);
    assert_eq!(desk.refresh(&issued.refresh).await.error(400), "invalid_grant");
    for tokens in [&issued, &second, &third] {
        secrets.tokens(tokens);
    }
    // Revoked: an access token, a refresh token.
    let revoked = desk.tokens(&browser, ALICE, "openid").await;
    let _ = desk.revoke(&revoked.access).await.expect(200);
    let _ = desk.revoke(&revoked.refresh).await.expect(200);
    secrets.tokens(&revoked);
    // Refused at the token endpoint, in several ways.
    let wrong = Application { secret: Some("not the secret of this client".into()), ..desk.clone() };
    secrets.add("wrong secret", wrong.secret.as_ref().unwrap());
    assert_eq!(wrong.client_credentials("cases:read").await.error(401), "invalid_client");
    let guessed = desk.code(&browser, ALICE, "openid").await;
    secrets.add("code", &guessed.code);
    secrets.add("verifier", guessed.verifier.as_ref().unwrap());
    assert_eq!(desk.redeem(&Code { verifier: Some("w".repeat(50)), ..guessed }).await.error(400), "invalid_grant");
    secrets.tokens(&Tokens::of(&api.client_credentials("cases:read").await));
    // A provider that fails.
    let application = argus.application(&client_id(1));
    let code = application.code(&browser, ALICE, "openid").await;
    let _ = application.redeem(&code).await.expect(500);
    secrets.add("code", &code.code);
    // Changes from the command line.
    let rotated = argus.cli(&["client", "rotate-secret", CASES_API]).succeeded().json();
    secrets.add("client secret", rotated["clients"][0]["secret"].as_str().unwrap());
    argus.cli(&["keys", "rotate"]).succeeded();
    argus.cli(&["keys", "rotate", "--now"]).succeeded();
    argus.import(&json!({
        "groups": [{"shortname": "group9", "name": "Group nine"}],
        "users": [{"username": "bob", "name": "Bob Changed", "password": "the new password of bob"}],
        "clients": [{"clientId": DOCUMENTS, "name": "Documents, renamed"}],
    }));
    secrets.add("password", "the new password of bob");
    argus.cli(&["user", "disable", "carol"]).succeeded();
    argus.cli(&["client", "delete", &client_id(1)]).succeeded();
    // Signed out.
    let page = browser.open("/oauth2/end_session").await.expect(200);
    let _ = browser.confirm(&page).await.expect(200);
    secrets
}

/// An installation with a provider that fails, and the log as talkative as our own code can be.
fn installation() -> Installation {
    let argus = Installation::on(&Database::Sqlite, "[telemetry]\nfilter = \"trace\"\n");
    argus.import(&argus_tests::document::standard());
    let mut document = only_clients(json!([client_with_claims(&client_id(1), json!([{"provider": "traps", "configuration": {}}]))]));
    document["claimProviders"] = json!([{"name": "traps", "component": "traps.wasm"}]);
    argus.import_with_files(&document, &[("traps.wasm".to_owned(), guest("traps"))]);
    argus.serve();
    argus
}

/// A11.3, A5.3, A7.2
#[tokio::test]
async fn everything_is_on_record_and_no_secret_is_anywhere() {
    let argus = installation();
    let secrets = scenario(&argus).await;
    let trail = argus.audit();
    let found: HashSet<&str> = trail.iter().map(|event| event["event"].as_str().unwrap()).collect();
    for kind in [
        "sign_in.succeeded",
        "sign_in.failed",
        "session.ended",
        "consent.granted",
        "consent.denied",
        "token.issued",
        "token.refreshed",
        "token.refused",
        "token.revoked",
        "code.reused",
        "refresh_token.reused",
        "client.authentication_failed",
        "client.created",
        "client.changed",
        "client.deleted",
        "client.secret_rotated",
        "claim_provider.uploaded",
        "claim_provider.attached",
        "claim_provider.failed",
        "key.created",
        "key.activated",
        "user.created",
        "user.changed",
        "user.disabled",
        "directory.changed",
        "document.imported",
    ] {
        assert!(found.contains(kind), "{kind} is missing among {found:?}");
    }
    let count = |kind: &str| trail.iter().filter(|event| event["event"] == kind).count();
    assert_eq!((count("sign_in.failed"), count("sign_in.succeeded"), count("session.ended")), (2, 1, 1));
    assert_eq!((count("consent.granted"), count("consent.denied")), (1, 1));
    assert_eq!((count("token.issued"), count("token.refreshed"), count("token.revoked")), (4, 2, 2));
    assert_eq!((count("code.reused"), count("refresh_token.reused"), count("claim_provider.failed")), (1, 1, 1));
    for event in &trail {
        is_whole(event);
    }
    let changed = trail.iter().find(|event| event["event"] == "client.changed").unwrap();
    assert_eq!(changed["details"]["changes"], json!({"name": {"from": "Document repository", "to": "Documents, renamed"}}));

    argus.cli(&["audit", "verify"]).succeeded();
    secrets.assert_not_in("the audit trail", argus.cli(&["audit", "list"]).succeeded().stdout.as_bytes());
    secrets.assert_not_in("the export", argus.cli(&["export"]).succeeded().stdout.as_bytes());
    secrets.assert_not_in("the log", argus.log().as_bytes());
    assert!(argus.log().contains("token request refused"), "the log has something to look at: {}", argus.log());
    for file in ["argus.db", "argus.db-wal"] {
        let bytes = std::fs::read(argus.data().join(file)).unwrap_or_default();
        secrets.assert_not_in(file, &bytes);
    }
    assert!(contains(&std::fs::read(argus.data().join("argus.db")).unwrap(), b"alice@example.com"), "the file is in clear");
    argus.stop();
    secrets.assert_not_in("the database after the stop", &std::fs::read(argus.data().join("argus.db")).unwrap());
}

/// Who, when, what, with what outcome, tied to its request.
#[track_caller]
fn is_whole(event: &Value) {
    let text = |name: &str| event[name].as_str().unwrap_or_default();
    assert!(event["at"].is_u64() && event["sequence"].is_u64() && !text("hash").is_empty() && !text("node").is_empty(), "{event}");
    assert!(["success", "failure"].contains(&text("outcome")), "{event}");
    assert!(is_uuid(text("correlationId")), "{event}");
    let actor = text("actor");
    assert!(["cli", "system", "anonymous"].contains(&actor) || actor.starts_with("user:") || actor.starts_with("client:"), "{event}");
    let over_the_network = ["sign_in.", "session.", "consent.", "token.", "code.", "refresh_token."];
    if over_the_network.iter().any(|prefix| text("event").starts_with(prefix)) {
        assert_eq!(text("address"), "127.0.0.1", "{event}");
    }
    if text("outcome") == "failure" {
        assert!(event["details"]["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{event}");
    }
}

/// A11.3: whoever changes, removes or inserts a record in the file is found out.
#[tokio::test]
async fn tampering_with_the_trail_is_found() {
    let argus = Installation::standard_in_a_file();
    argus.application(CASE_DESK).tokens(&argus.browser(), ALICE, "openid").await;
    argus.stop();
    let database = argus.data().join("argus.db");
    let original = std::fs::read(&database).unwrap();
    let verified = argus.cli(&["audit", "verify"]).succeeded();
    assert!(verified.stderr.contains("chain whole"), "{verified:?}");
    let bytes = std::fs::read(&database).unwrap_or(original);
    // The name of a kind of event, changed in place: as long as before, so the file stays sound.
    let at = position(&bytes, b"\"sign_in.succeeded\"").unwrap();
    let mut altered = bytes.clone();
    altered[at + 1..at + 8].copy_from_slice(b"sign_up");
    std::fs::write(&database, altered).unwrap();
    for name in ["argus.db-wal", "argus.db-shm"] {
        let _ = std::fs::remove_file(argus.data().join(name));
    }
    let error = argus.cli(&["audit", "verify"]).failed();
    assert!(error.contains("was altered"), "{error}");
    std::fs::write(&database, bytes).unwrap();
    argus.cli(&["audit", "verify"]).succeeded();
}

fn position(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

/// A11.3: the same on PostgreSQL, where a record can be removed with one statement.
#[tokio::test]
async fn a_removed_record_is_found() {
    let Some(url) = argus_test_postgres::database() else { return };
    let argus = Installation::on(&argus_tests::Database::Postgres(url.clone()), "");
    argus.import(&argus_tests::document::standard());
    argus.cli(&["audit", "verify"]).succeeded();
    for (statement, told) in [
        ("DELETE FROM audit_events WHERE sequence = 3", "event 3 is missing"),
        ("DELETE FROM audit_events WHERE sequence = (SELECT MAX(sequence) FROM audit_events)", ""),
    ] {
        let output = psql(&url, statement);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let error = argus.cli(&["audit", "verify"]).failed();
        assert!(error.contains(told), "{error}");
    }
}

fn psql(url: &str, statement: &str) -> std::process::Output {
    Command::new("psql").args(["--no-psqlrc", "--dbname", url, "--command", statement]).current_dir(Path::new("/")).output().unwrap()
}

/// A11.3: a request that is refused before any token is asked for is on record as well.
#[tokio::test]
async fn a_refused_authorization_request_is_on_record() {
    let argus = Installation::standard();
    let desk = argus.application(CASE_DESK);
    let landing = argus.browser().visit(&desk.request("openid").without_challenge().path(), None).await;
    assert!(matches!(landing, Landing::Redirect(_)));
    let _ = argus.browser().open(&desk.request("openid").set("redirect_uri", "https://evil.example/").path()).await.expect(400);
    let installation = &argus;
    let refused = until("the refusals are on record", async || {
        let refused = installation.audit_with(&["--event", "authorization.refused"]);
        (refused.len() >= 2).then_some(refused)
    })
    .await;
    assert!(refused.iter().all(|event| event["outcome"] == "failure" && event["clientId"] == CASE_DESK), "{refused:?}");
}
