//! Everything the directory knows of a user, in one query: the lists come as JSON, aggregated by the database.
//!
//! The columns and joins are macros, so that the queries of grants and sessions can carry a snapshot along.

use std::collections::BTreeMap;

use argus_domain::directory::{DirectorySnapshot, FederatedMemberships, FunctionGrant, Named};
use argus_domain::ids::{SubjectIdentifier, UserId};

use crate::connection::Connection;
use crate::error::StorageError;
use crate::row::{At, Row, from_json};
use crate::sql::{Sql, contains};

/// How many columns a snapshot takes.
pub(crate) const COLUMNS: usize = 21;

/// The columns of a snapshot, for an engine; `u` is the user, `c` the customer, `d` the domain.
macro_rules! snapshot_columns {
    (plain) => {
        "u.id, u.subject, u.username, u.name, u.email, u.email_verified, u.phone, u.phone_verified, u.picture_key, u.admin, \
         u.enabled, u.attributes, c.id, c.shortname, c.name, d.id, d.shortname, d.name, "
    };
    (sqlite) => {
        concat!(
            $crate::users::snapshot::snapshot_columns!(plain),
            "(SELECT json_group_array(json_array(g.id, g.shortname, g.name, m.upstream)) FROM group_members m \
              JOIN directory_groups g ON g.id = m.group_id WHERE m.user_id = u.id), ",
            "(SELECT json_group_array(r.name) FROM user_roles m JOIN roles r ON r.id = m.role_id WHERE m.user_id = u.id), ",
            "(SELECT json_group_array(json_array(f.name, m.customer_id, m.upstream)) FROM function_grants m \
              JOIN functions f ON f.id = m.function_id WHERE m.user_id = u.id)"
        )
    };
    (postgres) => {
        concat!(
            $crate::users::snapshot::snapshot_columns!(plain),
            "(SELECT coalesce(json_agg(json_build_array(g.id, g.shortname, g.name, m.upstream)), '[]')::text FROM group_members m \
              JOIN directory_groups g ON g.id = m.group_id WHERE m.user_id = u.id), ",
            "(SELECT coalesce(json_agg(r.name), '[]')::text FROM user_roles m JOIN roles r ON r.id = m.role_id WHERE m.user_id = u.id), ",
            "(SELECT coalesce(json_agg(json_build_array(f.name, m.customer_id, m.upstream)), '[]')::text FROM function_grants m \
              JOIN functions f ON f.id = m.function_id WHERE m.user_id = u.id)"
        )
    };
}

/// What a query with [`snapshot_columns`] joins to the user `u`.
macro_rules! snapshot_joins {
    () => {
        " LEFT JOIN customers c ON c.id = u.customer_id LEFT JOIN domains d ON d.id = c.domain_id "
    };
}

pub(crate) use {snapshot_columns, snapshot_joins};

macro_rules! select_snapshot {
    ($condition:literal) => {
        Sql::pair(
            concat!("SELECT ", snapshot_columns!(sqlite), " FROM users u", snapshot_joins!(), $condition),
            concat!("SELECT ", snapshot_columns!(postgres), " FROM users u", snapshot_joins!(), $condition),
        )
    };
}

/// A user's snapshot, by number.
pub async fn snapshot(connection: &mut Connection, id: UserId) -> Result<Option<DirectorySnapshot>, StorageError> {
    connection.fetch_optional(select_snapshot!("WHERE u.id = $1"), &[id.into()]).await?.as_ref().map(read).transpose()
}

/// A user's snapshot, by `sub`.
pub async fn snapshot_by_subject(
    connection: &mut Connection,
    subject: &SubjectIdentifier,
) -> Result<Option<DirectorySnapshot>, StorageError> {
    connection.fetch_optional(select_snapshot!("WHERE u.subject = $1"), &[subject.into()]).await?.as_ref().map(read).transpose()
}

/// A user's snapshot, by user name.
pub async fn snapshot_by_username(connection: &mut Connection, username: &str) -> Result<Option<DirectorySnapshot>, StorageError> {
    let values = [super::username_key(username).into()];
    connection.fetch_optional(select_snapshot!("WHERE u.username_key = $1"), &values).await?.as_ref().map(read).transpose()
}

/// The first `limit` users, by number.
pub async fn ids(connection: &mut Connection, limit: u32) -> Result<Vec<UserId>, StorageError> {
    let rows = connection.fetch_all("SELECT id FROM users ORDER BY id LIMIT $1", &[limit.into()]).await?;
    rows.iter().map(|row| row.number(0).map(UserId::new)).collect()
}

/// The snapshots of the users that come after a number, in order of number.
pub async fn list_snapshots(
    connection: &mut Connection,
    after: Option<UserId>,
    limit: u32,
) -> Result<Vec<DirectorySnapshot>, StorageError> {
    let values = [after.unwrap_or(UserId::new(0)).into(), limit.into()];
    connection.fetch_all(select_snapshot!("WHERE u.id > $1 ORDER BY u.id LIMIT $2"), &values).await?.iter().map(read).collect()
}

/// Which users are looked for; what is absent narrows nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct UserFilter<'a> {
    /// A part of the user name, the display name or the e-mail address, whatever the case of its letters.
    pub text: Option<&'a str>,
    /// Short name of a group they are in.
    pub group: Option<&'a str>,
    /// Name of a role they have.
    pub role: Option<&'a str>,
    /// Name of a function they were granted, for whichever customer.
    pub function: Option<&'a str>,
    /// Short name of the customer they belong to.
    pub customer: Option<&'a str>,
}

/// The snapshots of the users that a filter admits, and whose names come after another, in order of name, whatever the case of its
/// letters.
pub async fn list_snapshots_by_username(
    connection: &mut Connection,
    filter: UserFilter<'_>,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<DirectorySnapshot>, StorageError> {
    const ALL: Sql = select_snapshot!("WHERE u.username_key > $1 ORDER BY u.username_key LIMIT $2");
    const FOUND: Sql = select_snapshot!(
        "WHERE u.username_key > $1 AND (u.username_key LIKE $3 ESCAPE '!' OR lower(u.name) LIKE $3 ESCAPE '!' \
         OR lower(u.email) LIKE $3 ESCAPE '!') \
         AND ($4 IS NULL OR u.id IN (SELECT m.user_id FROM group_members m JOIN directory_groups g ON g.id = m.group_id \
         WHERE g.shortname = $4)) \
         AND ($5 IS NULL OR u.id IN (SELECT m.user_id FROM user_roles m JOIN roles r ON r.id = m.role_id WHERE r.name = $5)) \
         AND ($6 IS NULL OR u.id IN (SELECT m.user_id FROM function_grants m JOIN functions f ON f.id = m.function_id \
         WHERE f.name = $6)) \
         AND ($7 IS NULL OR c.shortname = $7) ORDER BY u.username_key LIMIT $2"
    );
    let UserFilter { text, group, role, function, customer } = filter;
    let after = after.map_or(Some(String::new()), super::username_key);
    let rows = if [text, group, role, function, customer].iter().all(Option::is_none) {
        connection.fetch_all(ALL, &[after.into(), limit.into()]).await?
    } else {
        let pattern = contains(&text.unwrap_or_default().to_lowercase());
        let values = [after.into(), limit.into(), pattern.as_str().into(), group.into(), role.into(), function.into(), customer.into()];
        connection.fetch_all(FOUND, &values).await?
    };
    rows.iter().map(read).collect()
}

/// Reads the first [`COLUMNS`] columns of a row. The lists are sorted here, so that both engines sort alike.
pub(crate) fn read(row: &Row) -> Result<DirectorySnapshot, StorageError> {
    let id = row.number(0)?;
    let at = |column| At("users", column, &id);
    let attributes: BTreeMap<String, Vec<String>> = from_json(&row.text(11)?, at("attributes"))?;
    let (groups, federated_groups) = read_groups(from_json(&row.text(18)?, at("groups"))?);
    let mut roles: Vec<String> = from_json(&row.text(19)?, at("roles"))?;
    roles.sort_unstable();
    let (functions, federated_functions) = read_functions(from_json(&row.text(20)?, at("functions"))?);
    Ok(DirectorySnapshot {
        id: UserId::new(id),
        subject: SubjectIdentifier::new(row.text(1)?),
        username: row.text(2)?,
        name: row.text(3)?,
        email: row.opt_text(4)?,
        email_verified: row.flag(5)?,
        phone: row.opt_text(6)?,
        phone_verified: row.flag(7)?,
        customer: named(row, 12)?,
        domain: named(row, 15)?,
        groups,
        roles,
        functions,
        federated: FederatedMemberships { groups: federated_groups, functions: federated_functions },
        attributes,
        picture_key: row.text(8)?,
        admin: row.flag(9)?,
        enabled: row.flag(10)?,
    })
}

/// Number, short name, name, and the connection that gave it.
type StoredGroup = (u64, String, String, Option<String>);

/// All groups, and the short names of those that connections gave.
fn read_groups(mut stored: Vec<StoredGroup>) -> (Vec<Named>, Vec<String>) {
    stored.sort_unstable_by(|a, b| a.1.cmp(&b.1));
    let federated = stored.iter().filter(|group| group.3.is_some()).map(|group| group.1.clone()).collect();
    (stored.into_iter().map(|(id, shortname, name, _)| Named { id, shortname, name }).collect(), federated)
}

/// Name, customer, and the connection that gave it.
type StoredFunction = (String, Option<u64>, Option<String>);

/// All functions, and those that connections gave and nobody else did.
fn read_functions(stored: Vec<StoredFunction>) -> (Vec<FunctionGrant>, Vec<FunctionGrant>) {
    let grant = |(function, customer, _): &StoredFunction| FunctionGrant { function: function.clone(), customer: *customer };
    let given: Vec<FunctionGrant> = stored.iter().filter(|(.., upstream)| upstream.is_none()).map(grant).collect();
    let mut functions: Vec<FunctionGrant> = stored.iter().map(grant).collect();
    functions.sort_unstable();
    functions.dedup();
    let federated = functions.iter().filter(|function| !given.contains(function)).cloned().collect();
    (functions, federated)
}

/// A customer or domain that may be absent.
fn named(row: &Row, first: usize) -> Result<Option<Named>, StorageError> {
    let Some(id) = row.opt_number(first)? else { return Ok(None) };
    Ok(Some(Named { id, shortname: row.text(first + 1)?, name: row.text(first + 2)? }))
}
