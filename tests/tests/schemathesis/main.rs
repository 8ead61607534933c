//! The administration API under requests that Schemathesis makes of its OpenAPI document: no failure of the server, and no answer that the
//! document does not tell.
//!
//! Needs Schemathesis, which `cargo xtask test` gets from PyPI; it runs this apart from the other tests.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::process::Command;

use argus_tests::Installation;
use argus_tests::document::{self, ALICE, ANALYST_TOOL, CASE_DESK, DOCUMENTS};
use serde_json::{Value, json};

/// Tells where Schemathesis is.
const SCHEMATHESIS: &str = "ARGUS_TEST_SCHEMATHESIS";

/// All checks but two: what is right by its shape may still be wrong (`positive_data_acceptance`), and a resource may well be gone by the
/// time that a chain of requests comes to it (`ensure_resource_availability`).
const LEFT_OUT: &str = "positive_data_acceptance,ensure_resource_availability";

/// What only a user reaches: clients of the user's own.
const OF_USERS: &str = "Clients of users";

#[tokio::test]
async fn no_request_brings_an_answer_that_is_not_told() {
    let argus = Installation::new("");
    let mut document = document::standard();
    let scopes = scopes();
    let robot = document::client_id(99);
    document["clients"].as_array_mut().unwrap().push(json!({
        "clientId": robot, "name": "Robot", "type": "confidential", "grantTypes": ["client_credentials"], "secret": SECRET, "scopes": scopes,
    }));
    argus.import(&document);
    argus.serve();
    let http = argus.http();
    let form =
        [("grant_type", "client_credentials"), ("client_id", robot.as_str()), ("client_secret", SECRET), ("scope", &scopes.join(" "))];
    let token = http.post_form("/oauth2/token", &form).await.expect(200).json()["access_token"].as_str().unwrap().to_owned();
    run(&argus, &token, &["--exclude-tag", OF_USERS]).await;
}

#[tokio::test]
async fn no_request_of_a_user_brings_one_either() {
    let argus = Installation::new("");
    argus.import(&document::standard());
    argus.serve();
    let command_line = argus.application(COMMAND_LINE).answered_at("http://127.0.0.1:4711/callback");
    let token = command_line.tokens(&argus.browser(), ALICE, "openid clients:read clients:write").await.access;
    run(&argus, &token, &["--include-tag", OF_USERS]).await;
}

/// The document, whose parameters name what is there: a random name mostly leads nowhere.
async fn document_of(argus: &Installation) -> Value {
    let http = argus.http();
    let mut document = http.get("/api/v1/openapi.json").await.expect(200).json();
    for (path, of_path) in document["paths"].as_object_mut().unwrap() {
        for operation in of_path.as_object_mut().unwrap().values_mut() {
            for parameter in operation["parameters"].as_array_mut().unwrap() {
                let known = match (parameter["in"].as_str().unwrap(), parameter["name"].as_str().unwrap()) {
                    ("path", "id") if path.contains("/clients/") => json!([CASE_DESK, DOCUMENTS, ANALYST_TOOL, "none"]),
                    ("path", "username") => json!(["bob", "carol", "none"]),
                    ("path", "name") => json!(["userGroups", "functionRoleMapping", "none"]),
                    ("path", "revision") => json!(["1", "2", "none"]),
                    ("header", "If-Match") => json!(["\"1\"", "\"2\"", "\"none\""]),
                    _ => continue,
                };
                parameter["schema"] = json!({"type": "string", "enum": known});
            }
        }
    }
    document
}

async fn run(argus: &Installation, token: &str, operations: &[&str]) {
    let program = std::env::var(SCHEMATHESIS).unwrap_or_else(|_| panic!("{SCHEMATHESIS} has to be the path of Schemathesis"));
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("schemathesis.toml"), include_str!("schemathesis.toml")).unwrap();
    std::fs::write(folder.path().join("hooks.py"), include_str!("hooks.py")).unwrap();
    std::fs::write(folder.path().join("openapi.json"), document_of(argus).await.to_string()).unwrap();
    let run = Command::new(program)
        .args(["run", "openapi.json", "--url", argus.http().url("/").as_str()])
        .args(["--header", &format!("Authorization:Bearer {token}")])
        .args([
            "--exclude-checks",
            LEFT_OUT,
            "--max-examples",
            "20",
            "--seed",
            "1",
            "--suppress-health-check",
            "all",
            "--continue-on-failure",
        ])
        .args(operations)
        .env("NO_PROXY", "127.0.0.1")
        .current_dir(folder.path())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&run.stdout);
    println!("{told}");
    assert!(run.status.success(), "{told}{}", String::from_utf8_lossy(&run.stderr));
    assert!(!told.contains("only 401/403"), "{told}");
}

const SECRET: &str = "robots-own-long-secret-for-tests-0123456789";

/// The command line's own client.
const COMMAND_LINE: &str = "6b1f2d0c-43f6-4c5e-9d0e-6f2a3c1b7a55";

/// Every scope of the administration API.
fn scopes() -> Vec<String> {
    ["clients", "directory", "providers", "federation"]
        .iter()
        .flat_map(|name| [format!("{name}:read"), format!("{name}:write")])
        .chain(["audit:read".to_owned(), "keys:write".to_owned()])
        .collect()
}
