//! `/api/v1/me/clients` and `/api/v1/client-requests` (A5.6–A5.8).

use argus_tests::Answer;
use argus_tests::document::{BOB, CAROL, CASE_DESK};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Admin, Caller, pointers};

const CLIENTS: &str = "/api/v1/me/clients";

fn registration(name: &str) -> Value {
    json!({"kind": "web", "name": name, "redirectUris": ["https://my.application/oauth/callback"], "scopes": ["openid"]})
}

#[tokio::test]
async fn a_user_keeps_clients_of_the_users_own() {
    let admin = Admin::new("openid clients:read clients:write").await;
    let bob = Caller::new(&admin.argus, BOB, "openid clients:read clients:write").await;
    let created = bob.send(Method::POST, CLIENTS, None, Some(&registration("Wiki"))).await.expect(201);
    let client = created.json();
    let path = format!("{CLIENTS}/{}", client["clientId"].as_str().unwrap());
    assert_eq!(created.header("location"), path);
    assert_eq!((&client["owner"], client["clientSecret"].as_str().map(str::len)), (&json!("bob"), Some(43)));
    let shown = bob.send(Method::GET, &path, None, None).await.expect(200);
    assert!(shown.json().get("clientSecret").is_none());
    let tag = shown.header("etag").to_owned();
    let renamed = bob.send(Method::PATCH, &path, Some(&tag), Some(&json!({"name": "Notes"}))).await.expect(200);
    assert_eq!(renamed.json()["name"], "Notes");
    let _ = bob.send(Method::PATCH, &path, Some(&tag), Some(&json!({"name": "Late"}))).await.expect(412);
    let _ = bob.send(Method::PATCH, &path, None, Some(&json!({"name": "Late"}))).await.expect(428);
    for (patch, pointer) in [
        (json!({"owner": "carol"}), "/owner"),
        (json!({"consent": "implicit"}), "/consent"),
        (json!({"openIDCustomClaims": []}), "/openIDCustomClaims"),
        (json!({"scopes": ["openid", "clients:write"]}), "/scopes/1"),
        (json!({"redirectUris": ["http://x.example/cb"]}), "/redirectUris/0"),
        (json!({"resources": []}), "/resources"),
    ] {
        assert_eq!(pointers(&bob.send(Method::PATCH, &path, Some(renamed.header("etag")), Some(&patch)).await), [pointer]);
    }
    let secret = bob.send(Method::POST, &format!("{path}/secrets"), None, Some(&json!({}))).await.expect(201);
    assert_eq!(secret.json()["clientSecret"].as_str().unwrap().len(), 43);
    let activity = bob.send(Method::GET, &format!("{path}/activity"), None, None).await.expect(200).json();
    let events: Vec<_> = activity.as_array().unwrap().iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["client.secret_rotated", "client.changed", "client.created"]);

    let listed = bob.send(Method::GET, CLIENTS, None, None).await.expect(200).json();
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
    let _ = bob.send(Method::DELETE, &path, Some(renamed.header("etag")), None).await.expect(204);
    let _ = bob.send(Method::GET, &path, None, None).await.expect(404);
}

#[tokio::test]
async fn nobody_reaches_a_client_of_somebody_else() {
    let admin = Admin::new("openid clients:read clients:write").await;
    let bob = Caller::new(&admin.argus, BOB, "openid clients:read clients:write").await;
    let carol = Caller::new(&admin.argus, CAROL, "openid clients:read clients:write").await;
    let client = bob.send(Method::POST, CLIENTS, None, Some(&registration("Wiki"))).await.expect(201).json();
    let theirs = client["clientId"].as_str().unwrap();
    let told = |answer: Answer, id: &str| {
        let problem = answer.expect(404).json();
        problem["detail"].as_str().unwrap().replace(id, "ID")
    };
    for id in [theirs, CASE_DESK] {
        let path = format!("{CLIENTS}/{id}");
        let nobodys = "00000000-0000-4000-8000-000000000009";
        let answers = [
            carol.send(Method::GET, &path, None, None).await,
            carol.send(Method::PATCH, &path, Some("\"1\""), Some(&json!({"name": "Mine"}))).await,
            carol.send(Method::DELETE, &path, Some("\"1\""), None).await,
            carol.send(Method::POST, &format!("{path}/secrets"), None, Some(&json!({}))).await,
            carol.send(Method::GET, &format!("{path}/activity"), None, None).await,
            carol
                .send(
                    Method::POST,
                    &format!("{path}/requests"),
                    None,
                    Some(&json!({"claimProvider": {"provider": "userGroups", "configuration": {}}})),
                )
                .await,
        ];
        let unknown = told(carol.send(Method::GET, &format!("{CLIENTS}/{nobodys}"), None, None).await, nobodys);
        for answer in answers {
            assert_eq!(told(answer, id), unknown);
        }
    }
    // The administrators' endpoints are not the users'.
    let _ = carol.send(Method::GET, "/api/v1/clients", None, None).await.expect(403);
    let _ = carol.send(Method::GET, "/api/v1/client-requests", None, None).await.expect(403);
    let reader = Caller::new(&admin.argus, BOB, "openid clients:read").await;
    let _ = reader.send(Method::POST, CLIENTS, None, Some(&registration("No"))).await.expect(403);
    let _ = reader.send(Method::GET, CLIENTS, None, None).await.expect(200);
}

#[tokio::test]
async fn what_a_user_asks_for_is_decided_by_an_administrator() {
    let admin = Admin::new("openid clients:read clients:write").await;
    let bob = Caller::new(&admin.argus, BOB, "openid clients:read clients:write").await;
    let client = bob.send(Method::POST, CLIENTS, None, Some(&registration("Wiki"))).await.expect(201).json();
    let id = client["clientId"].as_str().unwrap();
    let path = format!("{CLIENTS}/{id}/requests");
    let wanted = json!({"claimProvider": {"provider": "userGroups", "configuration": {"allowedGroups": ["group2"]}}, "reason": "Why"});
    let asked = bob.send(Method::POST, &path, None, Some(&wanted)).await.expect(200).json();
    assert_eq!(asked["requests"][0]["wanted"]["claimProvider"]["reason"], "Why");
    let bad = json!({"claimProvider": {"provider": "userGroups", "configuration": {"allowedGroups": 7}}});
    assert_eq!(pointers(&bob.send(Method::POST, &path, None, Some(&bad)).await), ["/configuration/allowedGroups"]);

    let open = admin.get("/api/v1/client-requests").await.expect(200).json();
    assert_eq!((&open[0]["clientId"], &open[0]["owner"]), (&json!(id), &json!("bob")));
    let request = format!("/api/v1/client-requests/{}", open[0]["id"]);
    let _ = admin.send(Method::POST, &format!("{request}/approve"), None, None).await.expect(204);
    let _ = admin.send(Method::POST, &format!("{request}/approve"), None, None).await.expect(404);
    let shown = bob.send(Method::GET, &format!("{CLIENTS}/{id}"), None, None).await.expect(200).json();
    assert_eq!(shown["openIDCustomClaims"][0]["provider"], "userGroups");
    let again = json!({"claimProvider": {"provider": "userGroups", "configuration": {"allowedGroups": []}}});
    assert_eq!(pointers(&bob.send(Method::POST, &path, None, Some(&again)).await), [""], "the claim is set already");

    let other =
        json!({"claimProvider": {"provider": "functionRoleMapping", "configuration": {"functionRoleMapping": [], "claimName": "roles2"}}});
    if bob.send(Method::POST, &path, None, Some(&other)).await.status == 200 {
        let open = admin.get("/api/v1/client-requests").await.expect(200).json();
        let _ = admin.send(Method::DELETE, &format!("/api/v1/client-requests/{}", open[0]["id"]), None, None).await.expect(204);
        assert_eq!(admin.get("/api/v1/client-requests").await.expect(200).json(), json!([]));
    }
    for nonsense in ["x", "0", "99", "18446744073709551615"] {
        let _ = admin.send(Method::DELETE, &format!("/api/v1/client-requests/{nonsense}"), None, None).await.expect(404);
    }
}

/// The last client that is allowed is not one too many when its registration comes again.
#[tokio::test]
async fn a_registration_that_comes_again_makes_no_second_client() {
    let admin = Admin::new("openid clients:read clients:write").await;
    let bob = Caller::new(&admin.argus, BOB, "openid clients:read clients:write").await;
    let send = async |key: &str| {
        let http = admin.argus.http();
        let request = http.request(Method::POST, CLIENTS).bearer_auth(&bob.token).header("content-type", "application/json");
        http.send(request.header("idempotency-key", key).body(registration("Wiki").to_string())).await
    };
    for key in ["1", "2", "3", "4"] {
        let _ = send(key).await.expect(201);
    }
    let last = send("5").await.expect(201).json();
    let again = send("5").await.expect(200).json();
    assert_eq!(again["clientId"], last["clientId"]);
    assert!(again.get("clientSecret").is_none());
    let _ = send("6").await.expect(409);
    let carol = Caller::new(&admin.argus, CAROL, "openid clients:read clients:write").await;
    let http = admin.argus.http();
    let request = http.request(Method::POST, CLIENTS).bearer_auth(&carol.token).header("content-type", "application/json");
    let hers = http.send(request.header("idempotency-key", "5").body(registration("Hers").to_string())).await.expect(201).json();
    assert_ne!(hers["clientId"], last["clientId"], "a key is one caller's");
}
