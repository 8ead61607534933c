//! What was refused of late, by connection.

use argus_domain::Timestamp;
use serde::Serialize;

use crate::connection::Connection;
use crate::error::StorageError;
use crate::row::Row;
use crate::tx::Tx;

/// Refusals kept of each connection.
const KEPT: u32 = 20;

/// One that did not get in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpstreamRefusal {
    /// When.
    pub at: Timestamp,
    /// The rule that was broken.
    pub rule: String,
    /// A sentence.
    pub reason: String,
    /// What the user was shown.
    pub correlation_id: String,
}

/// The last refusals of a connection, the latest first.
pub async fn list(connection: &mut Connection, slug: &str) -> Result<Vec<UpstreamRefusal>, StorageError> {
    let sql = "SELECT at, rule, reason, correlation_id FROM upstream_refusals WHERE slug = $1 ORDER BY id DESC LIMIT $2";
    connection.fetch_all(sql, &[slug.into(), KEPT.into()]).await?.iter().map(refusal).collect()
}

/// Adds one, and forgets those that are too many.
pub async fn insert(tx: &mut Tx, slug: &str, refusal: &UpstreamRefusal) -> Result<(), StorageError> {
    let sql = "INSERT INTO upstream_refusals (slug, at, rule, reason, correlation_id) VALUES ($1, $2, $3, $4, $5)";
    let values = [slug.into(), refusal.at.into(), (&refusal.rule).into(), (&refusal.reason).into(), (&refusal.correlation_id).into()];
    tx.execute(sql, &values).await?;
    let sql = "DELETE FROM upstream_refusals WHERE slug = $1 AND id <= \
               (SELECT id FROM upstream_refusals WHERE slug = $1 ORDER BY id DESC LIMIT 1 OFFSET $2)";
    tx.execute(sql, &[slug.into(), KEPT.into()]).await.map(drop)
}

fn refusal(row: &Row) -> Result<UpstreamRefusal, StorageError> {
    Ok(UpstreamRefusal { at: row.time(0)?, rule: row.text(1)?, reason: row.text(2)?, correlation_id: row.text(3)? })
}
