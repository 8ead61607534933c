//! Log lines, to standard error: standard output belongs to the commands.

use std::io::IsTerminal;

use anyhow::{Context, Result};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

use crate::config::{LogFormat, Telemetry};

/// Starts logging; a second start changes nothing.
pub(crate) fn start(telemetry: &Telemetry) -> Result<()> {
    let filter = EnvFilter::try_new(&telemetry.filter).context("telemetry.filter")?;
    let builder = fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    let _ = match telemetry.format {
        LogFormat::Human => builder.with_target(false).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    Ok(())
}
