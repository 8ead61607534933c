//! Customers: the organisations whose users sign in here.

use argus_domain::directory::Customer;
use argus_domain::ids::{CustomerId, DomainId};

use crate::connection::Connection;
use crate::error::StorageError;
use crate::row::Row;
use crate::tx::Tx;

/// A customer by its number.
pub async fn find_by_id(connection: &mut Connection, id: CustomerId) -> Result<Option<Customer>, StorageError> {
    let row = connection.fetch_optional("SELECT id, domain_id, shortname, name FROM customers WHERE id = $1", &[id.into()]).await?;
    row.as_ref().map(customer).transpose()
}

/// A customer by its short name.
pub async fn find_by_shortname(connection: &mut Connection, shortname: &str) -> Result<Option<Customer>, StorageError> {
    let sql = "SELECT id, domain_id, shortname, name FROM customers WHERE shortname = $1";
    connection.fetch_optional(sql, &[shortname.into()]).await?.as_ref().map(customer).transpose()
}

/// All customers, by number.
pub async fn list(connection: &mut Connection) -> Result<Vec<Customer>, StorageError> {
    connection.fetch_all("SELECT id, domain_id, shortname, name FROM customers ORDER BY id", &[]).await?.iter().map(customer).collect()
}

/// Adds a customer, or changes domain and name of the one with this short name. A new one gets `id`, or the next free number;
/// the number of one that exists stays as it is, since tokens carry it.
///
/// # Errors
/// [`StorageError::Conflict`] when `id` is another customer's, or the domain does not exist.
pub async fn upsert(tx: &mut Tx, id: Option<CustomerId>, domain: DomainId, shortname: &str, name: &str) -> Result<Customer, StorageError> {
    let row = tx
        .fetch_optional(
            "INSERT INTO customers (id, domain_id, shortname, name) \
             VALUES (COALESCE($1, (SELECT COALESCE(MAX(id), 0) + 1 FROM customers)), $2, $3, $4) \
             ON CONFLICT (shortname) DO UPDATE SET domain_id = excluded.domain_id, name = excluded.name \
             RETURNING id, domain_id, shortname, name",
            &[id.into(), domain.into(), shortname.into(), name.into()],
        )
        .await?;
    row.as_ref().map(customer).transpose()?.ok_or_else(|| StorageError::inconsistent("customers", "shortname", shortname))
}

/// Removes a customer, and the grants for it.
///
/// # Errors
/// [`StorageError::Conflict`] when a user belongs to it.
pub async fn delete(tx: &mut Tx, shortname: &str) -> Result<bool, StorageError> {
    Ok(tx.execute("DELETE FROM customers WHERE shortname = $1", &[shortname.into()]).await? > 0)
}

/// Name of a user who belongs to a customer.
pub async fn user_of(connection: &mut Connection, shortname: &str) -> Result<Option<String>, StorageError> {
    let sql = "SELECT u.username FROM users u JOIN customers c ON c.id = u.customer_id WHERE c.shortname = $1 ORDER BY u.id LIMIT 1";
    connection.fetch_optional(sql, &[shortname.into()]).await?.map(|row| row.text(0)).transpose()
}

fn customer(row: &Row) -> Result<Customer, StorageError> {
    Ok(Customer { id: CustomerId::new(row.number(0)?), domain: DomainId::new(row.number(1)?), shortname: row.text(2)?, name: row.text(3)? })
}
