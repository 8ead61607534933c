//! What users asked administrators for, for clients of their own.

use argus_domain::Timestamp;
use argus_domain::client_request::{ClientRequest, Wanted};
use argus_domain::ids::ClientId;

use crate::connection::Connection;
use crate::error::StorageError;
use crate::row::{At, Row, from_json, parsed, to_json};
use crate::tx::Tx;

/// Requests that wait, the oldest first.
pub async fn list(connection: &mut Connection) -> Result<Vec<ClientRequest>, StorageError> {
    let sql = "SELECT id, client_id, wanted, requested_at FROM client_requests ORDER BY id";
    connection.fetch_all(sql, &[]).await?.iter().map(request).collect()
}

/// Those for one client, the oldest first.
pub async fn list_by_client(connection: &mut Connection, client: ClientId) -> Result<Vec<ClientRequest>, StorageError> {
    let sql = "SELECT id, client_id, wanted, requested_at FROM client_requests WHERE client_id = $1 ORDER BY id";
    connection.fetch_all(sql, &[client.into()]).await?.iter().map(request).collect()
}

/// One of them.
pub async fn find(connection: &mut Connection, id: u64) -> Result<Option<ClientRequest>, StorageError> {
    let sql = "SELECT id, client_id, wanted, requested_at FROM client_requests WHERE id = $1";
    connection.fetch_optional(sql, &[id.into()]).await?.as_ref().map(request).transpose()
}

/// Adds one.
///
/// # Errors
/// [`StorageError::Conflict`] when the client does not exist.
pub async fn insert(tx: &mut Tx, client: ClientId, wanted: &Wanted, now: Timestamp) -> Result<(), StorageError> {
    let json = to_json(wanted)?;
    let sql = "INSERT INTO client_requests (client_id, wanted, requested_at) VALUES ($1, $2, $3)";
    tx.execute(sql, &[client.into(), (&json).into(), now.into()]).await.map(drop)
}

/// Removes one of a client that was decided; false where somebody else decided it before.
pub async fn delete(tx: &mut Tx, id: u64, client: ClientId) -> Result<bool, StorageError> {
    Ok(tx.execute("DELETE FROM client_requests WHERE id = $1 AND client_id = $2", &[id.into(), client.into()]).await? > 0)
}

fn request(row: &Row) -> Result<ClientRequest, StorageError> {
    let (id, client) = (row.number(0)?, row.text(1)?);
    Ok(ClientRequest {
        id,
        client: parsed(&client, At("client_requests", "client_id", &id))?,
        wanted: from_json(&row.text(2)?, At("client_requests", "wanted", &id))?,
        requested_at: row.time(3)?,
    })
}
