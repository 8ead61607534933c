//! A2.8: which web pages may call, and what.

use argus_tests::document::{CASE_DESK, client, client_id, only_clients};
use argus_tests::until::{until, until_within};
use argus_tests::{Answer, Installation};
use reqwest::Method;
use serde_json::json;

const OPEN: &[(&str, &str)] = &[
    ("/oauth2/token", "POST"),
    ("/oauth2/revoke", "POST"),
    ("/oauth2/userinfo", "GET, POST"),
    ("/api/v1/me", "GET"),
    ("/.well-known/jwks.json", "GET"),
    ("/.well-known/openid-configuration", "GET"),
    ("/.well-known/oauth-authorization-server", "GET"),
];
const CLOSED: &[&str] = &["/oauth2/authorize", "/oauth2/introspect", "/oauth2/end_session", "/login", "/consent", "/logout", "/"];

async fn preflight(argus: &Installation, path: &str, origin: &str) -> Answer {
    let http = argus.http();
    let request = http
        .request(Method::OPTIONS, path)
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization");
    http.send(request).await
}

/// A2.8
#[tokio::test]
async fn pages_of_a_clients_origin_may_call_what_a_browser_client_needs() {
    let argus = Installation::shared();
    for (path, methods) in OPEN {
        for origin in ["https://tool.example", "https://my.application", "http://localhost:3000"] {
            let answer = preflight(argus, path, origin).await.expect(204);
            assert_eq!(answer.header("access-control-allow-origin"), origin, "{path}");
            assert_eq!(answer.header("access-control-allow-methods"), *methods);
            assert!(answer.header("access-control-allow-headers").contains("authorization"));
            assert_eq!(answer.header("access-control-allow-credentials"), "");
            assert_eq!(answer.header("vary"), "Origin");
        }
    }
}

/// A2.8
#[tokio::test]
async fn no_other_page_may() {
    let argus = Installation::shared();
    for (path, _) in OPEN {
        for origin in
            ["https://evil.example", "null", "https://tool.example.evil.example", "http://tool.example", "https://tool.example:8443"]
        {
            let answer = preflight(argus, path, origin).await.expect(403);
            assert_eq!(answer.header("access-control-allow-origin"), "", "{path} {origin}");
            let http = argus.http();
            let answer = http.send(http.request(Method::GET, path).header("origin", origin)).await;
            assert_eq!(answer.header("access-control-allow-origin"), "", "{path} {origin}");
        }
    }
    for path in CLOSED {
        let answer = preflight(argus, path, "https://tool.example").await.expect(405);
        assert_eq!(answer.header("access-control-allow-origin"), "", "{path}");
        let http = argus.http();
        let answer = http.send(http.request(Method::GET, path).header("origin", "https://tool.example")).await;
        assert_eq!(answer.header("access-control-allow-origin"), "", "{path}");
    }
}

/// A2.8: an application has to be able to read what is wrong.
#[tokio::test]
async fn errors_can_be_read_too() {
    let argus = Installation::shared();
    let http = argus.http();
    for (method, path, status) in
        [(Method::POST, "/oauth2/token", 400), (Method::GET, "/oauth2/userinfo", 401), (Method::GET, "/oauth2/token", 405)]
    {
        let answer = http.send(http.request(method, path).header("origin", "https://tool.example")).await.expect(status);
        assert_eq!(answer.header("access-control-allow-origin"), "https://tool.example", "{path}");
        assert!(answer.header("access-control-expose-headers").contains("WWW-Authenticate"));
    }
}

/// A2.8: the list follows the registry.
#[tokio::test]
async fn a_new_clients_origin_is_admitted_within_a_second() {
    let argus = Installation::standard();
    let _ = preflight(&argus, "/oauth2/token", "https://new.example").await.expect(403);
    argus.import(&only_clients(json!([client(&client_id(1), json!({"redirectUris": ["https://new.example/cb"]}))])));
    let installation = &argus;
    until_within(std::time::Duration::from_secs(1), "the origin is admitted", async || {
        (preflight(installation, "/oauth2/token", "https://new.example").await.status == 204).then_some(())
    })
    .await;
    argus.import(&only_clients(json!([{"clientId": CASE_DESK, "enabled": false}])));
    until("a disabled client's origin is out", async || {
        (preflight(installation, "/oauth2/token", "https://my.application").await.status == 403).then_some(())
    })
    .await;
}
