//! `argus admin`

use std::process::ExitCode;

use anyhow::Result;
use argus_domain::audit::{AuditEvent, AuditEventKind};
use argus_protocol::one_time_link;
use clap::Subcommand;

use super::{InstallationArgs, note, print};
use crate::composition::Installation;
use crate::config::Config;

#[derive(Debug, Subcommand)]
pub(super) enum AdminCommand {
    /// Make a link that makes whoever opens it an administrator: once, within a day. It replaces the one made before.
    Link(InstallationArgs),
}

pub(super) async fn run(command: &AdminCommand) -> Result<ExitCode> {
    let AdminCommand::Link(args) = command;
    let (config, installation) = args.open().await?;
    let made = link(&config, &installation).await;
    installation.store.close().await;
    print(&made?)?;
    note("open it in a browser within a day; it works once");
    Ok(ExitCode::SUCCESS)
}

/// A link for a new administrator.
pub(super) async fn link(config: &Config, installation: &Installation) -> Result<String> {
    let command = installation.command();
    let event = AuditEvent::new(command.now, AuditEventKind::PasswordLinkMade, command.correlation_id.as_str()).by("cli");
    let settings = config.settings()?;
    let link = one_time_link::for_administrator(&installation.store, &settings.issuer, installation.random(), command.now, event).await?;
    Ok(link.url)
}
