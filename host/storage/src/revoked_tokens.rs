//! Revoked access tokens: a token's `jti`, or the `sid` of a client session with every token issued on it.

use argus_domain::Timestamp;

use crate::connection::Connection;
use crate::error::StorageError;
use crate::row::{Row, to_json};
use crate::sql::Sql;
use crate::tx::Tx;

/// A revoked id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevokedToken {
    /// `jti` or `sid`.
    pub id: String,
    /// When it was revoked.
    pub revoked_at: Timestamp,
    /// When no token it concerns is live any more.
    pub expires_at: Timestamp,
}

/// Every id that may still concern a live token.
pub async fn list_live(connection: &mut Connection, now: Timestamp) -> Result<Vec<RevokedToken>, StorageError> {
    let sql = "SELECT id, revoked_at, expires_at FROM revoked_tokens WHERE expires_at > $1";
    connection.fetch_all(sql, &[now.into()]).await?.iter().map(revoked).collect()
}

/// The ids revoked at or after a time. Times are those of the revoking node's clock and from before its commit: ask with an
/// overlap that covers both.
pub async fn list_since(connection: &mut Connection, since: Timestamp) -> Result<Vec<RevokedToken>, StorageError> {
    let sql = "SELECT id, revoked_at, expires_at FROM revoked_tokens WHERE revoked_at >= $1 ORDER BY revoked_at";
    connection.fetch_all(sql, &[since.into()]).await?.iter().map(revoked).collect()
}

/// Revokes ids until a time by which every token they concern has expired. Revoking again can only lengthen that.
pub async fn insert(tx: &mut Tx, ids: &[String], now: Timestamp, until: Timestamp) -> Result<(), StorageError> {
    let sql = Sql::pair(
        "INSERT INTO revoked_tokens (id, revoked_at, expires_at) SELECT DISTINCT value, $2, $3 FROM json_each($1) WHERE true \
         ON CONFLICT (id) DO UPDATE SET revoked_at = excluded.revoked_at, expires_at = excluded.expires_at \
         WHERE revoked_tokens.expires_at < excluded.expires_at",
        "INSERT INTO revoked_tokens (id, revoked_at, expires_at) \
         SELECT DISTINCT value, $2::bigint, $3::bigint FROM json_array_elements_text($1::json) \
         ON CONFLICT (id) DO UPDATE SET revoked_at = excluded.revoked_at, expires_at = excluded.expires_at \
         WHERE revoked_tokens.expires_at < excluded.expires_at",
    );
    tx.execute(sql, &[to_json(ids)?.into(), now.into(), until.into()]).await.map(drop)
}

fn revoked(row: &Row) -> Result<RevokedToken, StorageError> {
    Ok(RevokedToken { id: row.text(0)?, revoked_at: row.time(1)?, expires_at: row.time(2)? })
}
