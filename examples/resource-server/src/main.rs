//! An API of cases that accepts access tokens of Argus: `GET /cases` with scope `cases:read`, `POST /cases` with `cases:write`.
//!
//! Configured by `ISSUER`, `AUDIENCE` and `LISTEN`; with `CLIENT_ID` and `CLIENT_SECRET` every token is also introspected, so that a
//! revoked one is refused at once instead of when it expires.

mod access_token;
mod bearer;
mod cases;
mod introspection;
mod issuer;

use std::env;
use std::sync::Arc;

use anyhow::{Context, Result};
use tokio::net::TcpListener;

use cases::Api;
use introspection::Introspection;
use issuer::Issuer;

#[tokio::main]
async fn main() -> Result<()> {
    let variable = |name: &str, default: &str| env::var(name).unwrap_or_else(|_| default.to_owned());
    let issuer = Arc::new(Issuer::new(env::var("ISSUER").context("the environment variable ISSUER is not set")?)?);
    let introspection = match (env::var("CLIENT_ID"), env::var("CLIENT_SECRET")) {
        (Ok(id), Ok(secret)) => Some(Introspection { issuer: Arc::clone(&issuer), id, secret }),
        _ => None,
    };
    let api = Api::new(issuer, variable("AUDIENCE", "https://cases.example.com"), introspection);
    let listener = TcpListener::bind(variable("LISTEN", "127.0.0.1:8082")).await?;
    axum::serve(listener, cases::router(api)).await?;
    Ok(())
}
