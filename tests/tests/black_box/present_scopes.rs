//! A5.10, A6.18: what a client is granted never goes beyond what it is allowed at that moment.

use argus_tests::document::{ALICE, client, client_id, only_clients};
use argus_tests::{Tokens, jwt, until};
use serde_json::json;

use crate::support::{serving, without_sub};

/// A client that may ask for less than before gets less at its next refresh, and at UserInfo; what comes back, comes back.
#[tokio::test]
async fn a_client_that_lost_a_scope_is_granted_it_no_more() {
    let id = client_id(1);
    let argus = serving(json!([client(&id, json!({}))]));
    let desk = argus.application(&id);
    let browser = argus.browser();
    let before = desk.tokens(&browser, ALICE, "openid email phone cases:read offline_access").await;
    let waiting = desk.code(&browser, ALICE, "openid email phone").await;
    let allow = |scopes: &[&str]| argus.import(&only_clients(json!([{"clientId": id, "scopes": scopes}])));

    allow(&["openid", "phone"]);
    let (asking, token) = (&desk, &before.access);
    until("UserInfo shows less", async || {
        let claims = without_sub(asking.userinfo(token).await.expect(200).json());
        (claims == json!({"phone_number": "+4712345678", "phone_number_verified": false})).then_some(())
    })
    .await;
    let narrowed = Tokens::of(&desk.refresh(&before.refresh).await);
    assert_eq!(narrowed.response["scope"], "offline_access openid phone");
    let access = jwt::part(&narrowed.access, 1);
    assert_eq!((&access["scope"], &access["aud"]), (&json!("offline_access openid phone"), &json!(argus.issuer())));
    assert_eq!(jwt::part(&narrowed.id, 1).get("email"), None);
    assert_eq!(Tokens::of(&desk.redeem(&waiting).await).response["scope"], "openid phone");

    allow(&["phone"]);
    until("UserInfo is refused", async || (asking.userinfo(token).await.status == 403).then_some(())).await;
    let narrowed = Tokens::of(&desk.refresh(&narrowed.refresh).await);
    assert_eq!((&narrowed.response["scope"], narrowed.id.as_str()), (&json!("offline_access phone"), ""));

    allow(&["openid", "email", "phone", "profile"]);
    until("UserInfo answers", async || (asking.userinfo(token).await.status == 200).then_some(())).await;
    let widened = Tokens::of(&desk.refresh(&narrowed.refresh).await);
    assert_eq!(widened.response["scope"], "email offline_access openid phone", "no more than the user allowed");
}

/// `/api/v1/me` is of one mind with UserInfo.
#[tokio::test]
async fn a_client_that_lost_a_scope_reads_no_more_about_the_user() {
    let id = client_id(1);
    let argus = serving(json!([client(&id, json!({}))]));
    let tokens = argus.application(&id).tokens(&argus.browser(), ALICE, "openid profile email").await;
    let http = argus.http();
    assert_eq!(http.get_as("/api/v1/me", &tokens.access).await.expect(200).json()["email"], "alice@example.com");
    argus.import(&only_clients(json!([{"clientId": id, "scopes": ["openid", "profile"]}])));
    let (asking, token) = (&http, &tokens.access);
    until("the address is left out", async || {
        asking.get_as("/api/v1/me", token).await.expect(200).json().get("email").is_none().then_some(())
    })
    .await;
    argus.import(&only_clients(json!([{"clientId": id, "scopes": ["openid"]}])));
    until("the token is for nothing here", async || (asking.get_as("/api/v1/me", token).await.status == 403).then_some(())).await;
}

/// OpenID Connect Core §11: without refresh tokens there is nothing to keep, so the scope means nothing.
#[tokio::test]
async fn offline_access_is_ignored_for_a_client_without_refresh_tokens() {
    let id = client_id(1);
    let argus = serving(json!([client(&id, json!({"grantTypes": ["authorization_code", "client_credentials"]}))]));
    let desk = argus.application(&id);
    let browser = argus.browser();
    let tokens = desk.tokens(&browser, ALICE, "openid offline_access").await;
    assert_eq!((&tokens.response["scope"], tokens.refresh.as_str()), (&json!("openid"), ""));
    assert_eq!(jwt::part(&tokens.access, 1)["scope"], "openid");
    // So the access token ends with the sign-in, as any other.
    let page = browser.open("/oauth2/end_session").await.expect(200);
    let _ = browser.confirm(&page).await.expect(200);
    assert_eq!(desk.userinfo(&tokens.access).await.error(401), "invalid_token");
    assert_eq!(desk.client_credentials("offline_access cases:read").await.expect(200).json()["scope"], "cases:read");
}
