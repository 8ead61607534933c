//! `argus plugin wit`

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use argus_toolkit::contract;
use clap::Args;

use super::super::print;

#[derive(Debug, Args)]
pub(in super::super) struct WitArgs {
    /// Write into this folder, which is made when it is missing.
    #[arg(short, long = "output", value_name = "DIR", default_value = ".")]
    output: PathBuf,
    /// Write a binary WIT package instead of text.
    #[arg(long)]
    wasm: bool,
}

pub(super) fn run(args: &WitArgs) -> Result<ExitCode> {
    let package = format!("argus-claims-{}", contract::VERSION);
    let (path, content) = if args.wasm {
        (args.output.join(format!("{package}.wasm")), contract::binary()?)
    } else {
        (args.output.join(package).join(contract::TEXT_FILE), contract::TEXT.into())
    };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    }
    fs::write(&path, content).with_context(|| format!("{} cannot be written", path.display()))?;
    print(&path.display().to_string())?;
    Ok(ExitCode::SUCCESS)
}
