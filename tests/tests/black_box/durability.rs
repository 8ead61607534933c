//! SIGKILL under load, fifty times: nothing that was acknowledged is lost.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use argus_tests::document::{ALICE, CASE_DESK};
use argus_tests::{Answer, Application, Browser, Code, Http, Installation, Tokens, jwt};
use reqwest::Method;
use serde_json::json;

const KILLS: usize = 50;
const CLIENTS: usize = 4;

/// What one client was told, and so may rely on.
#[derive(Default)]
struct Acknowledged {
    /// Codes that came back from the authorization endpoint and were not sent to the token endpoint.
    codes: Vec<Code>,
    /// The last refresh token of each grant.
    refresh_tokens: Vec<String>,
    /// Refresh tokens that were revoked.
    revoked: Vec<String>,
    /// The `jti` of every access token: each stands in the audit trail.
    issued: Vec<String>,
}

/// One client that goes on until the server is gone. `first` decides what it begins with; `done` counts what was acknowledged to all.
async fn work(application: Application, browser: Browser, first: usize, told: Arc<Mutex<Acknowledged>>, done: Arc<AtomicUsize>) {
    let note = |change: &dyn Fn(&mut Acknowledged)| {
        change(&mut told.lock().unwrap());
        done.fetch_add(1, Ordering::SeqCst);
    };
    let jti = |answer: &serde_json::Value| jwt::part(answer["access_token"].as_str().unwrap(), 1)["jti"].as_str().unwrap().to_owned();
    for round in first.. {
        let Some(code) = authorize(&application, &browser).await else { return };
        if round % 4 == 3 {
            note(&|told| told.codes.push(code.clone()));
            continue;
        }
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.code.as_str()),
            ("redirect_uri", application.redirect_uri.as_str()),
            ("code_verifier", code.verifier.as_deref().unwrap()),
        ];
        let Some(answer) = post(&application, "/oauth2/token", &form).await else { return };
        let answer = answer.expect(200).json();
        let mut refresh_token = answer["refresh_token"].as_str().unwrap().to_owned();
        note(&|told| {
            told.issued.push(jti(&answer));
            told.refresh_tokens.push(refresh_token.clone());
        });
        for _ in 0..3 {
            let Some(answer) =
                post(&application, "/oauth2/token", &[("grant_type", "refresh_token"), ("refresh_token", &refresh_token)]).await
            else {
                return;
            };
            let answer = answer.expect(200).json();
            answer["refresh_token"].as_str().unwrap().clone_into(&mut refresh_token);
            note(&|told| {
                told.issued.push(jti(&answer));
                *told.refresh_tokens.last_mut().unwrap() = refresh_token.clone();
            });
        }
        if round % 4 == 1 {
            // In flight it is neither: the answer may be lost after the revocation took place.
            let token = told.lock().unwrap().refresh_tokens.pop().unwrap();
            let Some(answer) = post(&application, "/oauth2/revoke", &[("token", &token)]).await else { return };
            let _ = answer.expect(200);
            note(&|told| told.revoked.push(token.clone()));
        }
    }
}

/// A code; none when the server is gone.
async fn authorize(application: &Application, browser: &Browser) -> Option<Code> {
    let request = application.request("openid");
    let answer = browser.try_open(&request.path()).await?.expect(303);
    let target = url::Url::parse(answer.header("location")).unwrap();
    let code = target.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    Some(Code { code, verifier: Some(request.verifier), nonce: None })
}

/// An answer; none when the server is gone.
async fn post(application: &Application, path: &str, form: &[(&str, &str)]) -> Option<Answer> {
    let http: &Http = &application.http;
    let request = http.request(Method::POST, path).basic_auth(&application.id, application.secret.as_ref()).form(form);
    http.try_send(request).await
}

/// A1.4, A1.5, A1.10, A1.12, A11.3: a loop of load, SIGKILL and a look at everything that was promised.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_when_the_server_is_killed() {
    let argus = Installation::standard();
    let browser = argus.browser();
    let _ = browser.sign_in(ALICE).await.expect(303);
    let mut issued = HashSet::new();
    let mut verified = (0, 0, 0);
    for kill in 0..KILLS {
        let done = Arc::new(AtomicUsize::new(0));
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let told = Arc::new(Mutex::new(Acknowledged::default()));
                let (application, first) = (argus.application(CASE_DESK), kill + client);
                let task = tokio::spawn(work(application, browser.clone(), first, Arc::clone(&told), Arc::clone(&done)));
                (task, told)
            })
            .collect();
        // Not a time but a number of acknowledgements, another each time, so that the kill comes at any point of a flow.
        let enough = 12 + kill * 7 % 40;
        while done.load(Ordering::SeqCst) < enough {
            tokio::task::yield_now().await;
        }
        tokio::task::block_in_place(|| argus.kill());
        let mut told = Vec::new();
        for (task, acknowledged) in clients {
            task.await.unwrap();
            told.push(Arc::into_inner(acknowledged).unwrap().into_inner().unwrap());
        }
        tokio::task::block_in_place(|| argus.serve());

        let desk = argus.application(CASE_DESK);
        for told in told {
            issued.extend(told.issued);
            for code in &told.codes {
                issued.insert(jti_of(&Tokens::of(&desk.redeem(code).await)));
                verified.0 += 1;
            }
            for token in &told.refresh_tokens {
                issued.insert(jti_of(&Tokens::of(&desk.refresh(token).await)));
                verified.1 += 1;
            }
            for token in &told.revoked {
                assert_eq!(desk.refresh(token).await.error(400), "invalid_grant");
                verified.2 += 1;
            }
        }
    }
    let output = argus.cli(&["audit", "verify"]).succeeded();
    assert!(output.stderr.contains("chain whole"), "{}", output.stderr);
    let recorded: HashSet<_> = argus.audit().iter().filter_map(|event| event["details"]["jti"].as_str().map(str::to_owned)).collect();
    let lost: Vec<_> = issued.difference(&recorded).collect();
    assert!(lost.is_empty(), "{} of {} tokens are not on record", lost.len(), issued.len());
    let (codes, refreshes, revocations) = verified;
    assert!(codes > 50 && refreshes > 100 && revocations > 30, "enough to mean something: {verified:?}");
}

fn jti_of(tokens: &Tokens) -> String {
    jwt::part(&tokens.access, 1)["jti"].as_str().unwrap().to_owned()
}

/// A11.3, A11.6: an import that is killed is applied whole or not at all.
#[tokio::test]
async fn an_import_is_whole_or_not_there() {
    let argus = Installation::new("");
    argus.import(&json!({"groups": [{"shortname": "first", "name": "First"}]}));
    let many: Vec<_> = (0..300).map(|n| json!({"shortname": format!("g{n}"), "name": "G"})).collect();
    let document = json!({"groups": many}).to_string();
    let count = || argus.cli(&["export"]).succeeded().json()["groups"].as_array().unwrap().len();
    for milliseconds in [5, 40, 80, 120, 160] {
        argus.import_killed_after(&document, std::time::Duration::from_millis(milliseconds));
        let groups = count();
        assert!([1, 301].contains(&groups), "{groups}");
        argus.cli(&["audit", "verify"]).succeeded();
    }
    argus.import_text(&document);
    assert_eq!(count(), 301);
}
