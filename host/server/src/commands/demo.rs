//! `argus demo`: a throw-away installation, a real sign-in by a stock client library, and the verified ID token.

mod browser;
mod relying_party;

use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, ExitCode};

use anyhow::{Context, Result, bail};
use argus_domain::audit::AuditEventKind;
use argus_protocol::import::{self, ImportError};
use argus_protocol::{Argus, RequestMeta, administration};
use argus_storage::audit::AuditFilter;
use clap::Args;
use serde_json::Value;
use tokio::net::TcpListener;

use super::{note, print};
use crate::composition::{Installation, Opening, Surroundings};
use crate::config::Config;
use crate::serve::{Running, wait_for_stop_signal};

/// The directory of the demonstration: alice, bob, groups, functions, customers, two clients, both built-in providers.
const DOCUMENT: &str = include_str!("../../../../examples/demo.json");
/// The confidential client of the document.
const CLIENT_ID: &str = "021269c5-04c3-4399-a206-32659c489803";
const USERNAME: &str = "alice";
/// Where the demonstration listens when the port is free, so that its link can be told in advance.
const PORT: u16 = 8080;

#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// End after the sign-in instead of serving on.
    #[arg(long)]
    once: bool,
}

pub(super) async fn run(args: &DemoArgs) -> Result<ExitCode> {
    let data = tempfile::tempdir().context("cannot create a folder for the demonstration")?;
    let listener = listen(args.once).await?;
    let config = Config {
        issuer: format!("http://127.0.0.1:{}", listener.local_addr()?.port()),
        data_dir: data.path().to_owned(),
        telemetry: crate::config::Telemetry { filter: "warn".to_owned(), ..Default::default() },
        ..Config::default()
    };
    crate::logging::start(&config.telemetry)?;
    let argus = Installation::open(&config, Surroundings::system()?, Opening::OrCreate).await?.into_argus(&config).await?;
    let document: Value = serde_json::from_str(DOCUMENT)?;
    let secret = import_document(&argus, &document).await?;
    let running = Running::start(argus.clone(), &config, listener).await?;
    let signed_in = async {
        let password = member(&document, "users", "username", USERNAME, "password")?;
        let redirect_uri = member(&document, "clients", "clientId", CLIENT_ID, "redirectUris")?;
        relying_party::sign_in(&relying_party::Demo {
            issuer: &config.issuer,
            client_id: CLIENT_ID,
            client_secret: &secret,
            redirect_uri: &redirect_uri,
            username: USERNAME,
            password: &password,
        })
        .await
    }
    .await;
    match signed_in {
        Ok(claims) => {
            print("Verified ID token of alice, as the relying party received it:\n")?;
            print(&serde_json::to_string_pretty(&claims)?)?;
            print(&origins(&argus).await?)?;
        }
        Err(error) => {
            running.stop().await;
            return Err(error.context("the demonstration's sign-in failed"));
        }
    }
    if !args.once {
        let relying_party = start_relying_party(&config.issuer, &secret);
        let open = match &relying_party {
            Ok(_) => format!("http://127.0.0.1:{}/", relying_party::PORT),
            Err(error) => {
                note(&format!("\n{error:#}; the server can be used without it"));
                format!("{}/login", config.issuer)
            }
        };
        let password = |username| member(&document, "users", "username", username, "password");
        print(&format!("\nOpen {open} and sign in as alice ({}) or bob ({}).", password("alice")?, password("bob")?))?;
        print("Press Ctrl-C to end.")?;
        wait_for_stop_signal().await?;
        drop(relying_party);
    }
    running.stop().await;
    Ok(ExitCode::SUCCESS)
}

async fn listen(once: bool) -> Result<TcpListener> {
    let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    if !once && let Ok(listener) = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, PORT))).await {
        return Ok(listener);
    }
    TcpListener::bind(free).await.context("cannot listen on 127.0.0.1")
}

/// Applies the document; returns the confidential client's secret.
async fn import_document(argus: &Argus, document: &Value) -> Result<String> {
    let meta = RequestMeta { correlation_id: argus.random().sortable_uuid(argus.now()).to_string(), address: None };
    let no_files = |path: &str| Err(format!("the demonstration has no file {path}"));
    let report = match import::import(argus, &document.to_string(), &no_files, "cli", &meta).await {
        Ok(report) => report,
        Err(ImportError::Refused(problems)) => bail!("the demonstration's document was refused: {}", problems[0]),
        Err(error) => return Err(error.into()),
    };
    let generated = report.secrets.iter().find(|(client, _)| client.to_string() == CLIENT_ID).map(|(_, secret)| secret.expose().to_owned());
    match generated {
        Some(secret) => Ok(secret),
        None => member(document, "clients", "clientId", CLIENT_ID, "secret"),
    }
}

/// A text member, or the first of a list, of the entry whose key has a value.
fn member(document: &Value, section: &str, key: &str, value: &str, name: &str) -> Result<String> {
    let entry = document[section].as_array().into_iter().flatten().find(|entry| entry[key] == value);
    let found = entry.map(|entry| &entry[name]);
    let text = found.and_then(|found| found.as_str().or_else(|| found[0].as_str()));
    text.map(str::to_owned).with_context(|| format!("examples/demo.json has no {name} for {value}"))
}

/// Where each claim of a provider came from, as the audit trail has it.
async fn origins(argus: &Argus) -> Result<String> {
    let filter = AuditFilter { event: Some(AuditEventKind::TokenIssued), ..AuditFilter::default() };
    let mut text = String::new();
    administration::for_each_audit_record(argus.store(), &filter, None, |record| -> Result<()> {
        let event: Value = serde_json::from_str(&record.body)?;
        for run in event["details"]["claimProviders"].as_array().into_iter().flatten() {
            for claim in run["claims"].as_array().into_iter().flatten() {
                text.push_str(&format!(
                    "\n{}: from {} (sha256 {}), {} µs",
                    claim.as_str().unwrap_or_default(),
                    run["provider"].as_str().unwrap_or_default(),
                    run["digest"].as_str().and_then(|digest| digest.get(..12)).unwrap_or_default(),
                    run["durationUs"],
                ));
            }
        }
        Ok(())
    })
    .await?;
    Ok(text)
}

/// The example relying party, ended with the demonstration.
struct RelyingParty(Child);

impl Drop for RelyingParty {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start_relying_party(issuer: &str, secret: &str) -> Result<RelyingParty> {
    let program = match std::env::var_os("ARGUS_DEMO_RELYING_PARTY") {
        Some(program) => program.into(),
        None => std::env::current_exe()?.with_file_name("relying-party"),
    };
    let child = std::process::Command::new(&program)
        .env("ISSUER", issuer)
        .env("CLIENT_ID", CLIENT_ID)
        .env("CLIENT_SECRET", secret)
        .env("LISTEN", format!("127.0.0.1:{}", relying_party::PORT))
        .spawn()
        .with_context(|| format!("cannot start the example relying party {}, which `cargo xtask demo` builds", program.display()))?;
    Ok(RelyingParty(child))
}
