//! The pages about the installation as a whole, and of claim providers: overview, keys, audit, import, upload.

use argus_tests::browser::visible_text;
use argus_tests::document::{BOB, CASE_DESK};
use argus_tests::{Answer, Browser, Installation, Person};
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::admin_pages::{administrator, between, form};
use crate::plugin_sign_in::administered;
use crate::support::Admin;

/// From nothing to an administrator at work: the link that a new installation prints.
#[tokio::test]
async fn a_new_installation_makes_its_first_administrator_by_a_link() {
    let argus = Installation::new("");
    argus.serve();
    let printed = argus.log();
    let link = printed.lines().find_map(|line| line.trim().strip_prefix(argus.issuer())).unwrap().to_owned();
    let browser = argus.browser();
    let page = browser.open(&link).await.expect(200);
    assert!(visible_text(&page).contains("Become the administrator"));
    let fields = |username: &'static str, password: &'static str| {
        form(&page, &[("username", username), ("name", "Root"), ("password", password), ("again", password)])
    };
    let _ = browser.post(&link, &fields("", "long enough words")).await.expect(422);
    let _ = browser.post(&link, &fields("root", "short")).await.expect(422);
    let done = browser.post(&link, &fields("root", "long enough words")).await.expect(200);
    assert!(visible_text(&done).contains("Sign in"));
    let _ = browser.post(&link, &fields("root2", "long enough words")).await.expect(404);
    let _ = browser.open(&link).await.expect(404);
    let root = Person { username: "root", password: "long enough words" };
    let _ = browser.sign_in(root).await.expect(303);
    let overview = browser.open("/admin").await.expect(200);
    let text = visible_text(&overview);
    assert!(text.contains("Getting started") && text.contains("A client is registered"), "{text}");
    assert_eq!(overview.text.matches("class=\"done\"").count(), 1, "there is an administrator, and nothing else");
    // Another one, by whoever has the machine.
    let again = argus.cli(&["admin", "link"]).succeeded().stdout;
    let path = again.trim().strip_prefix(argus.issuer()).unwrap().to_owned();
    let _ = argus.browser().open(&path).await.expect(200);
    let _ = argus.browser().open("/welcome/nonsense").await.expect(404);
}

#[tokio::test]
async fn the_overview_tells_what_is_left_to_do() {
    let argus = administered();
    let browser = administrator(&argus).await;
    assert_eq!(browser.open("/admin").await.expect(200).text.matches("class=\"done\"").count(), 2);
    let _ = argus.application(CASE_DESK).tokens(&argus.browser(), BOB, "openid").await;
    argus.import(&json!({"clients": [{"clientId": CASE_DESK, "openIDCustomClaims": [{"provider": "userGroups", "configuration": {"allowedGroups": ["group1"]}}]}]}));
    assert_eq!(browser.open("/admin").await.expect(200).text.matches("class=\"done\"").count(), 4);
}

#[tokio::test]
async fn keys_are_shown_and_rotated() {
    let argus = administered();
    let browser = administrator(&argus).await;
    let page = browser.open("/admin/keys").await.expect(200);
    let keys = page.text.matches("scope=\"row\"").count();
    let _ = browser.post("/admin/keys", &form(&page, &[("action", "now")])).await.expect(303);
    let after = browser.open("/admin/keys").await.expect(200);
    assert!(after.text.matches("scope=\"row\"").count() > keys && visible_text(&after).contains("retired"));
    let _ = browser.post("/admin/keys", &form(&page, &[("action", "explode")])).await.expect(400);
}

/// A11.3: the trail is looked through, exported and verified.
#[tokio::test]
async fn the_audit_trail_is_filtered_followed_exported_and_verified() {
    let argus = administered();
    let browser = administrator(&argus).await;
    for _ in 0..60 {
        let _ = argus
            .browser()
            .open(&format!("/oauth2/authorize?client_id={CASE_DESK}&response_type=code&redirect_uri=https://evil.example/"))
            .await;
    }
    let page = browser.open("/admin/audit").await.expect(200);
    let first = visible_text(&page);
    assert!(first.contains("authorization.refused") && page.text.len() < 200 * 1024, "{}", page.text.len());
    let next = between(&page.text, "rel=\"next\" href=\"", "\"").replace("&#38;", "&").replace("&amp;", "&");
    assert!(visible_text(&browser.open(&next).await.expect(200)).contains("client.created"));
    let found = visible_text(&browser.open("/admin/audit?event=sign_in.succeeded&client=&subject=").await.expect(200));
    assert!(found.contains("sign_in.succeeded") && !found.contains("\u{a0}client.created\u{a0}"), "{found}");
    let _ = browser.open("/admin/audit?event=nosuch").await.expect(422);
    let _ = browser.open("/admin/audit?after=nonsense").await.expect(422);
    let verified = browser.post("/admin/audit", &form(&page, &[])).await.expect(200);
    assert!(visible_text(&verified).contains("Every chain is whole."));

    let exported = browser.open("/admin/audit/export").await.expect(200);
    assert_eq!(exported.header("content-type"), "application/jsonl");
    let events: Vec<Value> = exported.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let listed = argus.audit();
    assert_eq!(events, listed);
    let some = browser.open(&format!("/admin/audit/export?event=authorization.refused&client={CASE_DESK}")).await.expect(200);
    assert_eq!(some.text.lines().count(), 30, "floods are recorded in part");
}

#[tokio::test]
async fn the_api_lists_the_trail_from_either_end_exports_and_verifies_it() {
    let admin = Admin::new("openid audit:read").await;
    let oldest = admin.get("/api/v1/audit?limit=2").await.expect(200).json();
    let newest = admin.get("/api/v1/audit?order=newest&limit=2").await.expect(200).json();
    assert!(oldest["events"][0]["at"].as_i64() <= oldest["events"][1]["at"].as_i64());
    assert!(newest["events"][0]["at"].as_i64() >= newest["events"][1]["at"].as_i64());
    let mut seen = Vec::new();
    let mut path = "/api/v1/audit?order=newest&limit=3".to_owned();
    loop {
        let page = admin.get(&path).await.expect(200).json();
        seen.extend(page["events"].as_array().unwrap().iter().map(|event| event["sequence"].as_u64().unwrap()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/api/v1/audit?order=newest&limit=3&after={next}");
    }
    let count = admin.argus.audit().len();
    assert_eq!(seen.len(), count);
    assert!(seen.is_sorted_by(|a, b| a > b));
    assert_eq!(admin.get("/api/v1/audit/verify").await.expect(200).json()["whole"], true);
    let lines = admin.get("/api/v1/audit/export").await.expect(200);
    assert_eq!(lines.text.lines().count(), count);
    let reference = oldest["events"][0]["correlationId"].as_str().unwrap();
    let one = admin.get(&format!("/api/v1/audit?correlationId={reference}")).await.expect(200).json();
    assert!(one["events"].as_array().unwrap().iter().all(|event| event["correlationId"] == reference));
    let _ = admin.get("/api/v1/audit?order=sideways").await.expect(422);
}

#[tokio::test]
async fn documents_are_tried_applied_and_exported() {
    let argus = administered();
    let browser = administrator(&argus).await;
    let page = browser.open("/admin/documents").await.expect(200);
    let document = json!({
        "groups": [{"shortname": "g9", "name": "Nine"}],
        "clients": [{"name": "New", "type": "confidential", "redirectUris": ["https://n.example/cb"]}],
    })
    .to_string();
    let act = async |action: &str, document: &str| {
        browser.post("/admin/documents", &form(&page, &[("action", action), ("document", document)])).await
    };
    let plan = visible_text(&act("plan", &document).await.expect(200));
    assert!(plan.contains("What it would do") && plan.contains("2 new") && plan.contains("g9"), "{plan}");
    let _ = browser.open("/admin/directory/groups?key=g9").await.expect(404);
    let done = act("apply", &document).await.expect(200);
    assert!(visible_text(&done).contains("Secrets of new clients"), "{}", visible_text(&done));
    let _ = browser.open("/admin/directory/groups?key=g9").await.expect(200);
    for (document, told) in
        [("nonsense", "(document)"), (r#"{"groups": [{"shortname": "x"}]}"#, "/groups/0"), (r#"{"nosuch": []}"#, "nosuch")]
    {
        let refused = visible_text(&act("apply", document).await.expect(422));
        assert!(refused.contains(told), "{told}: {refused}");
    }
    let exported = browser.open("/admin/documents/export").await.expect(200);
    assert_eq!(exported.json(), argus.cli(&["export"]).succeeded().json());
}

async fn upload(browser: &Browser, page: &Answer, fields: &[(&str, &str)], file: &[u8]) -> Answer {
    let mut sent = Form::new().part("component", Part::bytes(file.to_vec()).file_name("x.wasm"));
    for (name, value) in form(page, fields) {
        sent = sent.text(name, value);
    }
    browser.send(|http| http.request(Method::POST, "/admin/claim-providers/upload").multipart(sent).header("origin", http.issuer())).await
}

#[tokio::test]
async fn a_claim_provider_is_uploaded_approved_put_in_service_and_deleted() {
    let admin = Admin::new("openid providers:read").await;
    let argus = &admin.argus;
    let browser = administrator(argus).await;
    assert!(visible_text(&browser.open("/admin/claim-providers").await.expect(200)).contains("userGroups"));
    let builtin = visible_text(&browser.open("/admin/claim-providers/userGroups").await.expect(200));
    assert!(builtin.contains("in service") && builtin.contains("built in"), "{builtin}");
    let page = browser.open("/admin/claim-providers/upload").await.expect(200);
    for (name, file, told) in [
        ("x", &b"nonsense"[..], "component"),
        ("userGroups", b"nonsense", "built-in"),
        ("", b"nonsense", "the name"),
        ("x", b"", "component"),
    ] {
        let refused = visible_text(&upload(&browser, &page, &[("name", name), ("then", "keep")], file).await.expect(422));
        assert!(refused.contains(told), "{told}: {refused}");
    }
    // A built-in component under a name of its own: it reads groups.
    let built_in = admin.get("/api/v1/claim-providers/userGroups").await.expect(200).json();
    let component = format!("/api/v1/claim-providers/userGroups/versions/{}/component", built_in["current"].as_str().unwrap());
    let request = argus.http().request(Method::GET, &component).bearer_auth(admin.token());
    let component = request.send().await.unwrap().bytes().await.unwrap().to_vec();
    let uploaded = upload(&browser, &page, &[("name", "mine"), ("then", "keep")], &component).await.expect(200);
    let text = visible_text(&uploaded);
    assert!(text.contains("What the check found") && text.contains("waits for approval"), "{text}");
    let path = "/admin/claim-providers/mine";
    let digest = between(&uploaded.text, "name=\"digest\" value=\"", "\"").to_owned();
    let act = async |action: &str| browser.post(path, &form(&page, &[("action", action), ("digest", &digest)])).await;
    let _ = act("approve").await.expect(303);
    let text = visible_text(&browser.open(path).await.expect(200));
    assert!(text.contains("in service") && !text.contains("waits for approval"), "{text}");
    let _ = act("promote").await.expect(409);
    let _ = act("roll_back").await.expect(409);
    let _ = act("explode").await.expect(400);
    assert_eq!(act("delete").await.expect(303).header("location"), "/admin/claim-providers");
    let _ = browser.open(path).await.expect(404);
    // Nor does a form from elsewhere, or of somebody else, get in.
    let forged = Form::new().text("name", "x").part("component", Part::bytes(component).file_name("x.wasm"));
    let forged =
        browser.send(|http| http.request(Method::POST, "/admin/claim-providers/upload").multipart(forged).header("origin", http.issuer()));
    let _ = forged.await.expect(403);
    let bob = argus.browser();
    let _ = bob.sign_in(BOB).await.expect(303);
    let _ = upload(&bob, &page, &[("name", "x")], b"x").await.expect(404);
}

/// A page that is followed comes again by itself, without a script.
#[tokio::test]
async fn the_audit_trail_is_followed() {
    let argus = crate::plugin_sign_in::administered();
    let browser = administrator(&argus).await;
    let page = browser.open("/admin/audit?event=sign_in.succeeded").await.expect(200);
    assert!(!page.headers.contains_key("refresh"));
    assert!(page.text.contains("/admin/audit?event=sign_in.succeeded&amp;follow=true"), "{}", page.text);
    let followed = browser.open("/admin/audit?event=sign_in.succeeded&follow=true").await.expect(200);
    assert_eq!(followed.header("refresh"), "5");
    assert!(followed.text.contains("href=\"/admin/audit?event=sign_in.succeeded\""), "{}", followed.text);
}
