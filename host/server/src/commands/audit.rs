//! `argus audit`

use std::process::ExitCode;

use anyhow::{Context, Result};
use argus_domain::Timestamp;
use argus_domain::audit::AuditEventKind;
use argus_protocol::{administration, audit};
use argus_storage::audit::AuditFilter;
use clap::{Args, Subcommand};

use super::{InstallationArgs, note, print};

#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// Print events as JSON, one a line, oldest first.
    List(ListArgs),
    /// Check the chain of every node: no event altered, none missing.
    Verify(InstallationArgs),
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Events from this moment on, in seconds since 1970; `at` of an event is in milliseconds.
    #[arg(long, value_name = "SECONDS")]
    since: Option<i64>,
    /// At most this many.
    #[arg(long)]
    limit: Option<u64>,
    /// Events of this kind, such as `token.issued`.
    #[arg(long)]
    event: Option<String>,
    /// Events about this client.
    #[arg(long, value_name = "ID")]
    client: Option<String>,
    /// Events about the user with this subject identifier.
    #[arg(long)]
    subject: Option<String>,
    #[command(flatten)]
    installation: InstallationArgs,
}

pub(super) async fn run(command: AuditCommand) -> Result<ExitCode> {
    match command {
        AuditCommand::List(args) => list(&args).await,
        AuditCommand::Verify(args) => verify(&args).await,
    }
}

async fn list(args: &ListArgs) -> Result<ExitCode> {
    let event = args.event.as_deref().map(parse_event).transpose()?;
    let (_, installation) = args.installation.open().await?;
    let filter = AuditFilter {
        since: args.since.map(Timestamp::from_unix_seconds),
        event,
        client_id: args.client.clone(),
        subject: args.subject.clone(),
        ..AuditFilter::default()
    };
    let printed =
        administration::for_each_audit_record(&installation.store, &filter, args.limit, |record| print(&audit::event(record).to_string()))
            .await;
    installation.store.close().await;
    printed.map(|()| ExitCode::SUCCESS)
}

fn parse_event(name: &str) -> Result<AuditEventKind> {
    audit::event_named(name).with_context(|| format!("no event is named {name}; there are {}", audit::event_names()))
}

async fn verify(args: &InstallationArgs) -> Result<ExitCode> {
    let (_, installation) = args.open().await?;
    let verified = administration::verify_audit(&installation.store).await;
    installation.store.close().await;
    for (node, events) in verified? {
        note(&format!("node {node}: {events} events, chain whole"));
    }
    Ok(ExitCode::SUCCESS)
}
