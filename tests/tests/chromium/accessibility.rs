//! Every page by the rules of axe-core (WCAG 2.2 AA), narrow and wide, light and dark; and as pictures where they are asked for.

use std::path::PathBuf;

use argus_tests::Installation;
use argus_tests::document::{ALICE, CASE_DESK, USER_GROUPS};
use serde_json::{Value, json};

use crate::chromium::Chromium;
use crate::{argus, sign_in};

/// Where axe-core is; `cargo xtask test` sets it.
const AXE: &str = "ARGUS_TEST_AXE";
/// Where pictures go; `cargo xtask pictures` sets it.
const PICTURES: &str = "ARGUS_PICTURES";

const RULES: &str = "const done = arguments[arguments.length - 1]; \
    axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}) \
    .then(result => done(result.violations.map(violation => \
        `${violation.id}: ${violation.help}: ${violation.nodes.map(node => node.html).slice(0, 3).join(' | ')}`)), error => done([String(error)]));";

/// Pages, and what a picture of each is called.
fn pages(app: &str) -> Vec<(&'static str, String)> {
    let fixed = [
        ("admin", "/admin"),
        ("clients", "/admin/clients"),
        ("new-client", "/admin/clients/new"),
        ("requests", "/admin/requests"),
        ("claim-providers", "/admin/claim-providers"),
        ("claim-provider", "/admin/claim-providers/userGroups"),
        ("upload", "/admin/claim-providers/upload"),
        ("users", "/admin/users"),
        ("new-user", "/admin/users/new"),
        ("user", "/admin/users/bob"),
        ("groups", "/admin/directory/groups"),
        ("resources", "/admin/directory/resources"),
        ("identity-providers", "/admin/identity-providers"),
        ("new-identity-provider", "/admin/identity-providers/new"),
        ("keys", "/admin/keys"),
        ("audit", "/admin/audit"),
        ("documents", "/admin/documents"),
        ("audit-followed", "/admin/audit?follow=true"),
        ("members", "/admin/users?group=group1"),
        ("group", "/admin/directory/groups?key=group1"),
        ("api", "/api/v1"),
        ("shapes", "/api/v1/shapes"),
        ("account", "/account"),
        ("applications", "/account/applications"),
        ("sessions", "/account/sessions"),
        ("password", "/account/password"),
        ("apps", "/apps"),
        ("new-app", "/apps/new"),
        ("not-found", "/nosuch"),
        ("home", "/"),
    ];
    let mut pages: Vec<_> = fixed.map(|(name, path)| (name, path.to_owned())).into();
    pages.extend([
        ("client", format!("/admin/clients/{CASE_DESK}")),
        ("client-settings", format!("/admin/clients/{CASE_DESK}/settings")),
        ("claims", format!("/admin/clients/{CASE_DESK}/claims")),
        ("application", format!("/account/applications/{CASE_DESK}")),
        ("app", format!("/apps/{app}")),
        ("app-claims", format!("/apps/{app}/claims")),
    ]);
    pages
}

/// Something on every page.
async fn furnished() -> (Installation, String) {
    let argus = argus();
    let app = "7d3c9a60-5b0f-4f7e-9a43-0d5f2c6e8b11";
    argus.import(&json!({
        "clients": [
            {"clientId": CASE_DESK, "openIDCustomClaims": serde_json::from_str::<Value>(USER_GROUPS).unwrap()["openIDCustomClaims"]},
            {"clientId": app, "name": "Reading list", "type": "confidential", "owner": "alice", "redirectUris": ["https://list.example/cb"],
             "scopes": ["openid", "profile"]},
        ],
    }));
    let browser = argus.browser();
    let tokens = argus.application(CASE_DESK).tokens(&browser, ALICE, "openid profile").await;
    let _ = argus.application(CASE_DESK).refresh(&tokens.refresh).await;
    let wrong = format!("/oauth2/authorize?client_id={app}&response_type=code&scope=openid&redirect_uri=https://list.example/callback");
    let _ = browser.open(&wrong).await.expect(400);
    (argus, app.to_owned())
}

#[tokio::test]
async fn every_page_is_accessible_narrow_and_wide_light_and_dark() {
    let axe = std::fs::read_to_string(std::env::var(AXE).expect("ARGUS_TEST_AXE names axe.min.js: run `cargo xtask test`")).unwrap();
    let pictures = std::env::var(PICTURES).ok().map(PathBuf::from);
    let (argus, app) = furnished().await;
    let chromium = Chromium::start(&argus).await;
    let mut violations = Vec::new();
    look_at(&chromium, &axe, "sign-in", "/login", pictures.as_ref(), &mut violations).await;
    sign_in(&chromium, ALICE, "/account").await;
    for (name, path) in pages(&app) {
        look_at(&chromium, &axe, name, &path, pictures.as_ref(), &mut violations).await;
    }
    assert!(violations.is_empty(), "{}", violations.join("\n"));
    chromium.finish().await;
}

async fn look_at(chromium: &Chromium, axe: &str, name: &str, path: &str, pictures: Option<&PathBuf>, violations: &mut Vec<String>) {
    for width in [390, 1280] {
        for dark in [false, true] {
            chromium.look(width, dark).await;
            chromium.open(path).await;
            if name == "claims" {
                chromium.fill("#user", ALICE.username).await;
                chromium.press("main button[value=preview]").await;
                chromium.until_told("µs").await;
            }
            chromium.run(axe).await;
            let found = chromium.run_async(RULES).await;
            let of_page = found.as_array().unwrap().iter().map(|text| format!("{path} ({width}, dark {dark}): {}", text.as_str().unwrap()));
            violations.extend(of_page);
            let wide = chromium.run("return document.documentElement.scrollWidth > document.documentElement.clientWidth").await;
            if wide == true {
                violations.push(format!("{path} ({width}): the page is wider than the window"));
            }
            if let Some(folder) = pictures {
                let scheme = if dark { "dark" } else { "light" };
                std::fs::write(folder.join(format!("{name}-{width}-{scheme}.png")), chromium.picture(width).await).unwrap();
            }
        }
    }
}
