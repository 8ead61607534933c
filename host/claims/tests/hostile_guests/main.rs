//! One hostile guest per limit (row A9.3): each ends in its typed error within its bound, and the engine serves the next as before.
//!
//! Every guest of `tests/guests` has a module of its name in one of the files; the last lines don't compile when one is missing.

mod answers;
mod imports;
mod memory;
#[path = "../support/mod.rs"]
mod support;
mod time;

use std::time::{Duration, Instant};

use argus_claims::{
    ClaimViolation, CompileError, ConfigurationError, EngineLimits, InvocationError, LoadError, LogLevel, MAX_LOG_LINES, PlanViolation,
    SchemaError, ShapeError,
};
use argus_domain::facts::Facts;
use support::{Sandbox, alice, invoke, issuance};

/// Far more than any budget, far less than for ever: a machine that runs other tests may be late.
const BOUND: Duration = Duration::from_secs(2);

/// A guest whose invocation must end in an error.
async fn fails(guest: &str) -> InvocationError {
    let sandbox = Sandbox::new();
    let component = sandbox.load(guest).await.expect("loads");
    let started = Instant::now();
    let invocation = invoke(&component, "{}", &issuance(&alice())).await;
    assert!(started.elapsed() < BOUND, "{guest} took {:?}", started.elapsed());
    sandbox.still_works().await;
    invocation.outcome.expect_err("no claims")
}

/// A guest that must not load.
async fn is_refused(guest: &str) -> LoadError {
    let sandbox = Sandbox::new();
    let error = sandbox.load(guest).await.expect_err("refused");
    sandbox.still_works().await;
    error
}

/// A guest that must not load because of an import.
async fn is_refused_for_import(guest: &str, name: &str) {
    let error = is_refused(guest).await;
    let text = error.to_string();
    assert!(text.contains(name) && text.contains("argus:claims/log@0.1"), "the import and what is allowed: {text}");
    assert!(matches!(error, LoadError::Shape(ShapeError::ForbiddenImport { import }) if import == name));
}

/// A guest that must not load because it doesn't fit, for a reason that says so.
async fn does_not_fit(guest: &str, reason: &str) {
    match is_refused(guest).await {
        LoadError::Incompatible(text) => assert!(text.contains(reason), "{text}"),
        other => panic!("{other}"),
    }
}

fn trapped(error: InvocationError, reason: &str) {
    match error {
        InvocationError::Trap(text) => assert!(text.contains(reason), "{text}"),
        other => panic!("{other}"),
    }
}

/// All modules of a guest's name.
mod hostile {
    pub(crate) use super::answers::*;
    pub(crate) use super::imports::*;
    pub(crate) use super::memory::*;
    pub(crate) use super::time::*;
}

macro_rules! has_a_test {
    ($guest:ident) => {
        const _: () = {
            #[expect(unused_imports, reason = "that the module exists is the point")]
            use hostile::$guest as _;
        };
    };
}

argus_test_guests::foreach_guest!(has_a_test);
