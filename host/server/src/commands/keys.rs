//! `argus keys rotate`

use std::process::ExitCode;

use anyhow::Result;
use argus_keys::rotation::RotationStep;
use clap::{Args, Subcommand};

use super::{InstallationArgs, note};

#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// Publish the next signing keys now; they sign when they have been published for a day, or with `--now` at once.
    Rotate(RotateArgs),
}

#[derive(Debug, Args)]
pub(super) struct RotateArgs {
    /// Let the next keys sign at once. Relying parties that have not read the JWKS since they were published refuse their tokens.
    #[arg(long)]
    now: bool,
    #[command(flatten)]
    installation: InstallationArgs,
}

pub(super) async fn run(command: KeysCommand) -> Result<ExitCode> {
    let KeysCommand::Rotate(args) = command;
    let (_, installation) = args.installation.open().await?;
    let steps = installation.keys().rotate_on_demand(installation.command().now, args.now, "cli").await?;
    if steps.is_empty() {
        note("the next signing keys are published already; they sign when they have been published for a day, or at once with --now");
    }
    for step in steps {
        note(&match step {
            RotationStep::Create(algorithm) => format!("published the next {} key", algorithm.as_str()),
            RotationStep::CreateActive(algorithm) => format!("a new {} key signs", algorithm.as_str()),
            RotationStep::Activate { kid, retires } => match retires {
                Some(retired) => format!("key {kid} signs; key {retired} stays published until its last token has expired"),
                None => format!("key {kid} signs"),
            },
            RotationStep::Remove(kid) => format!("key {kid} is no longer published"),
        });
    }
    installation.store.close().await;
    Ok(ExitCode::SUCCESS)
}
