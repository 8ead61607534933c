//! From a file to a provider: what is said of files that are none, the cache on disk, loads shared, and no import where none is due.

mod support;

use std::fs;
use std::path::PathBuf;

use argus_claims::{Digest, EngineLimits, LoadError, Registry, ShapeError, builtin};
use support::{Sandbox, alice, invoke, issuance, registry};

async fn refused(component: &[u8]) -> LoadError {
    Sandbox::new().registry.load(component).await.expect_err("refused")
}

fn cached_files(sandbox: &Sandbox) -> Vec<PathBuf> {
    fs::read_dir(sandbox.directory.path()).expect("a directory").map(|entry| entry.expect("an entry").path()).collect()
}

async fn works(registry: &Registry) {
    let component = registry.load(argus_test_guests::guest("good")).await.expect("loads");
    assert!(invoke(&component, "{}", &issuance(&alice())).await.outcome.is_ok());
}

#[tokio::test]
async fn files_of_other_kinds_are_told_what_was_expected() {
    assert!(matches!(refused(b"").await, LoadError::Shape(ShapeError::NotWasm)));
    assert!(matches!(refused(b"#!/bin/sh").await, LoadError::Shape(ShapeError::NotWasm)));
    let core_module = refused(b"\0asm\x01\0\0\0").await;
    assert!(core_module.to_string().contains("wasm-tools component new"), "{core_module}");
    assert!(matches!(core_module, LoadError::Shape(ShapeError::CoreModule)));
}

#[tokio::test]
async fn a_truncated_component_is_refused_wherever_it_was_cut() {
    let sandbox = Sandbox::new();
    let whole = argus_test_guests::guest("good");
    for length in [4, 8, 9, 100, whole.len() / 2, whole.len() - 1] {
        let error = sandbox.registry.load(&whole[..length]).await.expect_err("refused");
        assert!(matches!(error, LoadError::Shape(ShapeError::Malformed(_) | ShapeError::NotAClaimProvider { .. })), "{length}: {error}");
    }
    works(&sandbox.registry).await;
}

#[tokio::test]
async fn a_component_that_is_not_the_one_that_was_kept_is_refused() {
    let sandbox = Sandbox::new();
    let good = argus_test_guests::guest("good");
    let error = sandbox.registry.load_kept(Digest::of(b"another"), good).await.expect_err("refused");
    assert!(matches!(error, LoadError::Altered));
    assert!(cached_files(&sandbox).is_empty(), "nothing was compiled");
    assert!(sandbox.registry.load_kept(Digest::of(good), good).await.is_ok());
}

#[tokio::test]
async fn a_component_beyond_the_size_limit_is_not_even_read() {
    let sandbox = Sandbox::with(EngineLimits { max_component_bytes: 100, ..EngineLimits::default() });
    assert!(matches!(sandbox.load("good").await, Err(LoadError::TooLarge { limit: 100, .. })));
}

#[tokio::test]
async fn a_component_is_compiled_once_for_all_who_load_it() {
    let sandbox = Sandbox::new();
    let (first, second) = tokio::join!(sandbox.load("good"), sandbox.load("good"));
    let digest = first.expect("loads").digest();
    assert_eq!(digest, second.expect("loads").digest());
    assert_eq!(digest, Digest::of(argus_test_guests::guest("good")));
    assert_eq!(sandbox.registry.get(digest).expect("loaded").metadata().name, "guest");
    assert_eq!(cached_files(&sandbox).len(), 1);
}

#[tokio::test]
async fn a_second_start_finds_the_compiled_component() {
    let sandbox = Sandbox::new();
    works(&sandbox.registry).await;
    // A registry whose compiler can't be started: it must come from disk.
    let compiler = argus_claims::CompilerProcess { program: "/nonexistent".into(), args: vec![] };
    let engine = argus_claims::Engine::new(EngineLimits::default(), sandbox.directory.path(), compiler).expect("an engine");
    works(&Registry::new(engine)).await;
}

#[tokio::test]
async fn a_damaged_cache_is_made_again() {
    let sandbox = Sandbox::new();
    works(&sandbox.registry).await;
    let file = cached_files(&sandbox).remove(0);
    let whole = fs::read(&file).expect("read");
    for damaged in [whole[..whole.len() / 2].to_vec(), b"no code".to_vec(), Vec::new(), whole.iter().map(|byte| byte ^ 0xff).collect()] {
        fs::write(&file, damaged).expect("written");
        works(&registry(EngineLimits::default(), sandbox.directory.path())).await;
        assert_eq!(fs::read(&file).expect("read").len(), whole.len());
    }
}

#[tokio::test]
async fn the_component_unused_for_longest_makes_room() {
    let sandbox = Sandbox::with(EngineLimits { max_loaded_components: 2, ..EngineLimits::default() });
    let good = sandbox.load("good").await.expect("loads").digest();
    let refuses = sandbox.load("refuses").await.expect("loads").digest();
    assert!(sandbox.registry.get(good).is_some());
    let traps = sandbox.load("traps").await.expect("loads").digest();
    assert!(sandbox.registry.get(refuses).is_none());
    assert!(sandbox.registry.get(good).is_some() && sandbox.registry.get(traps).is_some());
}

#[tokio::test]
async fn built_in_providers_describe_themselves_by_their_names() {
    let sandbox = Sandbox::new();
    for (name, bytes) in builtin::COMPONENTS {
        let component = sandbox.registry.load(*bytes).await.expect("loads");
        assert_eq!(component.metadata().name, *name);
    }
}
