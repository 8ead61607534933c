//! `argus login`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use crate::https::{self, Https};
use crate::sign_in::Session;

#[derive(Debug, Args)]
pub(super) struct LoginArgs {
    /// The server, by its URL: the issuer. Plain http is for loopback only.
    #[arg(long, value_name = "URL")]
    server: String,
}

pub(super) async fn run(args: &LoginArgs) -> Result<ExitCode> {
    Session::at(&https::server(&args.server)?)?.sign_in(&Https::new()?).await?;
    Ok(ExitCode::SUCCESS)
}
