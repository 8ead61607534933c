//! What can go wrong with the database, and which of it may be tried again.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use sqlx::error::{DatabaseError, ErrorKind};

/// A failure of the storage layer. "Not found" is none: that is an `Option`.
///
/// It can be cloned because one failed commit fails every job of its batch.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StorageError {
    /// A unique or foreign key stands in the way.
    #[error("{table}: {}", conflict(columns))]
    Conflict {
        /// The table, where the engine tells it.
        table: String,
        /// The columns that have to be unique, separated by a comma and a space; empty for a foreign key.
        columns: String,
    },
    /// A row holds a combination that this code never writes.
    #[error("{table}.{column} of row {id} holds something impossible")]
    Inconsistent {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row.
        id: String,
    },
    /// The database was migrated by a newer version of this program.
    #[error("the database has schema version {found}; this program knows versions up to {known}")]
    NewerSchema {
        /// The version of the database.
        found: u32,
        /// The newest version this program knows.
        known: u32,
    },
    /// The settings do not lead to a database.
    #[error("database settings: {0}")]
    Configuration(String),
    /// The database cannot be reached, is full, is shutting down, or the outcome of a commit is unknown. Nothing was
    /// acknowledged.
    #[error("the database is unavailable")]
    Unavailable(#[source] Cause),
    /// Anything else the driver reports: a defect of this program or of the database.
    #[error("the database refused a statement")]
    Driver(#[source] Cause),
}

impl StorageError {
    /// Whether trying later may help.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }

    /// Whether a row stands in the way.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict { .. })
    }

    pub(crate) fn unavailable(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unavailable(Cause(Arc::from(cause.into())))
    }

    pub(crate) fn driver(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Driver(Cause(Arc::from(cause.into())))
    }

    pub(crate) fn inconsistent(table: &'static str, column: &'static str, id: impl ToString) -> Self {
        Self::Inconsistent { table, column, id: id.to_string() }
    }
}

fn conflict(columns: &str) -> String {
    if columns.is_empty() {
        "a row that is referred to is missing, or still referred to".to_owned()
    } else {
        format!("a row with the same {columns} exists")
    }
}

/// Why, for the log: the driver's own error.
#[derive(Clone)]
pub struct Cause(Arc<dyn Error + Send + Sync>);

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Cause {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

/// A driver's error, judged.
pub(crate) struct Fault {
    pub(crate) error: StorageError,
    /// The engine rolled the transaction back in favour of another one: the same work may succeed now.
    pub(crate) retry: bool,
    /// The connection is of no further use.
    pub(crate) lost: bool,
}

impl Fault {
    pub(crate) fn of(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(reported) => Self::reported(reported.as_ref()),
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => {
                Self { error: StorageError::unavailable(error), retry: false, lost: true }
            }
            _ => Self { error: StorageError::driver(error), retry: false, lost: false },
        }
    }

    fn reported(reported: &dyn DatabaseError) -> Self {
        let code = reported.code().unwrap_or_default();
        // SQLite reports decimal numbers of at most four digits, PostgreSQL five characters.
        let (retry, lost, unavailable) = if code.len() == 5 { judge_postgres(&code) } else { judge_sqlite(&code) };
        let error = match reported.kind() {
            ErrorKind::UniqueViolation => unique_conflict(reported),
            ErrorKind::ForeignKeyViolation => {
                StorageError::Conflict { table: reported.table().unwrap_or_default().to_owned(), columns: String::new() }
            }
            _ if retry || lost || unavailable => StorageError::unavailable(reported.to_string()),
            _ => StorageError::driver(reported.to_string()),
        };
        Self { error, retry, lost }
    }
}

/// SQLSTATE: whether to retry, whether the connection is lost, whether the database is unavailable.
fn judge_postgres(code: &str) -> (bool, bool, bool) {
    let retry = matches!(code, "40001" | "40P01");
    // Connection failures, shutdown, and a server that was demoted to a replica.
    let lost = code.starts_with("08") || matches!(code, "57P01" | "57P02" | "57P03" | "57P05" | "25006");
    // Out of resources, cancelled by a timeout, no lock in time, failures of its system.
    let unavailable = code.starts_with("53") || code.starts_with("58") || matches!(code, "57014" | "55P03" | "25P03");
    (retry, lost, unavailable)
}

/// Result codes: BUSY, LOCKED, NOMEM, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL and NOTADB are the machine's fault.
fn judge_sqlite(code: &str) -> (bool, bool, bool) {
    let primary = code.parse::<u32>().unwrap_or(0) & 0xff;
    (false, false, matches!(primary, 5..=8 | 10 | 11 | 13..=15 | 26))
}

/// SQLite says `UNIQUE constraint failed: users.username_key`, PostgreSQL `Key (username_key)=(alice) already exists.`
fn unique_conflict(reported: &dyn DatabaseError) -> StorageError {
    if let Some(reported) = reported.try_downcast_ref::<sqlx::postgres::PgDatabaseError>() {
        let columns = reported.detail().and_then(|detail| detail.strip_prefix("Key (")?.split(")=").next()).unwrap_or_default();
        return StorageError::Conflict { table: reported.table().unwrap_or_default().to_owned(), columns: columns.to_owned() };
    }
    let named = reported.message().split_once("failed: ").map_or("", |(_, named)| named);
    let table = named.split('.').next().unwrap_or_default();
    let columns: Vec<&str> = named.split(", ").map(|column| column.rsplit('.').next().unwrap_or(column)).collect();
    StorageError::Conflict { table: table.to_owned(), columns: columns.join(", ") }
}
