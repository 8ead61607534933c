//! `argus plugin`: for authors of claim providers. No installation is needed.

mod build;
mod new;
mod wit;

use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(super) enum PluginCommand {
    /// Make the folder of a new claim provider, which builds and passes its tests as it is.
    New(new::NewArgs),
    /// Build the component of a claim provider by the tool chain of its language.
    Build(build::BuildArgs),
    /// Write the contract of claim providers: the WIT text, or a binary WIT package.
    Wit(wit::WitArgs),
}

pub(super) async fn run(command: PluginCommand) -> Result<ExitCode> {
    match command {
        PluginCommand::New(args) => new::run(&args),
        PluginCommand::Build(args) => build::run(args).await,
        PluginCommand::Wit(args) => wit::run(&args),
    }
}
