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

/// One counter; 0 when nothing was counted yet.
pub async fn get(connection: &mut Connection, name: &str) -> Result<u64, StorageError> {
    let row = connection.fetch_optional("SELECT value FROM versions WHERE name = $1", &[name.into()]).await?;
    row.map_or(Ok(0), |row| row.number(0))
}

/// Counts a change if nothing was counted since `seen`; false when something was. Another node that counts at the same time waits, and
/// then finds that something was.
pub async fn bump_from(tx: &mut Tx, name: &str, seen: u64) -> Result<bool, StorageError> {
    let changed = if seen == 0 {
        let sql = "INSERT INTO versions (name, value) VALUES ($1, 1) ON CONFLICT (name) DO NOTHING";
        tx.execute(sql, &[name.into()]).await?
    } else {
        tx.execute("UPDATE versions SET value = value + 1 WHERE name = $1 AND value = $2", &[name.into(), seen.into()]).await?
    };
    Ok(changed == 1)
}

/// Counts a change. Until the commit, other nodes that count under the same name wait: what is read after this is not
/// changed by them.
pub async fn bump(tx: &mut Tx, name: &str) -> Result<u64, StorageError> {
    let sql = "INSERT INTO versions (name, value) VALUES ($1, 1) \
               ON CONFLICT (name) DO UPDATE SET value = versions.value + 1 RETURNING value";
    let row = tx.fetch_optional(sql, &[name.into()]).await?;
    row.ok_or_else(|| StorageError::inconsistent("versions", "value", name))?.number(0)
}
