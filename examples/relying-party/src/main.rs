//! "Sign in with Argus": an application that signs a user in with the `openidconnect` crate and shows the claims it was given.
//!
//! Configured by `ISSUER`, `CLIENT_ID`, `CLIENT_SECRET` (absent for a public client) and `LISTEN`, which has a default. Sessions are
//! kept in memory: an application that runs on several machines would keep them elsewhere.

mod page;
mod sign_in;
mod web;

use std::env;

use anyhow::{Context, Result};
use openidconnect::{ClientId, ClientSecret, IssuerUrl};
use tokio::net::TcpListener;

use sign_in::RelyingParty;

#[tokio::main]
async fn main() -> Result<()> {
    let variable = |name: &str| env::var(name).with_context(|| format!("the environment variable {name} is not set"));
    let listener = TcpListener::bind(env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:8081".to_owned())).await?;
    let relying_party = RelyingParty {
        http: sign_in::http_client()?,
        issuer: IssuerUrl::new(variable("ISSUER")?)?,
        id: ClientId::new(variable("CLIENT_ID")?),
        secret: env::var("CLIENT_SECRET").ok().map(ClientSecret::new),
        url: format!("http://{}/", listener.local_addr()?),
    };
    axum::serve(listener, web::router(relying_party)).await?;
    Ok(())
}
