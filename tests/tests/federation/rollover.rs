//! Identity providers change their keys.

use serde_json::json;

use crate::*;

#[tokio::test]
async fn other_keys_wait_for_an_administrator() {
    let argus = Installation::standard_with("[federation]\nallow_private_addresses = true\n");
    let upstream = Upstream::zitadel();
    upstream.put_user("erin", "erin@upstream.example", &[]).await;
    let mut entry = provisioning();
    entry["slug"] = json!("acme");
    entry["kind"] = json!("saml");
    entry["name"] = json!("Acme");
    entry["metadataUrl"] = json!(upstream.metadata_url());
    argus.import(&json!({"upstreamIdps": [entry]}));
    upstream.trust(&argus, "acme").await;
    let subject = tokens(&argus, &argus.browser(), &upstream, "acme", "erin").await.id_claims()["sub"].clone();
    let run = |arguments: &[&str]| argus.cli(&[&["federation"], arguments].concat()).succeeded();
    assert!(run(&["refresh", "acme"]).stderr.contains("that are in use"));
    assert!(argus.cli(&["federation", "approve", "acme"]).failed().contains("no metadata of acme wait"));

    upstream.change_key().await;
    let browser = argus.browser();
    let posted = response(&argus, &browser, &upstream, "acme", "erin").await;
    assert_eq!(refused(&argus, posted.post(&browser).await), "signature-invalid");
    assert!(run(&["refresh", "acme"]).stderr.contains("other keys or addresses"));
    // They wait, and let nobody in.
    let posted = response(&argus, &browser, &upstream, "acme", "erin").await;
    assert_eq!(refused(&argus, posted.post(&browser).await), "signature-invalid");
    assert!(argus.cli(&["doctor"]).stdout.contains("warn  identity provider acme: metadata with other keys or addresses wait"));
    let listed = run(&["list"]).json();
    let (in_use, waiting) =
        (&listed[0]["inUse"]["certificates"][0]["sha256"], &listed[0]["waitingForApproval"]["certificates"][0]["sha256"]);
    assert!(in_use.is_string() && waiting.is_string() && in_use != waiting, "{listed}");

    run(&["approve", "acme"]);
    assert!(run(&["list"]).json()[0]["waitingForApproval"].is_null());
    let again = argus_tests::until("the new key is in use", async || {
        let browser = argus.browser();
        let posted = response(&argus, &browser, &upstream, "acme", "erin").await;
        let answer = posted.post(&browser).await;
        (answer.status == 303).then_some(answer)
    })
    .await;
    assert!(again.header("location").starts_with(CASE_DESK_REDIRECT));
    assert_eq!(tokens(&argus, &argus.browser(), &upstream, "acme", "erin").await.id_claims()["sub"], subject);
    let events: Vec<_> = argus.audit().into_iter().map(|event| event["event"].as_str().unwrap().to_owned()).collect();
    assert_eq!(events.iter().filter(|event| *event == "upstream_idp.metadata_offered").count(), 1);
}

#[tokio::test]
async fn metadata_of_the_own_network_are_not_fetched_unless_that_is_wanted() {
    let argus = argus();
    let upstream = Upstream::zitadel();
    let entry = json!({"slug": "acme", "kind": "saml", "name": "Acme", "metadataUrl": upstream.metadata_url()});
    let output = argus.try_import(&json!({"upstreamIdps": [entry]}).to_string());
    assert!(output.failed().contains("/upstreamIdps/0/metadataUrl"));
}

#[tokio::test]
async fn our_keys_are_replaced_in_two_steps() {
    let argus = argus();
    let upstream = Upstream::crewjam();
    upstream.put_user("erin", "erin@upstream.example", &[]).await;
    let principal_name = "urn:oid:1.3.6.1.4.1.5923.1.1.1.6";
    let members = json!({"jit": true, "encryption": true, "allowCbc": true, "attributes": {"identifier": principal_name}});
    upstream.connect(&argus, "acme", members).await;
    let certificates = async || {
        let metadata = argus.http().get("/saml/acme/metadata").await.expect(200).text;
        let all = metadata.split("<md:KeyDescriptor").skip(1);
        let certificate = |part: &str| part.split_once("X509Certificate>").unwrap().1.split_once('<').unwrap().0.to_owned();
        all.map(certificate).collect::<Vec<_>>()
    };
    let first = certificates().await;
    assert_eq!(first.len(), 2);
    let subject = tokens(&argus, &argus.browser(), &upstream, "acme", "erin").await.id_claims()["sub"].clone();

    assert!(argus.cli(&["federation", "rotate-keys"]).succeeded().stderr.contains("beside those in use"));
    let both = argus_tests::until("the next keys are published", async || Some(certificates().await).filter(|all| all.len() == 4)).await;
    assert!(first.iter().all(|old| both.contains(old)));
    // Whoever has not read them yet signs in and encrypts as before; whoever has, too.
    assert_eq!(tokens(&argus, &argus.browser(), &upstream, "acme", "erin").await.id_claims()["sub"], subject);
    upstream.trust(&argus, "acme").await;
    assert_eq!(tokens(&argus, &argus.browser(), &upstream, "acme", "erin").await.id_claims()["sub"], subject);

    assert!(argus.cli(&["federation", "rotate-keys"]).succeeded().stderr.contains("those before are gone"));
    let last = argus_tests::until("the old keys are gone", async || Some(certificates().await).filter(|all| all.len() == 2)).await;
    assert!(first.iter().all(|old| !last.contains(old)) && last.iter().all(|new| both.contains(new)));
    upstream.trust(&argus, "acme").await;
    assert_eq!(tokens(&argus, &argus.browser(), &upstream, "acme", "erin").await.id_claims()["sub"], subject);
}
