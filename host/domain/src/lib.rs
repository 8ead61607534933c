//! The vocabulary of Argus: entities, typed identifiers, states and the rules that need nothing but their arguments.
//!
//! Nothing here performs I/O, reads a clock or draws randomness: time comes in as [`Timestamp`] and random bytes through
//! [`Random`], so every rule can be tested by calling it.
//!
//! | module | what it holds |
//! |---|---|
//! | [`audit`] | audit events and the hash chain that links them |
//! | [`claim`] | claim names, reserved claims, claim sets, attachments of claim providers to clients |
//! | [`client`], [`client_request`] | relying parties and the rules of their registration; what their owners ask administrators for |
//! | [`directory`] | domains, customers, users, groups, functions, and the snapshot issuance reads |
//! | [`document`] | the import document, shape for shape |
//! | [`facts`] | the facts about a user that claim providers ask for and administrators approve |
//! | [`grant`] | authorization grants, client sessions, browser sessions, consent |
//! | [`ids`] | one type for each kind of identifier |
//! | [`given`], [`input`] | what a claim provider is handed, and the same written down: for recordings and test vectors |
//! | [`issuance`] | what a claim provider is given and what it may answer |
//! | [`oauth`] | error codes, grant types and client authentication methods, by their registered names |
//! | [`pkce`], [`redirect_uri`], [`scope`] | the rules of RFC 7636, of redirect URIs, and of RFC 6749 §3.3 |
//! | [`problem`] | what is wrong with a document, and where |
//! | [`secret`] | secrets that do not show themselves, and what is stored in their place |
//! | [`signing`] | signature algorithms and the life of a signing key |
//! | [`upstream`] | connections to upstream identity providers |
//! | [`random`], [`time`] | randomness and time as parameters |

pub mod audit;
pub mod claim;
pub mod client;
pub mod client_request;
pub mod directory;
pub mod document;
pub mod facts;
pub mod given;
pub mod grant;
pub mod ids;
pub mod input;
pub mod issuance;
pub mod oauth;
mod object;
pub mod pkce;
mod plain;
pub mod problem;
pub mod random;
pub mod redirect_uri;
pub mod scope;
pub mod secret;
pub mod signing;
pub mod time;
pub mod upstream;

pub use problem::{Pointer, Problem};
pub use random::Random;
pub use time::{Clock, Timestamp};
