//! `argus config check`

use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;

use super::{InstallationArgs, note};

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Read the configuration, and say what is wrong with its keys and values; `argus doctor` looks at what they name.
    Check(InstallationArgs),
}

pub(super) fn run(command: &ConfigCommand) -> Result<ExitCode> {
    let ConfigCommand::Check(args) = command;
    let config = args.load()?;
    note(&format!("the configuration is sound: issuer {}, listening on {}", config.issuer, config.listen));
    Ok(ExitCode::SUCCESS)
}
