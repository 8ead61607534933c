//! Argus on the wire: the OAuth 2.0 and OpenID Connect endpoints, the pages of sign-in, consent and sign-out.
//!
//! A handler reads: extract, one use case of `argus-protocol`, map. There is no SQL here and no decision about clients, users
//! or tokens; what is decided here is HTTP: limits, addresses, cookies, forged forms, CORS, security headers, content types.
//!
//! [`router`] is for relying parties and browsers; [`operations`] for the operator, on a listener of its own.

mod address;
mod answer;
mod api;
mod app;
mod assets;
mod browser;
mod console;
mod context;
mod cookies;
mod cors;
mod csrf;
mod document;
mod edge;
mod endpoint;
mod fingerprint;
mod form;
mod front;
mod meters;
mod operations;
mod operator;
mod pages;
mod protocol;
mod refusal;
mod router;
mod security_headers;
mod settings;

pub use operations::operations;
pub use operator::LocalOperator;
pub use router::router;
pub use settings::{ForwardedHeader, HttpSettings};
