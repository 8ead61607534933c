//! `argus:claims@0.1`: released, frozen.

mod lower;

use argus_domain::issuance::{Facts, ProviderMetadata};
use wasmtime::Store;
use wasmtime::component::{ComponentExportIndex, ComponentNamedList, HasSelf, InstancePre, Lift, Linker, Lower};

use super::{Answer, Call, Contract, Input, Misfit, RawClaim, RawError, RawPlan, RawProblem, RawValue};
use crate::log::LogLevel;
use crate::store::State;

mod bindings {
    //! Generated from the frozen contract. Arguments are borrowed, so handing over a fact copies it once, into the guest.
    wasmtime::component::bindgen!({
        path: "../../wit/argus-claims-0.1.0",
        world: "claim-provider-with-log",
        ownership: Borrowing { duplicate_if_necessary: true },
        exports: { default: async },
    });
}

use bindings::ClaimProviderWithLog;
use bindings::argus::claims::{log, types};

/// The interface; a component built against a later release of this line exports it under that number, which matches all the same.
const PROVIDER: &str = "argus:claims/provider@0.1.0";

/// Both worlds: a component that doesn't import `log` is the same to its caller.
struct V01 {
    component: InstancePre<State>,
    describe: ComponentExportIndex,
    validate_configuration: ComponentExportIndex,
    claims: ComponentExportIndex,
}

pub(super) fn adapt(component: InstancePre<State>) -> wasmtime::Result<Box<dyn Contract>> {
    let code = component.component();
    let provider = code.get_export_index(None, PROVIDER);
    let function = |name| {
        let index = provider.as_ref().and_then(|provider| code.get_export_index(Some(provider), name));
        index.ok_or_else(|| wasmtime::Error::new(Misfit(format!("`{PROVIDER}` has no function `{name}`"))))
    };
    let (describe, validate_configuration, claims) = (function("describe")?, function("validate-configuration")?, function("claims")?);
    Ok(Box::new(V01 { component, describe, validate_configuration, claims }))
}

pub(super) fn add_to_linker(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    ClaimProviderWithLog::add_to_linker::<_, HasSelf<State>>(linker, |state| state)
}

impl V01 {
    /// Calls a function in a new instance. Its type is compared with the contract's each time, for there is no safe way around; the
    /// other two are left alone, which generated bindings would compare as well.
    async fn call<P, R>(&self, store: &mut Store<State>, function: &ComponentExportIndex, arguments: P) -> wasmtime::Result<R>
    where
        P: ComponentNamedList + Lower + Send + Sync,
        R: Send + Sync + 'static,
        (R,): ComponentNamedList + Lift,
    {
        let instance = self.component.instantiate_async(&mut *store).await?;
        let function = instance.get_typed_func::<P, (R,)>(&mut *store, function)?;
        let (result,) = function.call_async(store, arguments).await?;
        Ok(result)
    }
}

impl Contract for V01 {
    fn describe<'a>(&'a self, store: &'a mut Store<State>) -> Call<'a, ProviderMetadata> {
        Box::pin(async move {
            let instance = self.component.instantiate_async(&mut *store).await?;
            // All functions, once.
            ClaimProviderWithLog::new(&mut *store, &instance).map_err(|error| Misfit(format!("{error:#}")))?;
            let describe = instance.get_typed_func::<(), (types::Metadata,)>(&mut *store, &self.describe)?;
            let (metadata,) = describe.call_async(store, ()).await?;
            Ok(ProviderMetadata {
                name: metadata.name,
                version: metadata.version,
                description: metadata.description,
                configuration_schema: metadata.configuration_schema,
                needs: needs(metadata.needs),
            })
        })
    }

    fn validate_configuration<'a>(
        &'a self,
        store: &'a mut Store<State>,
        configuration: &'a str,
    ) -> Call<'a, Answer<RawPlan, Vec<RawProblem>>> {
        Box::pin(async move {
            let answer: Result<types::Plan, Vec<types::Problem>> = self.call(store, &self.validate_configuration, (configuration,)).await?;
            Ok(answer.map(plan).map_err(problems))
        })
    }

    fn claims<'a>(&'a self, store: &'a mut Store<State>, input: Input<'a>) -> Call<'a, Answer<Vec<RawClaim>, RawError>> {
        Box::pin(async move {
            let lists = lower::Lists::of(&input.given.user);
            let arguments = (input.configuration, lists.issuance(input.given));
            let answer: Result<Vec<types::Claim>, types::ProviderError> = self.call(store, &self.claims, arguments).await?;
            Ok(answer.map(|claims| claims.into_iter().map(claim).collect()).map_err(error))
        })
    }
}

fn needs(facts: types::Facts) -> Facts {
    Facts {
        profile: facts.contains(types::Facts::PROFILE),
        email: facts.contains(types::Facts::EMAIL),
        phone: facts.contains(types::Facts::PHONE),
        customer: facts.contains(types::Facts::CUSTOMER),
        groups: facts.contains(types::Facts::GROUPS),
        roles: facts.contains(types::Facts::ROLES),
        functions: facts.contains(types::Facts::FUNCTIONS),
        attributes: facts.contains(types::Facts::ATTRIBUTES),
        network: facts.contains(types::Facts::NETWORK),
    }
}

fn plan(plan: types::Plan) -> RawPlan {
    RawPlan {
        claim_names: plan.claim_names,
        groups_of_interest: plan.groups_of_interest,
        functions_of_interest: plan.functions_of_interest,
        attributes_of_interest: plan.attributes_of_interest,
    }
}

fn problems(problems: Vec<types::Problem>) -> Vec<RawProblem> {
    problems.into_iter().map(|problem| RawProblem { pointer: problem.pointer, message: problem.message }).collect()
}

fn claim(claim: types::Claim) -> RawClaim {
    let value = match claim.value {
        types::ClaimValue::Text(text) => RawValue::Text(text),
        types::ClaimValue::Integer(number) => RawValue::Integer(number),
        types::ClaimValue::Boolean(truth) => RawValue::Boolean(truth),
        types::ClaimValue::TextList(texts) => RawValue::TextList(texts),
        types::ClaimValue::Json(text) => RawValue::Json(text),
    };
    RawClaim { name: claim.name, value }
}

fn error(error: types::ProviderError) -> RawError {
    match error {
        types::ProviderError::BadConfiguration(found) => RawError::BadConfiguration(problems(found)),
        types::ProviderError::Refused(reason) => RawError::Refused(reason),
        types::ProviderError::Internal(reason) => RawError::Internal(reason),
    }
}

/// Types only.
impl types::Host for State {}

impl log::Host for State {
    fn log(&mut self, level: log::Level, message: String) {
        let level = match level {
            log::Level::Debug => LogLevel::Debug,
            log::Level::Info => LogLevel::Info,
            log::Level::Warn => LogLevel::Warn,
        };
        self.log.push(level, &message);
    }
}
