//! Judges a component before anything depends on it: what its author runs, and what the server does with an upload.
//!
//! First that it is a claim provider at all; then it is run, in the sandbox and with the limits it will have, on configurations made
//! from its schema and on those it is known to be used with, for ordinary, empty, odd and very large users, and with configurations
//! that mean harm. A component that passes may still be wrong: only vectors tell whether its claims are the ones that were wanted.
//!
//! | module | what it does |
//! |---|---|
//! | `report` | what was found |
//! | `generate`, `pattern` | configurations from a JSON Schema |
//! | `hostile`, `harm` | configurations that mean harm, from good ones, and what they do |
//! | `contexts`, `large` | the users, and what very large ones do |
//! | `trial` | runs, counted and timed |
//! | `judge` | what an end that is none of `claims` means |

mod contexts;
mod generate;
mod harm;
mod hostile;
mod judge;
mod large;
mod pattern;
mod report;
mod trial;

use std::sync::Arc;

use argus_domain::input::InputDocument;
use serde_json::{Value, json};

use crate::compiler::CompileError;
use crate::component::ClaimProviderComponent;
use crate::digest::Digest;
use crate::load::LoadError;
use crate::registry::Registry;
use crate::shape;

pub use report::{Check, CheckReport, Cost, Figures, Finding, Outcome, Verdict};
use trial::Trial;

/// A configuration that the component is to be tried with, beside those that are made from its schema.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    /// Where it comes from, in words that follow "the configuration of": a file, or a client.
    pub origin: String,
    /// The configuration, as JSON text. One that is refused fails the check.
    pub configuration: String,
    /// Inputs to run it with, beside those of the check; may be empty.
    pub inputs: Vec<InputDocument>,
}

/// Checks a component. Never fails itself: whatever is wrong is a finding. Ends after about 20 seconds and 600 calls at most, the
/// time to compile not counted.
pub async fn check(registry: &Registry, component: impl Into<Arc<[u8]>>, samples: &[Sample]) -> CheckReport {
    let component: Arc<[u8]> = component.into();
    let hashed = Arc::clone(&component);
    let digest = match tokio::task::spawn_blocking(move || Digest::of(&hashed)).await {
        Ok(digest) => digest,
        // Only while the runtime shuts down, where nobody reads the report.
        Err(_) => Digest::of(&component),
    };
    let mut report = CheckReport {
        digest,
        bytes: component.len(),
        contract: None,
        metadata: None,
        findings: Vec::new(),
        claims: Default::default(),
        cost: None,
    };
    let loaded = match registry.load(Arc::clone(&component)).await {
        Ok(loaded) => loaded,
        Err(error) => {
            not_loaded(&mut report, registry, &error);
            return report;
        }
    };
    report.contract = shape::inspect(&component).ok().map(|version| version.number());
    let contract = report.contract.unwrap_or_default();
    report.pass(Check::Component, format!("is a component of the world argus:claims/claim-provider, contract {contract}"));
    report.pass(Check::Compilation, "compiles within the limits");
    report.metadata = Some(loaded.metadata().clone());
    described_twice(&loaded, &mut report).await;
    let schema = schema(&loaded, &mut report);

    let mut trial = Trial::new(&loaded, registry.engine().limits().budget_ms, report);
    trial.configurations(generate::configurations(&schema), samples).await;
    if !trial.broken {
        trial.users().await;
    }
    if !trial.broken {
        trial.large_users().await;
        trial.hostile_configurations().await;
    }
    trial.end()
}

/// A component that does not load: what it passed before, and where it stopped.
fn not_loaded(report: &mut CheckReport, registry: &Registry, error: &LoadError) {
    let limits = registry.engine().limits();
    let (check, advice) = match error {
        LoadError::TooLarge { .. } => (Check::Component, "leave out what it does not need, and strip debug information".to_owned()),
        LoadError::Shape(_) | LoadError::Altered => (Check::Component, String::new()),
        LoadError::Compile(CompileError::TimeExceeded | CompileError::MemoryExceeded) => (
            Check::Compilation,
            format!(
                "compiling may take {} s, {} s of a processor and {} MiB: make its largest functions smaller",
                limits.compile_timeout_ms / 1_000,
                limits.compile_cpu_seconds,
                limits.compile_memory_bytes >> 20
            ),
        ),
        LoadError::Compile(CompileError::Process(_)) | LoadError::Unavailable => {
            (Check::Completeness, "this is not the component's fault: check it again".to_owned())
        }
        LoadError::Compile(_) => (Check::Compilation, "build it anew".to_owned()),
        LoadError::Incompatible(_) => (
            Check::Compilation,
            "build it against the contract as it is released, with no more memories and tables than a language's tools make".to_owned(),
        ),
        LoadError::Describe(_) => (Check::Description, "`describe` has to answer by itself, from constants".to_owned()),
        LoadError::Metadata(_) => (Check::Description, "change what `describe` returns".to_owned()),
        LoadError::Schema(_) => (Check::Schema, "change the configuration schema that `describe` returns".to_owned()),
    };
    if check > Check::Component && check != Check::Completeness {
        report.pass(Check::Component, "is a component of the world argus:claims/claim-provider");
    }
    if check > Check::Compilation && check != Check::Completeness {
        report.pass(Check::Compilation, "compiles within the limits");
    }
    if check == Check::Schema {
        report.pass(Check::Description, "describes itself");
    }
    report.fail(check, if advice.is_empty() { error.to_string() } else { format!("{error}; {advice}") });
}

async fn described_twice(component: &ClaimProviderComponent, report: &mut CheckReport) {
    let first = component.metadata();
    match component.describe().await {
        Ok(second) if second == *first => {
            let (name, version) = (&first.name, &first.version);
            report.pass(Check::Description, format!("calls itself {name} {version} and reads {}", first.needs));
        }
        Ok(_) => report.fail(
            Check::Description,
            "describes itself differently each time: `describe` has to return constants, since the server asks at each start",
        ),
        Err(error) => report.fail(Check::Description, format!("could not describe itself a second time: {error}")),
    }
}

/// The schema as a value, with a word on one that says nothing.
fn schema(component: &ClaimProviderComponent, report: &mut CheckReport) -> Value {
    let anything = [json!(null), json!(true), json!(1), json!("x"), json!([]), json!({"argusCheck": 1})];
    if anything.iter().all(|value| component.schema().check(value).is_empty()) {
        report.warn(
            Check::Schema,
            "accepts any JSON: describe the members of the configuration, so that mistakes in it are found and shown with their place",
        );
    }
    // It was parsed when the component was loaded.
    serde_json::from_str(&component.metadata().configuration_schema).unwrap_or_default()
}
