//! A1, continued: what tokens say, how long they live, and how they end.

use argus_tests::document::{ALICE, CASE_DESK, CASES, DOCUMENTS, client, client_id, only_clients};
use argus_tests::redact::is_base64url;
use argus_tests::{Installation, Jwks, Tokens, jwt, until};
use serde_json::{Value, json};

use crate::support::{ACCESS_TOKEN_CLAIMS, ID_TOKEN_CLAIMS, alices, beyond_protocol, serving, serving_with, without_sub};

/// A1.3
#[tokio::test]
async fn a_code_is_exchanged_for_tokens_that_no_cache_keeps() {
    let argus = Installation::shared();
    let desk = argus.application(CASE_DESK);
    let code = desk.code(&argus.browser(), ALICE, "openid email").await;
    assert!(code.code.len() >= 43 && is_base64url(&code.code), "at least 256 bits: {}", code.code);
    let answer = desk.redeem(&code).await.expect(200);
    assert_eq!((answer.header("cache-control"), answer.header("pragma")), ("no-store", "no-cache"));
    let body = answer.json();
    let names: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["access_token", "token_type", "expires_in", "scope", "refresh_token", "id_token"]);
    assert_eq!((&body["token_type"], &body["expires_in"], &body["scope"]), (&json!("Bearer"), &json!(600), &json!("email openid")));
}

/// A1.10, A1.11, A4.4
#[tokio::test]
async fn a_refresh_goes_on_after_the_access_token_has_expired() {
    let argus = serving(json!([client(CASE_DESK, json!({"accessTokenLifetimeSeconds": 1}))]));
    let desk = argus.application(CASE_DESK);
    let tokens = desk.tokens(&argus.browser(), ALICE, "openid profile email").await;
    assert_eq!(tokens.response["expires_in"], 1);
    let (asking, expiring) = (&desk, &tokens);
    until("the access token expires", async || {
        let answer = asking.userinfo(&expiring.access).await;
        (answer.status != 200).then(|| assert_eq!(answer.error(401), "invalid_token"))
    })
    .await;
    assert_eq!(desk.introspect(&tokens.access).await, json!({"active": false}));
    let refreshed = Tokens::of(&desk.refresh(&tokens.refresh).await);
    let claims = jwt::part(&refreshed.access, 1);
    assert_eq!(claims["sub"], jwt::part(&tokens.access, 1)["sub"]);
    assert_eq!(claims["scope"], "email openid profile");
    assert_ne!(claims["jti"], jwt::part(&tokens.access, 1)["jti"]);
}

/// A1.10
#[tokio::test]
async fn a_refresh_may_narrow_the_scope_and_never_widen_it() {
    let argus = Installation::shared();
    let desk = argus.application(CASE_DESK);
    let tokens = alices("openid email").await;
    let refresh =
        async |token: &str, scope: &str| desk.token(&[("grant_type", "refresh_token"), ("refresh_token", token), ("scope", scope)]).await;
    assert_eq!(refresh(&tokens.refresh, "openid email profile").await.error(400), "invalid_scope");
    let narrowed = Tokens::of(&refresh(&tokens.refresh, "openid").await);
    assert_eq!(narrowed.response["scope"], "openid");
    assert_eq!(without_sub(desk.userinfo(&narrowed.access).await.expect(200).json()), json!({}));
    // What was granted stays granted (RFC 6749 §6).
    let full = Tokens::of(&desk.refresh(&narrowed.refresh).await);
    assert_eq!(full.response["scope"], "email openid");
}

/// A1.11
#[tokio::test]
async fn access_tokens_live_as_long_as_configured_and_no_longer_than_the_maximum() {
    let configuration = "[tokens]\naccess_token_seconds = 120\naccess_token_max_seconds = 300\n";
    let (own, plain) = (client_id(1), client_id(2));
    let argus = serving_with(json!([client(&own, json!({"accessTokenLifetimeSeconds": 300})), client(&plain, json!({}))]), configuration);
    let browser = argus.browser();
    for (id, seconds) in [(&own, 300), (&plain, 120)] {
        let tokens = argus.application(id).tokens(&browser, ALICE, "openid").await;
        let claims = jwt::part(&tokens.access, 1);
        assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), seconds);
        assert_eq!(tokens.response["expires_in"], seconds);
    }
    let beyond = only_clients(json!([client(&client_id(3), json!({"accessTokenLifetimeSeconds": 301}))]));
    let refusal = argus.try_import(&beyond.to_string()).failed();
    assert!(refusal.contains("/clients/0/accessTokenLifetimeSeconds: must be 1 to 300 seconds"), "{refusal}");
}

/// A1.12, A4.5, A4.8
#[tokio::test]
async fn a_revoked_access_token_is_refused_at_the_very_next_call() {
    let argus = Installation::shared();
    let desk = argus.application(CASE_DESK);
    let tokens = alices("openid profile").await;
    let _ = desk.userinfo(&tokens.access).await.expect(200);
    let revoked = desk.revoke(&tokens.access).await.expect(200);
    assert_eq!((revoked.text.as_str(), revoked.header("content-type")), ("", ""), "browser libraries choke on a body of text");
    assert_eq!(desk.userinfo(&tokens.access).await.error(401), "invalid_token");
    assert_eq!(argus.http().get_as("/api/v1/me", &tokens.access).await.error(401), "invalid_token");
    assert_eq!(desk.introspect(&tokens.access).await, json!({"active": false}));
    // The grant itself lives on.
    let _ = desk.refresh(&tokens.refresh).await.expect(200);
}

/// A1.12
#[tokio::test]
async fn a_revoked_refresh_token_takes_every_token_of_its_grant_along() {
    let argus = Installation::shared();
    let desk = argus.application(CASE_DESK);
    let first = alices("openid").await;
    let second = Tokens::of(&desk.refresh(&first.refresh).await);
    let _ = desk.revoke(&second.refresh).await.expect(200);
    for token in [&first.refresh, &second.refresh] {
        assert_eq!(desk.refresh(token).await.error(400), "invalid_grant");
    }
    for token in [&first.access, &second.access] {
        assert_eq!(desk.userinfo(token).await.error(401), "invalid_token");
    }
}

/// A1.12: RFC 7009 §2.1, §2.2
#[tokio::test]
async fn revocation_is_for_the_client_the_token_was_issued_to() {
    let argus = Installation::shared();
    let desk = argus.application(CASE_DESK);
    let tokens = alices("openid").await;
    for token in [&tokens.access, &tokens.refresh] {
        assert_eq!(argus.application(DOCUMENTS).revoke(token).await.error(400), "invalid_grant");
    }
    let _ = desk.userinfo(&tokens.access).await.expect(200);
    let _ = desk.revoke("no token at all").await.expect(200);
    assert_eq!(desk.post("/oauth2/revoke", &[]).await.error(400), "invalid_request");
    let mut nobody = desk.clone();
    nobody.secret = Some("wrong".into());
    assert_eq!(nobody.revoke(&tokens.access).await.error(401), "invalid_client");
}

/// A1.14, A11.5: the exact set of claims, scope by scope, in each token.
#[tokio::test]
async fn a_client_gets_what_it_asked_for_and_nothing_more() {
    let argus = Installation::shared();
    let desk = argus.application(CASE_DESK);
    let browser = argus.browser();
    let jwks = Jwks::fetch(&argus.http()).await;
    for (scope, names) in [
        ("openid", &[][..]),
        ("openid profile", &["username", "preferred_username", "name", "picture"]),
        ("openid email", &["email", "email_verified"]),
        ("openid phone", &["phone_number", "phone_number_verified"]),
        ("openid customer", &["customer_id", "domain_id", "customer_shortname", "customer_name"]),
        ("openid groups", &["groups"]),
        ("openid groupstring", &["groupstring"]),
        ("openid roles", &["roles"]),
        ("openid clientip", &["client_ip"]),
        ("openid offline_access", &[]),
        ("openid cases:read", &[]),
        ("openid email clientip", &["email", "email_verified", "client_ip"]),
    ] {
        let tokens = desk.tokens(&browser, ALICE, scope).await;
        let keys = |claims: &Value| claims.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&beyond_protocol(&jwks, &tokens.id, ID_TOKEN_CLAIMS)), names, "{scope}");
        assert_eq!(keys(&without_sub(desk.userinfo(&tokens.access).await.expect(200).json())), names, "{scope}");
        assert_eq!(keys(&beyond_protocol(&jwks, &tokens.access, ACCESS_TOKEN_CLAIMS)), Vec::<String>::new(), "{scope}");
    }
}

/// A1.12, A3.3: what the audience is, for each mix of scopes.
#[tokio::test]
async fn the_audience_follows_from_the_scopes_and_is_never_the_client() {
    let argus = Installation::shared();
    let desk = argus.application(CASE_DESK);
    let browser = argus.browser();
    let reports = argus_tests::document::REPORTS;
    for (scope, audience) in [
        ("openid", json!(argus.issuer())),
        ("openid cases:read", json!([argus.issuer(), CASES])),
        ("cases:read", json!(CASES)),
        ("cases:read cases:write", json!(CASES)),
        ("cases:read reports:read", json!([CASES, reports])),
        ("profile cases:read reports:read", json!([argus.issuer(), CASES, reports])),
        ("", json!(argus.issuer())),
    ] {
        let tokens = desk.tokens(&browser, ALICE, scope).await;
        assert_eq!(jwt::part(&tokens.access, 1)["aud"], audience, "{scope}");
    }
}
