//! A connection of either engine: the only place where statements meet a driver.
//!
//! Every statement is prepared once per connection and kept. Within a transaction the first failure is remembered: whatever the
//! caller makes of it, nothing further runs and nothing is committed. Outside, where only reads are, a lost connection is
//! replaced once, so that a restart of the database costs no request.

use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};

use crate::error::{Fault, StorageError};
use crate::row::Row;
use crate::settings::{Driver, Opener, Purpose};
use crate::sql::{Engine, Sql};
use crate::value::{Value, postgres_arguments, sqlite_arguments};

/// A connection to the database. What it can do is in the repositories' modules.
pub struct Connection {
    driver: Driver,
    opener: Opener,
    purpose: Purpose,
    in_transaction: bool,
    /// The first failure within the transaction.
    failed: Option<StorageError>,
    retry: bool,
    lost: bool,
}

impl Connection {
    pub(crate) async fn open(opener: &Opener, purpose: Purpose) -> Result<Self, StorageError> {
        let driver = opener.open(purpose).await?;
        Ok(Self { driver, opener: opener.clone(), purpose, in_transaction: false, failed: None, retry: false, lost: false })
    }

    /// The engine behind it.
    pub fn engine(&self) -> Engine {
        match self.driver {
            Driver::Sqlite(_) => Engine::Sqlite,
            Driver::Postgres(_) => Engine::Postgres,
        }
    }

    /// Whether the connection is of no further use.
    pub(crate) fn is_lost(&self) -> bool {
        self.lost
    }

    /// Whether the engine rolled the transaction back in favour of another.
    pub(crate) fn may_retry(&self) -> bool {
        self.retry
    }

    /// The first failure within the transaction.
    pub(crate) fn failure(&self) -> Option<&StorageError> {
        self.failed.as_ref()
    }

    /// Runs a statement; returns the number of rows it touched.
    pub(crate) async fn execute(&mut self, sql: impl Into<Sql>, values: &[Value<'_>]) -> Result<u64, StorageError> {
        let sql = sql.into().of(self.engine());
        self.refuse_after_failure()?;
        let outcome = match &mut self.driver {
            Driver::Sqlite(connection) => {
                let query = sqlx::query_with(sql, sqlite_arguments(values)?);
                query.execute(connection).await.map(|done| done.rows_affected())
            }
            Driver::Postgres(connection) => {
                let query = sqlx::query_with(sql, postgres_arguments(values)?);
                query.execute(connection).await.map(|done| done.rows_affected())
            }
        };
        outcome.map_err(|error| self.note(error))
    }

    /// The first row of a result.
    pub(crate) async fn fetch_optional(&mut self, sql: impl Into<Sql>, values: &[Value<'_>]) -> Result<Option<Row>, StorageError> {
        let sql = sql.into().of(self.engine());
        self.refuse_after_failure()?;
        match self.try_fetch_optional(sql, values).await {
            Err(_) if self.replaceable() => {
                self.replace().await?;
                self.try_fetch_optional(sql, values).await
            }
            outcome => outcome,
        }
    }

    /// All rows of a result.
    pub(crate) async fn fetch_all(&mut self, sql: impl Into<Sql>, values: &[Value<'_>]) -> Result<Vec<Row>, StorageError> {
        let sql = sql.into().of(self.engine());
        self.refuse_after_failure()?;
        match self.try_fetch_all(sql, values).await {
            Err(_) if self.replaceable() => {
                self.replace().await?;
                self.try_fetch_all(sql, values).await
            }
            outcome => outcome,
        }
    }

    async fn try_fetch_optional(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<Option<Row>, StorageError> {
        let outcome = match &mut self.driver {
            Driver::Sqlite(connection) => {
                let query = sqlx::query_with(sql, sqlite_arguments(values)?);
                query.fetch_optional(connection).await.map(|row| row.map(Row::Sqlite))
            }
            Driver::Postgres(connection) => {
                let query = sqlx::query_with(sql, postgres_arguments(values)?);
                query.fetch_optional(connection).await.map(|row| row.map(Row::Postgres))
            }
        };
        outcome.map_err(|error| self.note(error))
    }

    async fn try_fetch_all(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<Row>, StorageError> {
        let outcome = match &mut self.driver {
            Driver::Sqlite(connection) => {
                let query = sqlx::query_with(sql, sqlite_arguments(values)?);
                query.fetch(connection).map_ok(Row::Sqlite).try_collect().await
            }
            Driver::Postgres(connection) => {
                let query = sqlx::query_with(sql, postgres_arguments(values)?);
                query.fetch(connection).map_ok(Row::Postgres).try_collect().await
            }
        };
        outcome.map_err(|error| self.note(error))
    }

    /// Runs several statements without arguments, such as a migration.
    pub(crate) async fn script(&mut self, text: &str) -> Result<(), StorageError> {
        self.refuse_after_failure()?;
        let script = sqlx::raw_sql(AssertSqlSafe(text));
        let outcome = match &mut self.driver {
            Driver::Sqlite(connection) => script.execute(connection).await.map(drop),
            Driver::Postgres(connection) => script.execute(connection).await.map(drop),
        };
        outcome.map_err(|error| self.note(error))
    }

    /// Begins a transaction. On SQLite it takes the write lock at once, waiting for another process if need be: a lock taken
    /// later could no longer be waited for.
    pub(crate) async fn begin(&mut self) -> Result<(), StorageError> {
        self.execute(Sql::pair("BEGIN IMMEDIATE", "BEGIN"), &[]).await?;
        self.in_transaction = true;
        Ok(())
    }

    pub(crate) async fn commit(&mut self) -> Result<(), StorageError> {
        self.execute("COMMIT", &[]).await?;
        self.in_transaction = false;
        Ok(())
    }

    /// Rolls back. A connection on which even that fails is given up: closing it rolls back too.
    pub(crate) async fn roll_back(&mut self) {
        self.failed = None;
        self.retry = false;
        if !self.lost && self.execute("ROLLBACK", &[]).await.is_err() {
            self.lost = true;
        }
        self.failed = None;
        self.in_transaction = false;
    }

    pub(crate) async fn savepoint(&mut self) -> Result<(), StorageError> {
        self.execute("SAVEPOINT job", &[]).await.map(drop)
    }

    pub(crate) async fn release_savepoint(&mut self) -> Result<(), StorageError> {
        self.execute("RELEASE SAVEPOINT job", &[]).await.map(drop)
    }

    /// Undoes what happened since the savepoint, failure included.
    pub(crate) async fn roll_back_to_savepoint(&mut self) -> Result<(), StorageError> {
        self.failed = None;
        self.execute("ROLLBACK TO SAVEPOINT job", &[]).await?;
        self.release_savepoint().await
    }

    /// Ends the connection in good order.
    pub(crate) async fn close(self) {
        let closed = match self.driver {
            Driver::Sqlite(connection) => SqliteConnection::close(connection).await,
            Driver::Postgres(connection) => PgConnection::close(connection).await,
        };
        if let Err(error) = closed {
            tracing::debug!(%error, "a database connection was not closed in good order");
        }
    }

    fn refuse_after_failure(&self) -> Result<(), StorageError> {
        self.failed.clone().map_or(Ok(()), Err)
    }

    fn note(&mut self, error: sqlx::Error) -> StorageError {
        let fault = Fault::of(error);
        self.lost |= fault.lost;
        if self.in_transaction {
            self.retry |= fault.retry;
            self.failed.get_or_insert_with(|| fault.error.clone());
        }
        fault.error
    }

    fn replaceable(&self) -> bool {
        self.lost && !self.in_transaction && self.purpose == Purpose::Read
    }

    async fn replace(&mut self) -> Result<(), StorageError> {
        self.driver = self.opener.open(self.purpose).await?;
        self.lost = false;
        Ok(())
    }
}
