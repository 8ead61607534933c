//! The service provider's side of SAML 2.0: what an upstream identity provider sends is verified here, and nowhere else.
//!
//! | module | what it does |
//! |---|---|
//! | [`response`] | a pure function from a response to a verified assertion, or to the rule that it breaks |
//! | [`metadata`] | reads the metadata of an identity provider, writes our own |
//! | [`request`] | the authentication request for the HTTP-Redirect binding, signed |
//! | [`keys`] | certificates and keys that are pinned to a connection |
//! | [`encoding`] | the form parameter of the HTTP-POST binding |
//!
//! One document is parsed once, its shape is checked, its signatures are verified and its values are read, all on the same tree:
//! what signature wrapping lives on is that these four look at different things. No I/O, no clock, no randomness: documents that
//! name files or addresses are not followed, and the time is a parameter.

pub mod connection;
pub mod encoding;
pub mod keys;
pub mod metadata;
pub mod refusal;
pub mod request;
pub mod response;

mod encryption;
mod instant;
mod names;
mod signature;
mod writer;
mod xml;

pub use connection::{Connection, PendingRequest};
pub use metadata::IdpMetadata;
pub use refusal::{Refusal, Rule};
pub use response::VerifiedAssertion;
