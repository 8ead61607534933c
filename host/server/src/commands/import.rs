//! `argus import`

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use argus_protocol::RequestMeta;
use argus_protocol::import::{self, ImportError};
use clap::Args;
use serde_json::json;

use super::{InstallationArgs, note, print_json};

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// The document, or `-` for standard input.
    #[arg(value_name = "FILE")]
    document: PathBuf,
    #[command(flatten)]
    installation: InstallationArgs,
}

pub(super) async fn run(args: &ImportArgs) -> Result<ExitCode> {
    let (text, base) = read(&args.document)?;
    let (config, installation) = args.installation.open_or_create().await?;
    let argus = installation.into_argus(&config).await?;
    let meta = RequestMeta { correlation_id: argus.random().sortable_uuid(argus.now()).to_string(), address: None };
    let component = |path: &str| fs::read(base.join(path)).map_err(|error| error.to_string());
    let imported = import::import(&argus, &text, &component, "cli", &meta).await;
    argus.store().close().await;
    let report = match imported {
        Ok(report) => report,
        Err(ImportError::Refused(problems)) => {
            for problem in &problems {
                note(&format!("{problem}"));
            }
            note(&format!("refused: {} problem{}; nothing was changed", problems.len(), if problems.len() == 1 { "" } else { "s" }));
            return Ok(ExitCode::FAILURE);
        }
        Err(error) => return Err(error.into()),
    };
    for warning in &report.warnings {
        note(&format!("warning: {warning}"));
    }
    for (client, name) in &report.public_clients {
        note(&format!("new public client {name}: {client}"));
    }
    note(&report.summary());
    let secrets: Vec<_> = report.secrets.iter().map(|(client, secret)| json!({"clientId": client, "secret": secret.expose()})).collect();
    print_json(&json!({"clients": secrets}))?;
    Ok(ExitCode::SUCCESS)
}

/// The text, and the folder its relative paths start from.
fn read(document: &Path) -> Result<(String, PathBuf)> {
    if document == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).context("cannot read standard input")?;
        return Ok((text, PathBuf::new()));
    }
    let text = fs::read_to_string(document).with_context(|| format!("cannot read {}", document.display()))?;
    Ok((text, document.parent().map(Path::to_path_buf).unwrap_or_default()))
}
