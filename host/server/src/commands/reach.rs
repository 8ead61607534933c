//! Which server's API a command talks to, and in which form it prints the answer.

use anyhow::{Context, Result};
use argus_protocol::settings::Issuer;
use clap::Args;
use serde_json::Value;
use std::process::ExitCode;

use super::{InstallationArgs, print, print_json};
use crate::administration::Api;
use crate::https;
use crate::sign_in::Credential;

/// Names the server where neither option is given.
const SERVER: &str = "ARGUS_SERVER";

/// The server, by URL or by its files.
#[derive(Clone, Debug, Args)]
pub(crate) struct ReachArgs {
    /// A server, by its URL: the issuer. Signs in with a browser where need be. `ARGUS_SERVER` in the environment names one where
    /// neither option is given.
    #[arg(long, value_name = "URL", conflicts_with = "config")]
    server: Option<String>,
    #[command(flatten)]
    installation: InstallationArgs,
    /// Print the answer as JSON.
    #[arg(long)]
    json: bool,
}

/// The server that an option names, or the environment.
pub(super) fn server(option: Option<&str>) -> Result<Issuer> {
    let url = option.map(str::to_owned).or_else(|| std::env::var(SERVER).ok()).filter(|url| !url.is_empty());
    https::server(&url.with_context(|| format!("name a server: --server URL, or {SERVER} in the environment"))?)
}

impl ReachArgs {
    /// Does something over the API; what was opened for it is closed whatever comes of it.
    pub(super) async fn run(&self, work: impl AsyncFnOnce(&Api) -> Result<ExitCode>) -> Result<ExitCode> {
        let api = self.open().await?;
        let done = work(&api).await;
        api.close().await;
        done
    }

    async fn open(&self) -> Result<Api> {
        if let Some(url) = self.url() {
            let server = https::server(&url)?;
            let credential = Credential::for_server(&server)?;
            return Api::remote(server, credential);
        }
        let (config, installation) = self.installation.open().await?;
        Api::local(&config, installation).await.context("cannot serve the API of the installation")
    }

    fn url(&self) -> Option<String> {
        let from_environment = || std::env::var(SERVER).ok().filter(|url| !url.is_empty() && self.installation.config.is_none());
        self.server.clone().or_else(from_environment)
    }

    /// Whether the answer is for a program.
    pub(super) fn json(&self) -> bool {
        self.json
    }

    /// Prints an answer, for a program as it came, for people as `text` puts it.
    pub(super) fn show(&self, answer: &Value, text: impl FnOnce() -> Result<String>) -> Result<()> {
        if self.json { print_json(answer) } else { print(text()?.trim_end()) }
    }

    /// What has to be typed to reach the same server again, behind a command; empty when the environment names it.
    pub(super) fn again(&self) -> String {
        match (&self.server, &self.installation.config) {
            (Some(url), _) => format!(" --server {url}"),
            (_, Some(file)) => format!(" --config {}", file.display()),
            _ => String::new(),
        }
    }
}
