//! A4: bearer tokens at protected APIs.

use argus_tests::document::{ALICE, CASE_DESK, CASES, CASES_API, DOCUMENTS};
use argus_tests::{Installation, Tokens, jwt};
use reqwest::Method;
use serde_json::json;

use crate::support::alices;

/// A4.1, A11.1
#[tokio::test]
async fn a_bearer_token_opens_the_api_whatever_the_case_of_the_scheme() {
    let argus = Installation::shared();
    let tokens = alices("openid profile email groups").await;
    let http = argus.http();
    for scheme in ["Bearer", "bearer", "BEARER", "bEaReR"] {
        for path in ["/oauth2/userinfo", "/api/v1/me"] {
            let request = http.request(Method::GET, path).header("authorization", format!("{scheme} {}", tokens.access));
            let _ = http.send(request).await.expect(200).json();
        }
    }
    let me = http.get_as("/api/v1/me", &tokens.access).await.expect(200).json();
    assert_eq!((&me["username"], &me["email"]), (&json!("alice"), &json!("alice@example.com")));
    assert_eq!(me["groups"], json!([{"shortname": "group1", "name": "Group one"}, {"shortname": "group3", "name": "Group three"}]));
    let claims = jwt::part(&tokens.access, 1);
    assert_eq!((&claims["sub"], &claims["client_id"]), (&me["subject"], &json!(CASE_DESK)), "on behalf of the user, by the client");
}

/// A4.1: OpenID Connect Core §5.3.1, RFC 6750 §2.2
#[tokio::test]
async fn userinfo_takes_the_token_by_post_too() {
    let argus = Installation::shared();
    let tokens = alices("openid email").await;
    let http = argus.http();
    let by_get = http.get_as("/oauth2/userinfo", &tokens.access).await.expect(200).json();
    let request = http.request(Method::POST, "/oauth2/userinfo").bearer_auth(&tokens.access);
    assert_eq!(http.send(request).await.expect(200).json(), by_get);
    assert_eq!(http.post_form("/oauth2/userinfo", &[("access_token", &tokens.access)]).await.expect(200).json(), by_get);
}

/// A4.2
#[tokio::test]
async fn a_request_without_credentials_is_challenged_without_an_error() {
    let argus = Installation::shared();
    let http = argus.http();
    let basic = http.request(Method::GET, "/oauth2/userinfo").basic_auth("a", Some("b"));
    for answer in [http.get("/oauth2/userinfo").await, http.get("/api/v1/me").await, http.send(basic).await] {
        let answer = answer.expect(401);
        assert_eq!(answer.header("www-authenticate"), format!("Bearer realm=\"{}\"", argus.issuer()));
        assert_eq!(answer.text, "");
    }
}

/// A4.3, A6.1
#[tokio::test]
async fn a_scope_that_is_missing_is_named() {
    let argus = Installation::shared();
    let http = argus.http();
    for (granted, path, needed) in [("profile", "/oauth2/userinfo", "openid"), ("openid", "/api/v1/me", "profile")] {
        let tokens = alices(granted).await;
        let answer = http.get_as(path, &tokens.access).await;
        let challenge = answer.header("www-authenticate").to_owned();
        assert!(challenge.contains("error=\"insufficient_scope\"") && challenge.contains(&format!("scope=\"{needed}\"")), "{challenge}");
        assert_eq!(answer.error(403), "insufficient_scope");
    }
}

/// A4.5: the challenge tells what is wrong, and no more.
#[tokio::test]
async fn a_bad_token_is_refused_without_saying_why() {
    let argus = Installation::shared();
    let http = argus.http();
    let tokens = alices("openid").await;
    let _ = argus.application(CASE_DESK).revoke(&tokens.access).await.expect(200);
    let mut challenges: Vec<String> = Vec::new();
    for token in [tokens.access.as_str(), "made.up.token", "x"] {
        let answer = http.get_as("/oauth2/userinfo", token).await;
        challenges.push(answer.header("www-authenticate").to_owned());
        assert_eq!(answer.error(401), "invalid_token");
    }
    assert!(challenges[0].contains("error=\"invalid_token\""));
    assert!(challenges.iter().all(|challenge| *challenge == challenges[0]), "{challenges:?}");
}

/// A4.6
#[tokio::test]
async fn a_malformed_request_is_told_apart_from_a_bad_token() {
    let argus = Installation::shared();
    let http = argus.http();
    let token = alices("openid profile").await.access;
    let get = |path: &str| http.request(Method::GET, path);
    let post = || http.request(Method::POST, "/oauth2/userinfo");
    for request in [
        get("/oauth2/userinfo").bearer_auth(&token).bearer_auth(&token),
        get("/oauth2/userinfo").header("authorization", format!("Bearer {token} {token}")),
        get("/oauth2/userinfo").header("authorization", "Bearer"),
        get("/oauth2/userinfo").header("authorization", "Bearer ,"),
        get("/api/v1/me").bearer_auth(&token).bearer_auth(&token),
        post().bearer_auth(&token).form(&[("access_token", &token)]),
        post().form(&[("access_token", &token), ("access_token", &token)]),
    ] {
        assert_eq!(http.send(request).await.error(400), "invalid_request");
    }
    for path in ["/oauth2/userinfo", "/api/v1/me"] {
        let _ = http.get(&format!("{path}?access_token={token}")).await.expect(401);
    }
}

/// A4.7: as the sample resource server decides, with what the token itself says.
#[tokio::test]
async fn read_and_write_scopes_of_a_resource_are_told_apart() {
    let argus = Installation::shared();
    let api = argus.application(CASES_API);
    for (asked, scope) in
        [("cases:read", "cases:read"), ("cases:write", "cases:write"), ("cases:write cases:read", "cases:read cases:write")]
    {
        let tokens = alices(asked).await;
        let seen = api.introspect(&tokens.access).await;
        assert_eq!((&seen["active"], &seen["scope"], &seen["aud"]), (&json!(true), &json!(scope), &json!(CASES)));
        // For another audience, whatever its scopes: not for our own APIs.
        assert_eq!(argus.http().get_as("/oauth2/userinfo", &tokens.access).await.error(401), "invalid_token");
    }
    let tokens = Tokens::of(&api.client_credentials("cases:read").await);
    let claims = jwt::part(&tokens.access, 1);
    assert_eq!((&claims["sub"], &claims["client_id"], &claims["aud"]), (&json!(CASES_API), &json!(CASES_API), &json!(CASES)));
    assert_eq!((tokens.refresh.as_str(), tokens.id.as_str()), ("", ""));
    assert_eq!(api.client_credentials("cases:write").await.error(400), "invalid_scope");
}

/// A4.8
#[tokio::test]
async fn introspection_tells_those_it_concerns() {
    let argus = Installation::shared();
    let (desk, api) = (argus.application(CASE_DESK), argus.application(CASES_API));
    let tokens = desk.tokens(&argus.browser(), ALICE, "cases:read").await;
    let seen = api.introspect(&tokens.access).await;
    let mut expected = jwt::part(&tokens.access, 1);
    expected["active"] = true.into();
    expected["token_type"] = "Bearer".into();
    assert_eq!(seen, expected);
    assert_eq!(desk.introspect(&tokens.access).await, expected);
    assert_eq!(argus.application(DOCUMENTS).introspect(&tokens.access).await, json!({"active": false}), "none of its business");
    let refresh = desk.introspect(&tokens.refresh).await;
    assert_eq!((&refresh["active"], &refresh["client_id"]), (&json!(true), &json!(CASE_DESK)));
    assert_eq!(api.introspect(&tokens.refresh).await, json!({"active": false}));
    let _ = desk.revoke(&tokens.access).await.expect(200);
    assert_eq!(api.introspect(&tokens.access).await, json!({"active": false}));
    assert_eq!(api.introspect("made up").await, json!({"active": false}));
}

/// A4.8: not for those who cannot prove who they are.
#[tokio::test]
async fn introspection_is_for_clients_that_authenticate() {
    let argus = Installation::shared();
    let tokens = alices("openid").await;
    let http = argus.http();
    assert_eq!(http.post_form("/oauth2/introspect", &[("token", &tokens.access)]).await.error(401), "invalid_client");
    let tool = argus.application(argus_tests::document::ANALYST_TOOL);
    assert_eq!(tool.post("/oauth2/introspect", &[("token", &tokens.access)]).await.error(401), "invalid_client");
    assert_eq!(argus.application(CASE_DESK).post("/oauth2/introspect", &[]).await.error(400), "invalid_request");
}
