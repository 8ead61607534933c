//! The command line as a contract for automation.

use argus_tests::document::{ALICE, CASE_DESK};
use argus_tests::installation::bare_cli;
use argus_tests::{Installation, Jwks};
use serde_json::json;

/// A configuration is checked as the server would read it.
#[test]
fn config_check_tells_what_is_wrong() {
    let sound = Installation::new("");
    let output = sound.cli(&["config", "check"]).succeeded();
    assert!(output.stderr.contains("the configuration is sound") && output.stdout.is_empty(), "{output:?}");
    for (configuration, told) in [
        ("[tokens]\naccess_tokn_seconds = 1\n", "access_tokn_seconds"),
        ("[tokens]\nauthorization_code_seconds = 601\n", "authorization_code_seconds must be 1 to 600"),
        ("[nosuch]\nx = 1\n", "nosuch"),
        ("[http]\ntrusted_proxies = [\"0.0.0.0/0\"]\n", "trusted_proxies"),
        ("[http]\nmax_body_bytes = 1\n", "max_body_bytes"),
        ("[claims]\nbudget_ms = 0\n", "budget_ms"),
        ("this is no TOML\n", "TOML"),
    ] {
        let error = Installation::new(configuration).cli(&["config", "check"]).failed();
        assert!(error.contains(told), "{configuration}: {error}");
        Installation::new(configuration).cli(&["serve"]).failed();
    }
}

/// Doctor looks at everything and says what it found.
#[test]
fn doctor_finds_an_installation_sound_and_a_broken_one_not() {
    let argus = Installation::new("");
    argus.import(&argus_tests::document::standard());
    let output = argus.cli(&["doctor"]).succeeded();
    for part in ["configuration", "listen", "database and keys", "audit trail", "claim providers"] {
        assert!(output.stdout.contains(&format!("ok    {part}")), "{}", output.stdout);
    }
    std::fs::write(argus.data().join("key-encryption-key"), "short").unwrap();
    let output = argus.cli(&["doctor"]);
    assert_ne!(output.code, 0);
    assert!(output.stdout.contains("FAIL  database and keys"), "{}", output.stdout);
}

/// A mistyped folder shows no empty installation, and a lost key is not replaced in silence.
#[test]
fn only_serving_and_importing_make_an_installation() {
    let argus = Installation::new("");
    for arguments in [&["audit", "verify"][..], &["export"], &["keys", "rotate"], &["user", "disable", "alice"]] {
        let error = argus.cli(arguments).failed();
        assert!(error.contains("there is no installation in data_dir"), "{error}");
    }
    assert!(!argus.data().exists());
    argus.import(&argus_tests::document::standard());
    argus.cli(&["audit", "verify"]).succeeded();
    std::fs::remove_file(argus.data().join("key-encryption-key")).unwrap();
    argus.cli(&["audit", "verify"]).failed();
    let error = argus.cli(&["migrate"]).failed();
    assert!(error.contains("no key-encryption-key that opens them"), "{error}");
}

/// A5.1: what was deleted can be registered again; its revisions go on.
#[test]
fn a_deleted_client_can_be_imported_again() {
    let argus = Installation::new("");
    argus.import(&argus_tests::document::standard());
    argus.cli(&["client", "delete", CASE_DESK]).succeeded();
    argus.import(&argus_tests::document::standard());
    assert!(argus.cli(&["export"]).succeeded().stdout.contains(CASE_DESK));
}

/// A11.3: the chain is verified from the command line; see the audit scenario for tampering.
#[test]
fn audit_list_is_filtered_as_asked() {
    let argus = Installation::new("");
    argus.import(&argus_tests::document::standard());
    let all = argus.audit();
    assert!(all.windows(2).all(|pair| pair[0]["sequence"].as_u64().unwrap() + 1 == pair[1]["sequence"].as_u64().unwrap()));
    let created = argus.audit_with(&["--event", "client.created"]);
    // The command line, which the program registers itself, and those of the document.
    assert_eq!(created.len(), 1 + 4);
    assert_eq!(argus.audit_with(&["--event", "client.created", "--client", CASE_DESK]).len(), 1);
    assert_eq!(argus.audit_with(&["--limit", "3"]), all[..3]);
    assert!(argus.audit_with(&["--since", "99999999999"]).is_empty());
    let error = argus.cli(&["audit", "list", "--event", "nosuch"]).failed();
    assert!(error.contains("no event is named nosuch") && error.contains("token.issued"), "{error}");
}

/// What does not exist is an error, and changes nothing.
#[test]
fn commands_about_what_does_not_exist_fail() {
    let argus = Installation::new("");
    argus.cli(&["migrate"]).succeeded();
    for arguments in [
        &["user", "disable", "nobody"][..],
        &["client", "rotate-secret", CASE_DESK],
        &["client", "delete", CASE_DESK],
        &["client", "delete", "no id"],
        &["nosuch"],
    ] {
        assert!(!argus.cli(arguments).failed().is_empty(), "{arguments:?}");
    }
    let folder = tempfile::tempdir().unwrap();
    assert!(bare_cli(&["config", "check", "--config", "missing.toml"], folder.path()).failed().contains("missing.toml"));
}

/// An online copy is a whole installation.
#[tokio::test]
async fn a_backup_can_be_served() {
    let argus = Installation::standard_in_a_file();
    let tokens = argus.application(CASE_DESK).tokens(&argus.browser(), ALICE, "openid").await;
    let copy = argus.data().join("copy.db");
    argus.cli(&["backup", copy.to_str().unwrap()]).succeeded();
    argus.cli(&["backup", copy.to_str().unwrap()]).failed();
    argus.stop();
    for name in ["argus.db", "argus.db-wal", "argus.db-shm"] {
        let _ = std::fs::remove_file(argus.data().join(name));
    }
    std::fs::rename(copy, argus.data().join("argus.db")).unwrap();
    argus.serve();
    let _ = argus.application(CASE_DESK).refresh(&tokens.refresh).await.expect(200);
    Jwks::fetch(&argus.http()).await.verify(&tokens.id);
    argus.cli(&["audit", "verify"]).succeeded();
}

/// An orderly stop is a success, and loses nothing.
#[tokio::test]
async fn the_server_stops_when_told_to() {
    let argus = Installation::standard();
    let tokens = argus.application(CASE_DESK).tokens(&argus.browser(), ALICE, "openid").await;
    assert_eq!(argus.stop(), 0);
    argus.serve();
    let _ = argus.application(CASE_DESK).refresh(&tokens.refresh).await.expect(200);
}

/// The demonstration signs in by itself and ends.
#[test]
fn the_demonstration_prints_the_verified_token() {
    let folder = tempfile::tempdir().unwrap();
    let output = bare_cli(&["demo", "--once"], folder.path()).succeeded();
    let start = output.stdout.find('{').unwrap();
    let mut values = serde_json::Deserializer::from_str(&output.stdout[start..]).into_iter::<serde_json::Value>();
    let token = values.next().unwrap().unwrap();
    assert_eq!((&token["groups"], &token["TheCustomClaimName"]), (&json!(["group1"]), &json!(["customRole1", "customRole2"])));
    for origin in ["groups: from userGroups (sha256 ", "TheCustomClaimName: from functionRoleMapping (sha256 "] {
        assert!(output.stdout.contains(origin), "{}", output.stdout);
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
}

/// Metrics and health are on a listener of their own.
#[tokio::test]
async fn the_operations_listener_answers_and_the_public_one_does_not() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let argus = Installation::standard_with(&format!("[operations]\nlisten = \"127.0.0.1:{port}\"\n"));
    argus.application(CASE_DESK).tokens(&argus.browser(), ALICE, "openid").await;
    let operations = argus_tests::Http::new(argus.issuer(), &format!("http://127.0.0.1:{port}"));
    for path in ["/healthz", "/readyz"] {
        let _ = operations.get(path).await.expect(200);
    }
    let metrics = operations.get("/metrics").await.expect(200);
    assert!(metrics.text.contains("argus_tokens_issued_total{grant_type=\"authorization_code\"} 1"), "{}", metrics.text);
    for path in ["/metrics", "/healthz", "/readyz"] {
        let _ = argus.http().get(path).await.expect(404);
    }
}

/// A link for a user who forgot the password, made where the server runs.
#[tokio::test]
async fn a_reset_link_is_made_by_command_line() {
    let argus = Installation::standard();
    let made = argus.cli(&["user", "reset-link", "alice"]).succeeded();
    let url = made.stdout.trim();
    assert!(url.contains("/welcome/"), "{url}");
    let _ = argus.http().get(url).await.expect(200);
    assert!(argus.cli(&["user", "reset-link", "nobody"]).failed().contains("no user is named nobody"));
}
