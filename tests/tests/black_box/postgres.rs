//! PostgreSQL: the main flow, and two nodes on one database.

use std::collections::HashSet;
use std::time::Duration;

use argus_tests::document::{ALICE, CASE_DESK, CASE_DESK_REDIRECT, client_id, client_with_claims, only_clients, standard};
use argus_tests::until::{until, until_within};
use argus_tests::{Application, Browser, Database, Installation, Jwks, RelyingParty, Tokens, jwt};
use serde_json::json;

/// A second, as stated for changes made elsewhere.
const BOUND: Duration = Duration::from_secs(1);

/// One installation on PostgreSQL; none where tests on PostgreSQL are left out, which is said.
fn installation() -> Option<(Installation, Database)> {
    let database = Database::Postgres(argus_test_postgres::database()?);
    let argus = Installation::on(&database, "[database]\nnode = \"one\"\n");
    argus.import(&standard());
    argus.serve();
    Some((argus, database))
}

fn two_nodes() -> Option<(Installation, Installation)> {
    let (one, database) = installation()?;
    let two = one.another_node(&database, "two");
    two.serve();
    Some((one, two))
}

/// A1.1, A1.10: the same program, the same flow.
#[tokio::test]
async fn a_stock_library_signs_in_on_postgresql() {
    let Some((argus, _)) = installation() else { return };
    let party = RelyingParty::discover(argus.issuer(), CASE_DESK, argus.secret(CASE_DESK), CASE_DESK_REDIRECT).await.unwrap();
    let tokens = party.sign_in(&argus.browser(), Some(ALICE), "profile email").await.unwrap();
    party.userinfo(&tokens).await.unwrap();
    let refreshed = party.refresh(&tokens.refresh).await.unwrap();
    assert!(party.is_active(&refreshed.access).await.unwrap());
    argus.stop();
    argus.serve();
    let _ = argus.application(CASE_DESK).refresh(&refreshed.refresh).await.expect(200);
    argus.cli(&["audit", "verify"]).succeeded();
    assert!(argus.import(&standard()).stderr.contains("imported: 0 new, 0 changed"));
}

/// A1.2, A10.8, A11.2: two nodes are one issuer.
#[tokio::test]
async fn a_flow_may_begin_at_one_node_and_end_at_the_other() {
    let Some((one, two)) = two_nodes() else { return };
    let browser = one.browser();
    let code = one.application(CASE_DESK).code(&browser, ALICE, "openid").await;
    let tokens = Tokens::of(&two.application(CASE_DESK).redeem(&code).await);
    let _ = one.application(CASE_DESK).userinfo(&tokens.access).await.expect(200);
    assert_eq!(one.application(CASE_DESK).redeem(&code).await.error(400), "invalid_grant", "single use, across nodes");
    // The session counts there as well.
    let there = browser.at(&two.http());
    let request = two.application(CASE_DESK).request("openid").set("prompt", "none");
    request.code_of(&there.visit(&request.path(), None).await);
    assert_eq!(Jwks::fetch(&one.http()).await.0, Jwks::fetch(&two.http()).await.0);
    let verified = one.cli(&["audit", "verify"]).succeeded().stderr;
    assert!(verified.contains("node one: ") && verified.contains("node two: "), "{verified}");
}

/// A1.12, A4.5
#[tokio::test]
async fn a_revocation_reaches_the_other_node_within_a_second() {
    let Some((one, two)) = two_nodes() else { return };
    let (here, there) = (one.application(CASE_DESK), two.application(CASE_DESK));
    let browser = one.browser();
    for by_refresh_token in [false, true] {
        let tokens = here.tokens(&browser, ALICE, "openid").await;
        let _ = there.userinfo(&tokens.access).await.expect(200);
        let _ = here.revoke(if by_refresh_token { &tokens.refresh } else { &tokens.access }).await.expect(200);
        assert_eq!(here.userinfo(&tokens.access).await.error(401), "invalid_token", "at once, here");
        let (other, token) = (&there, &tokens.access);
        until_within(BOUND, "the other node knows", async || {
            // Introspection goes by what the node has in memory, UserInfo by the database as well.
            let refused = other.userinfo(token).await.status == 401;
            (refused && other.introspect(token).await == json!({"active": false})).then_some(())
        })
        .await;
        assert_eq!(there.refresh(&tokens.refresh).await.status == 400, by_refresh_token);
    }
}

/// A1.10, A3.2: of refreshes of one token at both nodes, one makes the successor and all get it.
#[tokio::test]
async fn refreshes_at_two_nodes_have_one_successor() {
    let Some((one, two)) = two_nodes() else { return };
    let (here, there) = (one.application(CASE_DESK), two.application(CASE_DESK));
    let mut token = here.tokens(&one.browser(), ALICE, "openid").await.refresh;
    for _ in 0..10 {
        let (a, b, c, d) = tokio::join!(here.refresh(&token), there.refresh(&token), here.refresh(&token), there.refresh(&token));
        let successors: HashSet<_> = [a, b, c, d].iter().map(|answer| Tokens::of(answer).refresh).collect();
        assert_eq!(successors.len(), 1, "{successors:?}");
        token = successors.into_iter().next().unwrap();
    }
}

/// A10.9, A11.6: a change made by the command line at one node.
#[tokio::test]
async fn a_change_reaches_every_node_within_a_second() {
    let Some((one, two)) = two_nodes() else { return };
    let there = two.application(CASE_DESK);
    let tokens = there.tokens(&two.browser(), ALICE, "openid").await;
    one.import(&only_clients(json!([{"clientId": CASE_DESK, "scopes": ["openid"]}])));
    let browser = two.browser();
    let _ = browser.sign_in(ALICE).await.expect(303);
    let (window, application) = (&browser, &there);
    until_within(BOUND, "the scope is no longer allowed", async || {
        let landing = window.visit(&application.request("openid email").path(), None).await;
        landing.parameter("error").map(|error| assert_eq!(error, "invalid_scope"))
    })
    .await;
    one.cli(&["user", "disable", "alice"]).succeeded();
    let token = &tokens.access;
    until_within(BOUND, "the user is out", async || (application.userinfo(token).await.status == 401).then_some(())).await;
}

/// A3.7: keys are shared.
#[tokio::test]
async fn a_rotation_reaches_every_node() {
    let Some((one, two)) = two_nodes() else { return };
    let before = Jwks::fetch(&two.http()).await;
    one.cli(&["keys", "rotate", "--now"]).succeeded();
    let (here, there) = (one.http(), two.http());
    until_within(BOUND, "both publish the new keys", async || {
        let (first, second) = (Jwks::fetch(&here).await, Jwks::fetch(&there).await);
        (first.0 == second.0 && first.0 != before.0).then_some(())
    })
    .await;
    let tokens = two.application(CASE_DESK).tokens(&two.browser(), ALICE, "openid").await;
    Jwks::fetch(&here).await.verify(&tokens.access);
    let _ = one.application(CASE_DESK).userinfo(&tokens.access).await.expect(200);
}

/// A lost database: refused as a whole with 503, nothing acknowledged, and served again when it is back.
#[tokio::test]
async fn a_database_out_of_reach_is_told_and_gone_through() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let Some(url) = argus_test_postgres::database() else { return };
    let configuration = format!("[operations]\nlisten = \"127.0.0.1:{port}\"\n[http]\nrequest_timeout_seconds = 2\n");
    let argus = Installation::on(&Database::Postgres(url.clone()), &configuration);
    argus.import(&standard());
    argus.serve();
    let desk = argus.application(CASE_DESK);
    let browser = argus.browser();
    let tokens = desk.tokens(&browser, ALICE, "openid").await;
    let operations = argus_tests::Http::new(argus.issuer(), &format!("http://127.0.0.1:{port}"));

    let name = url.split(['/', '?']).nth(3).unwrap();
    let server = argus_test_postgres::Server::shared();
    server.run("postgres", &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"));
    server.run("postgres", &format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"));
    let refused = desk.refresh(&tokens.refresh).await;
    assert!(!refused.header("retry-after").is_empty(), "{refused:?}");
    assert_eq!(refused.error(503), "temporarily_unavailable");
    assert_eq!(desk.userinfo(&tokens.access).await.error(503), "temporarily_unavailable");
    let page = browser.open(&desk.request("openid").path()).await.expect(503);
    assert!(!page.text.to_lowercase().contains("postgres"), "the cause is for the log: {}", page.text);
    let (asked, ready) = (&operations, "/readyz");
    until("the node asks for no more requests", async || (asked.get(ready).await.status == 503).then_some(())).await;
    // What needs no database is served on.
    let _ = operations.get("/healthz").await.expect(200);
    Jwks::fetch(&argus.http()).await.verify(&tokens.access);

    server.run("postgres", &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true"));
    let (client, token) = (&desk, &tokens.refresh);
    until("the database is used again", async || (client.refresh(token).await.status == 200).then_some(())).await;
    argus.cli(&["audit", "verify"]).succeeded();
}

/// A promotion is one step for everybody: no request fails, no token goes without the claim, and the other node follows by itself.
#[tokio::test]
async fn a_promotion_reaches_the_other_node_between_two_requests() {
    let Some((one, two)) = two_nodes() else { return };
    let metal = |metal: &str| {
        let mut component = argus_test_guests::guest("good").to_vec();
        let at = component.windows(4).position(|bytes| bytes == b"gold").unwrap();
        component[at..at + 4].copy_from_slice(metal.as_bytes());
        component
    };
    let import = |component: &[u8], clients: serde_json::Value| {
        let document = json!({"claimProviders": [{"name": "level", "component": "level.wasm"}], "clients": clients});
        one.import_with_files(&document, &[("level.wasm".to_owned(), component)]);
    };
    let id = client_id(1);
    import(&metal("gold"), json!([client_with_claims(&id, json!([{"provider": "level", "configuration": {}}]))]));
    two.set_secret(&id, &one.secret(&id).unwrap());
    let (here, there) = (one.application(&id), two.application(&id));
    let (browser, other_browser) = (one.browser(), two.browser());
    let level = async |application: &Application, browser: &Browser| {
        jwt::part(&application.tokens(browser, ALICE, "openid").await.id, 1)["level"].clone()
    };
    assert_eq!(level(&there, &other_browser).await, "gold");
    import(&metal("zinc"), json!([]));
    let levels = async || [level(&here, &browser).await, level(&there, &other_browser).await];
    until("both nodes have followed", async || {
        let levels = levels().await;
        assert!(levels.iter().all(|level| level == "gold" || level == "zinc"), "{levels:?}");
        levels.iter().all(|level| level == "zinc").then_some(())
    })
    .await;
}
