//! The pages of administrators: clients are found, registered, given new secrets, disabled, restored and deleted.

use argus_tests::browser::visible_text;
use argus_tests::document::{ALICE, BOB, CASE_DESK, DOCUMENTS, USER_GROUPS, client, client_id, only_clients};
use argus_tests::{Answer, Application, Browser, Installation};
use serde_json::json;

const CLIENTS: &str = "/admin/clients";
const REDIRECT: &str = "https://my.application/oauth/callback";

pub(crate) async fn administrator(argus: &Installation) -> Browser {
    let browser = argus.browser();
    let _ = browser.sign_in(ALICE).await.expect(303);
    browser
}

/// The token of the forms of a page, with other fields.
pub(crate) fn form(page: &Answer, fields: &[(&str, &str)]) -> Vec<(String, String)> {
    let token = Browser::fields(page).into_iter().filter(|(name, _)| name == "csrf").take(1);
    token.chain(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))).collect()
}

/// What stands between two texts.
pub(crate) fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    text.split_once(before)
        .and_then(|(_, rest)| rest.split_once(after))
        .map(|(found, _)| found)
        .unwrap_or_else(|| panic!("{before}: {text}"))
}

async fn new_client(browser: &Browser, fields: &[(&str, &str)]) -> (Answer, Vec<(String, String)>) {
    let page = browser.open("/admin/clients/new").await.expect(200);
    let id = between(&page.text, "name=\"id\" value=\"", "\"").to_owned();
    let fields = [form(&page, fields), vec![("id".to_owned(), id)]].concat();
    (browser.post("/admin/clients/new", &fields).await, fields)
}

const WEB: [(&str, &str); 4] = [("kind", "web"), ("name", "Web"), ("redirectUris", REDIRECT), ("scopes", "openid profile")];

fn field<'f>(fields: &'f [(String, String)], name: &str) -> &'f str {
    fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str()).unwrap()
}

pub(crate) async fn works(argus: &Installation, id: &str, secret: &str) -> bool {
    let application = Application::new(argus.http(), id, Some(secret.to_owned())).answered_at(REDIRECT);
    let answer = application.token(&[("grant_type", "authorization_code"), ("code", "none"), ("redirect_uri", REDIRECT)]).await;
    answer.json()["error"] == "invalid_grant"
}

#[tokio::test]
async fn whoever_is_no_administrator_finds_nothing_there() {
    let argus = crate::plugin_sign_in::administered();
    let browser = argus.browser();
    assert_eq!(browser.open(CLIENTS).await.expect(303).header("location"), "/login?next=%2Fadmin%2Fclients");
    let _ = browser.sign_in(BOB).await.expect(303);
    let account = browser.open("/account/sessions").await.expect(200);
    assert!(!account.text.contains("/admin"), "nor a link to it");
    for path in ["/admin", CLIENTS, "/admin/clients/new", &format!("{CLIENTS}/{CASE_DESK}")] {
        let _ = browser.open(path).await.expect(404);
    }
    let fields = [form(&account, &WEB), vec![("id".to_owned(), client_id(9))]].concat();
    let _ = browser.post("/admin/clients/new", &fields).await.expect(404);
    let delete = form(&account, &[("action", "delete"), ("revision", "1")]);
    let _ = browser.post(&format!("{CLIENTS}/{CASE_DESK}"), &delete).await.expect(404);
    let _ = administrator(&argus).await.open(&format!("{CLIENTS}/{CASE_DESK}")).await.expect(200);
}

#[tokio::test]
async fn clients_are_listed_by_name_a_page_at_a_time_and_found_by_a_part_of_it() {
    let argus = crate::plugin_sign_in::administered();
    let many: Vec<_> = (1..=60).map(|n| client(&client_id(n), json!({"name": format!("Many 100%_{n:02}")}))).collect();
    argus.import(&only_clients(json!(many)));
    let browser = administrator(&argus).await;
    let mut names = Vec::new();
    let mut path = format!("{CLIENTS}?q=MANY");
    for _ in 0..3 {
        let page = browser.open(&path).await.expect(200);
        assert!(page.text.len() < 100 * 1024);
        names.extend(
            visible_text(&page)
                .split('\n')
                .flat_map(|line| line.split("Many 100%_").skip(1))
                .map(|rest| rest[..2].to_owned())
                .collect::<Vec<_>>(),
        );
        let Some((_, rest)) = page.text.split_once("rel=\"next\" href=\"") else { break };
        path = rest.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
    }
    assert_eq!(names, (1..=60).map(|n| format!("{n:02}")).collect::<Vec<_>>());
    for (query, found) in [("100%25_0", true), ("%25", true), ("100x", false), ("%27%22%3E", false), (DOCUMENTS, true)] {
        let page = browser.open(&format!("{CLIENTS}?q={query}")).await.expect(200);
        assert_eq!(!visible_text(&page).contains("No client has such a name."), found, "{query}");
    }
    let _ = browser.open(&format!("{CLIENTS}?q=%00")).await.expect(400);
}

/// A5.1, A5.4, A5.9: each kind, with its settings; a secret that is shown once; a form sent twice.
#[tokio::test]
async fn a_client_is_registered_by_kind_and_its_secret_is_shown_once() {
    let argus = crate::plugin_sign_in::administered();
    let browser = administrator(&argus).await;
    let (page, fields) = new_client(&browser, &WEB).await;
    let page = page.expect(200);
    let secret = between(&page.text, "readonly value=\"", "\"").to_owned();
    let id = field(&fields, "id").to_owned();
    assert!(works(&argus, &id, &secret).await);
    let again = browser.post("/admin/clients/new", &fields).await.expect(409);
    assert!(visible_text(&again).contains("or the form was sent twice"));
    for text in [again.text, browser.open(&format!("{CLIENTS}/{id}")).await.expect(200).text, argus.log(), format!("{:?}", argus.audit())] {
        assert!(!text.contains(&secret), "shown again");
    }
    for (fields, told) in [
        (
            [("kind", "spa"), ("name", "SPA"), ("redirectUris", "https://spa.example/cb https://spa.example/x"), ("scopes", "openid")],
            "public",
        ),
        ([("kind", "native"), ("name", "Native"), ("redirectUris", "com.example.app:/cb"), ("scopes", "openid")], "public"),
        ([("kind", "service"), ("name", "Service"), ("redirectUris", ""), ("scopes", "")], "client_credentials"),
    ] {
        let (page, _) = new_client(&browser, &fields).await;
        assert!(visible_text(&page.expect(200)).contains(told), "{told}");
    }
}

#[tokio::test]
async fn a_form_that_cannot_be_is_shown_again_with_everything_in_it() {
    let argus = crate::plugin_sign_in::administered();
    let browser = administrator(&argus).await;
    let hostile = "\"><script>alert(1)</script>";
    for (name, uris, scopes, told) in [
        ("", REDIRECT, "openid", "must be 1 to 200 characters"),
        ("Web", "https://a.example/cb https://*.example/cb", "openid", "https://*.example/cb: "),
        ("Web", "http://a.example/cb", "openid", "http://a.example/cb: "),
        ("Web", "", "openid", "must name at least one redirect URI"),
        ("Web", REDIRECT, "openid nosuch", "neither this server nor a resource has the scope nosuch"),
        (hostile, hostile, "openid", "aria"),
    ] {
        let fields = [("kind", "web"), ("name", name), ("redirectUris", uris), ("scopes", scopes)];
        let page = new_client(&browser, &fields).await.0.expect(422);
        assert!(page.text.contains("aria-invalid=\"true\"") && !page.text.contains("<script>alert"), "{told}");
        assert!(told == "aria" || visible_text(&page).contains(told), "{told}: {}", visible_text(&page));
        let kept = Browser::fields(&page);
        assert!(page.text.contains("action=\"/admin/clients/new\"") && !kept.is_empty(), "{kept:?}");
    }
    let page = browser.open(&format!("{CLIENTS}?q=Web")).await.expect(200);
    assert!(visible_text(&page).contains("No client has such a name."), "nothing was registered");
    for fields in [&[("kind", "nosuch"), ("name", "x")][..], &[("name", "x")]] {
        let _ = new_client(&browser, fields).await.0.expect(400);
    }
}

#[tokio::test]
async fn a_client_is_given_a_new_secret_disabled_restored_and_deleted() {
    let argus = crate::plugin_sign_in::administered();
    let browser = administrator(&argus).await;
    let (page, fields) = new_client(&browser, &WEB).await;
    let first = between(&page.expect(200).text, "readonly value=\"", "\"").to_owned();
    let id = field(&fields, "id").to_owned();
    let path = format!("{CLIENTS}/{id}");
    let page = browser.open(&path).await.expect(200);
    let made = between(&page.text, "name=\"secret\" value=\"", "\"").to_owned();
    let act = async |fields: &[(&str, &str)]| browser.post(&path, &form(&page, fields)).await;

    let rotated = act(&[("action", "rotate"), ("secret", &made)]).await.expect(200);
    let second = between(&rotated.text, "readonly value=\"", "\"").to_owned();
    assert!(works(&argus, &id, &first).await && works(&argus, &id, &second).await);
    let again = act(&[("action", "rotate"), ("secret", &made)]).await.expect(409);
    assert!(!again.text.contains("readonly value"), "a form sent twice makes one secret");

    let _ = act(&[("action", "disable"), ("revision", "1")]).await.expect(303);
    assert!(!works(&argus, &id, &second).await);
    let stale = act(&[("action", "disable"), ("revision", "1")]).await.expect(409);
    assert!(visible_text(&stale).contains("has changed since the form was shown"));
    let _ = act(&[("action", "restore"), ("revision", "2"), ("to", "1")]).await.expect(303);
    assert!(works(&argus, &id, &second).await);
    for nonsense in
        [&[("action", "explode")][..], &[("action", "delete")], &[("action", "restore"), ("revision", "x")], &[("action", "rotate")], &[]]
    {
        let _ = act(nonsense).await.expect(400);
    }
    let _ = act(&[("action", "restore"), ("revision", "3"), ("to", "9")]).await.expect(404);
    let without_token: Vec<_> = form(&page, &[("action", "delete"), ("revision", "3")]).into_iter().skip(1).collect();
    let _ = browser.post(&path, &without_token).await.expect(403);
    assert_eq!(act(&[("action", "delete"), ("revision", "3")]).await.expect(303).header("location"), CLIENTS);
    let _ = browser.open(&path).await.expect(404);
    assert!(!works(&argus, &id, &second).await);
}

/// A5.10: the document of the requirements is tried on a user and saved in the page, and comes back as it was.
#[tokio::test]
async fn claim_providers_are_previewed_and_saved() {
    let argus = crate::plugin_sign_in::administered();
    let browser = administrator(&argus).await;
    let (_, fields) = new_client(&browser, &WEB).await;
    let id = field(&fields, "id").to_owned();
    let path = format!("{CLIENTS}/{id}/claims");
    let page = browser.open(&path).await.expect(200);
    let claims = USER_GROUPS;
    let act = async |action: &str, claims: &str, user: &str, revision: &str| {
        let fields = [("action", action), ("claims", claims), ("user", user), ("revision", revision)];
        browser.post(&path, &form(&page, &fields)).await
    };
    let preview = act("preview", claims, "alice", "1").await.expect(200);
    let text = visible_text(&preview);
    for told in ["ID token", "Access token", "UserInfo", "[\"group1\"]", "userGroups", " µs"] {
        assert!(text.contains(told), "{told}: {text}");
    }
    assert!(visible_text(&browser.open(&path).await).contains("[]"), "nothing was saved");

    for (claims, told) in [
        ("nonsense", "(document)"),
        ("[]", "(document)"),
        ("{}", "openIDCustomClaims"),
        (r#"{"openIDCustomClaims": [{"provider": "nosuch", "configuration": {}}]}"#, "/openIDCustomClaims/0/provider"),
        (
            r#"{"openIDCustomClaims": [{"provider": "userGroups", "configuration": {"allowedGroups": "x"}}]}"#,
            "/openIDCustomClaims/0/configuration/allowedGroups",
        ),
        (r#"{"openIDCustomClaims": [{"provider": "userGroups", "configuration": {}, "targts": []}]}"#, "targts"),
    ] {
        for action in ["preview", "save"] {
            let page = act(action, claims, "alice", "1").await.expect(422);
            assert!(visible_text(&page).contains(told), "{told}: {}", visible_text(&page));
            assert!(page.text.contains("aria-invalid=\"true\""));
        }
    }
    for (user, told) in [("nobody", "there is no user nobody."), ("", "type the user name of somebody to preview for.")] {
        let page = act("preview", claims, user, "1").await.expect(422);
        assert!(visible_text(&page).contains(told) && page.text.contains("id=\"user-error\""), "{}", visible_text(&page));
    }
    // With fewer scopes there is less to see: without openid, no ID token.
    let page = browser.open(&path).await.expect(200);
    let typed = [("claims", claims), ("user", "alice"), ("scopes", "profile"), ("revision", "1"), ("action", "preview")];
    let page = browser.post(&path, &form(&page, &typed)).await.expect(200);
    assert!(!visible_text(&page).contains("ID token") && visible_text(&page).contains("Access token"), "{}", visible_text(&page));
    // What is odd is told, whatever is done, and saved all the same.
    let odd = r#"{"openIDCustomClaims": [{"provider": "userGroups", "configuration": {"allowedGroups": ["gruop2"]}}]}"#;
    let page = act("preview", odd, "alice", "1").await.expect(200);
    assert!(visible_text(&page).contains("no group has the short name gruop2"), "{}", visible_text(&page));

    let _ = act("save", claims, "", "1").await.expect(303);
    let stale = act("save", r#"{"openIDCustomClaims": []}"#, "", "1").await.expect(422);
    assert!(visible_text(&stale).contains("it was changed in the meantime"), "{}", visible_text(&stale));
    let shown = visible_text(&browser.open(&path).await.expect(200));
    let stored: serde_json::Value = serde_json::from_str(claims).unwrap();
    assert!(shown.contains(&serde_json::to_string_pretty(&stored).unwrap()), "{shown}");
    let _ = act("explode", claims, "", "2").await.expect(400);
    let _ = act("save", claims, "", "x").await.expect(400);
    let bob = argus.browser();
    let _ = bob.sign_in(BOB).await.expect(303);
    let _ = bob.open(&path).await.expect(404);
}

/// What a change does to users is shown before it is saved: at once, or as it is computed.
#[tokio::test]
async fn a_change_of_claims_is_reviewed_for_users() {
    let argus = crate::plugin_sign_in::administered();
    let browser = administrator(&argus).await;
    let (_, fields) = new_client(&browser, &WEB).await;
    let path = format!("{CLIENTS}/{}/claims", field(&fields, "id"));
    let page = browser.open(&path).await.expect(200);
    let sent = |claims: &'static str, users: &'static str| {
        form(&page, &[("action", "review"), ("claims", claims), ("users", users), ("revision", "1")])
    };
    let review = visible_text(&browser.post(&path, &sent(USER_GROUPS, "100")).await.expect(200));
    assert!(review.contains("3 of 3 users get other claims.") && review.contains("gained"), "{review}");
    assert!(review.contains("alice") && review.contains("+groups (id_token)") && !review.contains("group3"), "{review}");
    assert!(visible_text(&browser.open(&path).await).contains("[]"), "nothing was saved");
    let _ = browser.post(&path, &sent("nonsense", "100")).await.expect(422);
    let _ = browser.post(&path, &sent(USER_GROUPS, "0")).await.expect(422);

    let stream = browser.post(&format!("{path}/diff"), &sent(USER_GROUPS, "100")).await.expect(200);
    assert_eq!(stream.header("content-type"), "text/event-stream");
    assert!(stream.text.contains("event: review\ndata: \"<section") && stream.text.contains("users get other claims."), "{}", stream.text);
    let _ = browser.post(&format!("{path}/diff"), &sent("nonsense", "100")).await.expect(400);
    let bob = argus.browser();
    let _ = bob.sign_in(BOB).await.expect(303);
    let theirs = form(&bob.open("/apps/new").await.expect(200), &[("claims", USER_GROUPS)]);
    let _ = bob.post(&format!("{path}/diff"), &theirs).await.expect(404);
}

/// A6.6: the deprecated scopes are marked, counted, and replaced with one action.
#[tokio::test]
async fn deprecated_scopes_are_replaced_by_the_claim_provider() {
    let argus = crate::plugin_sign_in::administered();
    let browser = administrator(&argus).await;
    let before = argus.application(CASE_DESK).tokens(&argus.browser(), ALICE, "openid groups").await.id_claims();
    let path = format!("{CLIENTS}/{CASE_DESK}");
    let page = browser.open(&path).await.expect(200);
    let text = visible_text(&page);
    assert!(text.contains("is deprecated") && text.contains("Asked for in 1 of the latest 1 issuances."), "{text}");
    let _ = browser.post(&path, &form(&page, &[("action", "replace_groups"), ("revision", "1")])).await.expect(303);
    assert!(!visible_text(&browser.open(&path).await.expect(200)).contains("is deprecated"));
    let after = argus.application(CASE_DESK).tokens(&argus.browser(), ALICE, "openid").await.id_claims();
    assert_eq!(after["groups"], before["groups"]);
    let refused = argus.browser().visit(&argus.application(CASE_DESK).request("openid groups").path(), Some(ALICE)).await;
    assert_eq!(refused.error(), "invalid_scope");
}

/// A5.11 among others: every setting is changed in the page, by the rules of a document.
#[tokio::test]
async fn settings_are_changed_and_a_member_that_is_left_out_goes() {
    let argus = crate::plugin_sign_in::administered();
    let browser = administrator(&argus).await;
    let (_, fields) = new_client(&browser, &WEB).await;
    let path = format!("{CLIENTS}/{}", field(&fields, "id"));
    let page = browser.open(&format!("{path}/settings")).await.expect(200);
    let act = async |settings: serde_json::Value, revision: &str| {
        let fields = [("settings", settings.to_string()), ("revision", revision.to_owned())];
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        browser.post(&format!("{path}/settings"), &form(&page, &fields)).await
    };
    let whole = json!({
        "name": "Web", "type": "confidential", "redirectUris": [REDIRECT], "grantTypes": ["authorization_code"], "scopes": ["openid"],
        "customer": "mycustomer", "accessTokenLifetimeSeconds": 120, "consent": "always",
    });
    let _ = act(whole.clone(), "1").await.expect(303);
    assert!(visible_text(&browser.open(&path).await.expect(200)).contains("mycustomer"));
    let mut without = whole.clone();
    without.as_object_mut().unwrap().shift_remove("customer");
    let _ = act(without, "2").await.expect(303);
    assert!(!visible_text(&browser.open(&path).await.expect(200)).contains("mycustomer"));
    for (settings, told) in [
        (json!({"name": "x"}), "type"),
        (json!([]), "(document)"),
        (json!({"name": "Web", "type": "public", "redirectUris": [REDIRECT]}), "/type"),
        (json!({"name": "Web", "type": "confidential", "redirectUris": ["http://x.example"]}), "/redirectUris/0"),
        (json!({"name": "Web", "type": "confidential", "customer": "nosuch"}), "/customer"),
        (json!({"name": "Web", "type": "confidential", "openIDCustomClaims": []}), "/openIDCustomClaims"),
        (json!({"name": "Web", "type": "confidential", "nosuch": 1}), "nosuch"),
    ] {
        let refused = visible_text(&act(settings, "3").await.expect(422));
        assert!(refused.contains(told), "{told}: {refused}");
    }
    assert!(visible_text(&act(whole, "1").await.expect(422)).contains("it was changed in the meantime"));
}

/// A6.6: an installation may forbid the deprecated scopes altogether.
#[tokio::test]
async fn deprecated_scopes_are_forbidden_where_the_installation_says_so() {
    let argus = crate::plugin_sign_in::administered_with("[scopes]\ndeprecated = false\n");
    let desk = argus.application(CASE_DESK);
    let refused = argus.browser().visit(&desk.request("openid groups").path(), Some(ALICE)).await;
    assert_eq!(refused.error(), "invalid_scope");
    let tokens = desk.tokens(&argus.browser(), ALICE, "openid profile").await;
    assert!(!tokens.access.is_empty());
    let supported = argus.http().get("/.well-known/openid-configuration").await.expect(200).json()["scopes_supported"].clone();
    let supported: Vec<_> = supported.as_array().unwrap().iter().map(|scope| scope.as_str().unwrap().to_owned()).collect();
    assert!(supported.contains(&"profile".to_owned()) && !supported.iter().any(|scope| scope.starts_with("group")), "{supported:?}");
}
