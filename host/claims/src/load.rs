//! From bytes to a provider: what it is, compiled, linked, described.

use argus_domain::issuance::ProviderMetadata;
use thiserror::Error;
use tracing::Instrument;

use crate::cache::Artifact;
use crate::call::{OneCall, bounded};
use crate::compiler::{CompileError, Purpose};
use crate::component::{self, ClaimProviderComponent, Loaded};
use crate::digest::Digest;
use crate::engine::Engine;
use crate::health::Health;
use crate::invocation::InvocationError;
use crate::schema::{ConfigurationSchema, SchemaError};
use crate::shape::{self, ShapeError};
use crate::text::short;
use crate::version::{self, Contract, Misfit, Version};

/// Longest name and version a provider may give itself, and longest description.
const MAX_NAME_BYTES: usize = 128;
const MAX_DESCRIPTION_BYTES: usize = 4_096;
/// Longest text of the engine that is repeated.
const MAX_MESSAGE_BYTES: usize = 500;

/// Why a component could not be loaded.
#[derive(Debug, Error)]
pub enum LoadError {
    /// Larger than `max_component_bytes`.
    #[error("the component has {bytes} bytes, at most {limit} are accepted")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit in force.
        limit: usize,
    },
    /// Kept under a digest that is not that of its bytes.
    #[error("the component was altered since it was stored")]
    Altered,
    /// No component, none of ours, or one that imports what it may not.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// Could not be compiled.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// The types it imports or exports are not those of the contract, or it wants more memories, tables or instances than the pool has.
    #[error("the component does not fit: {0}")]
    Incompatible(String),
    /// Its `describe` failed.
    #[error("the component could not be asked to describe itself: {0}")]
    Describe(InvocationError),
    /// What it says of itself is not acceptable.
    #[error("the component's description of itself is not accepted: {0}")]
    Metadata(#[from] MetadataViolation),
    /// Its JSON Schema is not acceptable.
    #[error("the component's configuration schema is not accepted: {0}")]
    Schema(#[from] SchemaError),
    /// The host had no room to run it in time.
    #[error("the server is too busy to load a component")]
    Unavailable,
}

impl LoadError {
    /// Whether the same component may load another time: the server is at fault, not the file.
    pub fn is_of_server(&self) -> bool {
        matches!(self, Self::Unavailable | Self::Compile(CompileError::Process(_)))
    }
}

/// The rule that a component's metadata broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MetadataViolation {
    /// Name or version.
    #[error("`{0}` must have 1 to {MAX_NAME_BYTES} bytes without control characters")]
    Text(&'static str),
    /// Description.
    #[error("`description` must have at most {MAX_DESCRIPTION_BYTES} bytes")]
    Description,
}

/// Loads a component whose digest is known.
pub(crate) async fn load(engine: &Engine, digest: Digest, component: &[u8], purpose: Purpose) -> Result<ClaimProviderComponent, LoadError> {
    let limit = engine.limits().max_component_bytes;
    if component.len() > limit {
        return Err(LoadError::TooLarge { bytes: component.len(), limit });
    }
    let version = shape::inspect(component)?;
    let contract = link(engine, digest, component, version, purpose).await?;
    let budget = engine.limits().budget_ms.saturating_mul(component::PATIENCE);
    let mut call = OneCall::begin(engine, budget).await.map_err(undescribed)?;
    let (store, timeout) = call.parts();
    let answer = bounded(timeout, contract.describe(store)).await;
    if let Ok(Err(error)) = &answer
        && let Some(misfit) = error.downcast_ref::<Misfit>()
    {
        return Err(LoadError::Incompatible(short(&misfit.to_string(), MAX_MESSAGE_BYTES)));
    }
    let metadata = call.end(answer).answer.map_err(undescribed)?;
    check(&metadata)?;
    let schema = ConfigurationSchema::parse(&metadata.configuration_schema)?;
    Ok(ClaimProviderComponent::new(Loaded { engine: engine.clone(), digest, metadata, schema, contract, health: Health::default() }))
}

fn undescribed(error: InvocationError) -> LoadError {
    match error {
        InvocationError::Unavailable => LoadError::Unavailable,
        other => LoadError::Describe(other),
    }
}

/// The component as runnable code, from the cache when it lies there.
async fn link(
    engine: &Engine,
    digest: Digest,
    component: &[u8],
    version: Version,
    purpose: Purpose,
) -> Result<Box<dyn Contract>, LoadError> {
    let of_cache = engine.clone();
    let cached = blocking(move || {
        let artifact = of_cache.cache().read(digest)?;
        // Code that the engine refuses although its digest is intact is as good as none.
        ready(&of_cache, &artifact, version).ok()
    });
    if let Some(contract) = cached.await? {
        return Ok(contract);
    }
    let artifact = compile(engine, digest, component, purpose).await?;
    let of_compiled = engine.clone();
    let linked = blocking(move || {
        let contract = ready(&of_compiled, &artifact, version)?;
        // Kept only once it has proved to fit. Not keeping it costs the next start a compilation, nothing else.
        if let Err(error) = of_compiled.cache().write(digest, &artifact) {
            tracing::warn!(%digest, %error, "a compiled component could not be kept on disk");
        }
        Ok(contract)
    });
    linked.await?.map_err(|error: wasmtime::Error| LoadError::Incompatible(short(&format!("{error:#}"), MAX_MESSAGE_BYTES)))
}

async fn compile(engine: &Engine, digest: Digest, component: &[u8], purpose: Purpose) -> Result<Artifact, CompileError> {
    let span = tracing::info_span!("claims.compile", %digest, bytes = component.len());
    engine.compiler().compile(component, purpose).instrument(span).await
}

fn ready(engine: &Engine, artifact: &Artifact, version: Version) -> wasmtime::Result<Box<dyn Contract>> {
    let component = artifact.load(engine.wasm())?;
    version::adapt(version, engine.linker().instantiate_pre(&component)?)
}

/// Reading files and mapping code, away from the threads that serve requests.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, LoadError> {
    // Fails only when the runtime is shutting down.
    tokio::task::spawn_blocking(work).await.map_err(|_| LoadError::Unavailable)
}

fn check(metadata: &ProviderMetadata) -> Result<(), MetadataViolation> {
    for (field, text) in [("name", &metadata.name), ("version", &metadata.version)] {
        if text.is_empty() || text.len() > MAX_NAME_BYTES || text.chars().any(char::is_control) {
            return Err(MetadataViolation::Text(field));
        }
    }
    if metadata.description.len() > MAX_DESCRIPTION_BYTES {
        return Err(MetadataViolation::Description);
    }
    Ok(())
}
