//! Versions of the contract. The host keeps one adapter for each and chooses at load, from what a component exports.
//!
//! An adapter converts between the contract's types and those of `argus-domain`, and forwards; it decides nothing. A version is never
//! taken out within a major line, and an adapter never changes once its version is released.

mod v0_1;

use std::future::Future;
use std::pin::Pin;

use argus_domain::given::Given;
use argus_domain::issuance::ProviderMetadata;
use thiserror::Error;
use wasmtime::Store;
use wasmtime::component::{InstancePre, Linker};

use crate::store::State;

/// Minor lines of the contract that components may be built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// `argus:claims@0.1.x`
    V0_1,
}

impl Version {
    /// For messages.
    pub(crate) const SUPPORTED: &str = "argus:claims/provider@0.1";

    /// The line's number.
    pub(crate) fn number(self) -> &'static str {
        match self {
            Self::V0_1 => "0.1",
        }
    }

    /// The line a version number belongs to.
    pub(crate) fn of(number: &str) -> Option<Self> {
        number.starts_with("0.1.").then_some(Self::V0_1)
    }
}

/// `argus:claims/log@0.1.0` is interface `argus:claims/log` in version `0.1.0`.
pub(crate) fn split_version(name: &str) -> (&str, &str) {
    name.split_once('@').unwrap_or((name, ""))
}

/// The answer of a call: the outer error is the sandbox's, never the guest's own.
pub(crate) type Call<'a, T> = Pin<Box<dyn Future<Output = wasmtime::Result<T>> + Send + 'a>>;

/// The types of an export are not those of the contract: an error of [`Contract::describe`], which is the first to look.
#[derive(Debug, Error)]
#[error("{0}")]
pub(crate) struct Misfit(pub(crate) String);

/// What a guest answers in a call that reaches it.
pub(crate) type Answer<T, E> = Result<T, E>;

/// A component seen through one version of the contract.
pub(crate) trait Contract: Send + Sync {
    /// Asks for the metadata.
    fn describe<'a>(&'a self, store: &'a mut Store<State>) -> Call<'a, ProviderMetadata>;

    /// Has a configuration checked.
    fn validate_configuration<'a>(
        &'a self,
        store: &'a mut Store<State>,
        configuration: &'a str,
    ) -> Call<'a, Answer<RawPlan, Vec<RawProblem>>>;

    /// Runs the provider for one issuance.
    fn claims<'a>(&'a self, store: &'a mut Store<State>, input: Input<'a>) -> Call<'a, Answer<Vec<RawClaim>, RawError>>;
}

/// Everything one invocation is given.
#[derive(Clone, Copy)]
pub(crate) struct Input<'a> {
    pub(crate) configuration: &'a str,
    pub(crate) given: &'a Given<'a>,
}

/// A plan as the guest gave it, unchecked.
pub(crate) struct RawPlan {
    pub(crate) claim_names: Vec<String>,
    pub(crate) groups_of_interest: Vec<String>,
    pub(crate) functions_of_interest: Vec<String>,
    pub(crate) attributes_of_interest: Vec<String>,
}

/// A problem as the guest gave it, unchecked.
pub(crate) struct RawProblem {
    pub(crate) pointer: String,
    pub(crate) message: String,
}

/// A claim as the guest gave it, unchecked.
pub(crate) struct RawClaim {
    pub(crate) name: String,
    pub(crate) value: RawValue,
}

/// The value of such a claim.
pub(crate) enum RawValue {
    Text(String),
    Integer(i64),
    Boolean(bool),
    TextList(Vec<String>),
    Json(String),
}

/// The guest's own refusal.
pub(crate) enum RawError {
    BadConfiguration(Vec<RawProblem>),
    Refused(String),
    Internal(String),
}

/// Everything a component may import, for all versions.
pub(crate) fn linker(engine: &wasmtime::Engine) -> wasmtime::Result<Linker<State>> {
    use wasmtime_wasi::WasiView;
    use wasmtime_wasi::cli::{WasiCli, WasiCliView};
    use wasmtime_wasi::p2::bindings::{cli, random};
    use wasmtime_wasi::random::WasiRandom;

    let mut linker = Linker::new(engine);
    v0_1::add_to_linker(&mut linker)?;
    // Streams, polling and what else most of the list needs; brings clocks as well, which `shape` refuses.
    wasmtime_wasi::p2::add_to_linker_proxy_interfaces_async(&mut linker)?;
    random::insecure::add_to_linker::<_, WasiRandom>(&mut linker, |state: &mut State| state.ctx().ctx.random())?;
    random::insecure_seed::add_to_linker::<_, WasiRandom>(&mut linker, |state: &mut State| state.ctx().ctx.random())?;
    cli::exit::add_to_linker::<_, WasiCli>(&mut linker, State::cli)?;
    cli::environment::add_to_linker::<_, WasiCli>(&mut linker, State::cli)?;
    cli::terminal_input::add_to_linker::<_, WasiCli>(&mut linker, State::cli)?;
    cli::terminal_output::add_to_linker::<_, WasiCli>(&mut linker, State::cli)?;
    cli::terminal_stdin::add_to_linker::<_, WasiCli>(&mut linker, State::cli)?;
    cli::terminal_stdout::add_to_linker::<_, WasiCli>(&mut linker, State::cli)?;
    cli::terminal_stderr::add_to_linker::<_, WasiCli>(&mut linker, State::cli)?;
    Ok(linker)
}

/// Looks up the exports of a component; types that differ from the contract's are refused here.
pub(crate) fn adapt(version: Version, component: InstancePre<State>) -> wasmtime::Result<Box<dyn Contract>> {
    match version {
        Version::V0_1 => v0_1::adapt(component),
    }
}
