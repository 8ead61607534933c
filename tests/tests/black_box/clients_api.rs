//! A5: clients are registered, changed and given new secrets through the administration API, by the rules of the import document.

use argus_tests::Application;
use argus_tests::document::{BOB, FUNCTION_ROLE_MAPPING, USER_GROUPS};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Admin, pointers};

const CLIENTS: &str = "/api/v1/clients";
const REDIRECT: &str = "https://my.application/oauth/callback";
const SCOPES: &str = "openid clients:read clients:write";

fn application(admin: &Admin, client: &Value, secret: &str) -> Application {
    Application::new(admin.argus.http(), client["clientId"].as_str().unwrap(), Some(secret.to_owned())).answered_at(REDIRECT)
}

fn web(name: &str) -> Value {
    json!({"name": name, "type": "confidential", "redirectUris": [REDIRECT], "grantTypes": ["authorization_code", "refresh_token"],
        "scopes": ["openid", "profile"]})
}

async fn works(application: &Application) -> bool {
    let answer = application.token(&[("grant_type", "authorization_code"), ("code", "none"), ("redirect_uri", REDIRECT)]).await;
    match answer.json()["error"].as_str() {
        Some("invalid_grant") => true,
        Some("invalid_client") => false,
        other => panic!("{other:?}"),
    }
}

/// A5.1, A5.3, A5.4
#[tokio::test]
async fn a_client_is_registered_and_its_secret_is_told_once() {
    let admin = Admin::new(SCOPES).await;
    let created = admin.post(CLIENTS, &web("Web")).await.expect(201);
    let client = created.json();
    let secret = client["clientSecret"].as_str().unwrap().to_owned();
    let path = created.header("location").to_owned();
    assert_eq!(path, format!("{CLIENTS}/{}", client["clientId"].as_str().unwrap()));
    assert_eq!((created.header("etag"), created.header("cache-control")), ("\"1\"", "no-store"));
    let tokens = application(&admin, &client, &secret).tokens(&admin.argus.browser(), BOB, "openid profile").await;
    assert_eq!(tokens.id_claims()["name"], "Bob B");

    let shown = admin.get(&path).await.expect(200);
    assert_eq!(shown.header("etag"), "\"1\"");
    assert_eq!(shown.json()["secrets"].as_array().unwrap().len(), 1);
    for text in [shown.text, admin.get(CLIENTS).await.text, admin.get(&format!("{path}/revisions")).await.text, admin.argus.log()] {
        assert!(!text.contains(&secret), "told again: {text}");
    }
    assert!(!format!("{:?}", admin.argus.audit()).contains(&secret));

    for (members, has_secret) in [
        (json!({"name": "SPA", "type": "public", "redirectUris": ["https://spa.example/cb"]}), false),
        (json!({"name": "Native", "type": "public", "redirectUris": ["http://127.0.0.1/cb", "com.example.app:/cb"]}), false),
        (json!({"name": "Service", "type": "confidential", "grantTypes": ["client_credentials"]}), true),
    ] {
        assert_eq!(admin.post(CLIENTS, &members).await.expect(201).json()["clientSecret"].is_string(), has_secret, "{members}");
    }
}

/// A5.10: the two documents come back as they were given.
#[tokio::test]
async fn custom_claims_come_back_byte_for_byte() {
    let admin = Admin::new(SCOPES).await;
    for text in [USER_GROUPS, FUNCTION_ROLE_MAPPING] {
        let claims: Value = serde_json::from_str(text).unwrap();
        let mut members = web("Claims");
        members["openIDCustomClaims"] = claims["openIDCustomClaims"].clone();
        let path = admin.post(CLIENTS, &members).await.expect(201).header("location").to_owned();
        let shown = admin.get(&path).await.expect(200).json();
        assert_eq!(shown["openIDCustomClaims"].to_string(), claims["openIDCustomClaims"].to_string());
    }
}

#[tokio::test]
async fn what_no_client_can_be_is_refused_at_its_place_and_changes_nothing() {
    let admin = Admin::new(SCOPES).await;
    let before = admin.get(CLIENTS).await.text;
    let with = |member: &str, value: Value| {
        let mut members = web("Web");
        members[member] = value;
        members
    };
    for (members, expected) in [
        (with("nmae", json!("x")), "/nmae"),
        (with("name", json!(7)), "/name"),
        (with("name", json!("a\u{0}b")), "/name"),
        (with("name", json!("x".repeat(201))), "/name"),
        (with("type", json!("secret")), "/type"),
        (with("redirectUris", json!(["https://a.example/cb", "https://*.example/cb"])), "/redirectUris/1"),
        (with("redirectUris", json!(["https://a.example/cb#x"])), "/redirectUris/0"),
        (with("redirectUris", json!(["http://a.example/cb"])), "/redirectUris/0"),
        (with("scopes", json!(["openid", "nosuch"])), "/scopes/1"),
        (with("customer", json!("nosuch")), "/customer"),
        (with("owner", json!("nobody")), "/owner"),
        (with("clientId", json!("021269c5-04c3-4399-a206-32659c489803")), "/clientId"),
        (with("secret", json!("x".repeat(40))), "/secret"),
        (
            with("openIDCustomClaims", json!([{"provider": "userGroups", "configuration": {"allowedGroups": 1}}])),
            "/openIDCustomClaims/0/configuration/allowedGroups",
        ),
    ] {
        let answer = admin.post(CLIENTS, &members).await;
        assert_eq!(pointers(&answer), [expected], "{members}: {}", answer.text);
    }
    for text in ["", "null", "[]", "\"x\"", "{", "{\"name\": \"a\", \"name\": \"b\"}"] {
        let answer = admin.send(Method::POST, CLIENTS, None, Some(text)).await;
        assert_eq!(answer.status, 422, "{text}: {}", answer.text);
    }
    let _ = admin.post_text(CLIENTS, "name=x").await.expect(415);
    assert_eq!(admin.get(CLIENTS).await.text, before);
}

#[tokio::test]
async fn a_change_needs_the_tag_that_was_read() {
    let admin = Admin::new(SCOPES).await;
    let path = admin.post(CLIENTS, &web("Web")).await.expect(201).header("location").to_owned();
    let patch = json!({"name": "Renamed", "accessTokenLifetimeSeconds": 60});
    let _ = admin.send(Method::PATCH, &path, None, Some(&patch.to_string())).await.expect(428);
    for stale in ["\"2\"", "\"0\"", "1", "nonsense", "\"01x\"", "*"] {
        let _ = admin.patch(&path, stale, &patch).await.expect(412);
    }
    let changed = admin.patch(&path, "\"1\"", &patch).await.expect(200);
    assert_eq!((changed.header("etag"), &changed.json()["name"]), ("\"2\"", &json!("Renamed")));
    assert_eq!(changed.json()["scopes"], json!(["openid", "profile"]), "what is not named stays");
    let _ = admin.patch(&path, "\"1\"", &json!({"name": "Lost"})).await.expect(412);
    let cleared = admin.patch(&path, "\"2\"", &json!({"accessTokenLifetimeSeconds": null})).await.expect(200);
    assert!(cleared.json().get("accessTokenLifetimeSeconds").is_none());
    assert_eq!(pointers(&admin.patch(&path, "\"3\"", &json!({"type": "public"})).await), ["/type"]);
    assert_eq!(pointers(&admin.patch(&path, "\"3\"", &json!({"nmae": "x"})).await), ["/nmae"]);

    let revisions = admin.get(&format!("{path}/revisions")).await.expect(200).json();
    assert_eq!(revisions.as_array().unwrap().len(), 3);
    assert_eq!(revisions[1]["changes"]["name"], json!({"from": "Web", "to": "Renamed"}));
    assert!(revisions[0]["actor"].as_str().unwrap().starts_with("user:"));
    let restored = admin.send(Method::POST, &format!("{path}/revisions/1/restore"), Some("\"3\""), None).await.expect(200);
    assert_eq!((restored.header("etag"), &restored.json()["name"]), ("\"4\"", &json!("Web")));
    for nowhere in ["9", "0", "x", "-1"] {
        let _ = admin.send(Method::POST, &format!("{path}/revisions/{nowhere}/restore"), Some("\"4\""), None).await.expect(404);
    }
    for nobody in ["nonsense", "00000000-0000-4000-8000-000000000000"] {
        let _ = admin.get(&format!("{CLIENTS}/{nobody}")).await.expect(404);
        let _ = admin.patch(&format!("{CLIENTS}/{nobody}"), "\"1\"", &patch).await.expect(404);
    }
}

/// A5.5
#[tokio::test]
async fn a_new_secret_works_beside_the_old_one_for_as_long_as_was_said() {
    let admin = Admin::new(SCOPES).await;
    let created = admin.post(CLIENTS, &web("Web")).await.expect(201);
    let client = created.json();
    let secrets = format!("{}/secrets", created.header("location"));
    let first = application(&admin, &client, client["clientSecret"].as_str().unwrap());
    let rotate = async |body: Value| admin.send(Method::POST, &secrets, None, Some(&body.to_string())).await;
    let second = rotate(json!({})).await.expect(201).json();
    let second = application(&admin, &client, second["clientSecret"].as_str().unwrap());
    assert!(works(&first).await && works(&second).await);
    let third = rotate(json!({"overlapSeconds": 0})).await.expect(201).json();
    let third = application(&admin, &client, third["clientSecret"].as_str().unwrap());
    assert!(!works(&first).await && !works(&second).await && works(&third).await);
    for body in [json!({"overlapSeconds": -1}), json!({"overlapSeconds": 8_000_000}), json!({"overlap": 1}), json!({"overlapSeconds": "x"})]
    {
        let _ = rotate(body).await.expect(422);
    }
    assert!(works(&third).await);
    let public =
        admin.post(CLIENTS, &json!({"name": "SPA", "type": "public", "redirectUris": ["https://spa.example/cb"]})).await.expect(201);
    let _ = admin.send(Method::POST, &format!("{}/secrets", public.header("location")), None, Some("{}")).await.expect(409);
}

#[tokio::test]
async fn a_client_that_is_disabled_or_deleted_has_no_tokens_left() {
    let admin = Admin::new(SCOPES).await;
    let created = admin.post(CLIENTS, &web("Web")).await.expect(201);
    let (client, path) = (created.json(), created.header("location").to_owned());
    let application = application(&admin, &client, client["clientSecret"].as_str().unwrap());
    let tokens = application.tokens(&admin.argus.browser(), BOB, "openid").await;
    let _ = admin.patch(&path, "\"1\"", &json!({"enabled": false})).await.expect(200);
    let _ = application.userinfo(&tokens.access).await.expect(401);
    assert!(!works(&application).await);
    let _ = admin.patch(&path, "\"2\"", &json!({"enabled": true})).await.expect(200);
    let _ = application.userinfo(&tokens.access).await.expect(401);
    assert_eq!(application.refresh(&tokens.refresh).await.error(400), "invalid_grant", "what ended stays ended");
    let tokens = application.tokens(&admin.argus.browser(), BOB, "openid").await;

    let _ = admin.send(Method::DELETE, &path, None, None).await.expect(428);
    let _ = admin.send(Method::DELETE, &path, Some("\"1\""), None).await.expect(412);
    let _ = application.userinfo(&tokens.access).await.expect(200);
    let _ = admin.send(Method::DELETE, &path, Some("\"3\""), None).await.expect(204);
    let _ = application.userinfo(&tokens.access).await.expect(401);
    let _ = admin.get(&path).await.expect(404);
    let _ = admin.send(Method::DELETE, &path, Some("\"3\""), None).await.expect(404);
    let audit = admin.argus.audit();
    for kind in ["client.created", "client.changed", "client.deleted"] {
        let of: Vec<&Value> = audit.iter().filter(|event| event["event"] == kind && event["clientId"] == client["clientId"]).collect();
        assert!(!of.is_empty(), "{kind}");
        assert!(of.iter().all(|event| event["actor"].as_str().unwrap().starts_with("user:") && event["address"] == "127.0.0.1"), "{of:?}");
    }
    assert!(!audit.iter().any(|event| event["event"] == "document.imported" && event["actor"] != "cli"));
}

#[tokio::test]
async fn who_may_only_read_changes_nothing() {
    let admin = Admin::new(SCOPES).await;
    let path = admin.post(CLIENTS, &web("Web")).await.expect(201).header("location").to_owned();
    let reader = Admin::at(admin.argus, "openid clients:read").await;
    let _ = reader.get(&path).await.expect(200);
    let _ = reader.post(CLIENTS, &web("Other")).await.expect(403);
    let _ = reader.patch(&path, "\"1\"", &json!({"name": "x"})).await.expect(403);
    let _ = reader.send(Method::DELETE, &path, Some("\"1\""), None).await.expect(403);
    let _ = reader.send(Method::POST, &format!("{path}/secrets"), None, Some("{}")).await.expect(403);
    let _ = reader.send(Method::POST, &format!("{path}/revisions/1/restore"), Some("\"1\""), None).await.expect(403);
    assert_eq!(reader.get(&path).await.header("etag"), "\"1\"");
}

/// A request that is sent again, since its answer got lost, makes no second client.
#[tokio::test]
async fn a_registration_with_a_key_is_done_once() {
    let admin = Admin::new("openid clients:read clients:write").await;
    let http = admin.argus.http();
    let send = async |key: &str| {
        let body = json!({"name": "Once", "type": "confidential", "redirectUris": ["https://once.example/cb"]}).to_string();
        let request = http.request(Method::POST, "/api/v1/clients").bearer_auth(admin.token()).header("content-type", "application/json");
        http.send(request.header("idempotency-key", key).body(body)).await
    };
    let first = send("one").await.expect(201).json();
    let again = send("one").await.expect(200).json();
    assert_eq!(first["clientId"], again["clientId"]);
    assert!(first["clientSecret"].is_string() && again.get("clientSecret").is_none());
    assert_ne!(send("two").await.expect(201).json()["clientId"], first["clientId"]);
    let _ = send("").await.expect(400);
    let _ = send(&"x".repeat(256)).await.expect(400);
}

/// The list goes on page by page, and finds a part of a name.
#[tokio::test]
async fn clients_are_listed_by_name_a_page_at_a_time() {
    let admin = Admin::new("openid clients:read").await;
    let (mut found, mut after) = (Vec::new(), String::new());
    loop {
        let page = admin.get(&format!("{CLIENTS}?limit=2{after}")).await.expect(200).json();
        found.extend(page["clients"].as_array().unwrap().iter().map(|client| client["name"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={}", next.replace(' ', "%20")),
            None => break,
        }
    }
    assert_eq!(found, ["Analyst tool", "Argus command line", "Case desk", "Cases API", "Document repository"]);
    let desks = admin.get(&format!("{CLIENTS}?q=DESK")).await.expect(200).json();
    assert_eq!(desks["clients"].as_array().map(Vec::len), Some(1));
    for query in ["limit=0", "limit=201", "limit=x", "after=x", "after=1.Case"] {
        assert_eq!(pointers(&admin.get(&format!("{CLIENTS}?{query}")).await), [format!("/{}", query.split('=').next().unwrap())]);
    }
    let listed = admin.argus.cli(&["client", "list", "desk"]).succeeded().stdout;
    assert!(listed.contains("021269c5-04c3-4399-a206-32659c489803") && listed.contains("Case desk"), "{listed}");
}
