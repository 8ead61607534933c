//! Keycloak, in the ways in which it signs and encrypts.

use serde_json::json;

use crate::*;

fn members() -> Value {
    json!({
        "jit": true, "customer": "mycustomer", "domains": ["keycloak.example"],
        "nameIdFormat": "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
        "attributes": {"username": "uid", "name": "displayName", "email": "mail", "groups": "memberOf"},
        "groupMap": {"engineering": "group1", "sales": "group2"},
    })
}

/// One Keycloak for all: it takes long to start.
#[tokio::test]
async fn users_of_keycloak_sign_in() {
    let keycloak = argus_tests::Keycloak::start();
    let argus = Installation::standard_with("[federation]\nallow_private_addresses = true\n");
    by_saml_however_it_signs_and_encrypts(&argus, &keycloak).await;
    by_openid_connect(&argus, &keycloak).await;
    beside_users_of_others(&argus, &keycloak).await;
    without_a_request_where_that_is_allowed(&argus, &keycloak).await;
}

/// A response that nobody asked for lets nobody in, unless the connection says so; and then once.
async fn without_a_request_where_that_is_allowed(argus: &Installation, keycloak: &argus_tests::Keycloak) {
    for (slug, allowed) in [("kc-unsolicited", true), ("kc-asked", false)] {
        let mut connection = members();
        connection["allowUnsolicited"] = json!(allowed);
        let attributes = json!({
            "saml.server.signature": "true", "saml.assertion.signature": "true", "saml.client.signature": "true", "saml.encrypt": "false",
            "saml.force.post.binding": "true", "saml.authnstatement": "true", "saml_idp_initiated_sso_url_name": slug,
            "saml_assertion_consumer_url_post": format!("{}/saml/{slug}/acs", argus.issuer()),
        });
        keycloak.connect(argus, slug, connection, attributes).await;
        let posted = keycloak.answer(&keycloak.unsolicited(slug), "bob").await;
        let browser = argus.browser();
        if allowed {
            let _ = posted.post(&browser).await.expect(303);
            assert!(browser.open("/account").await.expect(200).text.contains("bob"));
            assert_eq!(refused(argus, posted.post(&argus.browser()).await), "replay");
        } else {
            assert_eq!(refused(argus, posted.post(&browser).await), "unsolicited");
        }
    }
}

/// The users alice of Keycloak, by SAML and by OpenID Connect, of Zitadel's library, and of this installation, at one relying party.
async fn beside_users_of_others(argus: &Installation, keycloak: &argus_tests::Keycloak) {
    let zitadel = Upstream::zitadel();
    zitadel.put_user("alice", "alice@upstream.example", &["engineering"]).await;
    zitadel.connect(argus, "zitadel", provisioning()).await;
    let browser = argus.browser();
    let (request, away) = sent_away(argus, &browser, "kc-oidc").await;
    let landing = browser.visit(keycloak.redirect(&away, "alice").await.as_str(), None).await;
    let application = argus.application(CASE_DESK);
    let by_oidc = Tokens::of(&application.redeem(&request.code_of(&landing)).await.expect(200)).id_claims();
    let everybody = [
        claims_of(argus, keycloak, "kc-both", "alice").await,
        by_oidc,
        tokens(argus, &argus.browser(), &zitadel, "zitadel", "alice").await.id_claims(),
        application.tokens(&argus.browser(), document::ALICE, "openid").await.id_claims(),
    ];
    let mut subjects: Vec<&str> = everybody.iter().map(|claims| claims["sub"].as_str().unwrap()).collect();
    assert!(everybody.iter().all(|claims| claims["iss"] == argus.issuer() && claims["aud"] == CASE_DESK));
    subjects.sort_unstable();
    subjects.dedup();
    assert_eq!(subjects.len(), 4);
}

async fn by_openid_connect(argus: &Installation, keycloak: &argus_tests::Keycloak) {
    let mut connection = members();
    connection["attributes"] = json!({"username": "preferred_username", "name": "name", "email": "email", "groups": "groups"});
    connection.as_object_mut().unwrap().shift_remove("nameIdFormat");
    keycloak.connect_by_oidc(argus, "kc-oidc", connection).await;
    let mut subjects = Vec::new();
    for username in ["alice", "bob", "alice"] {
        let browser = argus.browser();
        let (request, away) = sent_away(argus, &browser, "kc-oidc").await;
        let back = keycloak.redirect(&away, username).await;
        // Another browser has nothing under way; and the sign-in is good once.
        assert_eq!(refused(argus, argus.browser().open(back.as_str()).await), "unsolicited");
        let landing = browser.visit(back.as_str(), None).await;
        assert!(matches!(landing, Landing::Redirect(_)), "{:?}\n{landing:?}", argus.audit().last());
        assert_eq!(refused(argus, browser.open(back.as_str()).await), "unsolicited");
        let tokens = Tokens::of(&argus.application(CASE_DESK).redeem(&request.code_of(&landing)).await.expect(200));
        let claims = tokens.id_claims();
        let groups = if username == "alice" { json!(["group1", "group2"]) } else { json!(["group1"]) };
        assert_eq!((&claims["groups"], &claims["name"]), (&groups, &json!(format!("{username} of Keycloak"))), "{claims}");
        subjects.push(claims["sub"].clone());
    }
    assert_eq!(subjects[0], subjects[2]);
    assert_ne!(subjects[0], subjects[1]);

    // A new sign-in is asked for, and it has to be one.
    let browser = argus.browser();
    let request = argus.application(CASE_DESK).request("openid").set("idp_hint", "kc-oidc").set("prompt", "login");
    let Landing::Redirect(away) = browser.visit(&request.path(), None).await else { panic!("not sent away") };
    assert!(away.query_pairs().any(|(name, value)| name == "prompt" && value == "login"), "{away}");
    let landing = browser.visit(keycloak.redirect(&away, "alice").await.as_str(), None).await;
    assert!(matches!(landing, Landing::Redirect(_)), "{:?}\n{landing:?}", argus.audit().last());

    // Somebody else's code, or an answer that names another issuer, lets nobody in.
    for (name, value, rule) in [("code", "made-up", "token"), ("iss", "https://idp.example", "issuer")] {
        let browser = argus.browser();
        let (_, away) = sent_away(argus, &browser, "kc-oidc").await;
        let back = keycloak.redirect(&away, "alice").await;
        let pairs: Vec<(String, String)> =
            back.query_pairs().into_owned().map(|(key, old)| if key == name { (key, value.to_owned()) } else { (key, old) }).collect();
        let mut altered = back.clone();
        altered.query_pairs_mut().clear().extend_pairs(pairs);
        assert_eq!(refused(argus, browser.open(altered.as_str()).await), rule);
    }
}

async fn by_saml_however_it_signs_and_encrypts(argus: &Installation, keycloak: &argus_tests::Keycloak) {
    let mut subjects = Vec::new();
    for (slug, encryption, signs_response, signs_assertion) in [
        ("kc-response", false, true, false),
        ("kc-assertion", false, false, true),
        ("kc-both", false, true, true),
        ("kc-encrypted", true, true, true),
    ] {
        let mut connection = members();
        connection["encryption"] = json!(encryption);
        let attributes = json!({
            "saml.server.signature": signs_response.to_string(), "saml.assertion.signature": signs_assertion.to_string(),
            "saml.encrypt": encryption.to_string(), "saml.client.signature": "true", "saml.force.post.binding": "true",
            "saml.authnstatement": "true",
        });
        keycloak.connect(argus, slug, connection, attributes).await;
        let claims = claims_of(argus, keycloak, slug, "alice").await;
        assert_eq!(claims["groups"], json!(["group1", "group2"]), "{slug}: {claims}");
        assert_eq!((&claims["email"], &claims["email_verified"]), (&json!("alice@keycloak.example"), &json!(true)));
        assert_eq!(claims["sub"], claims_of(argus, keycloak, slug, "alice").await["sub"]);
        assert_ne!(claims["sub"], claims_of(argus, keycloak, slug, "bob").await["sub"]);
        subjects.push(claims["sub"].clone());
    }
    subjects.sort_by_key(ToString::to_string);
    subjects.dedup();
    assert_eq!(subjects.len(), 4, "users of different connections are different users");

    // What it does not sign is nobody's word.
    let attributes = json!({
        "saml.server.signature": "false", "saml.assertion.signature": "false", "saml.client.signature": "true",
        "saml.force.post.binding": "true", "saml.encrypt": "false", "saml.authnstatement": "true",
    });
    keycloak.connect(argus, "kc-unsigned", members(), attributes).await;
    let browser = argus.browser();
    let (_, away) = sent_away(argus, &browser, "kc-unsigned").await;
    let posted = keycloak.answer(&away, "alice").await;
    assert_eq!(refused(argus, posted.post(&browser).await), "signature-missing");
}

async fn claims_of(argus: &Installation, keycloak: &argus_tests::Keycloak, slug: &str, username: &str) -> Value {
    let browser = argus.browser();
    let (request, away) = sent_away(argus, &browser, slug).await;
    let posted = keycloak.answer(&away, username).await;
    let landing = browser.go_on(posted.post(&browser).await, None).await;
    assert!(matches!(landing, Landing::Redirect(_)), "{slug}: {:?}\n{landing:?}", argus.audit().last());
    Tokens::of(&argus.application(CASE_DESK).redeem(&request.code_of(&landing)).await.expect(200)).id_claims()
}
