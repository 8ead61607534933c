//! Domains: the top of the hierarchy.

use argus_domain::directory::Domain;
use argus_domain::ids::DomainId;

use crate::connection::Connection;
use crate::error::StorageError;
use crate::row::Row;
use crate::tx::Tx;

/// A domain by its number.
pub async fn find_by_id(connection: &mut Connection, id: DomainId) -> Result<Option<Domain>, StorageError> {
    let row = connection.fetch_optional("SELECT id, shortname, name FROM domains WHERE id = $1", &[id.into()]).await?;
    row.as_ref().map(domain).transpose()
}

/// A domain by its short name.
pub async fn find_by_shortname(connection: &mut Connection, shortname: &str) -> Result<Option<Domain>, StorageError> {
    let row = connection.fetch_optional("SELECT id, shortname, name FROM domains WHERE shortname = $1", &[shortname.into()]).await?;
    row.as_ref().map(domain).transpose()
}

/// All domains, by number.
pub async fn list(connection: &mut Connection) -> Result<Vec<Domain>, StorageError> {
    connection.fetch_all("SELECT id, shortname, name FROM domains ORDER BY id", &[]).await?.iter().map(domain).collect()
}

/// Adds a domain, or renames the one with this short name. A new one gets `id`, or the next free number; the number of one that
/// exists stays as it is, since tokens carry it.
///
/// # Errors
/// [`StorageError::Conflict`] when `id` is another domain's.
pub async fn upsert(tx: &mut Tx, id: Option<DomainId>, shortname: &str, name: &str) -> Result<Domain, StorageError> {
    let row = tx
        .fetch_optional(
            "INSERT INTO domains (id, shortname, name) VALUES (COALESCE($1, (SELECT COALESCE(MAX(id), 0) + 1 FROM domains)), $2, $3) \
             ON CONFLICT (shortname) DO UPDATE SET name = excluded.name RETURNING id, shortname, name",
            &[id.into(), shortname.into(), name.into()],
        )
        .await?;
    row.as_ref().map(domain).transpose()?.ok_or_else(|| StorageError::inconsistent("domains", "shortname", shortname))
}

/// Removes a domain.
///
/// # Errors
/// [`StorageError::Conflict`] when a customer belongs to it.
pub async fn delete(tx: &mut Tx, shortname: &str) -> Result<bool, StorageError> {
    Ok(tx.execute("DELETE FROM domains WHERE shortname = $1", &[shortname.into()]).await? > 0)
}

/// Short name of a customer that belongs to a domain.
pub async fn customer_of(connection: &mut Connection, shortname: &str) -> Result<Option<String>, StorageError> {
    let sql = "SELECT c.shortname FROM customers c JOIN domains d ON d.id = c.domain_id WHERE d.shortname = $1 ORDER BY c.id LIMIT 1";
    connection.fetch_optional(sql, &[shortname.into()]).await?.map(|row| row.text(0)).transpose()
}

fn domain(row: &Row) -> Result<Domain, StorageError> {
    Ok(Domain { id: DomainId::new(row.number(0)?), shortname: row.text(1)?, name: row.text(2)? })
}
