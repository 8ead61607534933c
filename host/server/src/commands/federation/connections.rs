//! `argus federation list`, `refresh`, `approve` and `rotate-keys`: the keys that are pinned, those that an identity provider changed
//! to, and our own.

use std::process::ExitCode;

use anyhow::Result;
use argus_protocol::administrator::Administrator;
use argus_protocol::federation::{self, Looked, Rotated};
use argus_protocol::{Argus, RequestMeta};
use clap::Args;
use serde_json::Value;

use super::super::{InstallationArgs, note, print_json};

#[derive(Debug, Args)]
pub(in crate::commands) struct ListArgs {
    #[command(flatten)]
    installation: InstallationArgs,
}

#[derive(Debug, Args)]
pub(in crate::commands) struct ConnectionArgs {
    /// The connection's slug.
    slug: String,
    #[command(flatten)]
    installation: InstallationArgs,
}

async fn open(installation: &InstallationArgs) -> Result<(Argus, Administrator)> {
    let (config, installation) = installation.open().await?;
    let argus = installation.into_argus(&config).await?;
    let meta = RequestMeta { correlation_id: argus.random().sortable_uuid(argus.now()).to_string(), address: None };
    Ok((argus, Administrator::operator(meta)))
}

pub(super) async fn list(args: &ListArgs) -> Result<ExitCode> {
    let (argus, _) = open(&args.installation).await?;
    let connections = federation::list(&argus).await;
    argus.store().close().await;
    let mut connections = serde_json::to_value(connections?)?;
    // Long, and read already: what is in them that matters stands beside them.
    for connection in connections.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        connection.shift_remove("metadata");
    }
    print_json(&connections)?;
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn refresh(args: &ConnectionArgs) -> Result<ExitCode> {
    let (argus, by) = open(&args.installation).await?;
    let looked = federation::refresh(&argus, &args.slug, &by).await;
    argus.store().close().await;
    match looked? {
        Looked::Same => note("the metadata have the keys and addresses that are in use"),
        Looked::Changed => note(&format!(
            "the metadata have other keys or addresses: look at them with `argus federation list`, then `argus federation approve {}`",
            args.slug
        )),
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn approve(args: &ConnectionArgs) -> Result<ExitCode> {
    let (argus, by) = open(&args.installation).await?;
    let approved = federation::approve(&argus, &args.slug, None, &by).await;
    argus.store().close().await;
    approved?;
    note(&format!("{} uses the new metadata", args.slug));
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn rotate_keys(args: &ListArgs) -> Result<ExitCode> {
    let (argus, by) = open(&args.installation).await?;
    let rotated = federation::rotate_saml_keys(&argus, &by).await;
    argus.store().close().await;
    note(match rotated? {
        Rotated::Published => {
            "the next keys stand in our metadata beside those in use: once every identity provider has read them, run this again"
        }
        Rotated::Activated => "the next keys are in use, and those before are gone",
    });
    Ok(ExitCode::SUCCESS)
}
