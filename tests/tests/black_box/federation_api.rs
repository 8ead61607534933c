//! Connections to identity providers, as administrators and their programs see and change them. That people come in through them is
//! shown by the tests of federation, with the real ones.

use argus_tests::browser::visible_text;
use argus_tests::document::{ALICE, BOB};
use argus_tests::{Answer, Browser};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Admin, pointers};

const METADATA: &str = include_str!("../../../host/saml/tests/samples/keycloak-idp-metadata.xml");
const CONNECTIONS: &str = "/api/v1/upstream-idps";

fn saml() -> Value {
    json!({
        "kind": "saml", "name": "Acme", "metadata": METADATA, "jit": true, "domains": ["acme.example"],
        "attributes": {"username": "uid", "groups": "memberOf"}, "groupMap": {"engineering": "group1"},
    })
}

fn oidc() -> Value {
    json!({"kind": "oidc", "name": "Acme", "issuer": "https://idp.acme.example", "clientId": "argus", "clientSecret": "a secret of ours there"})
}

async fn create(admin: &Admin, token: &str, slug: &str, members: &Value) -> Answer {
    let http = admin.argus.http();
    let request = http.request(Method::PUT, &format!("{CONNECTIONS}/{slug}")).bearer_auth(token);
    http.send(request.header("if-none-match", "*").header("content-type", "application/json").body(members.to_string())).await
}

#[tokio::test]
async fn a_connection_is_made_changed_and_deleted() {
    let admin = Admin::new("openid federation:read federation:write").await;
    let token = admin.token();
    let made = create(&admin, token, "acme", &saml()).await.expect(201);
    let (view, tag) = (made.json(), made.header("etag").to_owned());
    assert_eq!(view["inUse"]["certificates"].as_array().unwrap().len(), 1);
    assert_eq!(view["serviceProvider"]["acsUrl"], format!("{}/saml/acme/acs", admin.argus.issuer()));
    assert_eq!((&view["slug"], &view["enabled"]), (&json!("acme"), &json!(true)));
    let _ = create(&admin, token, "acme", &saml()).await.expect(409);
    // At once, on the node that made it.
    let metadata = admin.argus.http().get("/saml/acme/metadata").await.expect(200);
    assert_eq!(metadata.header("content-type"), "application/samlmetadata+xml");

    let path = format!("{CONNECTIONS}/acme");
    let change = json!({"name": "Acme Inc.", "enabled": false}).to_string();
    let _ = admin.send(Method::PUT, &path, None, Some(&change)).await.expect(428);
    let _ = admin.send(Method::PUT, &path, Some("\"00\""), Some(&change)).await.expect(412);
    let changed = admin.send(Method::PUT, &path, Some(&tag), Some(&change)).await.expect(200);
    assert_eq!((&changed.json()["name"], &changed.json()["jit"]), (&json!("Acme Inc."), &json!(true)));
    let _ = admin.send(Method::PUT, &path, Some(&tag), Some(&change)).await.expect(412);
    let _ = admin.argus.http().get("/login/acme").await.expect(404);
    assert_eq!(admin.get(CONNECTIONS).await.expect(200).json()["upstreamIdps"].as_array().unwrap().len(), 1);
    assert_eq!(admin.get(&format!("{path}/refusals")).await.expect(200).json()["refusals"], json!([]));
    let _ = admin.post(&format!("{path}/refresh"), &json!({})).await.expect(409);
    let _ = admin.post(&format!("{path}/approve"), &json!({"certificates": []})).await.expect(409);

    let _ = admin.send(Method::DELETE, &path, Some(&tag), None).await.expect(412);
    let _ = admin.send(Method::DELETE, &path, Some(changed.header("etag")), None).await.expect(204);
    let _ = admin.get(&path).await.expect(404);
    let events: Vec<_> = admin.argus.audit().into_iter().map(|event| event["event"].as_str().unwrap().to_owned()).collect();
    assert_eq!(events.iter().filter(|event| *event == "upstream_idp.changed").count(), 2);
    assert_eq!(events.iter().filter(|event| *event == "upstream_idp.deleted").count(), 1);
}

#[tokio::test]
async fn what_is_wrong_is_told_at_its_place_and_changes_nothing() {
    let admin = Admin::new("openid federation:read federation:write").await;
    let token = admin.token();
    for (patch, expected) in [
        (json!({"grupMap": {}}), "/grupMap"),
        (json!({"metadata": "<x/>"}), "/metadata"),
        (json!({"metadata": "idp.xml"}), "/metadata"),
        (json!({"groupMap": {"a": "nobodys"}}), "/groupMap/a"),
        (json!({"customer": "nobodys"}), "/customer"),
        (json!({"domains": ["Acme"]}), "/domains/0"),
        (json!({"clientSecret": "x"}), "/clientSecret"),
        (json!({"issuer": "https://idp.example"}), "/issuer"),
        (json!({"link": "always"}), "/link"),
    ] {
        let mut members = saml();
        members.as_object_mut().unwrap().extend(patch.as_object().unwrap().clone());
        let answer = create(&admin, token, "acme", &members).await;
        assert!(pointers(&answer).contains(&expected.to_owned()), "{patch}: {}", answer.text);
    }
    assert_eq!(pointers(&create(&admin, token, "Acme", &saml()).await), ["/slug"]);
    let unsigned = METADATA.replace("use=\"signing\"", "use=\"encryption\"");
    let mut members = saml();
    members["metadata"] = json!(unsigned);
    let refused = create(&admin, token, "acme", &members).await;
    assert!(refused.text.contains("nothing could be verified"), "{}", refused.text);
    assert_eq!(admin.get(CONNECTIONS).await.json()["upstreamIdps"], json!([]));
}

#[tokio::test]
async fn a_client_secret_is_told_nowhere() {
    let admin = Admin::new("openid federation:read federation:write").await;
    let made = create(&admin, admin.token(), "acme", &oidc()).await.expect(201);
    assert_eq!(made.json()["serviceProvider"]["redirectUri"], format!("{}/oidc/acme/callback", admin.argus.issuer()));
    let exported = admin.argus.cli(&["export"]).succeeded().stdout;
    let trail = admin.argus.audit().iter().map(ToString::to_string).collect::<String>();
    for text in [&made.text, &exported, &trail, &admin.argus.log()] {
        assert!(text.contains("idp.acme.example") || *text == admin.argus.log(), "{text}");
        assert!(!text.contains("a secret of ours there"), "{text}");
    }
    // Nor in the database's file.
    let stored = std::fs::read(admin.argus.data().join("argus.db")).unwrap_or_default();
    assert!(!stored.windows(22).any(|window| window == b"a secret of ours there"));
}

#[tokio::test]
async fn the_scope_decides() {
    let admin = Admin::new("openid federation:read").await;
    let _ = create(&admin, admin.token(), "acme", &saml()).await.expect(403);
    let _ = admin.get(CONNECTIONS).await.expect(200);
    let _ = admin.argus.http().get(CONNECTIONS).await.expect(401);
}

fn fields(page: &Answer, members: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut fields: Vec<_> = Browser::fields(page).into_iter().filter(|(name, _)| name == "csrf").take(1).collect();
    fields.extend(members.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    fields
}

/// The state that the forms of a page were made of.
fn tag_of(page: &Answer) -> String {
    let (_, rest) = page.text.split_once("name=\"tag\" value=\"").unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}

#[tokio::test]
async fn pages_make_change_and_delete_a_connection() {
    let argus = crate::plugin_sign_in::administered();
    let browser = argus.browser();
    let _ = browser.sign_in(ALICE).await.expect(303);
    let (list, new) = ("/admin/identity-providers", "/admin/identity-providers/new");
    assert!(browser.open(list).await.expect(200).text.contains("No identity provider is connected."));
    let page = browser.open(&format!("{new}?kind=saml")).await.expect(200);
    let settings = r#"{"name": "<b>Acme</b>", "jit": true, "attributes": {"groups": "memberOf"}, "groupMap": {"x": "nobodys"}}"#;
    let wrong = fields(&page, &[("kind", "saml"), ("slug", "acme"), ("settings", settings), ("metadata", METADATA)]);
    let wrong = browser.post(new, &wrong).await.expect(422);
    assert!(visible_text(&wrong).contains("/groupMap/x: no group has the short name nobodys"), "{}", visible_text(&wrong));
    assert!(wrong.text.contains("EntityDescriptor") && wrong.text.contains("nobodys"), "what was typed stays");
    let right = settings.replace("nobodys", "group1");
    let right = fields(&page, &[("kind", "saml"), ("slug", "acme"), ("settings", &right), ("metadata", METADATA)]);
    let here = browser.post(new, &right).await.expect(303).header("location").to_owned();
    let page = browser.open(&here).await.expect(200);
    assert!(page.text.contains("&#60;b&#62;Acme") && !page.text.contains("<b>Acme"), "{}", page.text);
    assert!(page.text.contains("/saml/acme/acs") && page.text.contains("Nothing was refused."));
    assert!(page.text.len() < 100 * 1024);

    // A member that is taken out of the settings goes.
    let tag = tag_of(&page);
    let fewer = r#"{"name": "Acme", "jit": true, "attributes": {}}"#;
    let saved = fields(&page, &[("action", "save"), ("tag", &tag), ("settings", fewer), ("kind", "saml")]);
    let _ = browser.post(&here, &saved).await.expect(303);
    let _ = browser.post(&here, &saved).await.expect(422);
    let page = browser.open(&here).await.expect(200);
    assert!(!page.text.contains("groupMap"), "{}", page.text);
    let _ = browser.open("/login/acme").await.expect(303);

    let _ = argus.http().post_form("/saml/acme/acs", &[("SAMLResponse", "!")]).await.expect(403);
    let refused = browser.open(&here).await.expect(200);
    assert!(visible_text(&refused).contains("encoding"), "{}", visible_text(&refused));

    let tag = tag_of(&page);
    let _ = browser.post(&here, &fields(&page, &[("action", "disable"), ("tag", &tag)])).await.expect(303);
    let _ = browser.open("/login/acme").await.expect(404);
    let page = browser.open(&here).await.expect(200);
    let tag = tag_of(&page);
    assert_eq!(browser.post(&here, &fields(&page, &[("action", "delete"), ("tag", &tag)])).await.expect(303).header("location"), list);
    let _ = browser.open(&here).await.expect(404);

    let bob = argus.browser();
    let _ = bob.sign_in(BOB).await.expect(303);
    for path in [list, new, &here] {
        let _ = bob.open(path).await.expect(404);
    }
}
