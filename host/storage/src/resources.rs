//! Protected resources: audiences and the scopes they know.

use argus_domain::document::ResourceEntry;

use crate::connection::Connection;
use crate::error::StorageError;
use crate::row::{At, Row, from_json, to_json};
use crate::tx::Tx;

/// A resource by its audience.
pub async fn find(connection: &mut Connection, audience: &str) -> Result<Option<ResourceEntry>, StorageError> {
    let sql = "SELECT audience, name, scopes FROM resources WHERE audience = $1";
    connection.fetch_optional(sql, &[audience.into()]).await?.as_ref().map(resource).transpose()
}

/// All resources, by audience.
pub async fn list(connection: &mut Connection) -> Result<Vec<ResourceEntry>, StorageError> {
    connection.fetch_all("SELECT audience, name, scopes FROM resources ORDER BY audience", &[]).await?.iter().map(resource).collect()
}

/// Adds a resource, or replaces the one with its audience.
pub async fn upsert(tx: &mut Tx, resource: &ResourceEntry) -> Result<(), StorageError> {
    let sql = "INSERT INTO resources (audience, name, scopes) VALUES ($1, $2, $3) \
               ON CONFLICT (audience) DO UPDATE SET name = excluded.name, scopes = excluded.scopes";
    let values = [(&resource.audience).into(), (&resource.name).into(), to_json(&resource.scopes)?.into()];
    tx.execute(sql, &values).await.map(drop)
}

/// Removes a resource.
pub async fn delete(tx: &mut Tx, audience: &str) -> Result<bool, StorageError> {
    Ok(tx.execute("DELETE FROM resources WHERE audience = $1", &[audience.into()]).await? > 0)
}

fn resource(row: &Row) -> Result<ResourceEntry, StorageError> {
    let audience = row.text(0)?;
    let scopes = from_json(&row.text(2)?, At("resources", "scopes", &audience))?;
    Ok(ResourceEntry { name: row.text(1)?, scopes, audience })
}
