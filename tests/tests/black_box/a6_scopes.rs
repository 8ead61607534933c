//! A6: OpenID Connect and the scopes of this server.

use std::net::{IpAddr, Ipv4Addr};

use argus_tests::browser::{shown_claims, visible_text};
use argus_tests::document::{ALICE, ALL_STANDARD, BOB, CAROL, CASE_DESK, client_id, client_with_claims};
use argus_tests::{Installation, Jwks, Landing, Person, Tokens, jwt, redact};
use serde_json::{Value, json};

use crate::support::{ID_TOKEN_CLAIMS, alices, beyond_protocol, serving, serving_with, without_sub};

async fn claims_of(person: Person, scope: &str) -> Value {
    let argus = Installation::shared();
    let tokens = argus.application(CASE_DESK).tokens(&argus.browser(), person, scope).await;
    beyond_protocol(&Jwks::fetch(&argus.http()).await, &tokens.id, ID_TOKEN_CLAIMS)
}

/// A6.1
#[tokio::test]
async fn without_the_openid_scope_there_is_no_id_token_and_no_userinfo() {
    let argus = Installation::shared();
    let tokens = alices("profile email").await;
    assert_eq!(tokens.response.get("id_token"), None);
    assert_eq!(argus.application(CASE_DESK).userinfo(&tokens.access).await.error(403), "insufficient_scope");
}

/// A6.2
#[tokio::test]
async fn scopes_are_a_set_however_they_are_written() {
    let argus = Installation::shared();
    let desk = argus.application(CASE_DESK);
    let browser = argus.browser();
    desk.code(&browser, ALICE, "openid").await;
    let mut answers = Vec::new();
    for scope in
        ["openid%20groups%20profile", "openid+groups+profile", "profile%20openid%20groups", "groups+groups++profile+openid+openid+"]
    {
        let request = desk.request("").without("scope");
        let landing = browser.visit(&format!("{}&scope={scope}", request.path()), None).await;
        let tokens = Tokens::of(&desk.redeem(&request.code_of(&landing)).await);
        answers.push((tokens.response["scope"].clone(), without_sub(desk.userinfo(&tokens.access).await.expect(200).json())));
    }
    assert_eq!(answers[0].0, "groups openid profile");
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
}

/// A6.3, A6.4, A6.5, A6.7, A6.9, A6.10, A6.11, A6.15, A6.16, A6.17: every claim of every scope, name by name and type by type.
#[tokio::test]
async fn every_scope_gives_its_claims_in_the_id_token_and_in_userinfo() {
    let argus = Installation::shared();
    let tokens = alices(ALL_STANDARD).await;
    let jwks = Jwks::fetch(&argus.http()).await;
    let in_id_token = beyond_protocol(&jwks, &tokens.id, ID_TOKEN_CLAIMS);
    insta::assert_json_snapshot!("all_claims", redact::claims(&in_id_token, argus.issuer()));
    // A6.19
    assert_eq!(without_sub(argus.application(CASE_DESK).userinfo(&tokens.access).await.expect(200).json()), in_id_token);
}

/// A6.4, A6.5: the type does not depend on how many there are.
#[tokio::test]
async fn one_group_and_no_group_are_lists_as_well() {
    assert_eq!(claims_of(BOB, "openid groups groupstring").await, json!({"groups": ["group2"], "groupstring": "[\"group2\"]"}));
    assert_eq!(claims_of(CAROL, "openid groups groupstring roles").await, json!({"groups": [], "groupstring": "[]", "roles": []}));
}

/// A6.5
#[tokio::test]
async fn groupstring_is_a_text_that_holds_compact_json() {
    let claims = claims_of(ALICE, "openid groupstring").await;
    assert_eq!(claims["groupstring"].as_str(), Some(r#"["group1","group3"]"#));
}

/// A6.6: they still work, and each use is on record as deprecated.
#[tokio::test]
async fn the_deprecated_scopes_work_and_are_marked() {
    let argus = Installation::standard();
    let desk = argus.application(CASE_DESK);
    let browser = argus.browser();
    let jti = |tokens: &Tokens| jwt::part(&tokens.access, 1)["jti"].clone();
    let marked = jti(&desk.tokens(&browser, ALICE, "openid groups groupstring").await);
    let unmarked = jti(&desk.tokens(&browser, ALICE, "openid profile").await);
    let trail = argus.audit();
    let issued = |jti: &Value| trail.iter().find(|event| event["details"]["jti"] == *jti).unwrap()["details"]["deprecatedScopes"].clone();
    assert_eq!(issued(&marked), json!(["groups", "groupstring"]));
    assert_eq!(issued(&unmarked), Value::Null);
}

/// A6.7: nothing is made up for somebody who belongs nowhere. A6.9, A6.16
#[tokio::test]
async fn a_fact_that_is_not_known_gives_no_claim() {
    assert_eq!(claims_of(CAROL, "openid customer email phone").await, json!({}));
}

/// A6.8
#[tokio::test]
async fn customer_says_nothing_of_permissions() {
    let claims = claims_of(ALICE, "openid customer").await;
    let expected = json!({"customer_id": 1, "domain_id": 1, "customer_shortname": "mycustomer", "customer_name": "My Customer"});
    assert_eq!(claims, expected);
}

/// A6.9: a boolean, and false where nobody checked.
#[tokio::test]
async fn an_address_that_was_not_verified_is_said_not_to_be() {
    assert_eq!(claims_of(BOB, "openid email").await, json!({"email": "bob@example.com", "email_verified": false}));
}

/// A6.10, A6.16: without a token, from any page.
#[tokio::test]
async fn the_picture_can_be_shown_by_any_page() {
    let argus = Installation::shared();
    let claims = claims_of(ALICE, "openid profile").await;
    let picture = claims["picture"].as_str().unwrap();
    assert!(picture.starts_with(argus.issuer()));
    let answer = argus.http().get(picture).await.expect(200);
    assert_eq!(answer.header("content-type"), "image/svg+xml");
    assert_eq!(answer.header("cross-origin-resource-policy"), "cross-origin");
    assert!(answer.header("content-security-policy").contains("sandbox"));
    assert!(answer.text.contains("AA"), "initials: {}", answer.text);
    let _ = argus.http().get("/pictures/guessed").await.expect(404);
    assert_ne!(claims_of(BOB, "openid profile").await["picture"], claims["picture"]);
}

/// A6.11: the address at sign-in, not at the exchange.
#[tokio::test]
async fn client_ip_is_where_the_browser_signed_in_from() {
    let argus = Installation::shared();
    let jwks = Jwks::fetch(&argus.http()).await;
    let there = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 42));
    let browser = argus.browser().from_address(there);
    let mut desk = argus.application(CASE_DESK);
    let code = desk.code(&browser, ALICE, "openid clientip").await;
    desk.http = desk.http.from_address(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 7)));
    let tokens = Tokens::of(&desk.redeem(&code).await);
    assert_eq!(jwks.verify(&tokens.id).claims["client_ip"], "127.0.0.42");
    let refreshed = Tokens::of(&desk.refresh(&tokens.refresh).await);
    assert_eq!(jwks.verify(&refreshed.id).claims["client_ip"], "127.0.0.42");
    assert_eq!(desk.userinfo(&refreshed.access).await.expect(200).json()["client_ip"], "127.0.0.42");
}

/// A6.12
#[tokio::test]
async fn a_forwarded_address_counts_only_from_a_trusted_proxy() {
    let claim = async |argus: &Installation, forwarded: &str| {
        let browser = argus.browser().with_header("x-forwarded-for", forwarded).with_header("forwarded", "for=192.0.2.99");
        let tokens = argus.application(CASE_DESK).tokens(&browser, ALICE, "openid clientip").await;
        jwt::part(&tokens.id, 1)["client_ip"].as_str().unwrap().to_owned()
    };
    assert_eq!(claim(Installation::shared(), "198.51.100.1").await, "127.0.0.1");
    let behind = Installation::standard_with("[http]\ntrusted_proxies = [\"127.0.0.0/8\", \"10.0.0.0/8\"]\n");
    for (forwarded, seen) in [
        ("198.51.100.1", "198.51.100.1"),
        // What the client wrote itself stands to the left.
        ("203.0.113.66, 198.51.100.1", "198.51.100.1"),
        ("203.0.113.66, 198.51.100.1, 10.1.2.3", "198.51.100.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("nonsense", "127.0.0.1"),
    ] {
        assert_eq!(claim(&behind, forwarded).await, seen, "{forwarded}");
    }
}

/// A6.13
#[tokio::test]
async fn a_session_taken_to_another_address_has_to_sign_in_again_where_that_is_enforced() {
    let configuration = "[http]\ntrusted_proxies = [\"127.0.0.1/32\"]\n[sessions]\nip_binding = \"enforce\"\n";
    let argus = Installation::standard_with(configuration);
    let desk = argus.application(CASE_DESK);
    let here = argus.browser().with_header("x-forwarded-for", "198.51.100.1");
    desk.tokens(&here, ALICE, "openid").await;
    here.visit(&desk.request("openid").path(), None).await.code();
    let elsewhere = here.with_header("x-forwarded-for", "198.51.100.2");
    let page = elsewhere.visit(&desk.request("openid").path(), None).await.page(200);
    assert!(visible_text(&page).contains("Password"));
    let landing = elsewhere.visit(&desk.request("openid").set("prompt", "none").path(), None).await;
    assert_eq!(landing.error(), "login_required");
    let tokens = desk.tokens(&elsewhere, ALICE, "openid clientip").await;
    assert_eq!(jwt::part(&tokens.id, 1)["client_ip"], "198.51.100.2");
}

/// A6.13
#[tokio::test]
async fn by_default_the_address_is_recorded_and_nothing_more() {
    let argus = Installation::standard_with("[http]\ntrusted_proxies = [\"127.0.0.1/32\"]\n");
    let desk = argus.application(CASE_DESK);
    let here = argus.browser().with_header("x-forwarded-for", "198.51.100.1");
    desk.tokens(&here, ALICE, "openid").await;
    let elsewhere = here.with_header("x-forwarded-for", "198.51.100.2");
    let request = desk.request("openid clientip");
    let code = request.code_of(&elsewhere.visit(&request.path(), None).await);
    let tokens = Tokens::of(&desk.redeem(&code).await);
    assert_eq!(jwt::part(&tokens.id, 1)["client_ip"], "198.51.100.1", "the address the session is bound to");
}

/// A6.18, A6.19: with claim providers as well.
#[tokio::test]
async fn userinfo_says_what_the_id_token_says() {
    let id = client_id(1);
    let argus = serving(json!([client_with_claims(
        &id,
        json!([
            {"provider": "userGroups", "configuration": {"allowedGroups": ["group3", "group1"]}},
            {"provider": "functionRoleMapping", "configuration": {"claimName": "desk_roles", "roleMapping": {"argusFunction1": "reader"}}},
        ])
    )]));
    let application = argus.application(&id);
    let tokens = application.tokens(&argus.browser(), ALICE, ALL_STANDARD).await;
    let in_id_token = beyond_protocol(&Jwks::fetch(&argus.http()).await, &tokens.id, ID_TOKEN_CLAIMS);
    assert_eq!((&in_id_token["groups"], &in_id_token["desk_roles"]), (&json!(["group3", "group1"]), &json!(["reader"])));
    assert_eq!(without_sub(application.userinfo(&tokens.access).await.expect(200).json()), in_id_token);
}

/// A6.20, A11.5
#[tokio::test]
async fn the_consent_page_shows_scopes_and_claims_with_their_values() {
    let id = client_id(1);
    let mut client = client_with_claims(&id, json!([{"provider": "userGroups", "configuration": {"allowedGroups": ["group1", "group2"]}}]));
    client["consent"] = "always".into();
    client["name"] = "Ask <me>".into();
    let argus = serving_with(json!([client]), "");
    let application = argus.application(&id);
    let browser = argus.browser();
    let _ = browser.sign_in(ALICE).await.expect(303);
    let request = application.request("openid email cases:read");
    let answer = browser.open(&request.path()).await.expect(303);
    let page = browser.open(answer.url.join(answer.header("location")).unwrap().as_str()).await.expect(200);
    assert_eq!(shown_claims(&page), json!({"email": "alice@example.com", "email_verified": "yes", "groups": "group1"}));
    let text = visible_text(&page);
    for shown in ["Ask <me>", "Alice A", "Your e-mail address", "Cases: cases:read", "from userGroups"] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
    assert!(!page.text.contains("<me>"), "the name of a client is text");
    // What was shown is what is released.
    let landing = browser.go_on(page, None).await;
    let tokens = Tokens::of(&application.redeem(&request.code_of(&landing)).await);
    let released = beyond_protocol(&Jwks::fetch(&argus.http()).await, &tokens.id, ID_TOKEN_CLAIMS);
    assert_eq!(released, json!({"email": "alice@example.com", "email_verified": true, "groups": ["group1"]}));
}

/// A6.20: asked once, and again when more is asked for.
#[tokio::test]
async fn consent_is_remembered_for_what_it_was_given() {
    let argus = Installation::standard();
    let documents = argus.application(argus_tests::document::DOCUMENTS);
    let browser = argus.browser();
    let _ = browser.sign_in(ALICE).await.expect(303);
    let asked = async |scope: &str| {
        let request = documents.request(scope).set("prompt", "none");
        match browser.visit(&request.path(), None).await {
            landing @ Landing::Redirect(_) => landing.parameter("error").is_some_and(|error| error == "consent_required"),
            other => panic!("{other:?}"),
        }
    };
    assert!(asked("openid profile").await);
    documents.tokens(&browser, ALICE, "openid profile").await;
    assert!(!asked("openid profile").await);
    assert!(!asked("openid").await);
    assert!(asked("openid profile email").await);
    let denied = browser.that_denies().visit(&documents.request("openid profile email").path(), None).await;
    assert_eq!(denied.error(), "access_denied");
    assert!(asked("openid profile email").await);
}
