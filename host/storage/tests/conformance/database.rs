//! A database of one test, and a way to it behind the store's back.

use std::path::PathBuf;
use std::str::FromStr;

use argus_storage::{DatabaseSettings, Engine, Store};
use sqlx::postgres::{PgConnectOptions, PgRow};
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{AssertSqlSafe, ConnectOptions, PgConnection, Row, SqliteConnection};
use tempfile::TempDir;

/// An empty database that nobody else uses.
pub(crate) struct Database {
    pub(crate) url: String,
    pub(crate) engine: Engine,
    /// Where the file of SQLite is.
    directory: Option<TempDir>,
}

/// A connection that is not the store's.
enum Outsider {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Database {
    pub(crate) fn sqlite() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", directory.path().join("argus.db").display());
        Self { url, engine: Engine::Sqlite, directory: Some(directory) }
    }

    /// None where tests on PostgreSQL are left out, which is said.
    pub(crate) fn postgres() -> Option<Self> {
        let url = argus_test_postgres::database()?;
        Some(Self { url, engine: Engine::Postgres, directory: None })
    }

    /// A file in the directory of the database.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.directory.as_ref().unwrap().path().join(name)
    }

    /// A store on this database, with the schema in place.
    pub(crate) async fn store(&self) -> Store {
        self.node("main").await
    }

    /// A store as another process would have it.
    pub(crate) async fn node(&self, name: &str) -> Store {
        let store = self.open(name).await;
        store.migrate().await.unwrap();
        store
    }

    /// A store on this database as it is.
    pub(crate) async fn open(&self, name: &str) -> Store {
        Store::connect(&DatabaseSettings::new(self.url.clone()), name).await.unwrap()
    }

    /// Runs statements behind the store's back; returns how many rows they touched.
    pub(crate) async fn run(&self, sql: &str) -> u64 {
        let script = sqlx::raw_sql(AssertSqlSafe(sql));
        match self.connect().await {
            Outsider::Sqlite(mut connection) => script.execute(&mut connection).await.unwrap().rows_affected(),
            Outsider::Postgres(mut connection) => script.execute(&mut connection).await.unwrap().rows_affected(),
        }
    }

    /// Whether the database refuses a statement.
    pub(crate) async fn refuses(&self, sql: &str) -> bool {
        let script = sqlx::raw_sql(AssertSqlSafe(sql));
        match self.connect().await {
            Outsider::Sqlite(mut connection) => script.execute(&mut connection).await.is_err(),
            Outsider::Postgres(mut connection) => script.execute(&mut connection).await.is_err(),
        }
    }

    /// The numbers in the first column of an answer.
    pub(crate) async fn numbers(&self, sql: &str) -> Vec<i64> {
        let script = sqlx::raw_sql(AssertSqlSafe(sql));
        match self.connect().await {
            Outsider::Sqlite(mut connection) => {
                script.fetch_all(&mut connection).await.unwrap().iter().map(|row: &SqliteRow| row.get(0)).collect()
            }
            Outsider::Postgres(mut connection) => {
                script.fetch_all(&mut connection).await.unwrap().iter().map(|row: &PgRow| row.get(0)).collect()
            }
        }
    }

    /// The number that is the answer.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        let numbers = self.numbers(sql).await;
        assert_eq!(numbers.len(), 1, "{sql}");
        numbers[0]
    }

    /// How many rows a table has.
    pub(crate) async fn count(&self, table: &str) -> i64 {
        self.number(&format!("SELECT COUNT(*) FROM {table}")).await
    }

    async fn connect(&self) -> Outsider {
        match self.engine {
            Engine::Sqlite => Outsider::Sqlite(SqliteConnectOptions::from_str(&self.url).unwrap().connect().await.unwrap()),
            Engine::Postgres => Outsider::Postgres(PgConnectOptions::from_str(&self.url).unwrap().connect().await.unwrap()),
        }
    }
}
