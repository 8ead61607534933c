//! `argus user`

use std::process::ExitCode;

use anyhow::{Result, bail};
use argus_protocol::administration;
use axum::http::Method;
use clap::{Args, Subcommand};
use serde_json::json;

use super::reach::ReachArgs;
use super::{InstallationArgs, note};
use crate::administration::path;

#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Let a user sign in no more; every session and token ends at once.
    Disable(UserArgs),
    /// Let a disabled user sign in again.
    Enable(UserArgs),
    /// Make a link with which a user chooses a password: once, within a day. It replaces the one made before.
    ResetLink(ResetLinkArgs),
}

#[derive(Debug, Args)]
pub(super) struct ResetLinkArgs {
    /// The name the user signs in with.
    username: String,
    #[command(flatten)]
    reach: ReachArgs,
}

#[derive(Debug, Args)]
pub(super) struct UserArgs {
    /// The name the user signs in with.
    username: String,
    #[command(flatten)]
    installation: InstallationArgs,
}

pub(super) async fn run(command: UserCommand) -> Result<ExitCode> {
    match &command {
        UserCommand::Disable(args) => set_enabled(args, false).await,
        UserCommand::Enable(args) => set_enabled(args, true).await,
        UserCommand::ResetLink(args) => reset_link(args).await,
    }
}

async fn reset_link(args: &ResetLinkArgs) -> Result<ExitCode> {
    args.reach
        .run(async |api| {
            let answer = api.send(Method::POST, &path(&["users", &args.username, "reset-link"]), &json!({})).await?;
            args.reach.show(&answer, || Ok(format!("{}\n", answer["url"].as_str().unwrap_or_default())))?;
            note("it works once, within a day");
            Ok(ExitCode::SUCCESS)
        })
        .await
}

async fn set_enabled(args: &UserArgs, enabled: bool) -> Result<ExitCode> {
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
