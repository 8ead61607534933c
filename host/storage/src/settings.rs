//! Where the database is, and how its connections are opened.

use std::fmt;
use std::fs::OpenOptions;
use std::path::Path;
use std::str::FromStr;
use std::time::{Duration, Instant};

use serde::Deserialize;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, PgConnection, SqliteConnection};

use crate::error::{Fault, StorageError};
use crate::sql::Engine;

/// How long a SQLite connection waits for another process that is writing: several that start at once on a slow disk, and migrate one
/// after the other, take seconds.
const BUSY_TIMEOUT: Duration = Duration::from_secs(20);
/// Between two attempts to open a file that is locked.
const BUSY_PAUSE: Duration = Duration::from_millis(10);
/// How long connecting to PostgreSQL may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// More than this crate has statements, so that each is prepared once per connection.
const STATEMENT_CACHE: usize = 256;

/// `[database]` of the configuration.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseSettings {
    /// `sqlite:PATH` or `postgres://…`
    pub url: String,
    /// Connections for reading; there is one more for writing.
    #[serde(default = "default_read_connections")]
    pub read_connections: u32,
    /// Writes that may wait for the writer; beyond it, callers wait, and are refused after five seconds.
    #[serde(default = "default_write_queue")]
    pub write_queue: u32,
}

fn default_read_connections() -> u32 {
    4
}

fn default_write_queue() -> u32 {
    1024
}

impl DatabaseSettings {
    /// The database at a URL, everything else by default.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), read_connections: default_read_connections(), write_queue: default_write_queue() }
    }
}

impl fmt::Debug for DatabaseSettings {
    /// Without the URL: it may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseSettings")
            .field("url", &format_args!("{}:…", self.url.split(':').next().unwrap_or_default()))
            .field("read_connections", &self.read_connections)
            .field("write_queue", &self.write_queue)
            .finish()
    }
}

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Read,
    Write,
}

/// Opens connections.
#[derive(Clone)]
pub(crate) enum Opener {
    Sqlite(SqliteConnectOptions),
    Postgres(PgConnectOptions),
}

/// An open connection of either engine.
pub(crate) enum Driver {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Opener {
    pub(crate) fn new(settings: &DatabaseSettings, node: &str) -> Result<Self, StorageError> {
        let refused = |message: &str| Err(StorageError::Configuration(message.to_owned()));
        let (scheme, _) = settings.url.split_once(':').unwrap_or_default();
        match scheme {
            "sqlite" => {
                let options =
                    SqliteConnectOptions::from_str(&settings.url).map_err(|error| StorageError::Configuration(error.to_string()))?;
                let path = options.get_filename();
                if path.as_os_str().is_empty() || path.to_string_lossy().contains(":memory:") || path.starts_with("file:sqlx-in-memory-0") {
                    return refused("SQLite needs the path of a file: several connections share it");
                }
                Ok(Self::Sqlite(sqlite_options(options)))
            }
            "postgres" | "postgresql" => {
                let options = PgConnectOptions::from_str(&settings.url).map_err(|error| StorageError::Configuration(error.to_string()))?;
                Ok(Self::Postgres(postgres_options(options, node)))
            }
            _ => refused("the URL begins with sqlite: or postgres:"),
        }
    }

    pub(crate) fn engine(&self) -> Engine {
        match self {
            Self::Sqlite(_) => Engine::Sqlite,
            Self::Postgres(_) => Engine::Postgres,
        }
    }

    /// The database's file, on SQLite.
    pub(crate) fn file(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(options) => Some(options.get_filename()),
            Self::Postgres(_) => None,
        }
    }

    pub(crate) async fn open(&self, purpose: Purpose) -> Result<Driver, StorageError> {
        match self {
            Self::Sqlite(options) => {
                let options = match purpose {
                    // Readers look through the page cache of the system: their own is void after each commit of the writer.
                    Purpose::Read => options.clone().pragma("query_only", "ON").pragma("mmap_size", "67108864"),
                    Purpose::Write => options.clone(),
                };
                connect_sqlite(&options).await.map(Driver::Sqlite).map_err(|error| Fault::of(error).error)
            }
            Self::Postgres(options) => match tokio::time::timeout(CONNECT_TIMEOUT, options.connect()).await {
                Ok(Ok(connection)) => Ok(Driver::Postgres(connection)),
                Ok(Err(error)) => Err(StorageError::unavailable(error)),
                Err(elapsed) => Err(StorageError::unavailable(elapsed)),
            },
        }
    }
}

/// Connects, waiting for other processes that do the same. SQLite waits for a lock by itself, except where it sees that two wait for
/// each other: processes that open a new file at once all turn it to WAL, and all but one are told at once that it is locked.
async fn connect_sqlite(options: &SqliteConnectOptions) -> Result<SqliteConnection, sqlx::Error> {
    let deadline = Instant::now() + BUSY_TIMEOUT;
    loop {
        match options.connect().await {
            Err(error) if is_busy(&error) && Instant::now() < deadline => tokio::time::sleep(BUSY_PAUSE).await,
            outcome => return outcome,
        }
    }
}

/// `SQLITE_BUSY`, in whatever extended form.
fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.and_then(|code| code.parse::<u32>().ok()).is_some_and(|code| code & 0xff == 5)
}

fn sqlite_options(options: SqliteConnectOptions) -> SqliteConnectOptions {
    options
        .create_if_missing(true)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .journal_mode(SqliteJournalMode::Wal)
        // Every acknowledged write survives a power cut; the group commit pays for it.
        .synchronous(SqliteSynchronous::Full)
        .pragma("temp_store", "MEMORY")
        .pragma("trusted_schema", "OFF")
        .pragma("journal_size_limit", "67108864")
        .statement_cache_capacity(STATEMENT_CACHE)
        .disable_statement_logging()
}

fn postgres_options(options: PgConnectOptions, node: &str) -> PgConnectOptions {
    options
        .application_name(&format!("argus/{node}"))
        // A statement or a lock that hangs must not hold up the writer for ever; a node that died must not hold its locks.
        .options([("statement_timeout", "30s"), ("lock_timeout", "10s"), ("idle_in_transaction_session_timeout", "60s")])
        .statement_cache_capacity(STATEMENT_CACHE)
        .disable_statement_logging()
}

/// Makes the database's file before SQLite does, so that nobody else can read it; its side files follow its mode.
pub(crate) fn create_private(path: &Path) -> Result<(), StorageError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(StorageError::unavailable(format!("{}: {error}", path.display()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opener(url: &str) -> Result<Opener, StorageError> {
        Opener::new(&DatabaseSettings::new(url), "main")
    }

    #[test]
    fn the_scheme_chooses_the_engine() {
        assert_eq!(opener("sqlite:argus.db").unwrap().engine(), Engine::Sqlite);
        assert_eq!(opener("sqlite:///var/lib/argus.db").unwrap().file(), Some(Path::new("/var/lib/argus.db")));
        assert_eq!(opener("postgres://argus@localhost/argus").unwrap().engine(), Engine::Postgres);
    }

    #[test]
    fn what_several_connections_cannot_share_is_refused() {
        for url in ["", "mysql://x", "argus.db", "sqlite::memory:", "sqlite:"] {
            assert!(matches!(opener(url), Err(StorageError::Configuration(_))), "{url}");
        }
    }

    #[test]
    fn the_password_does_not_show() {
        let shown = format!("{:?}", DatabaseSettings::new("postgres://argus:hunter2@localhost/argus"));
        assert!(!shown.contains("hunter2"), "{shown}");
    }

    /// What a connection of SQLite is set to shows only from within.
    #[tokio::test]
    async fn sqlite_is_durable_keeps_foreign_keys_and_reads_without_writing() {
        let directory = tempfile::tempdir().unwrap();
        let opener = opener(&format!("sqlite:{}", directory.path().join("argus.db").display())).unwrap();
        for (purpose, query_only) in [(Purpose::Write, 0), (Purpose::Read, 1)] {
            let mut connection = crate::connection::Connection::open(&opener, purpose).await.unwrap();
            let mode = connection.fetch_optional("PRAGMA journal_mode", &[]).await.unwrap().unwrap();
            assert_eq!(mode.text(0).unwrap(), "wal");
            // 2 is FULL: the log is synced at every commit.
            let settings = [("PRAGMA synchronous", 2), ("PRAGMA foreign_keys", 1), ("PRAGMA query_only", query_only)];
            for (pragma, expected) in settings {
                let row = connection.fetch_optional(pragma, &[]).await.unwrap().unwrap();
                assert_eq!(row.int(0).unwrap(), expected, "{pragma} to {purpose:?}");
            }
        }
    }
}
