//! An installation: a folder of its own with a configuration, a database, and the real program run on them.

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};

use serde_json::Value;
use tempfile::TempDir;

use crate::server::Server;
use crate::{Application, Browser, Http, document, program};

/// Where an installation keeps its data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Database {
    /// A file in the installation's folder.
    Sqlite,
    /// The database behind a `postgres://` URL.
    Postgres(String),
}

/// Chooses the engine for every test that does not name one: `postgres`, or SQLite without it.
const ENGINE: &str = "ARGUS_TEST_ENGINE";

impl Database {
    /// A new database of the engine under test.
    fn under_test() -> Self {
        if std::env::var(ENGINE).is_ok_and(|engine| engine == "postgres") {
            Self::Postgres(argus_test_postgres::Server::shared().create_database())
        } else {
            Self::Sqlite
        }
    }
}

/// What a command printed, and how it ended.
#[derive(Clone, Debug)]
pub struct Output {
    /// Exit code; -1 when a signal ended it.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Output {
    /// The output of a command that has to succeed.
    ///
    /// # Panics
    /// When it failed.
    #[track_caller]
    pub fn succeeded(self) -> Self {
        assert_eq!(self.code, 0, "{}\n{}", self.stdout, self.stderr);
        self
    }

    /// Standard error of a command that has to fail.
    ///
    /// # Panics
    /// When it succeeded.
    #[track_caller]
    pub fn failed(self) -> String {
        assert_ne!(self.code, 0, "succeeded: {}\n{}", self.stdout, self.stderr);
        self.stderr
    }

    /// Standard output as JSON.
    ///
    /// # Panics
    /// When it is none.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }
}

/// An installation and, while it serves, its server.
pub struct Installation {
    folder: PathBuf,
    /// Removes the folder; none when the server's supervisor does.
    _cleanup: Option<TempDir>,
    issuer: String,
    port: u16,
    secrets: Mutex<HashMap<String, String>>,
    server: Mutex<Option<Server>>,
}

impl Installation {
    /// An empty installation on the engine under test. `configuration` is TOML: sections, or top-level keys before them.
    pub fn new(configuration: &str) -> Self {
        Self::on(&Database::under_test(), configuration)
    }

    /// An empty installation on a database.
    pub fn on(database: &Database, configuration: &str) -> Self {
        let port = free_port();
        Self::create(database, &format!("http://127.0.0.1:{port}"), port, configuration)
    }

    /// An installation with the standard document, serving.
    pub fn standard() -> Self {
        Self::standard_with("")
    }

    /// The same on SQLite whatever engine is under test: for what looks into the database's file.
    pub fn standard_in_a_file() -> Self {
        Self::on(&Database::Sqlite, "").serving_the_standard_document()
    }

    /// The same with a configuration of its own.
    pub fn standard_with(configuration: &str) -> Self {
        Self::new(configuration).serving_the_standard_document()
    }

    fn serving_the_standard_document(self) -> Self {
        self.import(&document::standard());
        self.serve();
        self
    }

    /// The standard installation that tests of one process share: for those that change nothing but grants of their own.
    pub fn shared() -> &'static Self {
        static SHARED: LazyLock<Installation> = LazyLock::new(|| {
            let mut installation = Installation::new("");
            installation.import(&document::standard());
            // A static is never dropped.
            let folder = installation._cleanup.take().map(TempDir::keep);
            let server = Server::start(&installation.config(), &installation.log_file(), installation.port, folder.as_deref());
            *installation.server() = Some(server);
            installation
        });
        &SHARED
    }

    /// Another node of this installation: the same issuer, key-encryption key and database, a port and an audit chain of its own.
    pub fn another_node(&self, database: &Database, node: &str) -> Self {
        let configuration = format!("[database]\nnode = \"{node}\"\n");
        let other = Self::create(database, &self.issuer, free_port(), &configuration);
        fs::create_dir_all(other.data()).unwrap();
        // Copying keeps the mode, which the server insists on.
        fs::copy(self.data().join("key-encryption-key"), other.data().join("key-encryption-key")).unwrap();
        *other.secrets() = self.secrets().clone();
        other
    }

    fn create(database: &Database, issuer: &str, port: u16, configuration: &str) -> Self {
        let cleanup = tempfile::Builder::new().prefix("argus-tests-").tempdir().unwrap();
        let folder = cleanup.path().to_owned();
        let installation =
            Self { _cleanup: Some(cleanup), issuer: issuer.to_owned(), port, secrets: Mutex::default(), server: Mutex::default(), folder };
        let data = installation.data();
        let mut toml = format!("issuer = {issuer:?}\nlisten = \"127.0.0.1:{port}\"\ndata_dir = {data:?}\n{configuration}\n");
        if let Database::Postgres(url) = database {
            let section = format!("[database]\nurl = {url:?}\n");
            toml = if toml.contains("[database]\n") { toml.replace("[database]\n", &section) } else { toml + &section };
        }
        fs::write(installation.config(), toml).unwrap();
        installation
    }

    /// The issuer identifier.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The URL under which this node listens: the issuer, except for further nodes.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// The configuration file.
    pub fn config(&self) -> PathBuf {
        self.folder.join("argus.toml")
    }

    fn log_file(&self) -> PathBuf {
        self.folder.join("log")
    }

    /// What the server logged so far, over all its starts.
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    fn server(&self) -> std::sync::MutexGuard<'_, Option<Server>> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn secrets(&self) -> std::sync::MutexGuard<'_, HashMap<String, String>> {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts the server and returns when it answers.
    pub fn serve(&self) {
        *self.server() = Some(Server::start(&self.config(), &self.log_file(), self.port, None));
    }

    /// Asks the server to stop and waits for it; returns its exit code.
    pub fn stop(&self) -> i32 {
        self.server().take().unwrap().end("TERM")
    }

    /// Ends the server with SIGKILL.
    pub fn kill(&self) {
        assert_eq!(self.server().take().unwrap().end("KILL"), 128 + 9);
    }

    /// Runs a command on this installation.
    pub fn cli(&self, arguments: &[&str]) -> Output {
        self.cli_with_input(arguments, "")
    }

    /// Runs a command that reads standard input.
    pub fn cli_with_input(&self, arguments: &[&str], input: &str) -> Output {
        let mut command = Command::new(program::argus());
        command.args(arguments).arg("--config").arg(self.config()).current_dir(&self.folder);
        run(command, input)
    }

    /// Applies a document, which has to be accepted; returns what was printed. The secrets made are remembered.
    #[track_caller]
    pub fn import(&self, document: &Value) -> Output {
        self.import_text(&document.to_string())
    }

    /// The same for a document as text.
    #[track_caller]
    pub fn import_text(&self, document: &str) -> Output {
        self.remember(self.try_import(document))
    }

    #[track_caller]
    fn remember(&self, output: Output) -> Output {
        let output = output.succeeded();
        for client in output.json()["clients"].as_array().unwrap() {
            self.set_secret(client["clientId"].as_str().unwrap(), client["secret"].as_str().unwrap());
        }
        output
    }

    /// Applies a document that may be refused.
    pub fn try_import(&self, document: &str) -> Output {
        self.cli_with_input(&["import", "-"], document)
    }

    /// Starts to apply a document and ends the command with SIGKILL after a while, wherever it is by then.
    pub fn import_killed_after(&self, document: &str, time: std::time::Duration) {
        let mut command = Command::new(program::argus());
        command.args(["import", "-", "--config"]).arg(self.config()).current_dir(&self.folder);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let _ = child.stdin.take().unwrap().write_all(document.as_bytes());
        std::thread::sleep(time);
        let _ = child.kill();
        child.wait().unwrap();
    }

    /// Applies a document that may be refused, with files beside it.
    pub fn try_import_with_files(&self, document: &Value, files: &[(String, &[u8])]) -> Output {
        let folder = tempfile::tempdir_in(&self.folder).unwrap();
        for (name, bytes) in files {
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        let path = folder.path().join("document.json");
        fs::write(&path, document.to_string()).unwrap();
        self.cli(&["import", path.to_str().unwrap()])
    }

    /// Applies a document with files beside it, which has to be accepted.
    #[track_caller]
    pub fn import_with_files(&self, document: &Value, files: &[(String, &[u8])]) -> Output {
        self.remember(self.try_import_with_files(document, files))
    }

    /// Remembers a client's secret for [`Installation::application`].
    pub fn set_secret(&self, client: &str, secret: &str) {
        self.secrets().insert(client.to_owned(), secret.to_owned());
    }

    /// The secret of a client, if it has one.
    pub fn secret(&self, client: &str) -> Option<String> {
        self.secrets().get(client).cloned()
    }

    /// Every event of the audit trail, oldest first.
    pub fn audit(&self) -> Vec<Value> {
        self.audit_with(&[])
    }

    /// Events of the audit trail that options choose.
    pub fn audit_with(&self, options: &[&str]) -> Vec<Value> {
        let output = self.cli(&[&["audit", "list"], options].concat()).succeeded();
        output.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Sends requests to this node.
    pub fn http(&self) -> Http {
        Http::new(&self.issuer, &self.address())
    }

    /// A browser with no cookies, which reaches this node.
    pub fn browser(&self) -> Browser {
        Browser::new(self.http())
    }

    /// A client of the registry, with its secret if it was made or remembered here.
    pub fn application(&self, id: &str) -> Application {
        Application::new(self.http(), id, self.secret(id))
    }
}

pub(crate) fn run(mut command: Command, input: &str) -> Output {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut standard_input = child.stdin.take().unwrap();
    // A command that does not read its input closes it.
    let _ = standard_input.write_all(input.as_bytes());
    drop(standard_input);
    let output = child.wait_with_output().unwrap();
    Output {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs a command without any installation.
pub fn bare_cli(arguments: &[&str], folder: &Path) -> Output {
    let mut command = Command::new(program::argus());
    command.args(arguments).current_dir(folder);
    run(command, "")
}

/// A port nobody listens on, below those that the system gives to outgoing connections, one of which could take it in between.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    const FIRST: u32 = 10_000;
    const COUNT: u32 = 20_000;
    // Test processes that run side by side start far apart.
    let start = std::process::id().wrapping_mul(97);
    loop {
        let step = u32::from(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = u16::try_from(FIRST + start.wrapping_add(step) % COUNT).unwrap();
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
