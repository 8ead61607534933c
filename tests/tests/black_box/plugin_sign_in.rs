//! The command line as a client of a server: signing in by browser, staying signed in, signing out.

use std::os::unix::fs::PermissionsExt;

use argus_tests::document::{ALICE, BOB};
use argus_tests::{Installation, Terminal};
use serde_json::{Value, json};

/// A serving installation of which alice is an administrator.
pub(crate) fn administered() -> Installation {
    administered_with("")
}

/// The same with a configuration.
pub(crate) fn administered_with(configuration: &str) -> Installation {
    let argus = Installation::new(configuration);
    argus.import(&argus_tests::document::standard());
    argus.import(&json!({"users": [{"username": ALICE.username, "admin": true}]}));
    argus.serve();
    argus
}

fn tokens(terminal: &Terminal) -> Value {
    serde_json::from_slice(&std::fs::read(terminal.tokens_file()).unwrap()).unwrap()
}

/// RFC 8252: one sign-in with the browser, kept for the owner alone, and no token shown.
#[tokio::test]
async fn one_sign_in_is_enough_for_many_commands() {
    let argus = administered();
    let terminal = Terminal::of(&argus, ALICE);
    let outputs = [
        terminal.run(&["plugin", "list"]).await.succeeded(),
        terminal.run(&["plugin", "list", "--json"]).await.succeeded(),
        terminal.run(&["plugin", "versions", "userGroups"]).await.succeeded(),
    ];
    assert_eq!(terminal.sign_ins(), 1);
    assert!(outputs[0].stdout.contains("userGroups") && outputs[0].stdout.contains("built in"), "{}", outputs[0].stdout);
    let mode = std::fs::metadata(terminal.tokens_file()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let kept = &tokens(&terminal)[argus.issuer()];
    for token in ["accessToken", "refreshToken"] {
        let token = kept[token].as_str().unwrap();
        assert!(token.len() > 20);
        assert!(outputs.iter().all(|output| !output.stdout.contains(token) && !output.stderr.contains(token)));
    }
}

/// Signing out ends the session at the server, and with it the tokens that were copied.
#[tokio::test]
async fn signing_out_ends_the_session_at_the_server() {
    let argus = administered();
    let terminal = Terminal::of(&argus, ALICE);
    terminal.run(&["login"]).await.succeeded();
    let copied = tokens(&terminal)[argus.issuer()]["accessToken"].as_str().unwrap().to_owned();
    let elsewhere = Terminal::of(&argus, ALICE);
    elsewhere.run_with(&["plugin", "list"], &[("ARGUS_TOKEN", &copied)]).await.succeeded();

    let output = terminal.run(&["logout"]).await.succeeded();
    assert!(output.stderr.contains("signed out of"), "{}", output.stderr);
    assert_eq!(tokens(&terminal), json!({}));
    let refusal = elsewhere.run_with(&["plugin", "list"], &[("ARGUS_TOKEN", &copied)]).await.failed();
    assert!(refusal.contains("the access token in ARGUS_TOKEN was not accepted"), "{refusal}");
    assert!(terminal.run(&["logout"]).await.succeeded().stderr.contains("there was no sign-in"));
    assert_eq!((terminal.sign_ins(), elsewhere.sign_ins()), (1, 0));
}

/// A session that the server ended is no obstacle: the next command signs in anew.
#[tokio::test]
async fn a_dead_sign_in_is_replaced() {
    let argus = administered();
    let terminal = Terminal::of(&argus, ALICE);
    terminal.run(&["plugin", "list"]).await.succeeded();
    argus.cli(&["user", "disable", ALICE.username]).succeeded();
    argus.cli(&["user", "enable", ALICE.username]).succeeded();
    // The running server hears of it from the database, soon.
    argus_tests::until("the next command signs in", async || {
        terminal.run(&["plugin", "list"]).await.succeeded();
        (terminal.sign_ins() == 2).then_some(())
    })
    .await;
}

/// Whoever is no administrator gets in, and no further.
#[tokio::test]
async fn a_user_without_the_role_is_refused() {
    let argus = administered();
    let terminal = Terminal::of(&argus, BOB);
    let refusal = terminal.run(&["plugin", "list"]).await.failed();
    assert!(refusal.contains("administrator"), "{refusal}");
    assert_eq!(terminal.sign_ins(), 1);
}

/// Tokens that others could have read are not used.
#[tokio::test]
async fn a_file_of_tokens_open_to_others_is_refused() {
    let argus = administered();
    let terminal = Terminal::of(&argus, ALICE);
    terminal.run(&["login"]).await.succeeded();
    std::fs::set_permissions(terminal.tokens_file(), std::fs::Permissions::from_mode(0o644)).unwrap();
    let refusal = terminal.run(&["plugin", "list"]).await.failed();
    assert!(refusal.contains("set its mode to 600"), "{refusal}");
}

/// On the server's own machine nobody has to sign in, and the server may run meanwhile.
#[tokio::test]
async fn the_operator_needs_no_sign_in() {
    let argus = administered();
    let list = argus.cli(&["plugin", "list", "--json"]).succeeded().json();
    let names: Vec<_> = list.as_array().unwrap().iter().map(|provider| provider["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"userGroups") && names.contains(&"functionRoleMapping"), "{names:?}");
}

/// Who is asked for is named once, and plain HTTP stays on this machine.
#[tokio::test]
async fn the_server_is_named_by_one_url() {
    let folder = tempfile::tempdir().unwrap();
    let told = |arguments: &[&str]| argus_tests::installation::bare_cli(arguments, folder.path()).failed();
    assert!(told(&["plugin", "list", "--server", "http://id.example.com"]).contains("http://id.example.com cannot be the URL of a server"));
    assert!(told(&["plugin", "list", "--server", "https://id.example.com", "--config", "x.toml"]).contains("cannot be used with"));
    assert!(told(&["plugin", "list"]).contains("there is no installation in data_dir"));
}
