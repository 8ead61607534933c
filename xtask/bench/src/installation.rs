//! The installation that is measured: a directory with configuration and database, and the server's process.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tempfile::TempDir;

use crate::http::{Connection, Request};
use crate::process::Process;

/// A directory with configuration and database, which no server uses yet.
pub(crate) struct Files {
    argus: PathBuf,
    directory: TempDir,
    configuration: PathBuf,
    authority: String,
    origin: String,
}

/// A running installation; its files are removed and its server is stopped with it.
pub(crate) struct Installation {
    pub(crate) origin: String,
    pub(crate) authority: String,
    pub(crate) server: Process,
    child: Child,
    directory: TempDir,
}

impl Files {
    /// Writes the configuration.
    pub(crate) fn new(argus: &Path) -> Result<Self> {
        let directory = TempDir::with_prefix("argus-bench-")?;
        let (authority, operations) = (free_address()?, free_address()?);
        let origin = format!("http://{authority}");
        let configuration = directory.path().join("argus.toml");
        let data = directory.path().join("data");
        std::fs::create_dir(&data)?;
        std::fs::write(&configuration, configuration_file(&origin, &authority, &operations, &data))?;
        Ok(Self { argus: argus.to_owned(), directory, configuration, authority, origin })
    }

    /// Writes a file beside the configuration.
    pub(crate) fn write(&self, name: &str, content: &[u8]) -> Result<PathBuf> {
        let file = self.directory.path().join(name);
        std::fs::write(&file, content)?;
        Ok(file)
    }

    /// Runs the program on this installation; returns what it printed.
    pub(crate) fn argus(&self, arguments: &[&str]) -> Result<String> {
        let output = Command::new(&self.argus).args(arguments).arg("--config").arg(&self.configuration).output();
        let output = output.with_context(|| format!("cannot start {}", self.argus.display()))?;
        if !output.status.success() {
            let told = String::from_utf8_lossy(&output.stderr);
            bail!("`argus {}` ended with {}: {told}", arguments.join(" "), output.status);
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Imports a document, whose files are written.
    pub(crate) fn import(&self, document: &Value) -> Result<()> {
        let file = self.write("document.json", document.to_string().as_bytes())?;
        self.argus(&["import", path(&file)?]).map(drop)
    }

    /// Starts the server, and returns when it answers.
    pub(crate) async fn serve(self) -> Result<Installation> {
        let Self { argus, directory, configuration, authority, origin } = self;
        let log = File::create(directory.path().join("server.log"))?;
        let child = Command::new(&argus)
            .args(["serve", "--config"])
            .arg(&configuration)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}", argus.display()))?;
        let server = Process::new(child.id())?;
        let mut installation = Installation { origin, authority, server, child, directory };
        installation.wait().await?;
        Ok(installation)
    }
}

impl Installation {
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

/// A path as an argument.
pub(crate) fn path(path: &Path) -> Result<&str> {
    path.to_str().with_context(|| format!("{} is not UTF-8", path.display()))
}
