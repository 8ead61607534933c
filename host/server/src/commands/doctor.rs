//! `argus doctor`: looks for what would keep an installation from working, and says what to do about it.

use std::net::TcpListener;
use std::process::ExitCode;

use anyhow::{Context, Result};
use argus_claims::builtin;
use argus_protocol::{administration, federation};
use argus_storage::Store;

use super::{InstallationArgs, print};
use crate::composition::{Installation, Opening, Surroundings};
use crate::config::Config;

struct Findings {
    failed: bool,
}

impl Findings {
    fn add(&mut self, what: &str, result: Result<String>) -> Result<()> {
        match result {
            Ok(fine) => print(&format!("ok    {what}: {fine}")),
            Err(error) => {
                self.failed = true;
                print(&format!("FAIL  {what}: {error:#}"))
            }
        }
    }
}

pub(super) async fn run(args: &InstallationArgs) -> Result<ExitCode> {
    let mut findings = Findings { failed: false };
    let config = match args.load() {
        Ok(config) => config,
        Err(error) => {
            findings.add("configuration", Err(error))?;
            return Ok(ExitCode::FAILURE);
        }
    };
    findings.add("configuration", Ok(format!("issuer {}", config.issuer)))?;
    findings.add("listen", listen(&config))?;
    findings.add("tls", tls(&config))?;
    match Installation::open(&config, Surroundings::system()?, Opening::Existing).await {
        Err(error) => findings.add("database and keys", Err(error))?,
        Ok(installation) => {
            findings.add("database and keys", Ok(redacted(&config.database_url())))?;
            findings.add("audit trail", audit(&installation.store).await)?;
            for warning in federation::warnings(&installation.store, Surroundings::system()?.clock.now()).await? {
                print(&format!("warn  identity provider {warning}"))?;
            }
            findings.add("claim providers", providers(installation, &config).await)?;
        }
    }
    Ok(if findings.failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn listen(config: &Config) -> Result<String> {
    match TcpListener::bind(config.listen) {
        Ok(_) => Ok(format!("{} is free", config.listen)),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            Ok(format!("{} is in use, by a running server it seems", config.listen))
        }
        Err(error) => Err(anyhow::Error::from(error).context(format!("cannot listen on {}", config.listen))),
    }
}

fn tls(config: &Config) -> Result<String> {
    let files = [&config.http.tls_certificate_file, &config.http.tls_key_file];
    for file in files.into_iter().flatten() {
        std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    }
    Ok(if files[0].is_some() { "by this server".to_owned() } else { "none here: by a proxy, or on loopback".to_owned() })
}

async fn audit(store: &Store) -> Result<String> {
    let chains = administration::verify_audit(store).await?;
    let events: u64 = chains.iter().map(|(_, events)| events).sum();
    Ok(format!("{events} events, every chain whole"))
}

/// Loads each built-in provider: this finds a missing compiler, a full disk and a cache that cannot be written.
async fn providers(installation: Installation, config: &Config) -> Result<String> {
    let argus = installation.into_argus(config).await?;
    let mut names = Vec::new();
    for (name, component) in builtin::COMPONENTS {
        let loaded = argus.registry().components().load(*component).await?;
        names.push(format!("{name} {}", loaded.digest().to_string().get(..12).unwrap_or_default()));
    }
    argus.store().close().await;
    Ok(names.join(", "))
}

/// A database URL without its password.
fn redacted(url: &str) -> String {
    url::Url::parse(url).map_or_else(
        |_| url.to_owned(),
        |mut url| {
            let _ = url.set_password(None);
            url.to_string()
        },
    )
}
