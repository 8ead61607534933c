//! A5: clients and their registration.

use argus_tests::document::{
    ALICE, ANALYST_TOOL, CASE_DESK, CASES_API, FUNCTION_ROLE_MAPPING, USER_GROUPS, client, client_id, client_with_literal_claims,
    only_clients,
};
use argus_tests::{Application, Installation, Tokens, until};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::serving;

/// A5.1, A5.9, A10.8: a server-side, a native and a service client, each by its own way in, in one installation.
#[tokio::test]
async fn each_kind_of_client_takes_part() {
    let argus = Installation::shared();
    let browser = argus.browser();
    argus.application(CASE_DESK).tokens(&browser, ALICE, "openid").await;
    let native = argus.application(ANALYST_TOOL).answered_at("http://127.0.0.1:50000/callback");
    native.tokens(&browser, ALICE, "openid cases:read").await;
    Tokens::of(&argus.application(CASES_API).client_credentials("cases:read").await);
}

/// A5.1
#[tokio::test]
async fn the_type_of_a_client_cannot_be_changed() {
    let argus = Installation::shared();
    let document = only_clients(json!([{"clientId": CASES_API, "type": "public"}]));
    let refusal = argus.try_import(&document.to_string()).failed();
    assert!(refusal.contains("/clients/0/type: cannot be changed"), "{refusal}");
}

/// A5.2
#[tokio::test]
async fn redirect_uris_that_invite_theft_cannot_be_registered() {
    let argus = Installation::shared();
    let uris = [
        "https://a.example/cb#x",
        "https://*.example/cb",
        "https://a.example/*",
        "http://a.example/cb",
        "https://u:p@a.example/cb",
        "https://a.example/x/../cb",
        "https://a.example/x/%2e%2e/cb",
        "/cb",
        "https:cb",
        "javascript:alert(1)",
        "data:text/html,x",
        "myapp:/cb",
        "http://127.0.0.1.evil.example/cb",
        "https://a.example\\@evil.example/cb",
        "",
    ];
    for member in ["redirectUris", "postLogoutRedirectUris"] {
        let mut entry = client(&client_id(501), json!({}));
        entry[member] = json!(uris);
        let refusal = argus.try_import(&only_clients(json!([entry])).to_string()).failed();
        for (i, uri) in uris.iter().enumerate() {
            assert!(refusal.contains(&format!("/clients/0/{member}/{i}: ")), "{uri}: {refusal}");
        }
        assert!(refusal.contains(&format!("refused: {} problems; nothing was changed", uris.len())), "{refusal}");
    }
}

/// A5.3, A5.4
#[tokio::test]
async fn a_secret_is_shown_once_and_kept_nowhere() {
    let argus = Installation::standard_in_a_file();
    let secret = argus.secret(CASE_DESK).unwrap();
    let _ = argus.application(CASE_DESK).client_credentials("cases:read").await.expect(200);
    assert!(!argus.import(&argus_tests::document::standard()).stdout.contains(&secret));
    assert!(!argus.cli(&["export"]).succeeded().stdout.contains(&secret));
    assert!(!argus.cli(&["audit", "list"]).succeeded().stdout.contains(&secret));
    let backup = argus.data().join("backup.db");
    argus.cli(&["backup", backup.to_str().unwrap()]).succeeded();
    assert!(!argus.log().contains(&secret));
    for file in std::fs::read_dir(argus.data()).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{}", path.display());
        }
    }
}

/// A5.5
#[tokio::test]
async fn a_rotated_secret_works_beside_the_old_one_until_the_overlap_ends() {
    let argus = Installation::standard();
    let before = argus.application(CASE_DESK);
    let rotated = argus.cli(&["client", "rotate-secret", CASE_DESK, "--overlap-seconds", "3600"]).succeeded().json();
    let secret = rotated["clients"][0]["secret"].as_str().unwrap();
    let after = Application { secret: Some(secret.to_owned()), ..before.clone() };
    until("the new secret is known", async || (after.client_credentials("cases:read").await.status == 200).then_some(())).await;
    let _ = before.client_credentials("cases:read").await.expect(200);

    let rotated = argus.cli(&["client", "rotate-secret", CASE_DESK, "--overlap-seconds", "1"]).succeeded().json();
    let newest = Application { secret: rotated["clients"][0]["secret"].as_str().map(str::to_owned), ..before.clone() };
    until("the newest secret is known", async || (newest.client_credentials("cases:read").await.status == 200).then_some(())).await;
    assert_eq!(before.client_credentials("cases:read").await.error(401), "invalid_client", "two secrets at most");
    until("the overlap ends", async || (after.client_credentials("cases:read").await.status == 401).then_some(())).await;
    let _ = newest.client_credentials("cases:read").await.expect(200);
}

/// A5.1: what was issued to a client that was deleted is not that of the client which comes under the same id.
#[tokio::test]
async fn a_client_registered_again_has_nothing_of_the_one_before() {
    let id = client_id(1);
    let entry = json!([client(&id, json!({}))]);
    let argus = serving(entry.clone());
    let (browser, before) = (argus.browser(), argus.application(&id));
    let tokens = before.tokens(&browser, ALICE, "openid").await;
    let code = before.code(&browser, ALICE, "openid").await;
    argus.cli(&["client", "delete", &id]).succeeded();
    argus.import(&only_clients(entry));
    let after = argus.application(&id);
    let (client, refresh) = (&after, &tokens.refresh);
    until("the new client is known", async || (client.refresh(refresh).await.status == 400).then_some(())).await;
    assert_eq!(after.redeem(&code).await.error(400), "invalid_grant");
    assert_eq!(after.userinfo(&tokens.access).await.error(401), "invalid_token");
    assert_eq!(after.introspect(&tokens.access).await, json!({"active": false}));
}

/// A5.1: RFC 6749 §2.3
#[tokio::test]
async fn a_client_proves_itself_by_one_method() {
    let argus = Installation::shared();
    let desk = argus.application(CASE_DESK);
    let secret = desk.secret.clone().unwrap();
    let http = argus.http();
    let grant = [("grant_type", "client_credentials"), ("scope", "cases:read")];
    let with = |more: &[(&'static str, &str)]| {
        let form: Vec<(String, String)> = grant.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        http.request(Method::POST, "/oauth2/token").form(&form)
    };
    let posted = with(&[("client_id", CASE_DESK), ("client_secret", &secret)]);
    let _ = http.send(posted).await.expect(200);
    let _ = http.send(with(&[]).basic_auth(CASE_DESK, Some(&secret))).await.expect(200);
    let _ = http.send(with(&[("client_id", CASE_DESK)]).basic_auth(CASE_DESK, Some(&secret))).await.expect(200);

    let both = with(&[("client_secret", &secret)]).basic_auth(CASE_DESK, Some(&secret));
    assert_eq!(http.send(both).await.error(400), "invalid_request");
    let other = with(&[("client_id", CASES_API)]).basic_auth(CASE_DESK, Some(&secret));
    assert_eq!(http.send(other).await.error(400), "invalid_request");
    for request in [
        with(&[]),
        with(&[("client_id", CASE_DESK)]),
        with(&[("client_id", CASE_DESK), ("client_secret", "wrong")]),
        with(&[("client_id", "nobody"), ("client_secret", &secret)]),
        with(&[("client_id", CASES_API), ("client_secret", &secret)]),
        with(&[]).basic_auth(CASE_DESK, Some("wrong")),
    ] {
        let answer = http.send(request).await;
        assert!(answer.header("www-authenticate").starts_with("Basic realm="), "{:?}", answer.headers);
        assert_eq!(answer.error(401), "invalid_client");
    }
}

/// A5.1: RFC 6749 §5.2
#[tokio::test]
async fn a_token_request_that_is_not_well_formed_is_refused() {
    let argus = Installation::shared();
    let desk = argus.application(CASE_DESK);
    assert_eq!(desk.token(&[]).await.error(400), "invalid_request");
    assert_eq!(desk.token(&[("grant_type", "password"), ("username", "a"), ("password", "b")]).await.error(400), "unsupported_grant_type");
    assert_eq!(desk.token(&[("grant_type", "authorization_code")]).await.error(400), "invalid_request");
    assert_eq!(desk.token(&[("grant_type", "refresh_token")]).await.error(400), "invalid_request");
    let twice = [("grant_type", "client_credentials"), ("scope", "cases:read"), ("scope", "cases:read")];
    assert_eq!(desk.token(&twice).await.error(400), "invalid_request");
    assert_eq!(desk.token(&[("grant_type", "refresh_token"), ("refresh_token", "made up")]).await.error(400), "invalid_grant");
    let api = argus.application(CASES_API);
    assert_eq!(api.token(&[("grant_type", "refresh_token"), ("refresh_token", "x")]).await.error(400), "unauthorized_client");
    let request = argus.application(CASES_API).answered_at("https://my.application/oauth/callback").request("openid");
    let _ = argus.browser().open(&request.path()).await.expect(400);
}

/// A5.10: both documents of the source, byte for byte, returned unchanged.
#[tokio::test]
async fn the_published_custom_claims_documents_are_taken_and_given_back_unchanged() {
    let argus = Installation::standard();
    let (groups, roles) = (client_id(1), client_id(2));
    let clients = [client_with_literal_claims(&groups, USER_GROUPS), client_with_literal_claims(&roles, FUNCTION_ROLE_MAPPING)];
    argus.import_text(&format!("{{\"clients\": [{}]}}", clients.join(",")));
    let export = argus.cli(&["export"]).succeeded().json();
    for (id, document) in [(&groups, USER_GROUPS), (&roles, FUNCTION_ROLE_MAPPING)] {
        let stored = export["clients"].as_array().unwrap().iter().find(|client| client["clientId"] == id.as_str()).unwrap();
        let published: Value = serde_json::from_str(document).unwrap();
        // Text, not value: the order of keys counts.
        assert_eq!(stored["openIDCustomClaims"].to_string(), published["openIDCustomClaims"].to_string());
    }
}

/// A5.11
#[tokio::test]
async fn a_client_may_be_defined_for_a_customer_that_exists() {
    let argus = serving(json!([client(&client_id(1), json!({"customer": "mycustomer"}))]));
    let export = argus.cli(&["export"]).succeeded().json();
    assert_eq!(export["clients"][0]["customer"], "mycustomer");
    let document = only_clients(json!([client(&client_id(2), json!({"customer": "nosuch"}))]));
    let refusal = argus.try_import(&document.to_string()).failed();
    assert!(refusal.contains("/clients/0/customer: no customer has the short name nosuch"), "{refusal}");
}

/// A5.9: a client that is disabled or deleted is out at once, and its tokens with it.
#[tokio::test]
async fn a_disabled_or_deleted_client_is_out() {
    let (disabled, deleted) = (client_id(1), client_id(2));
    let argus = serving(json!([client(&disabled, json!({})), client(&deleted, json!({}))]));
    let browser = argus.browser();
    for id in [&disabled, &deleted] {
        let application = argus.application(id);
        let tokens = application.tokens(&browser, ALICE, "openid").await;
        let _ = application.userinfo(&tokens.access).await.expect(200);
        if id == &disabled {
            argus.import(&only_clients(json!([{"clientId": id, "enabled": false}])));
        } else {
            argus.cli(&["client", "delete", id]).succeeded();
        }
        let (asking, token) = (&application, &tokens.access);
        until("the client is out", async || (asking.userinfo(token).await.status == 401).then_some(())).await;
        // A deleted client's session is gone before the server notices that the client is.
        let refresh = &tokens.refresh;
        until("its refresh token is worth nothing", async || (asking.refresh(refresh).await.status == 401).then_some(())).await;
        assert_eq!(application.refresh(&tokens.refresh).await.error(401), "invalid_client");
        let _ = browser.open(&application.request("openid").path()).await.expect(400);
    }
}
