//! What authors of claim providers run, without a server: the engine, its limits and its judgement are the server's own.
//!
//! | module | what it does |
//! |---|---|
//! | [`manifest`] | reads `claim-provider.json`, which names the provider and its language |
//! | [`vectors`] | reads test vectors |
//! | [`run`] | runs a vector and says how the claims differ from those expected |
//! | [`junit`] | writes results for a CI system |
//! | [`bench`] | measures invocations beside those of an empty component |
//! | [`offline`] | the engine over a cache in the user's own folder |
//! | [`watch`] | tells which files of a folder have changed |

pub mod bench;
pub mod junit;
mod language;
pub mod manifest;
pub mod offline;
pub mod run;
pub mod vectors;
pub mod watch;

pub use language::Language;
