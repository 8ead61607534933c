//! Go: the hand-written bindings against the host's.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use argus_claims::{ConfigurationError, InvocationError};
use argus_domain::directory::{DirectorySnapshot, FunctionGrant, Named};
use argus_toolkit::build::{self, BuildError, Tools};
use argus_toolkit::{Language, scaffold};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Loaded, load, user};
use crate::{built, replace, scaffolded};

/// Built once: every test runs the same component.
static MIRROR: LazyLock<(TempDir, std::path::PathBuf)> = LazyLock::new(|| {
    let into = tempfile::tempdir().expect("a folder");
    let folder = scaffold::create(Language::Go, "mirror", into.path()).expect("made").folder;
    fs::write(folder.join("provider.go"), include_str!("mirror.go")).expect("written");
    fs::remove_file(folder.join("provider_test.go")).expect("removed");
    let component = built(&folder).component;
    (into, component)
});

async fn mirror() -> Loaded {
    load(&MIRROR.1).await
}

fn named(id: u64, shortname: &str) -> Named {
    Named { id, shortname: shortname.into(), name: format!("The {shortname}") }
}

fn somebody() -> DirectorySnapshot {
    DirectorySnapshot {
        phone: Some("+4712345678".into()),
        phone_verified: true,
        customer: Some(named(3, "acme")),
        domain: Some(named(u64::from(u32::MAX) + 1, "north")),
        groups: vec![named(1, "group1"), named(2, "gruppe-æ")],
        roles: vec!["admin".into(), "analyst".into()],
        functions: vec![
            FunctionGrant { function: "read".into(), customer: Some(3) },
            FunctionGrant { function: "write".into(), customer: None },
        ],
        ..user(&[("badge", &["gold", "silver"]), ("empty", &[])])
    }
}

#[tokio::test]
async fn everything_arrives_in_go_as_it_was_sent() {
    let claims = mirror().await.run("{}", &somebody()).await.outcome.expect("claims");
    let value = |name: &str| claims.iter().find(|claim| claim.name.as_str() == name).map(|claim| claim.value.clone());
    let sent = json!({
        "User": {
            "ID": 7,
            "Subject": "c3ViamVjdA",
            "Username": "alice",
            "Name": "Alice A",
            "Email": "alice@example.com",
            "EmailVerified": true,
            "Customer": {"ID": 3, "ShortName": "acme", "Name": "The acme"},
            "Domain": {"ID": 4_294_967_296_u64, "ShortName": "north", "Name": "The north"},
            "Phone": "+4712345678",
            "PhoneVerified": true,
            "Groups": [
                {"ID": 1, "ShortName": "group1", "Name": "The group1"},
                {"ID": 2, "ShortName": "gruppe-æ", "Name": "The gruppe-æ"},
            ],
            "Roles": ["admin", "analyst"],
            "Functions": [{"Function": "read", "Customer": 3}, {"Function": "write", "Customer": null}],
            "Attributes": [{"Name": "badge", "Values": ["gold", "silver"]}, {"Name": "empty", "Values": []}],
        },
        "Client": {"ID": "021269c5-04c3-4399-a206-32659c489803", "Name": "Case desk", "Customer": 3},
        "Request": {
            "Issuer": "https://id.example.com",
            "Target": 2,
            "GrantType": "authorization_code",
            "Scopes": ["openid", "profile"],
            "Audiences": ["https://cases.example.com"],
            "IssuedAt": 1_750_000_000,
        },
        "Session": {
            "AuthenticatedAt": 1_749_999_000,
            "Amr": ["pwd", "otp"],
            "Acr": null,
            "FederatedBy": "upstream",
            "ClientIP": "192.0.2.1",
        },
    });
    assert_eq!(value("mirror"), Some(sent));
    assert_eq!(value("text"), Some("gold".into()));
    assert_eq!(value("integer"), Some((-9_007_199_254_740_993_i64).into()));
    assert_eq!(value("boolean"), Some(true.into()));
    assert_eq!(value("list"), Some(json!(["a", "", "é"])));
}

#[tokio::test]
async fn what_is_missing_is_nil_in_go() {
    let nobody = DirectorySnapshot { email: None, email_verified: false, ..user(&[]) };
    let claims = mirror().await.run("{}", &nobody).await.outcome.expect("claims");
    let user = &claims[0].value["User"];
    for member in ["Email", "EmailVerified", "Customer", "Domain", "Phone", "PhoneVerified"] {
        assert_eq!(user[member], Value::Null, "{member}");
    }
}

#[tokio::test]
async fn a_large_directory_is_handed_over() {
    let groups = (1..=10_000).map(|id| named(id, &format!("group{id}"))).collect();
    let invocation = mirror().await.run(r#"{"count":true}"#, &DirectorySnapshot { groups, ..user(&[]) }).await;
    let claims = invocation.outcome.expect("claims");
    assert_eq!(claims[0].value, json!(10_000));
    let bytes: usize = (1..=10_000).map(|id| 2 * format!("group{id}").len() + 4).sum();
    assert_eq!(claims[1].value, json!(bytes));
    assert_eq!(invocation.log.iter().map(|line| line.message.as_str()).collect::<Vec<_>>(), ["counted"]);
}

#[tokio::test]
async fn a_plan_says_what_it_reads() {
    let provider = mirror().await.provider;
    let plan = provider.validate_configuration(r#"{"narrow":true}"#).await.expect("accepted");
    assert_eq!(plan.groups_of_interest, [""]);
    assert_eq!(plan.functions_of_interest, ["read"]);
    assert_eq!(plan.attributes_of_interest, ["badge"]);
    let plan = provider.validate_configuration("{}").await.expect("accepted");
    assert!(plan.groups_of_interest.is_empty());
}

#[tokio::test]
async fn every_way_to_fail_is_told_apart() {
    let mirror = mirror().await;
    let refused = mirror.provider.validate_configuration(r#"{"bad":true}"#).await.expect_err("refused");
    let ConfigurationError::Problems(problems) = refused else { panic!("{refused}") };
    assert_eq!(problems.iter().map(ToString::to_string).collect::<Vec<_>>(), ["/a~1b/c~0d: first", "(document): second"]);

    let user = user(&[]);
    let kind = async |configuration| mirror.run(configuration, &user).await.outcome.expect_err("no claims");
    assert_eq!(kind(r#"{"refuse":true}"#).await, InvocationError::Rejected("no entry".into()));
    assert_eq!(kind(r#"{"fail":true}"#).await, InvocationError::Internal("no idea".into()));
    assert_eq!(kind(r#"{"stale":true}"#).await.kind(), "bad_configuration");
    assert_eq!(kind(r#"{"panic":true}"#).await.kind(), "trap");
}

#[test]
fn the_folder_does_not_show_in_the_component() {
    let (one, other) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let one = built(&scaffolded(Language::Go, one.path()));
    let other = built(&scaffolded(Language::Go, &other.path().join("deeper")));
    assert_eq!(one.digest, other.digest);
}

#[test]
fn the_compiler_s_own_words_are_shown() {
    let into = tempfile::tempdir().expect("a folder");
    let folder = scaffolded(Language::Go, into.path());
    replace(&folder.join("provider.go"), "values[0]", "values[none]");
    let error = build::build(&folder, &mut |_| ()).expect_err("does not compile");
    assert!(matches!(error, BuildError::ToolFailed { .. }));
    assert!(error.to_string().contains("undefined: none"), "{error}");
    assert!(!folder.join("badge-level.wasm").exists());
}

#[test]
fn a_start_that_breaks_down_is_told_with_what_was_printed() {
    let into = tempfile::tempdir().expect("a folder");
    let folder = scaffolded(Language::Go, into.path());
    replace(&folder.join("provider.go"), "func init() {", "func init() { panic(\"too early\");");
    let error = build::build(&folder, &mut |_| ()).expect_err("breaks down");
    assert!(matches!(error, BuildError::Start { .. }), "{error}");
    assert!(error.to_string().contains("too early"), "{error}");
}

#[test]
fn a_system_without_go_is_told_what_to_do() {
    let into = tempfile::tempdir().expect("a folder");
    let folder = scaffolded(Language::Go, into.path());
    let error = build::build_with(&Tools::on(Path::new("/nowhere")), &folder, &mut |_| ()).expect_err("no go");
    assert_eq!(error.to_string(), "`go` was not found, which builds claim providers in Go: install it from https://go.dev/dl");
}

#[cfg(unix)]
#[test]
fn a_go_that_is_too_old_is_told() {
    let into = tempfile::tempdir().expect("a folder");
    let folder = scaffolded(Language::Go, into.path());
    let tools = crate::pretended(into.path(), "go", "echo go1.22.3");
    let error = build::build_with(&tools, &folder, &mut |_| ()).expect_err("too old").to_string();
    assert_eq!(error, "`go` has version go1.22.3, 1.24 or later is needed: install it from https://go.dev/dl");
}
