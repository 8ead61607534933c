//! Pages: what protects them, and what they say when something is wrong.

use argus_tests::browser::visible_text;
use argus_tests::document::{ALICE, BOB, CASE_DESK, DOCUMENTS};
use argus_tests::redact::is_uuid;
use argus_tests::{Answer, Browser, Installation};
use reqwest::Method;

fn owned(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The consent page of a request that asks anew, in a browser of alice's.
async fn consent_page(argus: &Installation, browser: &Browser) -> Answer {
    let request = argus.application(DOCUMENTS).request("openid").set("prompt", "consent");
    let answer = browser.open(&request.path()).await.expect(303);
    browser.open(answer.url.join(answer.header("location")).unwrap().as_str()).await.expect(200)
}

/// A1.9: sign-in, consent and sign-out act only for a form of our own.
#[tokio::test]
async fn a_form_from_elsewhere_does_nothing() {
    let argus = Installation::shared();
    let browser = argus.browser();
    let _ = browser.sign_in(ALICE).await.expect(303);
    let login = browser.open("/login").await.expect(200);
    let consent = consent_page(argus, &browser).await;
    let logout = browser.open("/oauth2/end_session").await.expect(200);
    for (page, path, extra) in [
        (&login, "/login", owned(&[("username", BOB.username), ("password", BOB.password)])),
        (&consent, "/consent", owned(&[("decision", "allow")])),
        (&logout, "/logout", Vec::new()),
    ] {
        let whole = [Browser::fields(page), extra].concat();
        let without = |field: &str| -> Vec<_> { whole.iter().filter(|(name, _)| name != field).cloned().collect() };
        let other_token = [without("csrf"), owned(&[("csrf", &"A".repeat(43))])].concat();
        let own = argus.issuer();
        let forged = [
            (vec![("origin", "https://evil.example")], whole.clone()),
            (vec![("origin", "null")], whole.clone()),
            (vec![("sec-fetch-site", "cross-site")], whole.clone()),
            (vec![("origin", own), ("sec-fetch-site", "same-site")], whole.clone()),
            (vec![("referer", "https://evil.example/")], whole.clone()),
            (vec![("origin", own)], without("csrf")),
            (vec![("origin", own)], other_token),
        ];
        for (headers, fields) in forged {
            let answer = browser
                .send(|http| {
                    let request = http.request(Method::POST, path).form(&fields);
                    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
                })
                .await
                .expect(403);
            assert_eq!((answer.header("location"), answer.header("set-cookie")), ("", ""), "{path} {headers:?}");
        }
        // Without the cookie the token in the form is worth nothing.
        let stranger = argus.http().request(Method::POST, path).form(&whole).header("origin", own);
        let _ = argus.http().send(stranger).await.expect(403);
    }
    let home = browser.open("/").await.expect(200);
    assert!(visible_text(&home).contains("Alice A"), "still alice, still signed in");
}

/// A1.9
#[tokio::test]
async fn cookies_are_out_of_reach_of_scripts_and_other_sites() {
    let argus = Installation::shared();
    let browser = argus.browser();
    let page = browser.open("/login").await.expect(200);
    let csrf = page.header("set-cookie").to_owned();
    let session = browser.sign_in(ALICE).await.expect(303).header("set-cookie").to_owned();
    for (cookie, name) in [(&csrf, "argus-csrf="), (&session, "argus-session=")] {
        assert!(cookie.starts_with(name), "{cookie}");
        for attribute in ["; HttpOnly", "; SameSite=Lax", "; Path=/"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
    }
}

/// A1.9: a session planted before the sign-in is not the one that is signed in.
#[tokio::test]
async fn each_sign_in_gives_a_new_cookie() {
    let argus = Installation::shared();
    let browser = argus.browser();
    let cookie = |answer: &Answer| answer.header("set-cookie").split(';').next().unwrap().to_owned();
    let first = cookie(&browser.sign_in(ALICE).await.expect(303));
    let second = cookie(&browser.sign_in(ALICE).await.expect(303));
    assert_ne!(first, second);
    let http = argus.http();
    let home = |cookie: &str| http.send(http.request(Method::GET, "/").header("cookie", cookie.to_owned()));
    assert!(visible_text(&home(&second).await).contains("Alice A"));
    assert!(!visible_text(&home(&first).await).contains("Alice A"), "the old cookie is worth nothing");
    assert!(!visible_text(&home("argus-session=planted").await).contains("Alice A"));
}

/// A1.9: pages cannot be framed, run no foreign script, and are kept by no cache.
#[tokio::test]
async fn every_page_carries_its_headers() {
    let argus = Installation::shared();
    let browser = argus.browser();
    let _ = browser.sign_in(ALICE).await.expect(303);
    let pages = [
        browser.open("/").await,
        browser.open("/login").await,
        browser.open("/oauth2/end_session").await,
        browser.open("/oauth2/authorize").await,
        browser.open("/nowhere").await,
        consent_page(argus, &browser).await,
    ];
    for page in pages {
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{}: {policy}", page.url);
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(page.header("x-frame-options"), "DENY");
        assert_eq!(page.header("x-content-type-options"), "nosniff");
        assert!(["same-origin", "no-referrer"].contains(&page.header("referrer-policy")), "no other site learns of it");
        assert_eq!(page.header("cache-control"), "no-store");
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        assert!(is_uuid(page.header("x-correlation-id")));
    }
}

/// A1.15: what the request says is shown as text, and the log can be found by its reference.
#[tokio::test]
async fn an_error_page_shows_what_was_sent_as_text() {
    let argus = Installation::shared();
    let request = argus.application(CASE_DESK).request("openid").set("redirect_uri", "https://evil.example/<script>alert(1)</script>");
    let page = argus.browser().open(&request.path()).await.expect(400);
    assert!(!page.text.contains("<script>alert"));
    let text = visible_text(&page);
    assert!(text.contains("https://evil.example/<script>") && text.contains("Case desk"), "{text}");
    assert!(text.contains(page.header("x-correlation-id")));
}

/// A10.8: the same words whoever it was and whatever was wrong.
#[tokio::test]
async fn a_wrong_password_and_an_unknown_user_look_the_same() {
    let argus = Installation::shared();
    let browser = argus.browser();
    let page = browser.open("/login").await.expect(200);
    let mut texts = Vec::new();
    for (username, password) in [("alice", "wrong"), ("nobody", "wrong"), ("alice", ""), ("carol", ALICE.password)] {
        let mut fields = Browser::fields(&page);
        fields.retain(|(name, _)| name == "csrf");
        fields.extend(owned(&[("username", username), ("password", password)]));
        let answer = browser.post("/login", &fields).await.expect(401);
        assert_eq!(answer.header("set-cookie"), "");
        assert!(!answer.text.contains("wrong\""), "the password is not sent back");
        texts.push(visible_text(&answer));
    }
    assert!(texts[0].contains("The user name or the password is not right."));
    assert!(texts.iter().all(|text| *text == texts[0]), "{texts:#?}");
}

/// A1.15: a link that was altered or is too old starts nothing.
#[tokio::test]
async fn a_sealed_request_that_was_altered_is_refused() {
    let argus = Installation::shared();
    let browser = argus.browser();
    let answer = browser.open(&argus.application(CASE_DESK).request("openid").path()).await.expect(303);
    let location = answer.header("location").to_owned();
    let _ = browser.open(&location).await.expect(200);
    let flipped = if location.ends_with('A') { 'B' } else { 'A' };
    let middle = location.len() / 2;
    let altered = format!("{}{flipped}{}", &location[..middle], &location[middle + 1..]);
    for path in [altered.as_str(), "/login?request=nonsense", "/consent?request=nonsense", "/consent"] {
        let page = browser.open(path).await.expect(400);
        assert!(!page.text.contains("<form"), "{path}");
    }
}

/// A1.9: pages work without scripts; only the posted answer has one.
#[tokio::test]
async fn pages_have_no_scripts() {
    let argus = Installation::shared();
    let browser = argus.browser();
    for path in ["/", "/login", "/oauth2/end_session", "/nowhere"] {
        let page = browser.open(path).await;
        assert!(!page.text.contains("<script") && !page.text.contains("onclick"), "{path}");
        for asset in page.text.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).filter(|href| href.contains('.')) {
            let _ = browser.open(asset).await.expect(200);
        }
    }
}
