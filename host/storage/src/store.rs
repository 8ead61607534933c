//! The handle to the database.

use std::path::Path;

use futures_util::future::BoxFuture;

use crate::connection::Connection;
use crate::error::StorageError;
use crate::migrations::{self, Migrated};
use crate::pool::{Pool, Reader};
use crate::settings::{DatabaseSettings, Opener, Purpose, create_private};
use crate::sql::Engine;
use crate::tx::Tx;
use crate::writer::{self, Queue};

/// The database: a cheap handle to its readers and its writer.
#[derive(Clone)]
pub struct Store {
    opener: Opener,
    node: std::sync::Arc<str>,
    readers: Pool,
    writer: Queue,
}

impl Store {
    /// Opens the database and starts the writer. On SQLite the file is made if need be, for its owner only.
    ///
    /// `node` names this process in the audit trail: each node has a chain of its own. Processes on one SQLite file may share a
    /// name; processes on one PostgreSQL that run at the same time should not, or they wait for each other at every commit.
    pub async fn connect(settings: &DatabaseSettings, node: impl Into<String>) -> Result<Self, StorageError> {
        let node = node.into();
        let opener = Opener::new(settings, &node)?;
        if let Some(file) = opener.file() {
            create_private(file)?;
        }
        let readers = Pool::new(opener.clone(), settings.read_connections);
        drop(readers.acquire().await?);
        let writer = writer::start(opener.clone(), node.clone(), settings.write_queue);
        Ok(Self { opener, node: node.into(), readers, writer })
    }

    /// Brings the schema up to date. Any number of processes may do so at once.
    pub async fn migrate(&self) -> Result<Migrated, StorageError> {
        migrations::migrate(&self.opener).await
    }

    /// The version of the database's schema, and the one this program brings it to.
    pub async fn schema_version(&self) -> Result<(u32, u32), StorageError> {
        Ok((migrations::version(&mut *self.read().await?).await?, migrations::latest()))
    }

    /// A connection for reading. Give it back (drop it) before doing anything else than reading.
    pub async fn read(&self) -> Result<Reader, StorageError> {
        self.readers.acquire().await
    }

    /// Runs `job` in a transaction and returns its result once that is committed.
    ///
    /// The job may run more than once, on a transaction in which nothing of the earlier run is left; so it clones what it needs.
    /// When it returns an error, all it wrote is undone, audit events included, and the caller gets that error. Outcomes of the
    /// business ("the code was already redeemed") are therefore values, not errors. A statement that failed fails the job even
    /// when its error is ignored. Once queued, the job is run even if the caller stops waiting.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] when the database cannot be reached or the outcome of the commit is unknown.
    pub async fn write<T, F>(&self, job: F) -> Result<T, StorageError>
    where
        F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<T, StorageError>> + Send + 'static,
        T: Send + 'static,
    {
        self.writer.write(job).await
    }

    /// Commits what is queued and closes the connections. Every later use fails as unavailable.
    pub async fn close(&self) {
        self.writer.close().await;
        self.readers.close().await;
    }

    /// Asks the database for a sign of life.
    pub async fn ping(&self) -> Result<(), StorageError> {
        self.read().await?.fetch_optional("SELECT 1", &[]).await.map(drop)
    }

    /// Copies the database to a new file while it is in use (SQLite only).
    ///
    /// # Errors
    /// On PostgreSQL, whose own tools do it better; and when the file exists.
    pub async fn backup(&self, path: &Path) -> Result<(), StorageError> {
        if self.engine() == Engine::Postgres {
            return Err(StorageError::Configuration("PostgreSQL is backed up with pg_dump".to_owned()));
        }
        let name = path.to_str().ok_or_else(|| StorageError::Configuration("the path of the copy is not UTF-8".to_owned()))?;
        if path.exists() {
            return Err(StorageError::Configuration(format!("{name} exists")));
        }
        // SQLite fills an empty file that is there; made here, it is readable by its owner only.
        create_private(path)?;
        let copied = self.copy_into(name).await;
        if copied.is_err() {
            // Half a copy is worse than none, and stands in the way of the next.
            drop(std::fs::remove_file(path));
        }
        copied
    }

    async fn copy_into(&self, name: &str) -> Result<(), StorageError> {
        let mut connection = Connection::open(&self.opener, Purpose::Write).await?;
        let copied = connection.execute("VACUUM INTO $1", &[name.into()]).await;
        connection.close().await;
        copied.map(drop)
    }

    /// The engine behind it.
    pub fn engine(&self) -> Engine {
        self.opener.engine()
    }

    /// The name of this process in the audit trail.
    pub fn node(&self) -> &str {
        &self.node
    }
}
