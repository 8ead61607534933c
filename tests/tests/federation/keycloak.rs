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
async fn users_of_keycloak_sign_in_however_it_signs_and_encrypts() {
    let keycloak = argus_tests::Keycloak::start();
    let argus = argus();
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
        keycloak.connect(&argus, slug, connection, attributes).await;
        let claims = claims_of(&argus, &keycloak, slug, "alice").await;
        assert_eq!(claims["groups"], json!(["group1", "group2"]), "{slug}: {claims}");
        assert_eq!((&claims["email"], &claims["email_verified"]), (&json!("alice@keycloak.example"), &json!(true)));
        assert_eq!(claims["sub"], claims_of(&argus, &keycloak, slug, "alice").await["sub"]);
        assert_ne!(claims["sub"], claims_of(&argus, &keycloak, slug, "bob").await["sub"]);
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
    keycloak.connect(&argus, "kc-unsigned", members(), attributes).await;
    let browser = argus.browser();
    let (_, away) = sent_away(&argus, &browser, "kc-unsigned").await;
    let posted = keycloak.answer(&away, "alice").await;
    assert_eq!(refused(&argus, posted.post(&browser).await), "signature-missing");
}

async fn claims_of(argus: &Installation, keycloak: &argus_tests::Keycloak, slug: &str, username: &str) -> Value {
    let browser = argus.browser();
    let (request, away) = sent_away(argus, &browser, slug).await;
    let posted = keycloak.answer(&away, username).await;
    let landing = browser.go_on(posted.post(&browser).await, None).await;
    assert!(matches!(landing, Landing::Redirect(_)), "{slug}: {:?}\n{landing:?}", argus.audit().last());
    Tokens::of(&argus.application(CASE_DESK).redeem(&request.code_of(&landing)).await.expect(200)).id_claims()
}
