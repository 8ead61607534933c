//! What authors of claim providers run, without a server: a new provider's folder, its component, and the engine, the limits and the
//! judgement that are the server's own.
//!
//! An author needs the program `argus` and the tool chain of one language, and nothing else of this repository: templates, the SDK for
//! Rust, the contract and the adapter for WASI preview 1 are part of the program.
//!
//! | module | what it does |
//! |---|---|
//! | [`scaffold`] | writes the folder of a new provider from the language's template |
//! | [`manifest`] | reads `claim-provider.json`, which names the provider and its language |
//! | [`build`] | runs the language's tool chain and makes the component |
//! | [`vectors`] | reads test vectors |
//! | [`run`] | runs a vector and says how the claims differ from those expected |
//! | [`replay`] | runs what a server recorded of an issuance, with another version |
//! | [`junit`] | writes results for a CI system |
//! | [`mod@bench`] | measures invocations beside those of an empty component |
//! | [`offline`] | the engine over a cache in the user's own folder |
//! | [`watch`] | tells which files of a folder have changed |
//! | [`contract`] | the WIT package `argus:claims`, as text and as a binary package |

pub mod bench;
pub mod build;
pub mod contract;
mod embedded;
pub mod junit;
mod language;
pub mod manifest;
pub mod offline;
pub mod replay;
pub mod run;
pub mod scaffold;
pub mod vectors;
pub mod watch;

pub use language::Language;
