//! The installation that is measured: a directory with configuration, database and import document, and the server's process.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::http::{Connection, Request};
use crate::options::Options;
use crate::process::Process;

/// What a client of the installation is known by.
pub(crate) struct Credentials {
    pub(crate) id: &'static str,
    pub(crate) secret: &'static str,
}

/// The client without claim providers.
pub(crate) const PLAIN: Credentials =
    Credentials { id: "9a3c1c1e-6d0b-4b76-9f6f-0b6a4d1f0001", secret: "bench-plain-0123456789abcdefghijklmnop" };
/// The same with both built-in claim providers attached.
pub(crate) const WITH_CLAIMS: Credentials =
    Credentials { id: "9a3c1c1e-6d0b-4b76-9f6f-0b6a4d1f0002", secret: "bench-claims-0123456789abcdefghijklmnop" };
/// The client that acts for itself.
pub(crate) const SERVICE: Credentials =
    Credentials { id: "9a3c1c1e-6d0b-4b76-9f6f-0b6a4d1f0003", secret: "bench-service-0123456789abcdefghijklmnop" };

/// Nothing listens there: codes are read off the redirect.
pub(crate) const CALLBACK: &str = "http://127.0.0.1:9/callback";
pub(crate) const PASSWORD: &str = "bench password";
/// Claims that both providers together give.
pub(crate) const CLAIMS: [&str; 2] = ["groups", "roles_of_bench"];

const USERS: usize = 16;
/// Groups of each user, all of them allowed, and functions: 40 mapped, half of them granted.
const GROUPS: usize = 20;
const FUNCTIONS: usize = 40;

/// A running installation; its files are removed and its server is stopped with it.
pub(crate) struct Installation {
    pub(crate) origin: String,
    pub(crate) authority: String,
    pub(crate) server: Process,
    child: Child,
    directory: TempDir,
}

impl Installation {
    /// Makes an installation, fills it and starts its server.
    pub(crate) async fn start(options: &Options) -> Result<Self> {
        let directory = TempDir::with_prefix("argus-bench-")?;
        let (authority, operations) = (free_address()?, free_address()?);
        let origin = format!("http://{authority}");
        let configuration = directory.path().join("argus.toml");
        let data = directory.path().join("data");
        std::fs::create_dir(&data)?;
        std::fs::write(&configuration, configuration_file(&origin, &authority, &operations, &data))?;
        let document = directory.path().join("document.json");
        std::fs::write(&document, serde_json::to_string_pretty(&import_document())?)?;
        import(&options.argus, &configuration, &document)?;

        let log = File::create(directory.path().join("server.log"))?;
        let child = Command::new(&options.argus)
            .args(["serve", "--config"])
            .arg(&configuration)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}", options.argus.display()))?;
        let server = Process::new(child.id())?;
        let mut installation = Self { origin, authority, server, child, directory };
        installation.wait().await?;
        Ok(installation)
    }

    /// A user's name; there are [`USERS`] of them.
    pub(crate) fn username(number: usize) -> String {
        format!("user{}", number % USERS)
    }

    async fn wait(&mut self) -> Result<()> {
        let start = Instant::now();
        let request = Request { target: "/.well-known/openid-configuration", headers: &[], form: None };
        loop {
            if Connection::new(&self.authority).send(&request).await.is_ok_and(|response| response.status == 200) {
                return Ok(());
            }
            let ended = self.child.try_wait()?;
            if ended.is_some() || start.elapsed() > Duration::from_secs(30) {
                let log = std::fs::read_to_string(self.directory.path().join("server.log")).unwrap_or_default();
                bail!("the server did not start ({ended:?}); it said:\n{log}");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        // It may have ended by itself; there is nothing to keep.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_address() -> Result<String> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}

fn configuration_file(origin: &str, authority: &str, operations: &str, data: &Path) -> String {
    format!(
        "issuer = \"{origin}\"\nlisten = \"{authority}\"\ndata_dir = \"{data}\"\n\n[operations]\nlisten = \"{operations}\"\n",
        data = data.display()
    )
}

fn import(argus: &PathBuf, configuration: &Path, document: &Path) -> Result<()> {
    let output = Command::new(argus).arg("import").arg(document).arg("--config").arg(configuration).output();
    let output = output.with_context(|| format!("cannot start {}", argus.display()))?;
    if !output.status.success() {
        bail!("`argus import` ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}

fn import_document() -> Value {
    let groups: Vec<String> = (0..GROUPS).map(|number| format!("group{number:02}")).collect();
    let functions: Vec<String> = (0..FUNCTIONS).map(|number| format!("function{number:02}")).collect();
    let granted: Vec<Value> = functions.iter().step_by(2).map(|function| json!({"function": function, "customer": "bench"})).collect();
    let role_mapping: serde_json::Map<String, Value> =
        functions.iter().map(|function| (function.clone(), format!("role_of_{function}").into())).collect();
    let users = (0..USERS).map(|number| {
        let username = Installation::username(number);
        json!({"username": username, "name": format!("User {number}"), "email": format!("{username}@example.com"), "emailVerified": true,
            "customer": "bench", "password": PASSWORD, "groups": groups, "functions": granted})
    });
    let client = |credentials: &Credentials, name: &str| {
        json!({"clientId": credentials.id, "secret": credentials.secret, "name": name, "type": "confidential", "customer": "bench",
            "redirectUris": [CALLBACK], "grantTypes": ["authorization_code", "refresh_token"],
            "scopes": ["openid", "profile", "email", "offline_access"]})
    };
    let mut with_claims = client(&WITH_CLAIMS, "Bench, with claim providers");
    with_claims["openIDCustomClaims"] = json!([
        {"provider": "userGroups", "configuration": {"allowedGroups": groups}},
        {"provider": "functionRoleMapping", "configuration": {"claimName": CLAIMS[1], "roleMapping": role_mapping}},
    ]);
    json!({
        "domains": [{"shortname": "bench", "name": "Bench"}],
        "customers": [{"domain": "bench", "shortname": "bench", "name": "Bench"}],
        "functions": functions.iter().map(|name| json!({"name": name})).collect::<Vec<_>>(),
        "groups": groups.iter().map(|name| json!({"shortname": name, "name": name})).collect::<Vec<_>>(),
        "users": users.collect::<Vec<_>>(),
        "resources": [{"audience": "https://api.bench.example", "name": "Bench", "scopes": ["bench:read"]}],
        "clients": [
            client(&PLAIN, "Bench"),
            with_claims,
            {"clientId": SERVICE.id, "secret": SERVICE.secret, "name": "Bench service", "type": "confidential",
                "grantTypes": ["client_credentials"], "scopes": ["bench:read"], "resources": ["https://api.bench.example"]},
        ],
    })
}
