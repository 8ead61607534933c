//! Log lines, to standard error: standard output belongs to the commands.

use std::io::IsTerminal;

use anyhow::{Context, Result};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::field::MakeExt;
use tracing_subscriber::fmt;
use tracing_subscriber::fmt::format::debug_fn;

use crate::config::{LogFormat, Telemetry};

/// What a request sent cannot break out of its line: control characters are escaped.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() { escaped.extend(c.escape_default()) } else { escaped.push(c) }
    }
    escaped
}

/// Starts logging; a second start changes nothing.
pub(crate) fn start(telemetry: &Telemetry) -> Result<()> {
    let filter = EnvFilter::try_new(&telemetry.filter).context("telemetry.filter")?;
    let one_line = debug_fn(|writer, field, value| {
        let text = escape(&format!("{value:?}"));
        if field.name() == "message" { write!(writer, "{text}") } else { write!(writer, "{}={text}", field.name()) }
    });
    let builder = fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    let _ = match telemetry.format {
        LogFormat::Human => builder.with_target(false).fmt_fields(one_line.delimited(" ")).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_cannot_be_forged() {
        assert_eq!(escape("y\nERROR forged \u{1b}[31m Åse"), "y\\nERROR forged \\u{1b}[31m Åse");
    }
}
