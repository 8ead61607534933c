//! The harness of the black-box tests: an installation of the real binary, and the actors that use it.
//!
//! | module | what it is |
//! |---|---|
//! | [`installation`] | a folder with a configuration, a database and the `argus` program run on it |
//! | [`author`] | an author of a claim provider: a folder, and the `argus` program run in it without an installation |
//! | [`document`] | the directory and registry most tests start from |
//! | [`http`] | one request, one answer, nothing followed and nothing hidden |
//! | [`browser`] | a browser with cookies, which fills in the forms it meets |
//! | [`application`] | a client written by hand, for requests no library would send |
//! | [`relying_party`] | the unmodified `openidconnect` crate as client |
//! | [`jwt`] | tokens verified against the published keys before anything is read from them |
//! | [`terminal`] | the `argus` program as a client of a server, and the person who signs in when it asks |
//! | [`upstream`] | an identity provider of an organisation, and a sign-in there |
//! | [`keycloak`] | Keycloak, and a sign-in there |
//! | [`server`] | a program that ends with the test run, however that ends |
//! | [`program`] | where the `argus` program is |
//! | [`redact`] | checks the shape of what changes from run to run, then hides it for a snapshot |
//!
//! Nothing here waits for a fixed time: what takes a while is asked for until it is there, and a test fails when it does not
//! come within [`until::PATIENCE`].

#![expect(clippy::unwrap_used, reason = "a harness that cannot go on fails the test it serves, at the line where it failed")]

pub mod application;
pub mod author;
pub mod browser;
pub mod document;
mod html;
pub mod http;
pub mod installation;
pub mod jwt;
pub mod keycloak;
pub mod program;
pub mod redact;
pub mod relying_party;
pub mod server;
pub mod terminal;
pub mod until;
pub mod upstream;

pub use application::{Application, Code, Tokens};
pub use author::Author;
pub use browser::{Browser, Landing, Person};
pub use http::{Answer, Http};
pub use installation::{Database, Installation};
pub use jwt::Jwks;
pub use keycloak::Keycloak;
pub use relying_party::RelyingParty;
pub use terminal::Terminal;
pub use until::until;
pub use upstream::Upstream;
