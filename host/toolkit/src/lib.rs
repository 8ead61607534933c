//! What authors of claim providers run: make a new provider's folder, build its component, hand out the contract.
//!
//! An author needs the program `argus` and the tool chain of one language, and nothing else of this repository: templates, the SDK for
//! Rust, the contract and the adapter for WASI preview 1 are part of the program. Nothing here talks to a server.
//!
//! | module | what it does |
//! |---|---|
//! | [`scaffold`] | writes the folder of a new provider from the language's template |
//! | [`manifest`] | reads `claim-provider.json`, which names the provider and its language |
//! | [`build`] | runs the language's tool chain and makes the component |
//! | [`contract`] | the WIT package `argus:claims`, as text and as a binary package |

pub mod build;
pub mod contract;
mod embedded;
mod language;
pub mod manifest;
pub mod scaffold;

pub use language::Language;
