//! `argus user`

use std::process::ExitCode;

use anyhow::{Result, bail};
use argus_protocol::administration;
use clap::{Args, Subcommand};

use super::{InstallationArgs, note};

#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Let a user sign in no more; every session and token ends at once.
    Disable(UserArgs),
    /// Let a disabled user sign in again.
    Enable(UserArgs),
}

#[derive(Debug, Args)]
pub(super) struct UserArgs {
    /// The name the user signs in with.
    username: String,
    #[command(flatten)]
    installation: InstallationArgs,
}

pub(super) async fn run(command: UserCommand) -> Result<ExitCode> {
    let (args, enabled) = match &command {
        UserCommand::Disable(args) => (args, false),
        UserCommand::Enable(args) => (args, true),
    };
    let (config, installation) = args.installation.open().await?;
    let access_token_max = config.tokens.limits().access_token;
    let found =
        administration::set_user_enabled(&installation.store, &args.username, enabled, access_token_max, &installation.command()).await?;
    installation.store.close().await;
    if !found {
        bail!("no user is named {}", args.username);
    }
    note(&format!("{} is {}", args.username, if enabled { "enabled" } else { "disabled; every session and token has ended" }));
    Ok(ExitCode::SUCCESS)
}
