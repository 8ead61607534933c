//! A5.9: the administration API as an OpenAPI document, which says what the server does.

use std::collections::{BTreeMap, BTreeSet};

use argus_tests::Installation;
use argus_tests::document::ALICE;
use argus_tests::http::Answer;
use reqwest::Method;
use serde_json::Value;

use crate::plugin_sign_in::administered;
use crate::support::{command_line_token, send_as};

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

async fn document(argus: &Installation) -> Value {
    argus.http().get("/api/v1/openapi.json").await.expect(200).json()
}

/// Method, path and scopes of each operation.
fn operations(document: &Value) -> Vec<(String, String, Vec<String>)> {
    let mut found = Vec::new();
    for (path, of_path) in document["paths"].as_object().unwrap() {
        for (method, operation) in of_path.as_object().unwrap() {
            assert!(METHODS.contains(&method.as_str()), "{method}");
            let scopes = operation["security"][0]["argus"].as_array().unwrap();
            let scopes = scopes.iter().map(|scope| scope.as_str().unwrap().to_owned()).collect();
            found.push((method.to_uppercase(), path.clone(), scopes));
        }
    }
    found
}

/// A path with something in the place of each parameter.
fn filled(path: &str) -> String {
    path.split('/').map(|part| if part.starts_with('{') { "1" } else { part }).collect::<Vec<_>>().join("/")
}

async fn send(argus: &Installation, token: &str, method: &str, path: &str) -> Answer {
    send_as(argus, token, method.parse().unwrap(), &filled(path), None, None).await
}

#[tokio::test]
async fn anybody_reads_it_and_every_reference_leads_somewhere() {
    let argus = Installation::shared();
    let answer = argus.http().get("/api/v1/openapi.json").await.expect(200);
    assert_eq!(answer.header("content-type"), "application/json");
    let document = answer.json();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["servers"][0]["url"], argus.http().issuer());

    let mut references = BTreeSet::new();
    collect_references(&document, &mut references);
    assert!(references.len() > 30, "{references:?}");
    for reference in &references {
        assert!(document.pointer(reference.strip_prefix('#').unwrap()).is_some(), "{reference}");
    }
    let named: BTreeSet<String> =
        document["components"]["schemas"].as_object().unwrap().keys().map(|name| format!("#/components/schemas/{name}")).collect();
    let unused: Vec<_> = named.difference(&references).collect();
    assert!(unused.is_empty(), "nothing refers to {unused:?}");
}

fn collect_references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|member| collect_references(member, found));
        }
        Value::Array(elements) => elements.iter().for_each(|element| collect_references(element, found)),
        _ => {}
    }
}

#[tokio::test]
async fn each_operation_takes_the_scopes_it_says() {
    let argus = administered();
    let token = command_line_token(&argus, ALICE, "openid").await;
    for (method, path, scopes) in operations(&document(&argus).await) {
        let nobody = argus.http().send(argus.http().request(method.parse().unwrap(), &filled(&path))).await;
        assert_eq!((nobody.status, nobody.header("content-type")), (401, "application/problem+json"), "{method} {path}");
        let refused = send(&argus, &token, &method, &path).await;
        assert_eq!(refused.status, 403, "{method} {path}: {}", refused.text);
        let challenge = refused.header("www-authenticate").to_owned();
        assert!(scopes.iter().any(|scope| challenge.contains(&format!("scope=\"{scope}\""))), "{method} {path}: {challenge}");
    }
}

#[tokio::test]
async fn no_operation_is_left_out() {
    let argus = Installation::shared();
    let document = document(argus).await;
    for (path, of_path) in document["paths"].as_object().unwrap() {
        let said: BTreeSet<String> = of_path.as_object().unwrap().keys().map(|method| method.to_uppercase()).collect();
        let refused = argus.http().send(argus.http().request(Method::TRACE, &filled(path))).await;
        assert_eq!((refused.status, refused.header("content-type")), (405, "application/problem+json"), "{path}");
        // HEAD comes with GET.
        let allowed = refused.header("allow").split(',').map(str::trim).filter(|method| *method != "HEAD").map(str::to_owned);
        assert_eq!(allowed.collect::<BTreeSet<_>>(), said, "{path}");
    }
}

#[tokio::test]
async fn the_handbook_has_the_same_operations() {
    let said: BTreeMap<(String, String), Vec<String>> =
        operations(&document(Installation::shared()).await).into_iter().map(|(method, path, scopes)| ((method, path), scopes)).collect();
    let handbook = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/administration-api.md")).unwrap();
    let mut missing: BTreeSet<String> = said.keys().map(|(method, path)| format!("{method} {}", nameless(path))).collect();
    // The small entries are told by the example of groups.
    let sections = ["roles", "functions", "customers", "domains", "resources"];
    missing.retain(|operation| !sections.iter().any(|section| operation.contains(&format!("/api/v1/{section}"))));
    for line in handbook.lines() {
        let Some((operation, rest)) = line.strip_prefix("| ").and_then(|line| line.split_once(" | ")) else { continue };
        let Some((method, path)) = operation.split_once(" `") else { continue };
        if !METHODS.contains(&method.to_lowercase().as_str()) {
            continue;
        }
        let path = path.trim_end_matches('`').split('?').next().unwrap();
        let operation = format!("{method} /api/v1{}", nameless(path));
        let (_, scopes) = said
            .iter()
            .find(|((method, path), _)| format!("{method} {}", nameless(path)) == operation)
            .unwrap_or_else(|| panic!("{operation} is not in the document"));
        let cell = rest.split(" | ").next().unwrap();
        if cell != "the same" {
            assert!(scopes.iter().all(|scope| cell.contains(&format!("`{scope}`"))), "{operation}: {cell}");
        }
        missing.remove(&operation);
    }
    assert!(missing.is_empty(), "the handbook lacks {missing:?}");
}

/// A path whose parameters have no names.
fn nameless(path: &str) -> String {
    path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part }).collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn it_is_a_page_to_read_as_well() {
    let http = Installation::shared().http();
    let told = [
        ("/api/v1", ["/api/v1/clients/{id}/claims/preview", "directory:write", "href=\"/api/v1/shapes#ClientView\""]),
        ("/api/v1/shapes", ["id=\"ClientView\"", "id=\"ProblemDetails\"", "href=\"/api/v1/shapes#ClaimProviderAttachment\""]),
    ];
    for (path, parts) in told {
        let page = http.get(path).await.expect(200);
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        assert!(page.text.len() <= 100_000, "{path}: {} bytes", page.text.len());
        for part in parts {
            assert!(page.text.contains(part), "{path}: {part}");
        }
    }
}
