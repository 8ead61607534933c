//! Functions: named permissions, granted to users for one customer or for every customer.

use crate::connection::Connection;
use crate::error::StorageError;
use crate::row::Row;
use crate::tx::Tx;

/// The number of a function in the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FunctionId(u64);

impl FunctionId {
    /// From the number in the directory.
    pub const fn new(id: u64) -> Self {
        Self(id)
    }

    /// The number in the directory.
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// A function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Number in the directory.
    pub id: FunctionId,
    /// Unique name.
    pub name: String,
    /// For people; may be empty.
    pub description: String,
}

/// A function by its name.
pub async fn find_by_name(connection: &mut Connection, name: &str) -> Result<Option<Function>, StorageError> {
    let row = connection.fetch_optional("SELECT id, name, description FROM functions WHERE name = $1", &[name.into()]).await?;
    row.as_ref().map(function).transpose()
}

/// All functions, by name.
pub async fn list(connection: &mut Connection) -> Result<Vec<Function>, StorageError> {
    connection.fetch_all("SELECT id, name, description FROM functions ORDER BY name", &[]).await?.iter().map(function).collect()
}

/// Adds a function, or changes its description.
pub async fn upsert(tx: &mut Tx, name: &str, description: &str) -> Result<Function, StorageError> {
    let sql = "INSERT INTO functions (name, description) VALUES ($1, $2) \
               ON CONFLICT (name) DO UPDATE SET description = excluded.description RETURNING id, name, description";
    let row = tx.fetch_optional(sql, &[name.into(), description.into()]).await?;
    row.as_ref().map(function).transpose()?.ok_or_else(|| StorageError::inconsistent("functions", "name", name))
}

/// Removes a function and every grant of it.
pub async fn delete(tx: &mut Tx, name: &str) -> Result<bool, StorageError> {
    Ok(tx.execute("DELETE FROM functions WHERE name = $1", &[name.into()]).await? > 0)
}

fn function(row: &Row) -> Result<Function, StorageError> {
    Ok(Function { id: FunctionId(row.number(0)?), name: row.text(1)?, description: row.text(2)? })
}
