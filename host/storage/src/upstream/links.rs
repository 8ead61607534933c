//! Who a user of an upstream identity provider is here, and what the connection gives.

use argus_domain::Timestamp;
use argus_domain::ids::{CustomerId, GroupId, UserId};
use argus_domain::secret::SecretHash;

use crate::connection::Connection;
use crate::directory::functions::FunctionId;
use crate::error::StorageError;
use crate::row::{Row, to_json};
use crate::sql::Sql;
use crate::tx::Tx;

/// A link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamLink {
    /// The connection.
    pub slug: String,
    /// Hash over everything that tells the user from others of that identity provider.
    pub identity_hash: SecretHash,
    /// What the identity provider calls the user.
    pub display: String,
    /// The user here.
    pub user: UserId,
    /// Whether the connection made the user.
    pub provisioned: bool,
    /// Since when.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_sign_in_at: Timestamp,
}

/// The link of an identity.
pub async fn find(connection: &mut Connection, slug: &str, identity_hash: &SecretHash) -> Result<Option<UpstreamLink>, StorageError> {
    let sql = "SELECT slug, identity_hash, display, user_id, provisioned, created_at, last_sign_in_at FROM upstream_links \
               WHERE slug = $1 AND identity_hash = $2";
    connection.fetch_optional(sql, &[slug.into(), identity_hash.into()]).await?.as_ref().map(link).transpose()
}

/// The links of a user, by connection.
pub async fn list_by_user(connection: &mut Connection, user: UserId) -> Result<Vec<UpstreamLink>, StorageError> {
    let sql = "SELECT slug, identity_hash, display, user_id, provisioned, created_at, last_sign_in_at FROM upstream_links \
               WHERE user_id = $1 ORDER BY slug, identity_hash";
    connection.fetch_all(sql, &[user.into()]).await?.iter().map(link).collect()
}

/// Makes a link.
///
/// # Errors
/// [`StorageError::Conflict`] when the identity has one.
pub async fn insert(tx: &mut Tx, link: &UpstreamLink) -> Result<(), StorageError> {
    let sql = "INSERT INTO upstream_links (slug, identity_hash, display, user_id, provisioned, created_at, last_sign_in_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let values = [
        (&link.slug).into(),
        (&link.identity_hash).into(),
        (&link.display).into(),
        link.user.into(),
        link.provisioned.into(),
        link.created_at.into(),
        link.last_sign_in_at.into(),
    ];
    tx.execute(sql, &values).await.map(drop)
}

/// Notes that a link was used.
pub async fn touch(tx: &mut Tx, slug: &str, identity_hash: &SecretHash, now: Timestamp) -> Result<(), StorageError> {
    let sql = "UPDATE upstream_links SET last_sign_in_at = $3 WHERE slug = $1 AND identity_hash = $2";
    tx.execute(sql, &[slug.into(), identity_hash.into(), now.into()]).await.map(drop)
}

/// Replaces what a connection gives to a user. What administrators or other connections gave stays as it is.
pub async fn replace_memberships(
    tx: &mut Tx,
    slug: &str,
    user: UserId,
    groups: &[GroupId],
    functions: &[(FunctionId, Option<CustomerId>)],
) -> Result<(), StorageError> {
    for sql in [
        "DELETE FROM group_members WHERE user_id = $1 AND upstream = $2",
        "DELETE FROM function_grants WHERE user_id = $1 AND upstream = $2",
    ] {
        tx.execute(sql, &[user.into(), slug.into()]).await?;
    }
    if !groups.is_empty() {
        let sql = Sql::pair(
            "INSERT INTO group_members (user_id, group_id, upstream) SELECT $1, value, $3 FROM json_each($2) WHERE true \
             ON CONFLICT DO NOTHING",
            "INSERT INTO group_members (user_id, group_id, upstream) \
             SELECT $1, value::bigint, $3 FROM json_array_elements_text($2::json) ON CONFLICT DO NOTHING",
        );
        tx.execute(sql, &[user.into(), to_json(groups)?.into(), slug.into()]).await?;
    }
    if !functions.is_empty() {
        let sql = Sql::pair(
            "INSERT INTO function_grants (user_id, function_id, customer_id, upstream) \
             SELECT $1, json_extract(value, '$[0]'), json_extract(value, '$[1]'), $3 FROM json_each($2) WHERE true \
             ON CONFLICT DO NOTHING",
            "INSERT INTO function_grants (user_id, function_id, customer_id, upstream) \
             SELECT $1, (value->>0)::bigint, (value->>1)::bigint, $3 FROM json_array_elements($2::json) ON CONFLICT DO NOTHING",
        );
        let functions: Vec<(u64, Option<u64>)> =
            functions.iter().map(|(function, customer)| (function.get(), customer.map(CustomerId::get))).collect();
        tx.execute(sql, &[user.into(), to_json(&functions)?.into(), slug.into()]).await?;
    }
    Ok(())
}

fn link(row: &Row) -> Result<UpstreamLink, StorageError> {
    Ok(UpstreamLink {
        slug: row.text(0)?,
        identity_hash: SecretHash::from_stored(row.text(1)?),
        display: row.text(2)?,
        user: UserId::new(row.number(3)?),
        provisioned: row.flag(4)?,
        created_at: row.time(5)?,
        last_sign_in_at: row.time(6)?,
    })
}
