//! `argus logout`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use super::{note, reach};
use crate::https::Https;
use crate::sign_in::Session;

#[derive(Debug, Args)]
pub(super) struct LogoutArgs {
    /// The server, by its URL: the issuer.
    #[arg(long, value_name = "URL")]
    server: Option<String>,
}

pub(super) async fn run(args: &LogoutArgs) -> Result<ExitCode> {
    let server = reach::server(args.server.as_deref())?;
    let was_signed_in = Session::at(&server)?.sign_out(&Https::new()?).await?;
    let done = if was_signed_in { "signed out of" } else { "there was no sign-in at" };
    note(&format!("{done} {}", server.as_str()));
    Ok(ExitCode::SUCCESS)
}
