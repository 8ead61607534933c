//! `argus federation`

mod check;
mod connections;

use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(super) enum FederationCommand {
    /// Verify a SAML response, and print the user it is about or the rule it breaks.
    Check(check::CheckArgs),
    /// Print the connections to identity providers, with the certificates in use and those that wait for approval.
    List(connections::ListArgs),
    /// Look at the metadata that an identity provider publishes.
    Refresh(connections::ConnectionArgs),
    /// Take over the metadata that wait for approval.
    Approve(connections::ConnectionArgs),
    /// Replace the keys of this server, in two steps: the first publishes the next ones, the second lets them be used.
    RotateKeys(connections::ListArgs),
}

pub(super) async fn run(command: &FederationCommand) -> Result<ExitCode> {
    match command {
        FederationCommand::Check(args) => check::run(args),
        FederationCommand::List(args) => connections::list(args).await,
        FederationCommand::Refresh(args) => connections::refresh(args).await,
        FederationCommand::Approve(args) => connections::approve(args).await,
        FederationCommand::RotateKeys(args) => connections::rotate_keys(args).await,
    }
}
