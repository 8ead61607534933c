//! Browsers on their way to an upstream identity provider and back, and assertions that were used.

use argus_domain::Timestamp;
use argus_domain::secret::SecretHash;

use crate::connection::Connection;
use crate::error::StorageError;
use crate::tx::Tx;

/// A browser that is expected back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamRequest {
    /// Hash of the handle that travels as RelayState or `state`.
    pub handle_hash: SecretHash,
    /// The connection.
    pub slug: String,
    /// Address of the browser; empty when it is not known.
    pub address: String,
    /// What is to be remembered of it, sealed.
    pub sealed: Vec<u8>,
    /// When it is not expected any more.
    pub expires_at: Timestamp,
}

/// Remembers a browser, unless `max` of its address are remembered already; whether it was.
pub async fn insert(tx: &mut Tx, request: &UpstreamRequest, now: Timestamp, max: u32) -> Result<bool, StorageError> {
    let count = "SELECT COUNT(*) FROM (SELECT 1 AS one FROM upstream_requests WHERE address = $1 AND expires_at > $2 LIMIT $3) AS live";
    let row = tx.fetch_optional(count, &[(&request.address).into(), now.into(), max.into()]).await?;
    if row.map_or(Ok(0), |row| row.number(0))? >= u64::from(max) {
        return Ok(false);
    }
    let sql = "INSERT INTO upstream_requests (handle_hash, slug, address, sealed, expires_at) VALUES ($1, $2, $3, $4, $5)";
    let values = [
        (&request.handle_hash).into(),
        (&request.slug).into(),
        (&request.address).into(),
        request.sealed.as_slice().into(),
        request.expires_at.into(),
    ];
    tx.execute(sql, &values).await?;
    Ok(true)
}

/// The request of a handle, over a connection. Whether it is still live is the caller's to judge.
pub async fn find(connection: &mut Connection, slug: &str, handle_hash: &SecretHash) -> Result<Option<UpstreamRequest>, StorageError> {
    let sql = "SELECT address, sealed, expires_at FROM upstream_requests WHERE handle_hash = $1 AND slug = $2";
    let Some(row) = connection.fetch_optional(sql, &[handle_hash.into(), slug.into()]).await? else { return Ok(None) };
    Ok(Some(UpstreamRequest {
        handle_hash: handle_hash.clone(),
        slug: slug.to_owned(),
        address: row.text(0)?,
        sealed: row.blob(1)?,
        expires_at: row.time(2)?,
    }))
}

/// Uses a request up; whether it was there to be used.
pub async fn redeem(tx: &mut Tx, handle_hash: &SecretHash) -> Result<bool, StorageError> {
    Ok(tx.execute("DELETE FROM upstream_requests WHERE handle_hash = $1", &[handle_hash.into()]).await? == 1)
}

/// Uses an assertion up, until it is refused by its age; false when it was used before.
pub async fn redeem_assertion(tx: &mut Tx, slug: &str, assertion_hash: &SecretHash, until: Timestamp) -> Result<bool, StorageError> {
    let sql = "INSERT INTO upstream_assertions (slug, assertion_hash, expires_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    Ok(tx.execute(sql, &[slug.into(), assertion_hash.into(), until.into()]).await? == 1)
}
