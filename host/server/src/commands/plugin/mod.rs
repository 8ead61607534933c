//! `argus plugin`: for authors of claim providers, and for those who let them in. One command a file.
//!
//! `new` to `wit` need no server; the others talk to one, or to the installation of `--config`.

mod approve;
mod bench;
mod build;
mod check;
mod delete;
mod dev;
mod digest;
mod fetch;
mod folder;
mod list;
mod logs;
mod new;
mod promote;
mod push;
mod replay;
mod rollback;
mod shadow;
mod terminal;
mod test;
mod versions;
mod wit;

use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;
use serde_json::Value;

pub(super) use self::digest::resolve;
use self::folder::{Plugin, plain, registry};
use super::text;
use crate::administration::wire::providers::Provider;
use crate::administration::{Api, path, read};

#[derive(Debug, Subcommand)]
pub(super) enum PluginCommand {
    /// Make the folder of a new claim provider, which builds and passes its tests as it is.
    New(new::NewArgs),
    /// Build the component of a claim provider by the tool chain of its language.
    Build(build::BuildArgs),
    /// Check a component: the same that a server does with an upload.
    Check(check::CheckArgs),
    /// Run test vectors, with the limits of a server.
    Test(test::TestArgs),
    /// Measure what a run costs, beside a component that does nothing.
    Bench(bench::BenchArgs),
    /// Watch the folder: build and run the vectors at each change, and show what changed in the claims.
    Dev(dev::DevArgs),
    /// Write the contract of claim providers: the WIT text, or a binary WIT package.
    Wit(wit::WitArgs),
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
    /// Run what a server recorded of an issuance, here and with another component, and show what changes.
    Replay(replay::ReplayArgs),
    /// Write the component of a version to a file.
    Fetch(fetch::FetchArgs),
}

pub(super) async fn run(command: PluginCommand) -> Result<ExitCode> {
    match command {
        PluginCommand::New(args) => new::run(&args),
        PluginCommand::Build(args) => build::run(args).await,
        PluginCommand::Check(args) => check::run(&args).await,
        PluginCommand::Test(args) => test::run(&args).await,
        PluginCommand::Bench(args) => bench::run(&args).await,
        PluginCommand::Dev(args) => dev::run(&args).await,
        PluginCommand::Wit(args) => wit::run(&args),
        PluginCommand::Push(args) => push::run(&args).await,
        PluginCommand::List(args) => list::run(&args).await,
        PluginCommand::Versions(args) => versions::run(&args).await,
        PluginCommand::Approve(args) => approve::run(&args).await,
        PluginCommand::Promote(args) => promote::run(&args).await,
        PluginCommand::Rollback(args) => rollback::run(&args).await,
        PluginCommand::Shadow(args) => shadow::run(&args).await,
        PluginCommand::Delete(args) => delete::run(&args).await,
        PluginCommand::Logs(args) => logs::run(&args).await,
        PluginCommand::Replay(args) => replay::run(&args).await,
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
