//! Links that let whoever has one choose a password, once.

use argus_domain::Timestamp;
use argus_domain::ids::UserId;
use argus_domain::secret::SecretHash;

use crate::connection::Connection;
use crate::error::StorageError;
use crate::tx::Tx;

/// Whom a link that has not expired is for: a user, or nobody yet.
pub async fn find(connection: &mut Connection, token: &SecretHash, now: Timestamp) -> Result<Option<Option<UserId>>, StorageError> {
    let sql = "SELECT user_id FROM one_time_links WHERE token_hash = $1 AND expires_at > $2";
    let row = connection.fetch_optional(sql, &[token.into(), now.into()]).await?;
    row.map(|row| Ok(row.opt_number(0)?.map(UserId::new))).transpose()
}

/// Adds a link in place of every other one for the same user, or for nobody.
pub async fn replace(tx: &mut Tx, token: &SecretHash, user: Option<UserId>, expires_at: Timestamp) -> Result<(), StorageError> {
    match user {
        Some(user) => tx.execute("DELETE FROM one_time_links WHERE user_id = $1", &[user.into()]).await?,
        None => tx.execute("DELETE FROM one_time_links WHERE user_id IS NULL", &[]).await?,
    };
    let values = [token.into(), user.into(), expires_at.into()];
    tx.execute("INSERT INTO one_time_links (token_hash, user_id, expires_at) VALUES ($1, $2, $3)", &values).await.map(drop)
}

/// Removes a link that is used; false where it was used before, or has expired.
pub async fn take(tx: &mut Tx, token: &SecretHash, now: Timestamp) -> Result<bool, StorageError> {
    let sql = "DELETE FROM one_time_links WHERE token_hash = $1 AND expires_at > $2";
    Ok(tx.execute(sql, &[token.into(), now.into()]).await? > 0)
}

/// Removes up to `limit` links that have expired.
pub async fn delete_expired(tx: &mut Tx, now: Timestamp, limit: u32) -> Result<u64, StorageError> {
    let sql = "DELETE FROM one_time_links WHERE token_hash IN \
               (SELECT token_hash FROM one_time_links WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)";
    tx.execute(sql, &[now.into(), limit.into()]).await
}
