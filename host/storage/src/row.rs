//! Rows of either engine, read by column number, and the conversions that refuse what cannot be.

use argus_domain::Timestamp;
use serde::de::DeserializeOwned;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Postgres, Row as _, Sqlite, Type};

use crate::error::StorageError;

/// One row of a result.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    fn get<T>(&self, column: usize) -> Result<T, StorageError>
    where
        T: for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>,
    {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        }
        .map_err(StorageError::driver)
    }

    pub(crate) fn text(&self, column: usize) -> Result<String, StorageError> {
        self.get(column)
    }

    pub(crate) fn opt_text(&self, column: usize) -> Result<Option<String>, StorageError> {
        self.get(column)
    }

    pub(crate) fn int(&self, column: usize) -> Result<i64, StorageError> {
        self.get(column)
    }

    pub(crate) fn opt_int(&self, column: usize) -> Result<Option<i64>, StorageError> {
        self.get(column)
    }

    pub(crate) fn blob(&self, column: usize) -> Result<Vec<u8>, StorageError> {
        self.get(column)
    }

    pub(crate) fn opt_blob(&self, column: usize) -> Result<Option<Vec<u8>>, StorageError> {
        self.get(column)
    }

    pub(crate) fn flag(&self, column: usize) -> Result<bool, StorageError> {
        Ok(self.int(column)? != 0)
    }

    pub(crate) fn time(&self, column: usize) -> Result<Timestamp, StorageError> {
        self.int(column).map(Timestamp::from_unix_millis)
    }

    pub(crate) fn opt_time(&self, column: usize) -> Result<Option<Timestamp>, StorageError> {
        Ok(self.opt_int(column)?.map(Timestamp::from_unix_millis))
    }

    /// A count or a number of the directory: never negative.
    pub(crate) fn number(&self, column: usize) -> Result<u64, StorageError> {
        u64::try_from(self.int(column)?).map_err(StorageError::driver)
    }

    pub(crate) fn opt_number(&self, column: usize) -> Result<Option<u64>, StorageError> {
        self.opt_int(column)?.map(u64::try_from).transpose().map_err(StorageError::driver)
    }
}

/// Names a value in a row for an error message: table, column, and the row's key.
#[derive(Clone, Copy)]
pub(crate) struct At<'a>(pub(crate) &'static str, pub(crate) &'static str, pub(crate) &'a dyn std::fmt::Display);

impl At<'_> {
    pub(crate) fn inconsistent(self) -> StorageError {
        StorageError::inconsistent(self.0, self.1, self.2)
    }
}

/// A value with a text form.
pub(crate) fn parsed<T: std::str::FromStr>(text: &str, at: At<'_>) -> Result<T, StorageError> {
    text.parse().map_err(|_| at.inconsistent())
}

/// A value stored as JSON.
pub(crate) fn from_json<T: DeserializeOwned>(text: &str, at: At<'_>) -> Result<T, StorageError> {
    serde_json::from_str(text).map_err(|_| at.inconsistent())
}

/// The JSON to store. Domain types serialise without fail; a map with keys that are no text would be a defect.
pub(crate) fn to_json<T: serde::Serialize + ?Sized>(value: &T) -> Result<String, StorageError> {
    serde_json::to_string(value).map_err(StorageError::driver)
}
