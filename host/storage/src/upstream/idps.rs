//! Connections to upstream identity providers.

use argus_domain::Timestamp;
use argus_domain::upstream::UpstreamIdpSettings;

use crate::connection::Connection;
use crate::error::StorageError;
use crate::row::{At, Row, from_json, to_json};
use crate::sql::Sql;
use crate::tx::Tx;

/// A connection as stored.
#[derive(Clone, Debug)]
pub struct StoredUpstreamIdp {
    /// Everything but the client's secret.
    pub settings: UpstreamIdpSettings,
    /// The client's secret there, sealed.
    pub client_secret_sealed: Option<Vec<u8>>,
    /// Metadata that wait for an administrator.
    pub offered_metadata: Option<String>,
    /// When metadata were last asked for.
    pub fetched_at: Option<Timestamp>,
}

macro_rules! select_idps {
    ($condition:literal) => {
        concat!("SELECT slug, settings, client_secret_sealed, offered_metadata, fetched_at FROM upstream_idps ", $condition)
    };
}

/// A connection by its slug.
pub async fn find(connection: &mut Connection, slug: &str) -> Result<Option<StoredUpstreamIdp>, StorageError> {
    connection.fetch_optional(select_idps!("WHERE slug = $1"), &[slug.into()]).await?.as_ref().map(idp).transpose()
}

/// All connections, by slug.
pub async fn list(connection: &mut Connection) -> Result<Vec<StoredUpstreamIdp>, StorageError> {
    connection.fetch_all(select_idps!("ORDER BY slug"), &[]).await?.iter().map(idp).collect()
}

/// Takes the turn to ask for metadata, if nobody has since `before`; whether it is ours.
pub async fn begin_fetch(tx: &mut Tx, slug: &str, before: Timestamp, now: Timestamp) -> Result<bool, StorageError> {
    let sql = "UPDATE upstream_idps SET fetched_at = $3 WHERE slug = $1 AND (fetched_at IS NULL OR fetched_at <= $2)";
    Ok(tx.execute(sql, &[slug.into(), before.into(), now.into()]).await? == 1)
}

/// Keeps metadata for an administrator to look at, or forgets them; whether that is anything new.
pub async fn offer(tx: &mut Tx, slug: &str, metadata: Option<&str>) -> Result<bool, StorageError> {
    let sql = Sql::pair(
        "UPDATE upstream_idps SET offered_metadata = $2 WHERE slug = $1 AND offered_metadata IS NOT $2",
        "UPDATE upstream_idps SET offered_metadata = $2 WHERE slug = $1 AND offered_metadata IS DISTINCT FROM $2",
    );
    Ok(tx.execute(sql, &[slug.into(), metadata.into()]).await? == 1)
}

/// Adds a connection, or replaces the one with its slug. A secret that is not given stays; metadata that waited do not.
pub async fn upsert(
    tx: &mut Tx,
    settings: &UpstreamIdpSettings,
    client_secret_sealed: Option<&[u8]>,
    now: Timestamp,
) -> Result<(), StorageError> {
    let sql = "INSERT INTO upstream_idps (slug, settings, client_secret_sealed, created_at, updated_at) VALUES ($1, $2, $3, $4, $4) \
               ON CONFLICT (slug) DO UPDATE SET settings = excluded.settings, updated_at = excluded.updated_at, offered_metadata = NULL, \
               client_secret_sealed = coalesce(excluded.client_secret_sealed, upstream_idps.client_secret_sealed)";
    let values = [(&settings.slug).into(), to_json(settings)?.into(), client_secret_sealed.into(), now.into()];
    tx.execute(sql, &values).await.map(drop)
}

/// Removes a connection, the links through it, and what it gave to users; whether it was there.
pub async fn delete(tx: &mut Tx, slug: &str) -> Result<bool, StorageError> {
    for sql in [
        "DELETE FROM group_members WHERE upstream = $1",
        "DELETE FROM function_grants WHERE upstream = $1",
        "DELETE FROM upstream_requests WHERE slug = $1",
    ] {
        tx.execute(sql, &[slug.into()]).await?;
    }
    Ok(tx.execute("DELETE FROM upstream_idps WHERE slug = $1", &[slug.into()]).await? > 0)
}

fn idp(row: &Row) -> Result<StoredUpstreamIdp, StorageError> {
    let slug = row.text(0)?;
    Ok(StoredUpstreamIdp {
        settings: from_json(&row.text(1)?, At("upstream_idps", "settings", &slug))?,
        client_secret_sealed: row.opt_blob(2)?,
        offered_metadata: row.opt_text(3)?,
        fetched_at: row.opt_time(4)?,
    })
}
