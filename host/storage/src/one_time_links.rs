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
        Some(user) => delete_of_user(tx, user).await?,
        None => tx.execute("DELETE FROM one_time_links WHERE user_id IS NULL", &[]).await.map(drop)?,
    }
    let values = [token.into(), user.into(), expires_at.into()];
    tx.execute("INSERT INTO one_time_links (token_hash, user_id, expires_at) VALUES ($1, $2, $3)", &values).await.map(drop)
}

/// Removes a link that is used, and tells when it would have expired; none where it was used before, or has expired.
pub async fn take(tx: &mut Tx, token: &SecretHash, now: Timestamp) -> Result<Option<Timestamp>, StorageError> {
    let sql = "DELETE FROM one_time_links WHERE token_hash = $1 AND expires_at > $2 RETURNING expires_at";
    tx.fetch_optional(sql, &[token.into(), now.into()]).await?.map(|row| row.time(0)).transpose()
}

/// Puts a link for nobody back that was taken in vain, unless another was made meanwhile.
pub async fn put_back(tx: &mut Tx, token: &SecretHash, expires_at: Timestamp) -> Result<(), StorageError> {
    let sql = "INSERT INTO one_time_links (token_hash, user_id, expires_at) \
               SELECT $1, NULL, $2 WHERE NOT EXISTS (SELECT 1 FROM one_time_links WHERE user_id IS NULL)";
    tx.execute(sql, &[token.into(), expires_at.into()]).await.map(drop)
}

/// Removes the links of a user.
pub(crate) async fn delete_of_user(tx: &mut Tx, user: UserId) -> Result<(), StorageError> {
    tx.execute("DELETE FROM one_time_links WHERE user_id = $1", &[user.into()]).await.map(drop)
}

/// Removes up to `limit` links that have expired.
pub async fn delete_expired(tx: &mut Tx, now: Timestamp, limit: u32) -> Result<u64, StorageError> {
    let sql = "DELETE FROM one_time_links WHERE token_hash IN \
               (SELECT token_hash FROM one_time_links WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)";
    tx.execute(sql, &[now.into(), limit.into()]).await
}
