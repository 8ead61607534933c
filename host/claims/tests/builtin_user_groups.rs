//! The built-in `userGroups`, as component in the real engine, against rows A7.1 to A7.8.

mod support;

use argus_claims::{ClaimProviderComponent, ConfigurationError, builtin};
use argus_domain::issuance::Facts;
use serde_json::{Value, json};
use support::{Sandbox, invoke, issuance, member_of};

async fn user_groups(sandbox: &Sandbox) -> ClaimProviderComponent {
    sandbox.registry.load(builtin::component("userGroups").expect("built in")).await.expect("loads")
}

/// The claim `groups` of a member of some groups.
async fn groups(configuration: &str, member: &[&str]) -> Value {
    let sandbox = Sandbox::new();
    let user = member_of(member);
    let mut claims = invoke(&user_groups(&sandbox).await, configuration, &issuance(&user)).await.outcome.expect("claims");
    assert_eq!(claims.len(), 1);
    assert_eq!(claims[0].name.as_str(), "groups");
    claims.remove(0).value
}

/// Where a configuration is wrong.
async fn pointers(configuration: &str) -> Vec<String> {
    let sandbox = Sandbox::new();
    match user_groups(&sandbox).await.validate_configuration(configuration).await {
        Err(ConfigurationError::Problems(problems)) => problems.iter().map(|problem| problem.pointer.as_str().to_owned()).collect(),
        other => panic!("{other:?}"),
    }
}

/// A7.1, A7.3
#[tokio::test]
async fn the_claim_is_the_list_of_allowed_groups_the_user_is_in() {
    assert_eq!(groups(r#"{"allowedGroups":["group1","group2"]}"#, &["group1"]).await, json!(["group1"]));
    assert_eq!(groups(r#"{"stringified":false,"allowedGroups":["group1","group2"]}"#, &["group1"]).await, json!(["group1"]));
}

/// A7.2
#[tokio::test]
async fn groups_outside_the_allowed_ones_never_appear() {
    assert_eq!(groups(r#"{"allowedGroups":["group1"]}"#, &["group1", "group9"]).await, json!(["group1"]));
}

/// A7.2: what the provider doesn't get, it can't leak.
#[tokio::test]
async fn the_provider_is_given_the_allowed_groups_only() {
    let sandbox = Sandbox::new();
    let component = user_groups(&sandbox).await;
    assert_eq!(component.metadata().needs, Facts { groups: true, ..Facts::default() });
    let plan = component.validate_configuration(r#"{"allowedGroups":["group1","group2"]}"#).await.expect("a plan");
    assert_eq!(plan.groups_of_interest, ["group1", "group2"]);
    // An empty list would mean all groups.
    let none = component.validate_configuration(r#"{"allowedGroups":[]}"#).await.expect("a plan");
    assert_eq!(none.groups_of_interest, [""]);
}

/// A7.4
#[tokio::test]
async fn stringified_groups_are_one_text_of_compact_json() {
    assert_eq!(groups(r#"{"stringified":true,"allowedGroups":["group1","group2"]}"#, &["group1"]).await, json!(r#"["group1"]"#));
    let both = groups(r#"{"stringified":true,"allowedGroups":["b","a"]}"#, &["a", "b"]).await;
    assert_eq!(both, json!(r#"["b","a"]"#));
}

/// A7.6
#[tokio::test]
async fn a_user_in_none_of_the_groups_has_the_claim_all_the_same() {
    assert_eq!(groups(r#"{"allowedGroups":["group1"]}"#, &["group9"]).await, json!([]));
    assert_eq!(groups(r#"{"allowedGroups":["group1"]}"#, &[]).await, json!([]));
    assert_eq!(groups(r#"{"stringified":true,"allowedGroups":["group1"]}"#, &[]).await, json!("[]"));
    assert_eq!(groups(r#"{"allowedGroups":[]}"#, &["group1"]).await, json!([]));
}

/// A7.7
#[tokio::test]
async fn groups_stand_in_the_order_of_the_configuration_each_once() {
    assert_eq!(
        groups(r#"{"allowedGroups":["zebra","ant","zebra","bee"]}"#, &["ant", "bee", "zebra"]).await,
        json!(["zebra", "ant", "bee"])
    );
}

/// A7.8
#[tokio::test]
async fn a_faulty_configuration_is_refused_with_its_place() {
    assert_eq!(pointers(r#"{"allowedGroups":"group1"}"#).await, ["/allowedGroups"]);
    assert_eq!(pointers(r#"{"allowedGroups":["group1",2]}"#).await, ["/allowedGroups/1"]);
    assert_eq!(pointers(r#"{"allowedGroups":[""]}"#).await, ["/allowedGroups/0"]);
    assert_eq!(pointers(r#"{"allowedGroups":[],"stringified":"true"}"#).await, ["/stringified"]);
    assert_eq!(pointers(r#"{"allowedGroups":[],"allowed-groups":[]}"#).await, ["/allowed-groups"]);
    assert_eq!(pointers("{}").await, ["/allowedGroups"]);
    assert_eq!(pointers("[]").await, [""]);
    assert_eq!(pointers("{").await, [""]);
    // A key given twice passes a JSON parser, and the provider notices.
    assert_eq!(pointers(r#"{"allowedGroups":["a"],"allowedGroups":["b"]}"#).await, [""]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn invocations_at_the_same_time_see_their_own_user_only() {
    const CONFIGURATION: &str = r#"{"allowedGroups":["g0","g1","g2","g3","g4","g5","g6","g7"]}"#;
    let sandbox = Sandbox::new();
    let component = user_groups(&sandbox).await;
    let plan = component.validate_configuration(CONFIGURATION).await.expect("a plan");
    let tasks: Vec<_> = (0..400)
        .map(|number| {
            let (component, plan) = (component.clone(), plan.clone());
            tokio::spawn(async move {
                let group = format!("g{}", number % 8);
                let user = member_of(&[&group]);
                let claims = component.claims(CONFIGURATION, &plan, Facts::ALL, &issuance(&user)).await.outcome.expect("claims");
                assert_eq!(claims[0].value, json!([group]));
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("ends well");
    }
}

#[tokio::test]
async fn a_user_of_many_groups_costs_a_few_of_them_only() {
    let many: Vec<String> = (0..10_000).map(|number| format!("group{number:05}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(groups(r#"{"allowedGroups":["group09999","group00000"]}"#, &many).await, json!(["group09999", "group00000"]));
}
