//! What is not to be let in, at the running server: the rules themselves are tested where they are.

use crate::*;

#[tokio::test]
async fn a_response_is_good_for_one_sign_in_of_one_browser() {
    let argus = argus();
    let upstream = Upstream::zitadel();
    upstream.put_user("erin", "erin@upstream.example", &[]).await;
    upstream.connect(&argus, "acme", provisioning()).await;
    let (browser, other) = (argus.browser(), argus.browser());
    let posted = response(&argus, &browser, &upstream, "acme", "erin").await;

    // Another browser, with no sign-in under way and with one of its own.
    assert_eq!(refused(&argus, posted.post(&other).await), "unsolicited");
    sent_away(&argus, &other, "acme").await;
    assert_eq!(refused(&argus, posted.post(&other).await), "unsolicited");
    // The right one, once.
    let _ = posted.post(&browser).await.expect(303);
    assert_eq!(refused(&argus, posted.post(&browser).await), "unsolicited");
    // With the handle of another sign-in of the same browser.
    let request = argus.application(CASE_DESK).request("openid").set("idp_hint", "acme").set("prompt", "login");
    let Landing::Redirect(away) = browser.visit(&request.path(), None).await else { panic!("not sent away") };
    let fresh = upstream.answer(&away, "erin").await;
    let mixed = PostedResponse { action: posted.action.clone(), fields: mix(&posted, &fresh) };
    assert_eq!(refused(&argus, mixed.post(&browser).await), "in-response-to");
    let _ = fresh.post(&browser).await.expect(303);
}

/// The response of one, the handle of the other.
fn mix(response: &PostedResponse, handle: &PostedResponse) -> Vec<(String, String)> {
    let of = |posted: &PostedResponse, name: &str| posted.fields.iter().find(|(known, _)| known == name).unwrap().clone();
    vec![of(response, "SAMLResponse"), of(handle, "RelayState")]
}

#[tokio::test]
async fn a_response_of_one_connection_is_none_of_another() {
    let argus = argus();
    let (one, two) = (Upstream::zitadel(), Upstream::zitadel());
    for (upstream, slug) in [(&one, "one"), (&two, "two")] {
        upstream.put_user("erin", "erin@upstream.example", &[]).await;
        upstream.connect(&argus, slug, provisioning()).await;
    }
    let browser = argus.browser();
    let posted = response(&argus, &browser, &one, "one", "erin").await;
    let elsewhere = PostedResponse { action: posted.action.replace("/one/", "/two/"), fields: posted.fields.clone() };
    let rule = refused(&argus, elsewhere.post(&browser).await);
    assert!(["signature-invalid", "issuer"].contains(&rule.as_str()), "{rule}");
}

#[tokio::test]
async fn sha1_is_refused_and_the_trail_says_so() {
    let argus = argus();
    let upstream = Upstream::crewjam_with_sha1();
    upstream.put_user("erin", "erin@upstream.example", &[]).await;
    upstream.connect(&argus, "acme", provisioning()).await;
    let browser = argus.browser();
    let posted = response(&argus, &browser, &upstream, "acme", "erin").await;
    assert_eq!(refused(&argus, posted.post(&browser).await), "signature-algorithm");
}

#[tokio::test]
async fn no_more_than_some_refusals_are_put_on_record() {
    let argus = argus();
    let upstream = Upstream::zitadel();
    upstream.connect(&argus, "acme", provisioning()).await;
    let before = argus.audit().len();
    for _ in 0..40 {
        let _ = argus.http().post_form("/saml/acme/acs", &[("SAMLResponse", "x"), ("RelayState", "y")]).await.expect(403);
    }
    assert!(argus.audit().len() - before <= 31, "{} events", argus.audit().len() - before);
    let _ = argus.http().post_form("/saml/nobody/acs", &[("SAMLResponse", "x")]).await.expect(404);
}
