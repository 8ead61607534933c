//! The pages of the directory: users, and the small entries around them (A10.9, A11.6).

use argus_tests::browser::visible_text;
use argus_tests::document::{ALICE, BOB, CAROL, CASE_DESK};
use argus_tests::{Answer, Browser, Person};
use reqwest::Method;
use serde_json::{Value, json};

use crate::admin_pages::{administrator, between, form};
use crate::plugin_sign_in::administered;
use crate::support::{command_line_token, send_as};

const USERS: &str = "/admin/users";

async fn act(browser: &Browser, path: &str, fields: &[(&str, &str)]) -> Answer {
    let page = browser.open(path).await.expect(200);
    let mut fields = form(&page, fields);
    if let Some((_, tag)) = page.text.split_once("name=\"tag\" value=\"") {
        fields.push(("tag".to_owned(), tag.split('"').next().unwrap().to_owned()));
    }
    browser.post(path, &fields).await
}

/// A person of this test, whose link was just made.
fn link(page: &Answer) -> String {
    let url = between(&page.text, "readonly value=\"", "\"");
    format!("/welcome/{}", url.rsplit('/').next().unwrap())
}

#[tokio::test]
async fn a_user_is_added_and_chooses_a_password_by_a_link_that_works_once() {
    let argus = administered();
    let browser = administrator(&argus).await;
    let new = [
        ("action", "save"),
        ("username", "dave d"),
        ("name", "Dave D"),
        ("email", "dave@example.com"),
        ("emailVerified", "true"),
        ("customer", "mycustomer"),
        ("groups", "group1\r\n\r\n group2 "),
        ("roles", "analyst"),
        ("more", r#"{"attributes": {"department": ["Cases"]}, "functions": [{"function": "argusFunction1", "customer": "mycustomer"}]}"#),
    ];
    let page = act(&browser, "/admin/users/new", &new).await.expect(200);
    let link = link(&page);
    let exported = argus.cli(&["export"]).succeeded().json();
    let dave = exported["users"].as_array().unwrap().iter().find(|user| user["username"] == "dave d").unwrap().clone();
    assert_eq!(
        (&dave["groups"], &dave["customer"], &dave["emailVerified"]),
        (&serde_json::json!(["group1", "group2"]), &"mycustomer".into(), &true.into())
    );
    assert_eq!(dave["attributes"]["department"][0], "Cases");

    let theirs = argus.browser();
    let welcome = theirs.open(&link).await.expect(200);
    assert!(visible_text(&welcome).contains("dave d"));
    for (one, other, told) in [("short", "short", "too short"), ("long enough words", "other words here", "not the same")] {
        let refused = theirs.post(&link, &form(&welcome, &[("password", one), ("again", other)])).await.expect(422);
        assert!(visible_text(&refused).contains(told), "{told}: {}", refused.text);
    }
    let set = form(&welcome, &[("password", "long enough words"), ("again", "long enough words")]);
    let _ = theirs.post(&link, &set).await.expect(200);
    let _ = theirs.open(&link).await.expect(404);
    let _ = theirs.post(&link, &set).await.expect(404);
    let dave = Person { username: "dave d", password: "long enough words" };
    let _ = argus.browser().sign_in(dave).await.expect(303);
    assert!(!argus.log().contains(link.rsplit('/').next().unwrap()), "the link is not in the log");

    // A new link ends the one before, and a new password every sign-in.
    let browser_of_dave = argus.browser();
    let _ = browser_of_dave.sign_in(dave).await.expect(303);
    let path = format!("{USERS}/dave%20d");
    let first = self::link(&act(&browser, &path, &[("action", "reset")]).await.expect(200));
    let second = self::link(&act(&browser, &path, &[("action", "reset")]).await.expect(200));
    let _ = theirs.open(&first).await.expect(404);
    let page = theirs.open(&second).await.expect(200);
    let _ =
        theirs.post(&second, &form(&page, &[("password", "entirely other words"), ("again", "entirely other words")])).await.expect(200);
    let _ = browser_of_dave.open("/account").await.expect(303);
}

#[tokio::test]
async fn a_form_that_cannot_be_is_shown_again_with_everything_in_it() {
    let argus = administered();
    let browser = administrator(&argus).await;
    for (fields, told) in [
        ([("username", ""), ("name", "Dave"), ("more", "{}"), ("groups", "")], "must be"),
        ([("username", "bob"), ("name", "Dave"), ("more", "{}"), ("groups", "")], "is taken"),
        ([("username", "dave"), ("name", ""), ("more", "{}"), ("groups", "")], "must be"),
        ([("username", "dave"), ("name", "Dave"), ("more", "nonsense"), ("groups", "")], "/more"),
        ([("username", "dave"), ("name", "Dave"), ("more", r#"{"admin": true}"#), ("groups", "")], "is neither attributes nor functions"),
        ([("username", "dave"), ("name", "Dave"), ("more", "{}"), ("groups", "nosuch")], "no group has the short name nosuch."),
        ([("username", "dave"), ("name", "\"><script>alert(1)</script>"), ("more", "{}"), ("groups", "x")], "short name x."),
    ] {
        let page = act(&browser, "/admin/users/new", &[&fields[..], &[("action", "save")]].concat()).await.expect(422);
        assert!(visible_text(&page).contains(told), "{told}: {}", visible_text(&page));
        assert!(page.text.contains("aria-invalid=\"true\"") && !page.text.contains("<script>alert"));
    }
    let _ = browser.open(&format!("{USERS}/dave")).await.expect(404);
}

/// A10.9: disabled in the page, a user is out everywhere.
#[tokio::test]
async fn a_user_is_changed_signed_out_disabled_and_deleted() {
    let argus = administered();
    let browser = administrator(&argus).await;
    let list = visible_text(&browser.open(&format!("{USERS}?q=EXAMPLE.com")).await.expect(200));
    assert!(list.contains("alice") && list.contains("bob@example.com") && !list.contains("carol"), "{list}");
    assert!(visible_text(&browser.open(&format!("{USERS}?q=%25")).await).contains("No user is found so."));

    let theirs = argus.browser();
    let tokens = argus.application(CASE_DESK).tokens(&theirs, BOB, "openid profile").await;
    let path = format!("{USERS}/bob");
    let page = visible_text(&browser.open(&path).await.expect(200));
    assert!(page.contains("Case desk") && page.contains("127.0.0.1"), "{page}");
    let fields = [("action", "save"), ("name", "Robert"), ("groups", "group1"), ("more", "{}")];
    let stale = form(&browser.open(&path).await, &[&fields[..], &[("tag", "nonsense")]].concat());
    let refused = visible_text(&browser.post(&path, &stale).await.expect(409));
    assert!(refused.contains("it was changed in the meantime"), "{refused}");
    let _ = act(&browser, &path, &fields).await.expect(303);
    assert!(browser.open(&path).await.text.contains("value=\"Robert\""));
    let _ = act(&browser, &path, &[("action", "sign_out")]).await.expect(303);
    let _ = theirs.open("/account").await.expect(303);
    let _ = argus.http().get_as("/api/v1/me", &tokens.access).await.expect(401);

    let _ = act(&browser, &path, &[("action", "disable")]).await.expect(303);
    let _ = argus.browser().sign_in(BOB).await.expect(401);
    let _ = act(&browser, &path, &[("action", "enable")]).await.expect(303);
    let _ = argus.browser().sign_in(BOB).await.expect(303);
    let _ = act(&browser, &path, &[("action", "explode")]).await.expect(400);
    assert_eq!(act(&browser, &path, &[("action", "delete")]).await.expect(303).header("location"), USERS);
    let _ = browser.open(&path).await.expect(404);
    let events: Vec<_> = argus.audit().iter().map(|event| event["event"].as_str().unwrap().to_owned()).collect();
    for event in ["user.changed", "user.disabled", "user.deleted", "session.ended"] {
        assert!(events.iter().any(|known| known == event), "{event}");
    }
}

#[tokio::test]
async fn entries_are_added_changed_and_deleted() {
    let argus = administered();
    let browser = administrator(&argus).await;
    assert_eq!(browser.open("/admin/directory").await.expect(303).header("location"), "/admin/directory/groups");
    for (section, key, fields, changed) in [
        ("domains", "north", &[("shortname", "north"), ("name", "North")][..], &[("name", "Northern")][..]),
        ("customers", "c3", &[("shortname", "c3"), ("name", "Three"), ("domain", "acme")], &[("name", "Third"), ("domain", "acme")]),
        ("groups", "g4", &[("shortname", "g4"), ("name", "Four")], &[("name", "Fourth")]),
        ("functions", "f4", &[("name", "f4"), ("description", "Do")], &[("description", "Do it")]),
        (
            "resources",
            "https://x.example/a?b",
            &[("audience", "https://x.example/a?b"), ("name", "X"), ("scopes", "x:read x:write")],
            &[("name", "Ex"), ("scopes", "x:read")],
        ),
    ] {
        let path = format!("/admin/directory/{section}");
        let _ = act(&browser, &path, &[fields, &[("action", "save")]].concat()).await.expect(303);
        assert!(visible_text(&browser.open(&path).await.expect(200)).contains(key), "{section}");
        let twice = act(&browser, &path, &[fields, &[("action", "save")]].concat()).await.expect(409);
        assert!(visible_text(&twice).contains(key), "{section}");
        let one = format!("{path}?key={}", urlencoding(key));
        let page = browser.open(&one).await.expect(200);
        let tag = between(&page.text, "name=\"tag\" value=\"", "\"").to_owned();
        let whole = |more: &[(&'static str, &'static str)], action: &'static str| {
            let mut all = form(&page, more);
            all.extend([("key", key), ("tag", &tag), ("action", action)].map(|(name, value)| (name.to_owned(), value.to_owned())));
            all
        };
        let _ = browser.post(&path, &whole(changed, "save")).await.expect(303);
        let stale = browser.post(&path, &whole(changed, "delete")).await.expect(409);
        assert!(visible_text(&stale).contains("it was changed in the meantime"), "{section}");
        let _ = act(&browser, &path, &[("key", key), ("action", "delete")]).await.expect(400);
        let page = browser.open(&one).await.expect(200);
        let tag = between(&page.text, "name=\"tag\" value=\"", "\"");
        let gone = form(&page, &[("key", key), ("tag", tag), ("action", "delete")]);
        let _ = browser.post(&path, &gone).await.expect(303);
        let _ = browser.open(&one).await.expect(404);
    }
    let page = act(&browser, "/admin/directory/customers", &[("shortname", "c9"), ("name", "N"), ("domain", "nosuch"), ("action", "save")]);
    assert!(visible_text(&page.await.expect(422)).contains("nosuch"));
    let page = browser.open("/admin/directory/domains?key=acme").await.expect(200);
    let tag = between(&page.text, "name=\"tag\" value=\"", "\"");
    let used = browser.post("/admin/directory/domains", &form(&page, &[("key", "acme"), ("tag", tag), ("action", "delete")])).await;
    assert!(visible_text(&used.expect(409)).contains("in use"));
    let _ = browser.open("/admin/directory/nosuch").await.expect(404);
    let theirs = argus.browser();
    let _ = theirs.sign_in(CAROL).await.expect(303);
    for path in [
        "/admin",
        "/admin/users",
        "/admin/users/bob",
        "/admin/directory/groups",
        "/admin/keys",
        "/admin/audit",
        "/admin/audit/export",
        "/admin/documents",
        "/admin/documents/export",
        "/admin/claim-providers",
        "/admin/claim-providers/upload",
        "/admin/claim-providers/userGroups",
        "/admin/requests",
    ] {
        let _ = theirs.open(path).await.expect(404);
    }
}

fn urlencoding(text: &str) -> String {
    text.bytes().map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

fn belongs(user: &Value, parameter: &str, key: &str) -> bool {
    let has = |member: &str| user[member].as_array().unwrap().contains(&json!(key));
    match parameter {
        "group" => has("groups"),
        "role" => has("roles"),
        "function" => user["functions"].as_array().unwrap().iter().any(|grant| grant["function"] == key),
        _ => user["customer"] == key,
    }
}

/// Members of a group, and of what else users belong to.
#[tokio::test]
async fn users_are_found_by_what_they_belong_to() {
    let argus = administered();
    let token = command_line_token(&argus, ALICE, "openid directory:read").await;
    let browser = administrator(&argus).await;
    let all = send_as(&argus, &token, Method::GET, "/api/v1/users", None, None).await.expect(200).json()["users"].clone();
    for (section, parameter) in [("groups", "group"), ("roles", "role"), ("functions", "function"), ("customers", "customer")] {
        let key_of = if ["groups", "customers"].contains(&section) { "shortname" } else { "name" };
        let entries = send_as(&argus, &token, Method::GET, &format!("/api/v1/{section}"), None, None).await.expect(200).json();
        let mut members = 0;
        for entry in entries[section].as_array().unwrap() {
            let key = entry[key_of].as_str().unwrap();
            let path = format!("/api/v1/users?{parameter}={key}");
            let found = send_as(&argus, &token, Method::GET, &path, None, None).await.expect(200).json()["users"].clone();
            let expected: Vec<_> = all.as_array().unwrap().iter().filter(|user| belongs(user, parameter, key)).cloned().collect();
            assert_eq!(found, json!(expected), "{path}");
            members += expected.len();
            let listed = browser.open(&format!("/admin/directory/{section}")).await.expect(200);
            assert!(listed.text.contains(&format!("/admin/users?{parameter}={key}\"")), "{section}: {key}");
        }
        assert!(members > 0, "nobody belongs to any of {section}");
    }
    let page = browser.open("/admin/users?group=group1&q=ali").await.expect(200);
    assert!(visible_text(&page).contains("Users in the group group1. All users"), "{}", visible_text(&page));
    assert!(page.text.contains("/admin/users/alice\""));
}

/// A10.9: nobody takes the last administrator away by mistake.
#[tokio::test]
async fn the_last_administrator_stays() {
    let argus = administered();
    let token = command_line_token(&argus, ALICE, "openid directory:read directory:write").await;
    let shown = send_as(&argus, &token, Method::GET, "/api/v1/users/alice", None, None).await.expect(200);
    let tag = shown.header("etag");
    for patch in [r#"{"enabled": false}"#, r#"{"admin": false}"#, r#"{"admin": null}"#] {
        let refused = send_as(&argus, &token, Method::PATCH, "/api/v1/users/alice", Some(tag), Some(patch)).await.expect(409);
        assert!(refused.text.contains("the only administrator"), "{}", refused.text);
    }
    let _ = send_as(&argus, &token, Method::DELETE, "/api/v1/users/alice", Some(tag), None).await.expect(409);
    let bob = send_as(&argus, &token, Method::GET, "/api/v1/users/bob", None, None).await.expect(200);
    let admin = Some(r#"{"admin": true}"#);
    let _ = send_as(&argus, &token, Method::PATCH, "/api/v1/users/bob", Some(bob.header("etag")), admin).await.expect(200);
    let _ = send_as(&argus, &token, Method::PATCH, "/api/v1/users/alice", Some(tag), Some(r#"{"admin": false}"#)).await.expect(200);
}

/// A6.10, A6.16: a user is shown by a picture, which the user or an administrator chooses.
#[tokio::test]
async fn users_and_administrators_choose_pictures() {
    let argus = administered();
    let browser = argus.browser();
    let _ = browser.sign_in(BOB).await.expect(303);
    let page = browser.open("/account").await.expect(200);
    let address = format!("/pictures/{}", between(&page.text, "/pictures/", "\""));
    let png: Vec<u8> = [b"\x89PNG\r\n\x1a\n".as_slice(), &[7; 100]].concat();
    let send = async |path: &str, page: &Answer, action: &'static str, file: Vec<u8>| {
        let token = between(&page.text, "name=\"csrf\" value=\"", "\"").to_owned();
        let part = reqwest::multipart::Part::bytes(file).file_name("me.png");
        let form = reqwest::multipart::Form::new().text("csrf", token).text("action", action).part("picture", part);
        browser.send(|http| http.request(Method::POST, path).multipart(form)).await
    };
    let shown = async || argus.http().get(&address).await.expect(200);
    assert_eq!(shown().await.header("content-type"), "image/svg+xml");
    let _ = send("/account/picture", &page, "set", png.clone()).await.expect(303);
    let picture = shown().await;
    assert_eq!((picture.header("content-type"), picture.header("x-content-type-options")), ("image/png", "nosniff"));
    for (file, told) in [
        (b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_vec(), "a picture is a PNG, JPEG or WebP image"),
        ([png.clone(), vec![0; 256 * 1024]].concat(), "a picture has at most 256 KiB"),
        (Vec::new(), "choose a file first"),
    ] {
        let refused = send("/account/picture", &page, "set", file).await.expect(422);
        assert!(visible_text(&refused).contains(told), "{told}: {}", visible_text(&refused));
    }
    assert_eq!(shown().await.header("content-type"), "image/png", "what was refused changed nothing");
    let _ = send("/account/picture", &page, "remove", Vec::new()).await.expect(303);
    assert_eq!(shown().await.header("content-type"), "image/svg+xml");
    // Somebody else's is the administrators'.
    let _ = send("/admin/users/carol/picture", &page, "set", png.clone()).await.expect(404);

    let token = command_line_token(&argus, ALICE, "openid directory:write").await;
    let put = async |content_type: &'static str, body: Vec<u8>| {
        let request = argus.http().request(Method::PUT, "/api/v1/users/bob/picture").bearer_auth(&token);
        argus.http().send(request.header("content-type", content_type).body(body)).await
    };
    let _ = put("image/webp", [b"RIFF\0\0\0\0WEBP".as_slice(), &[0; 9]].concat()).await.expect(204);
    assert_eq!(shown().await.header("content-type"), "image/webp");
    let _ = put("text/html", png.clone()).await.expect(415);
    let _ = put("image/png", b"<html>".to_vec()).await.expect(422);
    let _ = put("image/png", vec![0; 300 * 1024]).await.expect(413);
    let _ = send_as(&argus, &token, Method::DELETE, "/api/v1/users/bob/picture", None, None).await.expect(204);
    assert_eq!(shown().await.header("content-type"), "image/svg+xml");
    let events = argus.audit_with(&["--event", "user.changed"]);
    let kinds: Vec<_> = events.iter().filter_map(|event| event["details"]["picture"].as_str()).collect();
    assert_eq!(kinds, ["image/png", "removed", "image/webp", "removed"]);
}
