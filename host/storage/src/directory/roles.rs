//! Roles: names that users carry.

use crate::connection::Connection;
use crate::error::StorageError;
use crate::row::Row;
use crate::tx::Tx;

/// The number of a role in the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoleId(u64);

impl RoleId {
    /// From the number in the directory.
    pub const fn new(id: u64) -> Self {
        Self(id)
    }

    /// The number in the directory.
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// A role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Number in the directory.
    pub id: RoleId,
    /// Unique name.
    pub name: String,
}

/// A role by its name.
pub async fn find_by_name(connection: &mut Connection, name: &str) -> Result<Option<Role>, StorageError> {
    let row = connection.fetch_optional("SELECT id, name FROM roles WHERE name = $1", &[name.into()]).await?;
    row.as_ref().map(role).transpose()
}

/// All roles, by name.
pub async fn list(connection: &mut Connection) -> Result<Vec<Role>, StorageError> {
    connection.fetch_all("SELECT id, name FROM roles ORDER BY name", &[]).await?.iter().map(role).collect()
}

/// Adds a role if it is not there.
pub async fn upsert(tx: &mut Tx, name: &str) -> Result<Role, StorageError> {
    let sql = "INSERT INTO roles (name) VALUES ($1) ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING id, name";
    let row = tx.fetch_optional(sql, &[name.into()]).await?;
    row.as_ref().map(role).transpose()?.ok_or_else(|| StorageError::inconsistent("roles", "name", name))
}

/// Removes a role, from whoever has it, too.
pub async fn delete(tx: &mut Tx, name: &str) -> Result<bool, StorageError> {
    Ok(tx.execute("DELETE FROM roles WHERE name = $1", &[name.into()]).await? > 0)
}

fn role(row: &Row) -> Result<Role, StorageError> {
    Ok(Role { id: RoleId(row.number(0)?), name: row.text(1)? })
}
