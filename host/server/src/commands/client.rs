//! `argus client`

mod attach;
mod attachments;
mod claims;
mod detach;
mod diff;
mod list;
mod preview;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use argus_domain::ids::ClientId;
use argus_protocol::administration;
use clap::{Args, Subcommand};
use serde_json::json;

use super::{InstallationArgs, note, print_json};

#[derive(Debug, Subcommand)]
pub(super) enum ClientCommand {
    /// List clients with their ids.
    List(list::ListArgs),
    /// Make a new secret; the old one works for a while longer.
    RotateSecret(RotateSecretArgs),
    /// Delete a client; its tokens work no more.
    Delete(ClientArgs),
    /// Attach a claim provider to a client.
    Attach(attach::AttachArgs),
    /// Detach a claim provider from a client.
    Detach(detach::DetachArgs),
    /// Print a client's attached claim providers: its `openIDCustomClaims` document.
    Claims(claims::ClaimsArgs),
    /// Show what the tokens of a user at a client would hold, and where each claim comes from; nothing is issued.
    Preview(preview::PreviewArgs),
    /// Show for whom another `openIDCustomClaims` document would change which claims; nothing is issued.
    Diff(diff::DiffArgs),
}

#[derive(Debug, Args)]
pub(super) struct ClientArgs {
    /// The client's id.
    client_id: String,
    #[command(flatten)]
    installation: InstallationArgs,
}

#[derive(Debug, Args)]
pub(super) struct RotateSecretArgs {
    #[command(flatten)]
    client: ClientArgs,
    /// How long the old secret works beside the new one, in seconds.
    #[arg(long, default_value_t = 86_400)]
    overlap_seconds: u64,
}

impl ClientArgs {
    fn id(&self) -> Result<ClientId> {
        self.client_id.parse().with_context(|| format!("{} is no client id", self.client_id))
    }
}

pub(super) async fn run(command: ClientCommand) -> Result<ExitCode> {
    match command {
        ClientCommand::List(args) => list::run(&args).await,
        ClientCommand::RotateSecret(args) => rotate_secret(&args).await,
        ClientCommand::Delete(args) => delete(&args).await,
        ClientCommand::Attach(args) => attach::run(&args).await,
        ClientCommand::Detach(args) => detach::run(&args).await,
        ClientCommand::Claims(args) => claims::run(&args).await,
        ClientCommand::Preview(args) => preview::run(&args).await,
        ClientCommand::Diff(args) => diff::run(&args).await,
    }
}

async fn rotate_secret(args: &RotateSecretArgs) -> Result<ExitCode> {
    let id = args.client.id()?;
    let (_, installation) = args.client.installation.open().await?;
    let overlap = Duration::from_secs(args.overlap_seconds);
    let secret =
        administration::rotate_client_secret(&installation.store, id, overlap, installation.random(), &installation.command()).await;
    installation.store.close().await;
    let Some(secret) = secret? else { bail!("no confidential client has the id {id}") };
    note(&format!("the old secret works for {} more seconds", args.overlap_seconds));
    print_json(&json!({"clients": [{"clientId": id, "secret": secret.expose()}]}))?;
    Ok(ExitCode::SUCCESS)
}

async fn delete(args: &ClientArgs) -> Result<ExitCode> {
    let id = args.id()?;
    let (config, installation) = args.installation.open().await?;
    let access_token_max = config.tokens.limits().access_token;
    let deleted = administration::delete_client(&installation.store, id, access_token_max, &installation.command()).await;
    installation.store.close().await;
    if !deleted? {
        bail!("no client has the id {id}");
    }
    note(&format!("client {id} is deleted"));
    Ok(ExitCode::SUCCESS)
}
