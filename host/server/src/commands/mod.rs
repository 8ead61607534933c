//! The command line: one subcommand a file. Standard output carries what a program may read; everything else goes to standard
//! error.

mod admin;
mod audit;
mod backup;
mod client;
mod config;
mod demo;
mod doctor;
mod explain;
mod export;
mod federation;
mod import;
mod keys;
mod login;
mod logout;
mod migrate;
mod plugin;
mod reach;
mod serve;
mod text;
mod trace;
mod user;

use std::borrow::Cow;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};
use serde::Serialize;
use serde_json::Value;

use crate::composition::{Installation, Opening, Surroundings};
use crate::config::Config;
use crate::logging;

/// An OpenID provider whose claims come from sandboxed WebAssembly components.
#[derive(Debug, Parser)]
#[command(name = "argus", version)]
pub(crate) struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve until the process is told to stop.
    Serve(InstallationArgs),
    /// Apply an import document in one transaction.
    Import(import::ImportArgs),
    /// Print the directory and registry as an import document, without passwords and secrets.
    Export(InstallationArgs),
    /// Bring the database up to date and end; every command that opens it does so too.
    Migrate(InstallationArgs),
    /// Write an online copy of an SQLite database.
    Backup(backup::BackupArgs),
    /// Rotate signing keys.
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// List events of the audit trail, or verify it.
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Check the configuration.
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Let somebody become an administrator.
    #[command(subcommand)]
    Admin(admin::AdminCommand),
    /// Disable or enable a user.
    #[command(subcommand)]
    User(user::UserCommand),
    /// Rotate a client's secret, delete a client, or look at and change the claims it gets.
    #[command(subcommand)]
    Client(client::ClientCommand),
    /// Make, build, check and test claim providers; push them to a server, and decide which version of them serves.
    #[command(subcommand)]
    Plugin(plugin::PluginCommand),
    /// Connections to identity providers: their keys, and why a response is refused.
    #[command(subcommand)]
    Federation(federation::FederationCommand),
    /// Tell what happened at a request: events, claim providers that ran, and what they logged.
    Trace(trace::TraceArgs),
    /// Tell why a claim is, or is not, in the tokens that a user gets at a client.
    Explain(explain::ExplainArgs),
    /// Sign in to a server with a browser, for the commands that take `--server`.
    Login(login::LoginArgs),
    /// Sign out of a server, and forget the sign-in.
    Logout(logout::LogoutArgs),
    /// Look for what would keep an installation from working: configuration, port, database, keys, audit trail, claim providers.
    Doctor(InstallationArgs),
    /// Run a throw-away installation and sign in to it.
    Demo(demo::DemoArgs),
}

/// Which installation a command is about.
#[derive(Clone, Debug, Args)]
pub(crate) struct InstallationArgs {
    /// The configuration file; without one, defaults hold. `ARGUS__SECTION__KEY` in the environment goes before either.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl InstallationArgs {
    fn load(&self) -> Result<Config> {
        let config = Config::load(self.config.as_deref())?;
        logging::start(&config.telemetry)?;
        Ok(config)
    }

    /// Opens the installation, which has to be there.
    async fn open(&self) -> Result<(Config, Installation)> {
        self.open_as(Opening::Existing).await
    }

    /// Opens the installation, or makes it.
    async fn open_or_create(&self) -> Result<(Config, Installation)> {
        self.open_as(Opening::OrCreate).await
    }

    async fn open_as(&self, opening: Opening) -> Result<(Config, Installation)> {
        let config = self.load()?;
        let installation = Installation::open(&config, Surroundings::system()?, opening).await?;
        Ok((config, installation))
    }
}

/// Runs a command to its end.
pub(crate) fn run(command_line: CommandLine) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start the runtime")?;
    runtime.block_on(async {
        match command_line.command {
            Command::Serve(args) => serve::run(&args).await,
            Command::Import(args) => import::run(&args).await,
            Command::Export(args) => export::run(&args).await,
            Command::Migrate(args) => migrate::run(&args).await,
            Command::Backup(args) => backup::run(&args).await,
            Command::Keys(command) => keys::run(command).await,
            Command::Audit(command) => audit::run(command).await,
            Command::Config(command) => config::run(&command),
            Command::Admin(command) => admin::run(&command).await,
            Command::User(command) => user::run(command).await,
            Command::Client(command) => client::run(command).await,
            Command::Plugin(command) => plugin::run(command).await,
            Command::Federation(command) => federation::run(&command).await,
            Command::Trace(args) => trace::run(&args).await,
            Command::Explain(args) => explain::run(&args).await,
            Command::Login(args) => login::run(&args).await,
            Command::Logout(args) => logout::run(&args).await,
            Command::Doctor(args) => doctor::run(&args).await,
            Command::Demo(args) => demo::run(&args).await,
        }
    })
}

/// Prints an error with its causes, one a line.
pub(crate) fn print_error(error: &anyhow::Error) {
    let mut text = format!("error: {error}\n");
    for cause in error.chain().skip(1) {
        text.push_str(&format!("  because: {cause}\n"));
    }
    let _ = std::io::stderr().write_all(shown(&text).as_bytes());
}

/// A text as a terminal may see it: what would move the cursor, change colours or turn the direction of writing is escaped, as JSON
/// escapes it, so that JSON stays what it is. Texts come from servers, components and files of others.
fn shown(text: &str) -> Cow<'_, str> {
    let is_hidden = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\t'))
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let escaped = |c: char| if is_hidden(c) { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() };
    Cow::Owned(text.chars().map(escaped).collect())
}

/// Writes a line to standard output. A reader that has gone away (`| head`) is no error of ours.
fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{}", shown(text)).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error).context("cannot write to standard output"),
        _ => Ok(()),
    }
}

/// Writes a line to standard error, for people.
pub(crate) fn note(text: &str) {
    let _ = writeln!(std::io::stderr(), "{}", shown(text));
}

/// Scopes as they were typed: with spaces or commas between them, or one an option.
fn scopes(typed: &[String]) -> Value {
    typed.iter().flat_map(|scopes| scopes.split([' ', ','])).filter(|scope| !scope.is_empty()).collect()
}

fn print_json(value: &impl Serialize) -> Result<()> {
    print(&serde_json::to_string_pretty(value)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_act_on_is_escaped() {
        assert_eq!(shown("a\tb\nå"), "a\tb\nå");
        assert_eq!(shown("\u{1b}]0;x\u{7} \u{9b}31m \u{202e}\u{200b}"), "\\u001b]0;x\\u0007 \\u009b31m \\u202e\\u200b");
        let json = serde_json::json!({"a": "\u{9b}\u{7f}"}).to_string();
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown(&json)).unwrap()["a"], "\u{9b}\u{7f}");
    }
}
