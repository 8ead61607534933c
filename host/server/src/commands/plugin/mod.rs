//! `argus plugin`: claim providers at a server, one command a file.

mod approve;
mod delete;
mod digest;
mod fetch;
mod list;
mod logs;
mod promote;
mod push;
mod rollback;
mod shadow;
mod versions;

use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;
use serde_json::Value;

pub(super) use self::digest::resolve;
use super::text;
use crate::administration::wire::providers::Provider;
use crate::administration::{Api, path, read};

#[derive(Debug, Subcommand)]
pub(super) enum PluginCommand {
    /// Send a component to a server, which checks it and keeps it as a version of a claim provider.
    Push(push::PushArgs),
    /// List the claim providers of a server.
    List(list::ListArgs),
    /// List the versions of a claim provider: what each reads, who uses it, how it did as a shadow.
    Versions(versions::VersionsArgs),
    /// Allow a version to read facts about users.
    Approve(approve::ApproveArgs),
    /// Let a version serve in place of the one that does.
    Promote(promote::PromoteArgs),
    /// Let the previous version serve again.
    Rollback(rollback::RollbackArgs),
    /// Run a version beside the one that serves, and count where their claims differ.
    Shadow(shadow::ShadowArgs),
    /// Delete a version that nobody uses, or a whole claim provider.
    Delete(delete::DeleteArgs),
    /// Print what a claim provider logged, newest first.
    Logs(logs::LogsArgs),
    /// Write the component of a version to a file.
    Fetch(fetch::FetchArgs),
}

pub(super) async fn run(command: PluginCommand) -> Result<ExitCode> {
    match command {
        PluginCommand::Push(args) => push::run(&args).await,
        PluginCommand::List(args) => list::run(&args).await,
        PluginCommand::Versions(args) => versions::run(&args).await,
        PluginCommand::Approve(args) => approve::run(&args).await,
        PluginCommand::Promote(args) => promote::run(&args).await,
        PluginCommand::Rollback(args) => rollback::run(&args).await,
        PluginCommand::Shadow(args) => shadow::run(&args).await,
        PluginCommand::Delete(args) => delete::run(&args).await,
        PluginCommand::Logs(args) => logs::run(&args).await,
        PluginCommand::Fetch(args) => fetch::run(&args).await,
    }
}

/// The path of a claim provider, and of what is below it.
fn path_of(name: &str, below: &[&str]) -> String {
    path(&[&["claim-providers", name], below].concat())
}

/// A claim provider as it stands.
pub(super) async fn find(api: &Api, name: &str) -> Result<Provider> {
    read(&api.get(&path_of(name, &[])).await?)
}

/// Which version serves now, and which waits behind it, after a change.
fn standing(answer: &Value) -> Result<String> {
    let provider: Provider = read(answer)?;
    let version = |digest: &Option<String>| digest.as_deref().map_or_else(|| "none".to_owned(), text::short);
    let mut text = format!("{}: version {} serves", provider.name, version(&provider.current));
    if provider.previous.is_some() {
        text.push_str(&format!("; a rollback leads to {}", version(&provider.previous)));
    }
    if provider.shadow.is_some() {
        text.push_str(&format!("; {} runs as its shadow", version(&provider.shadow)));
    }
    Ok(text)
}
