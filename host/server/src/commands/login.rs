//! `argus login`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use super::reach;
use crate::https::Https;
use crate::sign_in::Session;

#[derive(Debug, Args)]
pub(super) struct LoginArgs {
    /// The server, by its URL: the issuer. Plain http is for loopback only.
    #[arg(long, value_name = "URL")]
    server: Option<String>,
}

pub(super) async fn run(args: &LoginArgs) -> Result<ExitCode> {
    Session::at(&reach::server(args.server.as_deref())?)?.sign_in(&Https::new()?).await?;
    Ok(ExitCode::SUCCESS)
}
