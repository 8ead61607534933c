//! Deleting entries of the directory, and finding what keeps one.

use crate::connection::Connection;
use crate::error::StorageError;
use crate::tx::Tx;

/// Short name of a customer that belongs to a domain.
pub async fn customer_of_domain(connection: &mut Connection, domain: &str) -> Result<Option<String>, StorageError> {
    let sql = "SELECT c.shortname FROM customers c JOIN domains d ON d.id = c.domain_id WHERE d.shortname = $1 ORDER BY c.id LIMIT 1";
    connection.fetch_optional(sql, &[domain.into()]).await?.map(|row| row.text(0)).transpose()
}

/// Name of a user who belongs to a customer.
pub async fn user_of_customer(connection: &mut Connection, customer: &str) -> Result<Option<String>, StorageError> {
    let sql = "SELECT u.username FROM users u JOIN customers c ON c.id = u.customer_id WHERE c.shortname = $1 ORDER BY u.id LIMIT 1";
    connection.fetch_optional(sql, &[customer.into()]).await?.map(|row| row.text(0)).transpose()
}

/// Removes a domain.
///
/// # Errors
/// [`StorageError::Conflict`] when a customer belongs to it.
pub async fn delete_domain(tx: &mut Tx, shortname: &str) -> Result<bool, StorageError> {
    Ok(tx.execute("DELETE FROM domains WHERE shortname = $1", &[shortname.into()]).await? > 0)
}

/// Removes a customer, and the grants for it.
///
/// # Errors
/// [`StorageError::Conflict`] when a user belongs to it.
pub async fn delete_customer(tx: &mut Tx, shortname: &str) -> Result<bool, StorageError> {
    Ok(tx.execute("DELETE FROM customers WHERE shortname = $1", &[shortname.into()]).await? > 0)
}

/// Removes a group and every membership of it.
pub async fn delete_group(tx: &mut Tx, shortname: &str) -> Result<bool, StorageError> {
    Ok(tx.execute("DELETE FROM directory_groups WHERE shortname = $1", &[shortname.into()]).await? > 0)
}

/// Removes a role from whoever has it.
pub async fn delete_role(tx: &mut Tx, name: &str) -> Result<bool, StorageError> {
    Ok(tx.execute("DELETE FROM roles WHERE name = $1", &[name.into()]).await? > 0)
}

/// Removes a function and every grant of it.
pub async fn delete_function(tx: &mut Tx, name: &str) -> Result<bool, StorageError> {
    Ok(tx.execute("DELETE FROM functions WHERE name = $1", &[name.into()]).await? > 0)
}
