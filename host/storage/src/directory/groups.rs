//! Groups of users.

use argus_domain::directory::Named;

use crate::connection::Connection;
use crate::error::StorageError;
use crate::row::Row;
use crate::tx::Tx;

/// A group by its short name.
pub async fn find_by_shortname(connection: &mut Connection, shortname: &str) -> Result<Option<Named>, StorageError> {
    let sql = "SELECT id, shortname, name FROM directory_groups WHERE shortname = $1";
    connection.fetch_optional(sql, &[shortname.into()]).await?.as_ref().map(group).transpose()
}

/// All groups, by short name.
pub async fn list(connection: &mut Connection) -> Result<Vec<Named>, StorageError> {
    connection.fetch_all("SELECT id, shortname, name FROM directory_groups ORDER BY shortname", &[]).await?.iter().map(group).collect()
}

/// Adds a group, or renames the one with this short name.
pub async fn upsert(tx: &mut Tx, shortname: &str, name: &str) -> Result<Named, StorageError> {
    let sql = "INSERT INTO directory_groups (shortname, name) VALUES ($1, $2) \
               ON CONFLICT (shortname) DO UPDATE SET name = excluded.name RETURNING id, shortname, name";
    let row = tx.fetch_optional(sql, &[shortname.into(), name.into()]).await?;
    row.as_ref().map(group).transpose()?.ok_or_else(|| StorageError::inconsistent("directory_groups", "shortname", shortname))
}

/// Removes a group and every membership of it.
pub async fn delete(tx: &mut Tx, shortname: &str) -> Result<bool, StorageError> {
    Ok(tx.execute("DELETE FROM directory_groups WHERE shortname = $1", &[shortname.into()]).await? > 0)
}

fn group(row: &Row) -> Result<Named, StorageError> {
    Ok(Named { id: row.number(0)?, shortname: row.text(1)?, name: row.text(2)? })
}
