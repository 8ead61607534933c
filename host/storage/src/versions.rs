//! Counters that tell other nodes, and other parts of this one, that something changed: whoever caches it looks at the counter.

use std::collections::BTreeMap;

use crate::connection::Connection;
use crate::error::StorageError;
use crate::tx::Tx;

/// Every counter.
pub async fn get_all(connection: &mut Connection) -> Result<BTreeMap<String, u64>, StorageError> {
    let rows = connection.fetch_all("SELECT name, value FROM versions", &[]).await?;
    rows.iter().map(|row| Ok((row.text(0)?, row.number(1)?))).collect()
}

/// Counts a change. Until the commit, other nodes that count under the same name wait: what is read after this is not
/// changed by them.
pub async fn bump(tx: &mut Tx, name: &str) -> Result<u64, StorageError> {
    let sql = "INSERT INTO versions (name, value) VALUES ($1, 1) \
               ON CONFLICT (name) DO UPDATE SET value = versions.value + 1 RETURNING value";
    let row = tx.fetch_optional(sql, &[name.into()]).await?;
    row.ok_or_else(|| StorageError::inconsistent("versions", "value", name))?.number(0)
}
