//! A3: tokens, keys, metadata.

use std::collections::HashSet;

use argus_tests::document::{ALICE, ALL_STANDARD, ANALYST_TOOL, CASE_DESK, DOCUMENTS, client, client_id};
use argus_tests::redact::{self, is_base64url};
use argus_tests::{Installation, Jwks, Landing, Tokens, jwt, until};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{alices, serving};

fn kids(jwks: &Jwks) -> HashSet<String> {
    jwks.0["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

/// A3.1, A3.2, A3.3, A11.2: every token of one sign-in, verified, whole.
#[tokio::test]
async fn the_tokens_of_a_sign_in() {
    let argus = Installation::shared();
    let tokens = alices(&format!("{ALL_STANDARD} cases:read")).await;
    let jwks = Jwks::fetch(&argus.http()).await;
    insta::assert_json_snapshot!("id_token", redact::token(&jwks.verify(&tokens.id), argus.issuer()));
    insta::assert_json_snapshot!("access_token", redact::token(&jwks.verify(&tokens.access), argus.issuer()));
    insta::assert_json_snapshot!("refresh_token", redact::token(&jwks.verify(&tokens.refresh), argus.issuer()));
}

/// A3.1: RS256 for a client that registered it; every announced algorithm is served.
#[tokio::test]
async fn id_tokens_are_signed_as_registered() {
    let algorithms = ["ES256", "RS256", "PS256", "EdDSA"];
    let ids: Vec<_> = (1..).map(client_id).take(algorithms.len()).collect();
    let clients: Vec<_> =
        ids.iter().zip(algorithms).map(|(id, algorithm)| client(id, json!({"idTokenSignedResponseAlg": algorithm}))).collect();
    let argus = serving(json!(clients));
    let metadata = argus.http().get("/.well-known/openid-configuration").await.json();
    assert_eq!(metadata["id_token_signing_alg_values_supported"], json!(algorithms));
    let (browser, jwks) = (argus.browser(), Jwks::fetch(&argus.http()).await);
    for (id, algorithm) in ids.iter().zip(algorithms) {
        let tokens = argus.application(id).tokens(&browser, ALICE, "openid").await;
        assert_eq!(jwks.verify(&tokens.id).header["alg"], algorithm);
        assert_eq!(jwks.verify(&tokens.access).header["alg"], "ES256");
    }
}

/// A3.2: a refresh token is no access token, nor the other way round, nor is an ID token either.
#[tokio::test]
async fn each_token_is_good_for_its_own_purpose_only() {
    let argus = Installation::shared();
    let desk = argus.application(CASE_DESK);
    let tokens = alices("openid profile").await;
    for token in [&tokens.refresh, &tokens.id] {
        assert_eq!(desk.userinfo(token).await.error(401), "invalid_token");
        assert_eq!(argus.http().get_as("/api/v1/me", token).await.error(401), "invalid_token");
    }
    for token in [&tokens.access, &tokens.id] {
        assert_eq!(desk.refresh(token).await.error(400), "invalid_grant");
    }
    assert_eq!(desk.introspect(&tokens.id).await, json!({"active": false}));
    let request = desk.request("openid").set("id_token_hint", &tokens.access);
    assert_eq!(argus.browser().visit(&request.path(), None).await.error(), "invalid_request");
}

/// A3.4
#[tokio::test]
async fn the_keys_are_public_and_nothing_but() {
    let argus = Installation::shared();
    let answer = argus.http().get("/.well-known/jwks.json").await.expect(200);
    assert_eq!(answer.header("cache-control"), "public, max-age=300");
    assert!(!answer.header("etag").is_empty());
    let jwks = Jwks(answer.json());
    let keys = jwks.0["keys"].as_array().unwrap();
    assert_eq!(kids(&jwks).len(), keys.len(), "each key has a kid of its own");
    for key in keys {
        let members: HashSet<&str> = key.as_object().unwrap().keys().map(String::as_str).collect();
        let public: &[&str] = match key["kty"].as_str().unwrap() {
            "EC" => &["crv", "x", "y"],
            "RSA" => &["n", "e"],
            "OKP" => &["crv", "x"],
            other => panic!("{other}"),
        };
        let expected = ["kty", "kid", "alg", "use"].iter().chain(public).copied().collect();
        assert_eq!(members, expected);
        assert_eq!(key["use"], "sig");
    }
    let again = argus.http().request(Method::GET, "/.well-known/jwks.json").header("if-none-match", answer.header("etag"));
    let _ = argus.http().send(again).await.expect(304);
    let metadata = argus.http().get("/.well-known/openid-configuration").await.json();
    assert_eq!(metadata["jwks_uri"], format!("{}/.well-known/jwks.json", argus.issuer()));
}

/// A3.5
#[tokio::test]
async fn tokens_verify_without_the_server() {
    let argus = Installation::standard();
    let desk = argus.application(CASE_DESK);
    let tokens = desk.tokens(&argus.browser(), ALICE, "openid cases:read").await;
    let jwks = Jwks::fetch(&argus.http()).await;
    assert_eq!(argus.stop(), 0);
    assert_eq!(jwks.verify(&tokens.access).claims["scope"], "cases:read openid");
    let (start, signature) = tokens.access.rsplit_once('.').unwrap();
    let mut bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    bytes[10] ^= 1;
    assert!(jwks.try_verify(&format!("{start}.{}", URL_SAFE_NO_PAD.encode(bytes))).is_err());
}

/// A3.6, A6.14
#[tokio::test]
async fn the_metadata_says_what_is_served() {
    let argus = Installation::shared();
    let http = argus.http();
    let metadata = http.get("/.well-known/openid-configuration").await.expect(200).json();
    assert_eq!(http.get("/.well-known/oauth-authorization-server").await.expect(200).json(), metadata);
    assert_eq!(metadata["issuer"], argus.issuer());
    let text = metadata.to_string().replace(argus.issuer(), "[iss]");
    insta::assert_json_snapshot!("metadata", serde_json::from_str::<Value>(&text).unwrap());
    for (name, status) in [
        ("authorization_endpoint", 400),
        ("token_endpoint", 405),
        ("userinfo_endpoint", 401),
        ("jwks_uri", 200),
        ("revocation_endpoint", 405),
        ("introspection_endpoint", 405),
        ("end_session_endpoint", 200),
    ] {
        let url = metadata[name].as_str().unwrap();
        assert!(url.starts_with(argus.issuer()), "{name}");
        let _ = http.get(url).await.expect(status);
    }
    for (name, url) in metadata.as_object().unwrap() {
        if let Some(url) = url.as_str().filter(|url| url.starts_with(argus.issuer()) && name != "issuer") {
            assert_ne!(http.get(url).await.status, 404, "{name}");
        }
    }
}

/// A3.7: published first, signing later, and kept while its tokens live.
#[tokio::test]
async fn keys_rotate_without_an_outage() {
    let argus = Installation::standard();
    let desk = argus.application(CASE_DESK);
    let (http, browser) = (argus.http(), argus.browser());
    let before = desk.tokens(&browser, ALICE, "openid").await;
    let first = Jwks::fetch(&http).await;
    let old = jwt::part(&before.access, 0)["kid"].as_str().unwrap().to_owned();

    argus.cli(&["keys", "rotate"]).succeeded();
    let (fetching, known) = (&http, kids(&first));
    let second = until("the next keys are published", async || {
        let jwks = Jwks::fetch(fetching).await;
        kids(&jwks).is_superset(&known).then_some(jwks).filter(|jwks| kids(jwks).len() == 2 * known.len())
    })
    .await;
    let between = desk.tokens(&browser, ALICE, "openid").await;
    assert_eq!(jwt::part(&between.access, 0)["kid"], old.as_str(), "published, not signing yet");

    argus.cli(&["keys", "rotate", "--now"]).succeeded();
    let (signing, client, window) = (&old, &desk, &browser);
    let after = until("the new key signs", async || {
        let tokens = client.tokens(window, ALICE, "openid").await;
        (jwt::part(&tokens.access, 0)["kid"] != signing.as_str()).then_some(tokens)
    })
    .await;
    // Whoever fetched the keys before the new one signed needs no new fetch.
    for token in [&before.access, &before.id, &between.access, &after.access, &after.id] {
        second.verify(token);
    }
    let third = Jwks::fetch(&http).await;
    for token in [&before.access, &before.refresh, &after.access] {
        third.verify(token);
    }
    let _ = desk.refresh(&before.refresh).await.expect(200);
    let _ = desk.userinfo(&before.access).await.expect(200);
}

/// A3.8: wherever this server takes a token.
#[tokio::test]
async fn forged_tokens_are_refused_everywhere() {
    let argus = Installation::shared();
    let desk = argus.application(CASE_DESK);
    let tokens = alices("openid profile").await;
    let jwks = Jwks::fetch(&argus.http()).await;
    let rotated = alices("openid profile").await;
    let rotated = Tokens::of(&desk.refresh(&rotated.refresh).await);
    for (token, purpose) in
        [(&tokens.access, "access"), (&tokens.refresh, "refresh"), (&rotated.refresh, "rotated refresh"), (&tokens.id, "id")]
    {
        for forged in forgeries(token, &jwks) {
            assert_eq!(desk.userinfo(&forged).await.error(401), "invalid_token", "{purpose} {forged}");
            assert_eq!(argus.http().get_as("/api/v1/me", &forged).await.error(401), "invalid_token");
            assert_eq!(desk.introspect(&forged).await, json!({"active": false}));
            assert_eq!(desk.refresh(&forged).await.error(400), "invalid_grant");
            let _ = desk.revoke(&forged).await.expect(200);
            let request = desk.request("openid").set("id_token_hint", &forged);
            assert_eq!(argus.browser().visit(&request.path(), None).await.error(), "invalid_request");
            let page = argus.browser().open(&format!("/oauth2/end_session?id_token_hint={forged}")).await;
            let _ = page.expect(400);
        }
    }
    let _ = desk.userinfo(&tokens.access).await.expect(200);
    let _ = desk.refresh(&tokens.refresh).await.expect(200);
}

/// The same claims, under signatures and headers of an attacker.
fn forgeries(token: &str, jwks: &Jwks) -> Vec<String> {
    let (header, claims) = (jwt::part(token, 0), jwt::part(token, 1));
    let with = |changes: Value| {
        let mut header = header.clone();
        header.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        header
    };
    let published = jwks.0["keys"].as_array().unwrap().iter().find(|key| key["kid"] == header["kid"]).unwrap();

    let pair = Ed25519KeyPair::generate().unwrap();
    let own = json!({"kty": "OKP", "crv": "Ed25519", "kid": "mine", "alg": "EdDSA", "use": "sig",
        "x": URL_SAFE_NO_PAD.encode(pair.public_key().as_ref())});
    let signed = |changes: Value| {
        let header = with(changes);
        let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let input = format!("{}.{}", encoded(&header), encoded(&claims));
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(pair.sign(input.as_bytes())))
    };
    let symmetric = |secret: &[u8]| {
        let mut header: Header = serde_json::from_value(with(json!({"alg": "HS256"}))).unwrap();
        header.alg = Algorithm::HS256;
        encode(&header, &claims, &EncodingKey::from_secret(secret)).unwrap()
    };
    let mut changed = claims.clone();
    changed["sub"] = "somebody else".into();
    let signature = URL_SAFE_NO_PAD.decode(token.rsplit('.').next().unwrap()).unwrap();
    vec![
        jwt::forged(&with(json!({"alg": "none"})), &claims, b""),
        jwt::forged(&with(json!({"alg": "None"})), &claims, &signature),
        jwt::forged(&header, &claims, b""),
        jwt::forged(&header, &changed, &signature),
        symmetric(published.to_string().as_bytes()),
        symmetric(published["x"].as_str().or_else(|| published["n"].as_str()).unwrap().as_bytes()),
        signed(json!({"alg": "EdDSA"})),
        signed(json!({"alg": "EdDSA", "kid": "mine"})),
        signed(json!({"alg": "EdDSA", "kid": "mine", "jwk": own})),
        signed(json!({"alg": "EdDSA", "kid": "mine", "jku": "https://evil.example/jwks.json"})),
        signed(json!({"alg": "EdDSA", "kid": "../../dev/null"})),
        token.rsplit_once('.').unwrap().0.to_owned(),
        format!("{token}.x"),
    ]
}

/// A3.2: rotation at each use; the one before gets the same successor for a while, anything older ends the family.
#[tokio::test]
async fn refresh_tokens_rotate_and_reuse_ends_the_family() {
    let argus = Installation::shared();
    for id in [CASE_DESK, ANALYST_TOOL] {
        let client = argus.application(id);
        let first = client.tokens(&argus.browser(), ALICE, "openid").await;
        let second = client.refresh(&first.refresh).await.expect(200).json();
        assert_ne!(second["refresh_token"], first.refresh.as_str());
        let again = client.refresh(&first.refresh).await.expect(200).json();
        assert_eq!(again["refresh_token"], second["refresh_token"], "two tabs, a lost answer: the same successor");
        let third = client.refresh(second["refresh_token"].as_str().unwrap()).await.expect(200).json();
        assert_eq!(client.refresh(&first.refresh).await.error(400), "invalid_grant");
        for token in [&second["refresh_token"], &third["refresh_token"]] {
            assert_eq!(client.refresh(token.as_str().unwrap()).await.error(400), "invalid_grant");
        }
        assert_eq!(client.userinfo(third["access_token"].as_str().unwrap()).await.error(401), "invalid_token");
    }
}

/// A3.2: of many at once, every one gets the one successor.
#[tokio::test]
async fn refreshes_at_the_same_time_have_one_successor() {
    let argus = Installation::shared();
    let desk = argus.application(CASE_DESK);
    let tokens = alices("openid").await;
    let refresh = async || desk.refresh(&tokens.refresh).await.expect(200).json()["refresh_token"].as_str().unwrap().to_owned();
    let (a, b, c, d, e) = tokio::join!(refresh(), refresh(), refresh(), refresh(), refresh());
    assert_eq!(HashSet::from([a.clone(), b, c, d, e]).len(), 1);
    let _ = desk.refresh(&a).await.expect(200);
}

/// A3.2: a refresh token is bound to its client.
#[tokio::test]
async fn another_clients_refresh_token_is_refused() {
    let argus = Installation::shared();
    let tokens = alices("openid").await;
    for id in [DOCUMENTS, ANALYST_TOOL] {
        assert_eq!(argus.application(id).refresh(&tokens.refresh).await.error(400), "invalid_grant");
    }
    let _ = argus.application(CASE_DESK).refresh(&tokens.refresh).await.expect(200);
}

/// A3.1: a refreshed ID token speaks of the same sign-in (OpenID Connect Core §12.2).
#[tokio::test]
async fn a_refreshed_id_token_keeps_what_identifies_the_sign_in() {
    let argus = Installation::shared();
    let tokens = alices("openid").await;
    let jwks = Jwks::fetch(&argus.http()).await;
    let refreshed = argus.application(CASE_DESK).refresh(&tokens.refresh).await.expect(200).json();
    let (before, after) = (jwks.verify(&tokens.id).claims, jwks.verify(refreshed["id_token"].as_str().unwrap()).claims);
    for name in ["iss", "sub", "aud", "auth_time", "sid", "amr"] {
        assert_eq!(before[name], after[name], "{name}");
    }
    assert!(before["nonce"].is_string());
    assert_eq!(after.get("nonce"), None);
    assert_ne!(before["at_hash"], after["at_hash"]);
}

/// A3.1: RFC 9207; codes and tokens are random, and never in the wrong place.
#[tokio::test]
async fn the_answer_names_its_issuer() {
    let argus = Installation::shared();
    let desk = argus.application(CASE_DESK);
    let landing = argus.browser().visit(&desk.request("openid").path(), Some(ALICE)).await;
    let Landing::Redirect(url) = &landing else { panic!("{landing:?}") };
    assert_eq!(url.fragment(), None);
    assert_eq!(landing.parameter("iss").as_deref(), Some(argus.issuer()));
    let names: Vec<_> = landing.parameters().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["code", "state", "iss"]);
    assert!(is_base64url(&landing.code()));
}
