//! A2: proof key for code exchange, and clients without a secret.

use argus_tests::document::{ALICE, ANALYST_TOOL, CASE_DESK, DOCUMENTS, client, client_id, only_clients};
use argus_tests::{Application, Code, Installation, Landing, Tokens};
use serde_json::json;

const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A2.1, A2.5
#[tokio::test]
async fn who_must_use_pkce_and_does_not_is_refused() {
    let argus = Installation::shared();
    for id in [ANALYST_TOOL, CASE_DESK] {
        let request = argus.application(id).request("openid").without_challenge();
        let landing = argus.browser().visit(&request.path(), None).await;
        assert_eq!(landing.error(), "invalid_request", "{id}");
        assert!(landing.parameter("error_description").unwrap().contains("code_challenge"));
    }
}

/// A2.2
#[tokio::test]
async fn s256_is_the_only_method() {
    let argus = Installation::shared();
    let metadata = argus.http().get("/.well-known/openid-configuration").await.json();
    assert_eq!(metadata["code_challenge_methods_supported"], json!(["S256"]));
    for id in [ANALYST_TOOL, DOCUMENTS] {
        let request = argus.application(id).request("openid");
        for refused in [
            request.clone().set("code_challenge_method", "plain"),
            request.clone().set("code_challenge_method", "S512"),
            request.clone().set("code_challenge_method", "s256"),
            request.clone().without("code_challenge_method"),
            request.clone().without("code_challenge"),
            request.clone().set("code_challenge", "short"),
            request.clone().set("code_challenge", &format!("{CHALLENGE}=")),
            request.clone().set("code_challenge", &CHALLENGE.replace('-', "+")),
        ] {
            let landing = argus.browser().visit(&refused.path(), None).await;
            assert_eq!(landing.error(), "invalid_request", "{id} {refused:?}");
        }
    }
}

/// A2.3
#[tokio::test]
async fn a_wrong_verifier_is_refused_and_burns_the_code() {
    let argus = Installation::shared();
    let tool = argus.application(ANALYST_TOOL);
    let browser = argus.browser();
    let right = tool.code(&browser, ALICE, "openid").await.verifier.unwrap();
    for wrong in [
        None,
        Some(right.clone()),
        Some("a".repeat(43)),
        Some(right.chars().take(42).collect()),
        Some(right.chars().cycle().take(129).collect()),
        Some(format!("{}!", "a".repeat(43))),
        Some(CHALLENGE.to_owned()),
    ] {
        let code = tool.code(&browser, ALICE, "openid").await;
        let guess = Code { verifier: wrong.clone(), ..code.clone() };
        assert_eq!(tool.redeem(&guess).await.error(400), "invalid_grant", "{wrong:?}");
        assert_eq!(tool.redeem(&code).await.error(400), "invalid_grant", "the code is burnt");
    }
}

/// A2.4
#[tokio::test]
async fn neither_side_can_be_talked_out_of_pkce() {
    let argus = Installation::shared();
    let documents = argus.application(DOCUMENTS);
    let browser = argus.browser();
    let without = documents.request("openid").without_challenge();
    let code = without.code_of(&browser.visit(&without.path(), Some(ALICE)).await);
    let sent = Code { verifier: Some(without.verifier.clone()), ..code };
    assert_eq!(documents.redeem(&sent).await.error(400), "invalid_grant", "a verifier without a challenge");
    let code = documents.code(&browser, ALICE, "openid").await;
    assert_eq!(documents.redeem(&Code { verifier: None, ..code }).await.error(400), "invalid_grant", "a challenge without a verifier");
}

/// A2.5
#[tokio::test]
async fn a_confidential_client_may_be_excused_and_is_not_by_default() {
    let argus = Installation::shared();
    let documents = argus.application(DOCUMENTS);
    let browser = argus.browser();
    let request = documents.request("openid").without_challenge();
    let code = request.code_of(&browser.visit(&request.path(), Some(ALICE)).await);
    let _ = documents.redeem(&code).await.expect(200);
    documents.tokens(&browser, ALICE, "openid").await;
    let public = client(&client_id(201), json!({"type": "public", "grantTypes": ["authorization_code"], "pkce": "optional"}));
    let refusal = argus.try_import(&only_clients(json!([public])).to_string()).failed();
    assert!(refusal.contains("/clients/0/pkce: "), "{refusal}");
}

/// A2.6
#[tokio::test]
async fn a_public_client_has_no_secret_and_none_is_taken_for_proof() {
    let argus = Installation::shared();
    assert_eq!(argus.secret(ANALYST_TOOL), None);
    let export = argus.cli(&["export"]).succeeded().json();
    let tool = export["clients"].as_array().unwrap().iter().find(|client| client["clientId"] == ANALYST_TOOL).unwrap();
    assert!(!tool.to_string().contains("ecret"), "{tool}");
    let tool = argus.application(ANALYST_TOOL);
    let tokens = tool.tokens(&argus.browser(), ALICE, "openid").await;
    let pretender = Application { secret: Some("a secret it never had".into()), ..tool.clone() };
    assert_eq!(pretender.refresh(&tokens.refresh).await.error(401), "invalid_client");
    let form = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh.as_str()), ("client_secret", "a secret it never had")];
    assert_eq!(tool.token(&form).await.error(401), "invalid_client");
    let refreshed = Tokens::of(&tool.refresh(&tokens.refresh).await);
    assert!(!refreshed.refresh.is_empty());
    for member in [json!({"secret": "x".repeat(40)}), json!({"tokenEndpointAuthMethod": "client_secret_basic"})] {
        let mut client = client(&client_id(202), member);
        client["type"] = "public".into();
        client["grantTypes"] = json!(["authorization_code"]);
        argus.try_import(&only_clients(json!([client])).to_string()).failed();
    }
    assert_eq!(tool.client_credentials("openid").await.error(400), "unauthorized_client");
}

/// A2.7: RFC 8252 §7.3
#[tokio::test]
async fn a_native_application_listens_on_any_loopback_port() {
    let argus = Installation::shared();
    let browser = argus.browser();
    for uri in [
        "http://127.0.0.1:49152/callback",
        "http://127.0.0.1/callback",
        "http://[::1]:1024/callback",
        "http://localhost:3000/callback",
        "com.example.analyst:/callback",
        "https://tool.example/callback",
    ] {
        let tool = argus.application(ANALYST_TOOL).answered_at(uri);
        let request = tool.request("openid");
        let landing = browser.visit(&request.path(), Some(ALICE)).await;
        let Landing::Redirect(url) = &landing else { panic!("{uri}: {landing:?}") };
        assert!(url.as_str().starts_with(&format!("{uri}?code=")), "{url}");
        let _ = tool.redeem(&request.code_of(&landing)).await.expect(200);
    }
    for uri in [
        "http://127.0.0.1:49152/other",
        "http://127.0.0.2:49152/callback",
        "https://127.0.0.1:49152/callback",
        "http://localhost:3001/callback",
        "http://localhost/callback",
        "http://127.0.0.1:0/callback",
        "http://127.0.0.1:80@evil.example/callback",
        "com.example.analyst:/other",
        "com.example.analyst://callback",
    ] {
        let tool = argus.application(ANALYST_TOOL).answered_at(uri);
        let _ = browser.open(&tool.request("openid").path()).await.expect(400);
    }
}

/// A2.7
#[tokio::test]
async fn a_private_use_scheme_is_for_public_clients_alone() {
    let argus = Installation::shared();
    let confidential = client(&client_id(203), json!({"redirectUris": ["com.example.app:/cb"]}));
    let refusal = argus.try_import(&only_clients(json!([confidential])).to_string()).failed();
    assert!(refusal.contains("/clients/0/redirectUris/0: a private-use scheme is for public clients only"), "{refusal}");
}
