//! `/api/v1/claim-providers`: versions of claim providers, and which of them runs.

use argus_domain::facts::Facts;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::caller::{Body, Caller};
use super::openapi::{Api, number, text, truth};
use super::problem::{self, Problem};
use crate::answer::json;
use crate::app::App;
use crate::endpoint;
use crate::form::{Query, flag, limit};
use crate::protocol::claim_providers::{self, Approve, LogView, ProviderSummary, ProviderView, Upload, Uploaded};
use crate::protocol::{AdministrationError, Administrator, Params};

const READ: &str = "providers:read";
const WRITE: &str = "providers:write";
/// Most invocations told by one answer.
const MAX_LOGS: u32 = 1_000;
const DEFAULT_LOGS: u32 = 100;

type Answer = Result<Response, Problem>;

/// An answer, or what keeps it from being given.
fn answer<T: serde::Serialize>(result: Result<T, AdministrationError>, by: &Administrator) -> Answer {
    result.map(|value| json(StatusCode::OK, &value)).map_err(|error| problem::of_error(&error, &by.meta))
}

/// The provider as it is after a change.
async fn changed(app: &App, name: &str, result: Result<(), AdministrationError>, by: &Administrator) -> Answer {
    match result {
        Ok(()) => answer(claim_providers::show(app.argus(), name, false, by).await, by),
        Err(error) => Err(problem::of_error(&error, &by.meta)),
    }
}

/// What this module serves.
pub(super) fn describe(api: &mut Api) {
    const CONFLICT: &str = "It does not go with what runs, or somebody else changed it meanwhile.";
    let bytes = json!({"type": "string", "contentMediaType": "application/wasm"});
    api.get(&endpoint::CLAIM_PROVIDERS, READ, "All claim providers").answers_all::<ProviderSummary>(200, "The providers, by name.");
    api.get(&endpoint::CLAIM_PROVIDER, READ, "A claim provider with its versions")
        .query("values", &truth(), "Samples of the shadow with values, which is put on record.")
        .answers::<ProviderView>(200, "The provider.");
    api.post(&endpoint::CLAIM_PROVIDER_VERSIONS, WRITE, "Upload a version of a claim provider")
        .note("The component is compiled, checked and run before it is stored.")
        .query("approve", &text(), "Facts that are approved with it, with commas, or `all` that it declares.")
        .query("promote", &truth(), "It serves at once.")
        .query("shadow", &truth(), "It runs as the shadow of the version that serves.")
        .body_of("application/wasm", &bytes)
        .answers::<Uploaded>(200, "It was there already, in this state.")
        .answers::<Uploaded>(201, "It is stored.")
        .conflicts(CONFLICT);
    api.delete(&endpoint::CLAIM_PROVIDER, WRITE, "Delete a claim provider with all its versions").done("It is gone.").conflicts(CONFLICT);
    api.post(&endpoint::CLAIM_PROVIDER_APPROVE, WRITE, "Approve the facts that a version reads")
        .body::<Approval>()
        .answers::<ProviderView>(200, "The provider as it is now.")
        .conflicts(CONFLICT);
    api.post(&endpoint::CLAIM_PROVIDER_PROMOTE, WRITE, "Let a version serve")
        .body::<Version>()
        .answers::<ProviderView>(200, "The provider as it is now.")
        .conflicts(CONFLICT);
    api.post(&endpoint::CLAIM_PROVIDER_ROLLBACK, WRITE, "Let the version before serve again")
        .answers::<ProviderView>(200, "The provider as it is now.")
        .conflicts(CONFLICT)
        .refuses(422, "The version before cannot run.");
    api.put(&endpoint::CLAIM_PROVIDER_SHADOW, WRITE, "Run a version beside the one that serves")
        .body::<Version>()
        .answers::<ProviderView>(200, "The provider as it is now.")
        .conflicts(CONFLICT);
    api.delete(&endpoint::CLAIM_PROVIDER_SHADOW, WRITE, "End the run of a version beside the one that serves")
        .answers::<ProviderView>(200, "The provider as it is now.")
        .conflicts(CONFLICT);
    api.delete(&endpoint::CLAIM_PROVIDER_VERSION, WRITE, "Delete a version").done("It is gone.").conflicts(CONFLICT);
    api.get(&endpoint::CLAIM_PROVIDER_COMPONENT, READ, "The component of a version").answers_with(
        200,
        "The component.",
        "application/wasm",
        &bytes,
    );
    api.get(&endpoint::CLAIM_PROVIDER_LOGS, READ, "What a claim provider logged")
        .query("limit", &number(1, MAX_LOGS.into()), "So many; 100 where it is not said.")
        .answers_all::<LogView>(200, "What it logged, the latest first.");
}

pub(crate) async fn list(State(app): State<App>, caller: Caller) -> Answer {
    let by = caller.with(&app, READ).await?;
    answer(claim_providers::list(app.argus()).await, &by)
}

pub(crate) async fn show(State(app): State<App>, caller: Caller, Path(name): Path<String>, Query(query): Query) -> Answer {
    let by = caller.with(&app, READ).await?;
    let values = flag(&query, "values").map_err(|error| problem::of_error(&error, &by.meta))?;
    answer(claim_providers::show(app.argus(), &name, values, &by).await, &by)
}

pub(crate) async fn upload(State(app): State<App>, caller: Caller, Path(name): Path<String>, Query(query): Query, body: Body) -> Answer {
    let by = caller.with(&app, WRITE).await?;
    let options = options(&query).map_err(|error| problem::of_error(&error, &by.meta))?;
    let component = body.bytes("application/wasm", &by.meta).await?;
    match claim_providers::upload(app.argus(), &name, component, &options, &by).await {
        Ok(uploaded) => Ok(json(if uploaded.unchanged { StatusCode::OK } else { StatusCode::CREATED }, &uploaded)),
        Err(error) => Err(problem::of_error(&error, &by.meta)),
    }
}

fn options(query: &Params) -> Result<Upload, AdministrationError> {
    let approve = match query.get("approve") {
        None => Approve::AsBefore,
        Some("all") => Approve::Declared,
        Some(names) => match Facts::named(names.split(',').map(str::trim)) {
            Some(facts) => Approve::These(facts),
            None => {
                let detail = format!("approve must be `all`, or facts with commas: {}", Facts::NAMES.join(", "));
                return Err(AdministrationError::refused(detail));
            }
        },
    };
    Ok(Upload { approve, promote: flag(query, "promote")?, shadow: flag(query, "shadow")? })
}

/// Facts that a version may read.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Approval {
    /// All of them: none is left from before.
    facts: Facts,
}

pub(crate) async fn approve(State(app): State<App>, caller: Caller, Path((name, digest)): Path<(String, String)>, body: Body) -> Answer {
    let by = caller.with(&app, WRITE).await?;
    let Approval { facts } = body.json(&by.meta).await?;
    changed(&app, &name, claim_providers::approve(app.argus(), &name, &digest, facts, &by).await, &by).await
}

/// A version by the SHA-256 of its component.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Version {
    /// 64 lower-case hexadecimal digits.
    digest: String,
}

pub(crate) async fn promote(State(app): State<App>, caller: Caller, Path(name): Path<String>, body: Body) -> Answer {
    let by = caller.with(&app, WRITE).await?;
    let Version { digest } = body.json(&by.meta).await?;
    changed(&app, &name, claim_providers::promote(app.argus(), &name, &digest, &by).await, &by).await
}

pub(crate) async fn roll_back(State(app): State<App>, caller: Caller, Path(name): Path<String>) -> Answer {
    let by = caller.with(&app, WRITE).await?;
    changed(&app, &name, claim_providers::roll_back(app.argus(), &name, &by).await, &by).await
}

pub(crate) async fn begin_shadow(State(app): State<App>, caller: Caller, Path(name): Path<String>, body: Body) -> Answer {
    let by = caller.with(&app, WRITE).await?;
    let Version { digest } = body.json(&by.meta).await?;
    changed(&app, &name, claim_providers::set_shadow(app.argus(), &name, Some(&digest), &by).await, &by).await
}

pub(crate) async fn end_shadow(State(app): State<App>, caller: Caller, Path(name): Path<String>) -> Answer {
    let by = caller.with(&app, WRITE).await?;
    changed(&app, &name, claim_providers::set_shadow(app.argus(), &name, None, &by).await, &by).await
}

fn gone(result: Result<(), AdministrationError>, by: &Administrator) -> Answer {
    result.map(|()| StatusCode::NO_CONTENT.into_response()).map_err(|error| problem::of_error(&error, &by.meta))
}

pub(crate) async fn delete_version(State(app): State<App>, caller: Caller, Path((name, digest)): Path<(String, String)>) -> Answer {
    let by = caller.with(&app, WRITE).await?;
    gone(claim_providers::delete_version(app.argus(), &name, &digest, &by).await, &by)
}

pub(crate) async fn delete(State(app): State<App>, caller: Caller, Path(name): Path<String>) -> Answer {
    let by = caller.with(&app, WRITE).await?;
    gone(claim_providers::delete(app.argus(), &name, &by).await, &by)
}

pub(crate) async fn component(State(app): State<App>, caller: Caller, Path((name, digest)): Path<(String, String)>) -> Answer {
    let by = caller.with(&app, READ).await?;
    match claim_providers::component(app.argus(), &name, &digest).await {
        Ok(bytes) => Ok(([(header::CONTENT_TYPE, "application/wasm")], bytes).into_response()),
        Err(error) => Err(problem::of_error(&error, &by.meta)),
    }
}

pub(crate) async fn logs(State(app): State<App>, caller: Caller, Path(name): Path<String>, Query(query): Query) -> Answer {
    let by = caller.with(&app, READ).await?;
    let limit = limit(&query, DEFAULT_LOGS, MAX_LOGS).map_err(|error| problem::of_error(&error, &by.meta))?;
    answer(claim_providers::logs(app.argus(), &name, limit).await, &by)
}
