//! A11.3: the audit trail over HTTP, as the command line exports it.

use argus_tests::document::{ALICE, CASE_DESK};
use serde_json::Value;

use crate::support::{Admin, pointers};

const AUDIT: &str = "/api/v1/audit";

/// Every event the query finds, page by page.
async fn pages(admin: &Admin, query: &str) -> Vec<Value> {
    let (mut found, mut after) = (Vec::new(), String::new());
    loop {
        let page = admin.get(&format!("{AUDIT}?{query}{after}")).await.expect(200).json();
        found.extend(page["events"].as_array().unwrap().iter().cloned());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return found,
        }
    }
}

#[tokio::test]
async fn the_trail_is_read_page_by_page_as_it_is_exported() {
    let admin = Admin::new("openid audit:read").await;
    let desk = admin.argus.application(CASE_DESK);
    let _ = desk.tokens(&admin.argus.browser(), ALICE, "openid").await;
    let exported = admin.argus.audit();
    assert!(exported.len() > 6, "too few to turn a page: {}", exported.len());
    assert_eq!(pages(&admin, "limit=3").await, exported);

    let issued = format!("event=token.issued&client={}", desk.id);
    let options = ["--event", "token.issued", "--client", &desk.id];
    let of_desk = admin.argus.audit_with(&options);
    assert_eq!(pages(&admin, &issued).await, of_desk);
    let subject = of_desk[0]["subject"].as_str().unwrap();
    assert_eq!(pages(&admin, &format!("{issued}&subject={subject}&since=1&limit=1")).await, of_desk);
    assert_eq!(pages(&admin, &format!("{issued}&since=4000000000")).await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_filter_that_cannot_be_meant_is_refused_at_its_place() {
    let admin = Admin::new("openid audit:read").await;
    let all = admin.get(&format!("{AUDIT}?since=yesterday&event=token&after=1.x.main&limit=501")).await;
    assert_eq!(pointers(&all), ["/since", "/event", "/after", "/limit"]);
    for query in ["limit=0", "after=1.2", "after=1.18446744073709551615.main", "since=-1"] {
        let refused = admin.get(&format!("{AUDIT}?{query}")).await;
        assert_eq!(pointers(&refused), [format!("/{}", query.split('=').next().unwrap())], "{query}");
    }
}

#[tokio::test]
async fn it_is_for_administrators_with_the_scope() {
    let admin = Admin::new("openid clients:read").await;
    let _ = admin.get(AUDIT).await.expect(403);
    let _ = admin.argus.http().get(AUDIT).await.expect(401);
}
