//! Components that were built with each released SDK keep working: what customers run was built against it, and nobody builds it anew for
//! a new server.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use argus_claims::{ClaimProviderComponent, ConfigurationError, Digest, EngineLimits};
use argus_domain::directory::DirectorySnapshot;
use support::{Sandbox, alice, invoke, issuance};

const CONFIGURATION: &str = r#"{"claim":"badge_level","attribute":"badge"}"#;

fn released() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/guests/released")
}

/// The folders in a folder, by name.
fn folders(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().expect("a name").to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// Version and language of each component, and where it is.
fn guests() -> Vec<(String, PathBuf)> {
    let mut guests = Vec::new();
    for version in folders(&released()) {
        for entry in fs::read_dir(released().join(&version)).expect("a folder") {
            let path = entry.expect("an entry").path();
            let language = path.file_stem().expect("a name").to_string_lossy().into_owned();
            guests.push((format!("{version} {language}"), path));
        }
    }
    guests.sort();
    guests
}

async fn does_what_it_did(name: &str, component: &ClaimProviderComponent) {
    assert_eq!(component.metadata().name, "badge-level", "{name}");
    assert_eq!(component.metadata().needs.to_string(), "attributes", "{name}");
    let plan = component.validate_configuration(CONFIGURATION).await.unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(plan.attributes_of_interest, ["badge"], "{name}");
    assert!(plan.claim_names.iter().map(ToString::to_string).eq(["badge_level"]), "{name}");

    let user = DirectorySnapshot { attributes: [("badge".into(), vec!["gold".into(), "silver".into()])].into(), ..alice() };
    let claims = invoke(component, CONFIGURATION, &issuance(&user)).await.outcome.unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(claims.iter().map(|claim| (claim.name.as_str(), &claim.value)).collect::<Vec<_>>(), [("badge_level", &"gold".into())]);
    let none = invoke(component, CONFIGURATION, &issuance(&alice())).await.outcome;
    assert!(none.is_ok_and(|claims| claims.is_empty()), "{name}");

    let refused = component.validate_configuration(r#"{"claim":"sub","attribute":"badge","default":""}"#).await;
    let Err(ConfigurationError::Problems(problems)) = refused else { panic!("{name}: {refused:?}") };
    assert_eq!(problems.iter().map(|problem| problem.pointer.as_str()).collect::<Vec<_>>(), ["/claim", "/default"], "{name}");
}

#[tokio::test]
async fn components_of_released_sdks_keep_working() {
    // What is tested is that they work, beside other tests; not how fast.
    let sandbox = Sandbox::with(EngineLimits { compile_timeout_ms: 300_000, budget_ms: 1_000, ..EngineLimits::default() });
    for (name, path) in guests() {
        let component = sandbox.registry.load(fs::read(&path).expect("read")).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        does_what_it_did(&name, &component).await;
    }
}

#[test]
fn every_released_contract_has_components() {
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit");
    let contracts: Vec<_> = folders(&wit).iter().filter_map(|folder| folder.strip_prefix("argus-claims-").map(str::to_owned)).collect();
    assert_eq!(folders(&released()), contracts, "keep components of each released SDK (tests/guests/released/README.md)");
}

#[test]
fn components_are_those_that_were_kept() {
    let readme = fs::read_to_string(released().join("README.md")).expect("read");
    for (name, path) in guests() {
        let digest = Digest::of(&fs::read(path).expect("read")).to_string();
        assert!(
            readme.contains(&digest),
            "{name} has the digest {digest}, which the README does not know: they are kept as they were made"
        );
    }
}
