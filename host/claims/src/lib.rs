//! Runs claim providers: WebAssembly components behind the interface `argus:claims`, in a sandbox with limits.
//!
//! A component is untrusted code and its answers are untrusted data. The parts, in the order in which a component meets them:
//!
//! | module | what it does |
//! |---|---|
//! | `shape` | reads imports and exports of an uploaded file and refuses what it may not import |
//! | [`compiler`], `cache` | compile in a child process with limits; keep the result on disk |
//! | `load`, `registry` | link, choose the contract version, ask for metadata; one load per component |
//! | `component` | check a configuration, run an invocation |
//! | `engine`, `ticker`, `call`, `store` | limits of memory, time and host calls; one store per invocation, never reused |
//! | `version` | one adapter per supported version of the contract |
//! | `output` | what is checked before a claim leaves this crate |
//! | `health` | how a component fares: runs, failures, times |
//! | [`check`] | judge a component for its author and for the server, before anything depends on it |
//! | [`builtin`] | the providers Argus ships, as component files |
//!
//! This crate deliberately knows no database and no token: names of providers, attachment to clients and the assembly of claims are
//! others' business. No type of `wasmtime` appears in its interface.

pub mod builtin;
mod cache;
mod call;
pub mod check;
pub mod compiler;
mod component;
mod config;
mod configuration;
mod digest;
mod engine;
mod health;
mod invocation;
mod limits;
mod load;
mod log;
mod output;
mod registry;
mod schema;
mod shape;
mod store;
mod text;
mod ticker;
mod version;

pub use compiler::{CompileError, CompilerProcess};
pub use component::ClaimProviderComponent;
pub use configuration::{ConfigurationError, MAX_CONFIGURATION_BYTES, PlanViolation};
pub use digest::{Digest, DigestError};
pub use engine::{Engine, EngineError};
pub use health::{Health, HealthFigures};
pub use invocation::{ClaimViolation, Invocation, InvocationError};
pub use limits::{EngineLimits, LimitsError, MAX_CONCURRENT};
pub use load::{LoadError, MetadataViolation};
pub use log::{LogLevel, LogLine, MAX_LOG_BYTES, MAX_LOG_LINES};
pub use output::{MAX_CLAIMS, MAX_JSON_DEPTH, MAX_OUTPUT_BYTES};
pub use registry::Registry;
pub use schema::SchemaError;
pub use shape::{ALLOWED_IMPORTS, ShapeError};
