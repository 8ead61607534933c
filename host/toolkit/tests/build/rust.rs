//! Rust: cargo, the SDK in the author's folder, and the component made in this process.

use argus_domain::directory::{DirectorySnapshot, Named};
use argus_toolkit::Language;
use argus_toolkit::build::{self, BuildError, Tools};

use crate::support::{load, user};
use crate::{built, replace, scaffolded};

#[tokio::test]
async fn the_scaffolded_provider_runs_and_takes_a_large_directory() {
    let into = tempfile::tempdir().expect("a folder");
    let folder = scaffolded(Language::Rust, into.path());
    replace(&folder.join("src/lib.rs"), "needs: Facts::ATTRIBUTES,", "needs: Facts::ATTRIBUTES | Facts::GROUPS,");
    let built = built(&folder);
    let bytes = std::fs::read(&built.component).expect("the component");
    assert_eq!(bytes.len() as u64, built.bytes);
    let here = into.path().to_string_lossy().into_owned();
    assert!(!String::from_utf8_lossy(&bytes).contains(&here), "no path of this machine is in a component");

    let loaded = load(&built.component).await;
    let groups = (1..=10_000).map(|id| Named { id, shortname: format!("group{id}"), name: String::new() }).collect();
    let user = DirectorySnapshot { groups, ..user(&[("badge", &["gold"])]) };
    let claims = loaded.run(r#"{"claim":"badge_level","attribute":"badge"}"#, &user).await.outcome.expect("claims");
    assert_eq!((claims[0].name.as_str(), &claims[0].value), ("badge_level", &"gold".into()));
}

#[test]
fn a_system_without_cargo_is_told_what_to_do() {
    let into = tempfile::tempdir().expect("a folder");
    let folder = scaffolded(Language::Rust, into.path());
    let error = build::build_with(&Tools::on("/nowhere"), &folder, &mut |_| ()).expect_err("no cargo").to_string();
    assert!(error.starts_with("`cargo` was not found") && error.contains("rustup"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_missing_target_is_told_with_the_command_that_adds_it() {
    let into = tempfile::tempdir().expect("a folder");
    let folder = scaffolded(Language::Rust, into.path());
    crate::pretended(into.path(), "cargo", "exit 0");
    let tools = crate::pretended(into.path(), "rustc", "echo /nowhere/lib");
    let error = build::build_with(&tools, &folder, &mut |_| ()).expect_err("no target");
    assert!(matches!(error, BuildError::PartMissing { .. }), "{error}");
    assert!(error.to_string().ends_with("rustup target add wasm32-unknown-unknown"), "{error}");
}
