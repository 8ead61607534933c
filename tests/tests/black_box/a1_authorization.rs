//! A1: the authorization server's core.

use argus_tests::document::{ALICE, ANALYST_TOOL, BOB, CASE_DESK, CASE_DESK_REDIRECT, DOCUMENTS, case_desk, only_clients};
use argus_tests::redact::{is_base64url, is_uuid};
use argus_tests::{Code, Installation, Jwks, Landing, RelyingParty, Tokens, jwt, until};
use serde_json::json;

use crate::support::serving;

async fn relying_party(argus: &Installation, id: &str, redirect_uri: &str) -> RelyingParty {
    RelyingParty::discover(argus.issuer(), id, argus.secret(id), redirect_uri).await.unwrap()
}

/// A1.1, A1.3, A6.14, A6.16
#[tokio::test]
async fn a_stock_library_signs_in_with_issuer_id_and_secret_alone() {
    let argus = Installation::shared();
    let party = relying_party(argus, CASE_DESK, CASE_DESK_REDIRECT).await;
    let tokens = party.sign_in(&argus.browser(), Some(ALICE), "profile email phone").await.unwrap();
    let claims = party.userinfo(&tokens).await.unwrap();
    assert_eq!(claims.email().map(|email| email.as_str()), Some("alice@example.com"));
    assert_eq!(claims.phone_number().map(|phone| phone.as_str()), Some("+4712345678"));
    assert!(party.is_active(&tokens.access).await.unwrap());
    let refreshed = party.refresh(&tokens.refresh).await.unwrap();
    assert_eq!(jwt::part(&refreshed.id, 1)["sub"], jwt::part(&tokens.id, 1)["sub"]);
}

/// A1.2, A10.8
#[tokio::test]
async fn three_applications_share_one_credential_store() {
    let argus = Installation::shared();
    let browser = argus.browser();
    let mut subjects = Vec::new();
    // Signed in once; the other two get no password to type.
    for (id, redirect_uri, person) in [
        (CASE_DESK, CASE_DESK_REDIRECT, Some(ALICE)),
        (DOCUMENTS, "https://documents.example/callback", None),
        (ANALYST_TOOL, "https://tool.example/callback", None),
    ] {
        let party = relying_party(argus, id, redirect_uri).await;
        let tokens = party.sign_in(&browser, person, "profile").await.unwrap();
        subjects.push(jwt::part(&tokens.id, 1)["sub"].clone());
    }
    assert_eq!(subjects[0], subjects[1]);
    assert_eq!(subjects[0], subjects[2]);
}

/// A1.4
#[tokio::test]
async fn a_code_dies_after_its_lifetime() {
    let argus = Installation::standard_with("[tokens]\nauthorization_code_seconds = 1\n");
    let desk = argus.application(CASE_DESK);
    let browser = argus.browser();
    // In time.
    desk.tokens(&browser, ALICE, "openid").await;
    let code = desk.code(&browser, ALICE, "openid").await;
    // A wrong redirect URI leaves the code as it is, and the answer tells when it is over.
    let elsewhere = desk.clone().answered_at("https://my.application/callback?tenant=1");
    let (elsewhere, asked) = (&elsewhere, &code);
    until("the code expires", async || {
        let refusal = elsewhere.redeem(asked).await.expect(400).json();
        assert_eq!(refusal["error"], "invalid_grant");
        refusal["error_description"].as_str().unwrap().contains("expired").then_some(())
    })
    .await;
    assert_eq!(desk.redeem(&code).await.error(400), "invalid_grant");
}

/// A1.5
#[tokio::test]
async fn a_code_works_once_and_its_reuse_revokes_what_came_of_it() {
    let argus = Installation::shared();
    let desk = argus.application(CASE_DESK);
    let code = desk.code(&argus.browser(), ALICE, "openid").await;
    let tokens = Tokens::of(&desk.redeem(&code).await);
    let _ = desk.userinfo(&tokens.access).await.expect(200);
    assert_eq!(desk.redeem(&code).await.error(400), "invalid_grant");
    assert_eq!(desk.userinfo(&tokens.access).await.error(401), "invalid_token");
    assert_eq!(desk.refresh(&tokens.refresh).await.error(400), "invalid_grant");
    assert_eq!(desk.introspect(&tokens.access).await, json!({"active": false}));
}

/// A1.5: of two at once, one at most gets tokens that work.
#[tokio::test]
async fn two_requests_with_one_code_do_not_both_get_tokens() {
    let argus = Installation::shared();
    let desk = argus.application(CASE_DESK);
    let code = desk.code(&argus.browser(), ALICE, "openid").await;
    let (first, second) = tokio::join!(desk.redeem(&code), desk.redeem(&code));
    let statuses = [first.status, second.status];
    assert!(statuses.contains(&400) && statuses.iter().all(|status| [200, 400].contains(status)), "{statuses:?}");
    for answer in [first, second].iter().filter(|answer| answer.status == 200) {
        assert_eq!(desk.userinfo(&Tokens::of(answer).access).await.error(401), "invalid_token");
    }
}

/// A1.6
#[tokio::test]
async fn a_code_is_bound_to_its_client_and_redirect_uri() {
    let argus = Installation::shared();
    let desk = argus.application(CASE_DESK);
    let code = desk.code(&argus.browser(), ALICE, "openid").await;
    let thief = argus.application(DOCUMENTS).answered_at(CASE_DESK_REDIRECT);
    assert_eq!(thief.redeem(&code).await.error(400), "invalid_grant");
    assert_eq!(desk.clone().answered_at("https://my.application/callback?tenant=1").redeem(&code).await.error(400), "invalid_grant");
    let without =
        [("grant_type", "authorization_code"), ("code", code.code.as_str()), ("code_verifier", code.verifier.as_deref().unwrap())];
    assert_eq!(desk.token(&without).await.error(400), "invalid_request");
    // None of them burnt it.
    let _ = desk.redeem(&code).await.expect(200);
}

/// A1.7: the request of the source document, letter for letter but for the host.
#[tokio::test]
async fn the_published_request_works() {
    let mut desk = case_desk();
    desk["pkce"] = "optional".into();
    let argus = serving(json!([desk]));
    let request = "/oauth2/authorize?client_id=021269c5-04c3-4399-a206-32659c489803&redirect_uri=https://my.application/oauth/callback\
                   &response_type=code&scope=openid";
    let landing = argus.browser().visit(request, Some(ALICE)).await;
    let Landing::Redirect(url) = &landing else { panic!("{landing:?}") };
    assert!(url.as_str().starts_with("https://my.application/oauth/callback?code="), "{url}");
    assert_eq!(landing.parameter("state"), None);
    let code = Code { code: landing.code(), verifier: None, nonce: None };
    let tokens = Tokens::of(&argus.application(CASE_DESK).redeem(&code).await);
    let claims = Jwks::fetch(&argus.http()).await.verify(&tokens.id).claims;
    assert_eq!(claims["aud"], CASE_DESK);
    assert_eq!(claims.get("nonce"), None);
}

/// A1.7
#[tokio::test]
async fn any_other_response_type_is_unsupported() {
    let argus = Installation::shared();
    let desk = argus.application(CASE_DESK);
    for response_type in ["token", "id_token", "code id_token", "code token", "none", "CODE"] {
        let request = desk.request("openid").set("response_type", response_type);
        let landing = argus.browser().visit(&request.path(), None).await;
        assert_eq!(landing.error(), "unsupported_response_type", "{response_type}");
        assert_eq!(landing.parameter("state").as_deref(), request.get("state"));
        assert_eq!(landing.parameter("iss").as_deref(), Some(argus.issuer()));
    }
    let landing = argus.browser().visit(&desk.request("openid").without("response_type").path(), None).await;
    assert_eq!(landing.error(), "invalid_request");
}

/// A1.7, A5.4
#[tokio::test]
async fn a_client_without_an_id_is_given_a_uuid_and_a_secret_once() {
    let argus = Installation::shared();
    let document = only_clients(json!([{"name": "Nameless", "type": "confidential", "redirectUris": ["https://a.example/cb"]}]));
    let made = argus.import(&document).json();
    let id = made["clients"][0]["clientId"].as_str().unwrap();
    assert!(is_uuid(id), "{id}");
    assert!(made["clients"][0]["secret"].as_str().is_some_and(|secret| secret.len() >= 43 && is_base64url(secret)));
    assert_eq!(argus.import(&document).json(), json!({"clients": []}), "the same client, and no secret again");
}

/// A1.8
#[tokio::test]
async fn state_comes_back_unchanged_on_success_and_on_error() {
    let argus = Installation::shared();
    let desk = argus.application(CASE_DESK);
    let browser = argus.browser();
    desk.code(&browser, ALICE, "openid").await;
    for state in ["+%2B &=#?/\\\"'<>", "æøå €𝄞 \u{202e}", &"s".repeat(512), "{\"json\":[1]}", " ", "%", "a\nb"] {
        let request = desk.request("openid").set("state", state);
        let landing = browser.visit(&request.path(), None).await;
        landing.code();
        assert_eq!(landing.parameter("state").as_deref(), Some(state));
        let landing = browser.visit(&request.set("response_type", "token").path(), None).await;
        landing.error();
        assert_eq!(landing.parameter("state").as_deref(), Some(state));
    }
}

/// A1.8: also when the user has to sign in and to consent first.
#[tokio::test]
async fn state_survives_sign_in_and_consent() {
    let argus = Installation::shared();
    let documents = argus.application(DOCUMENTS);
    let state = format!("+%&= æ {}", "x".repeat(600));
    let request = documents.request("openid").set("state", &state).set("prompt", "consent");
    let landing = argus.browser().visit(&request.path(), Some(BOB)).await;
    landing.code();
    assert_eq!(landing.parameter("state"), Some(state));
}

/// A1.15, A5.2: whatever else the request says.
#[tokio::test]
async fn nobody_is_redirected_to_an_address_that_is_not_registered() {
    let argus = Installation::shared();
    let desk = argus.application(CASE_DESK);
    let browser = argus.browser();
    desk.code(&browser, ALICE, "openid").await;
    let request = desk.request("openid");
    let mut requests: Vec<_> = [
        "https://my.application/oauth/callback/",
        "https://my.application/oauth/Callback",
        "https://my.application/oauth/callback?x=1",
        "https://my.application/oauth/callback#x",
        "https://my.application/oauth/callback#",
        "https://my.application/oauth/../oauth/callback",
        "https://my.application/oauth/%63allback",
        "https://MY.application/oauth/callback",
        "https://my.application:443/oauth/callback",
        "https://user@my.application/oauth/callback",
        "https://my.application@evil.example/oauth/callback",
        "https://my.application.evil.example/oauth/callback",
        "http://my.application/oauth/callback",
        "https://my.application/callback",
        "https://my.application/callback?tenant=2",
        "https://my.application/callback?tenant=1&x=1",
        "https://evil.example/",
        "//evil.example",
        "/login",
        "javascript:alert(1)",
    ]
    .iter()
    .map(|uri| request.clone().set("redirect_uri", uri))
    .collect();
    requests.push(request.clone().without("redirect_uri"));
    requests.push(request.clone().add("redirect_uri", "https://evil.example/"));
    requests.push(request.clone().without("client_id"));
    requests.push(request.clone().add("client_id", CASE_DESK));
    for id in ["", "nobody", "021269C5-04C3-4399-A206-32659C489803", "00000000-0000-4000-8000-999999999999"] {
        requests.push(request.clone().set("client_id", id));
    }
    for request in requests {
        for request in [request.clone(), request.clone().set("prompt", "none"), request.set("response_type", "nonsense")] {
            let answer = browser.open(&request.path()).await.expect(400);
            assert_eq!(answer.header("location"), "", "{request:?}");
            assert!(answer.header("content-type").starts_with("text/html"));
            assert!(!answer.text.contains("<form"), "{request:?}");
        }
    }
}

/// A1.15: registered with a query, which is kept and added to.
#[tokio::test]
async fn a_registered_query_is_kept() {
    let argus = Installation::shared();
    let desk = argus.application(CASE_DESK).answered_at("https://my.application/callback?tenant=1");
    let code = desk.request("openid");
    let landing = argus.browser().visit(&code.path(), Some(ALICE)).await;
    assert_eq!(landing.parameter("tenant").as_deref(), Some("1"));
    let _ = desk.redeem(&code.code_of(&landing)).await.expect(200);
}

/// A1.14, A4.7, A5.12
#[tokio::test]
async fn an_unknown_scope_is_ignored_and_a_known_one_that_is_not_allowed_refused() {
    let argus = Installation::shared();
    let desk = argus.application(CASE_DESK);
    let tokens = desk.tokens(&argus.browser(), ALICE, "openid nosuch:scope").await;
    assert_eq!(tokens.response["scope"], "openid");
    let documents = argus.application(DOCUMENTS);
    for scope in ["openid phone", "openid cases:read"] {
        let landing = argus.browser().visit(&documents.request(scope).path(), None).await;
        assert_eq!(landing.error(), "invalid_scope", "{scope}");
    }
    let landing = argus.browser().visit(&desk.request("openid \"quoted\"").path(), None).await;
    assert_eq!(landing.error(), "invalid_scope");
}
