//! `argus config check`

use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;

use super::{InstallationArgs, note};

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Read the configuration as `serve` would, and say what is wrong with it.
    Check(InstallationArgs),
}

pub(super) fn run(command: &ConfigCommand) -> Result<ExitCode> {
    let ConfigCommand::Check(args) = command;
    let config = args.load()?;
    note(&format!("the configuration is sound: issuer {}, listening on {}", config.issuer, config.listen));
    Ok(ExitCode::SUCCESS)
}
