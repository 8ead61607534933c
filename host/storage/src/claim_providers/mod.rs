//! Claim providers: names, and which version behind each is the current one, the one before it, and the one in the shadow.
//!
//! A version has to be approved before it can be promoted or run in the shadow. Promotion and rollback name the version they
//! expect to be current: of two administrators at once, one is told that things have changed.

mod versions;

use argus_domain::Timestamp;

pub use self::versions::{
    Approval, ClaimProviderVersion, NewVersion, approve, component, delete_version, insert_version, version, versions,
};
use crate::connection::Connection;
use crate::error::StorageError;
use crate::row::Row;
use crate::sql::Engine;
use crate::tx::Tx;

/// A claim provider. Versions go by the digest of their component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimProvider {
    /// The name attachments use.
    pub name: String,
    /// Whether it comes with Argus.
    pub builtin: bool,
    /// The version that serves; none before the first is promoted.
    pub current: Option<String>,
    /// The version that the current one replaced: where a rollback leads.
    pub previous: Option<String>,
    /// The version that runs beside the current one, for comparison only.
    pub shadow: Option<String>,
    /// Since when the current one has been current, where that is known.
    pub current_since: Option<Timestamp>,
}

/// A claim provider by its name.
pub async fn find(connection: &mut Connection, name: &str) -> Result<Option<ClaimProvider>, StorageError> {
    let sql = "SELECT name, builtin, current_digest, previous_digest, shadow_digest, current_since FROM claim_providers WHERE name = $1";
    connection.fetch_optional(sql, &[name.into()]).await?.as_ref().map(provider).transpose()
}

/// All claim providers, by name.
pub async fn list(connection: &mut Connection) -> Result<Vec<ClaimProvider>, StorageError> {
    let sql = "SELECT name, builtin, current_digest, previous_digest, shadow_digest, current_since FROM claim_providers ORDER BY name";
    connection.fetch_all(sql, &[]).await?.iter().map(provider).collect()
}

/// Makes an approved version the current one, if `expected` still is. The one it replaces can be rolled back to; one that ran in
/// the shadow does so no longer. False when another is current, `digest` itself is, or it is no approved version of this provider.
pub async fn promote(tx: &mut Tx, name: &str, digest: &str, expected: Option<&str>, now: Timestamp) -> Result<bool, StorageError> {
    one_at_a_time(tx).await?;
    let sql = "UPDATE claim_providers SET previous_digest = current_digest, current_digest = $2, current_since = $4, \
               shadow_digest = NULLIF(shadow_digest, $2) \
               WHERE name = $1 AND current_digest IS NOT DISTINCT FROM $3 AND current_digest IS DISTINCT FROM $2 \
               AND EXISTS (SELECT * FROM claim_provider_versions WHERE provider = $1 AND digest = $2 AND approved_facts IS NOT NULL)";
    Ok(tx.execute(sql, &[name.into(), digest.into(), expected.into(), now.into()]).await? == 1)
}

/// Makes the previous version the current one, if `expected` still is; returns its digest. Nothing is before it then: a version that was
/// left because it failed comes back by promotion only. None when another is current, or there is no previous one.
pub async fn rollback(tx: &mut Tx, name: &str, expected: &str, now: Timestamp) -> Result<Option<String>, StorageError> {
    one_at_a_time(tx).await?;
    let sql = "UPDATE claim_providers SET current_digest = previous_digest, previous_digest = NULL, current_since = $3, \
               shadow_digest = NULLIF(shadow_digest, previous_digest) \
               WHERE name = $1 AND current_digest = $2 AND previous_digest IS NOT NULL RETURNING current_digest";
    tx.fetch_optional(sql, &[name.into(), expected.into(), now.into()]).await?.map(|row| row.text(0)).transpose()
}

/// Runs an approved version that is not the current one in the shadow, or none. False when `digest` is no such version, or there
/// was none to end.
pub async fn set_shadow(tx: &mut Tx, name: &str, digest: Option<&str>) -> Result<bool, StorageError> {
    one_at_a_time(tx).await?;
    let Some(digest) = digest else {
        let sql = "UPDATE claim_providers SET shadow_digest = NULL WHERE name = $1 AND shadow_digest IS NOT NULL";
        return Ok(tx.execute(sql, &[name.into()]).await? == 1);
    };
    let sql = "UPDATE claim_providers SET shadow_digest = $2 WHERE name = $1 AND current_digest IS DISTINCT FROM $2 \
               AND EXISTS (SELECT * FROM claim_provider_versions WHERE provider = $1 AND digest = $2 AND approved_facts IS NOT NULL)";
    Ok(tx.execute(sql, &[name.into(), digest.into()]).await? == 1)
}

/// Removes a claim provider with its versions, their components as far as no other provider has them, and what was counted in the
/// shadow. False when there is none, or it comes with Argus.
pub async fn delete(tx: &mut Tx, name: &str) -> Result<bool, StorageError> {
    one_at_a_time(tx).await?;
    let deleted = tx.execute("DELETE FROM claim_providers WHERE name = $1 AND builtin = 0", &[name.into()]).await? > 0;
    if deleted {
        versions::drop_unused_components(tx).await?;
    }
    Ok(deleted)
}

/// Changes of claim providers wait for each other from here to the commit, as they do on SQLite. They are rare, and a condition
/// on one table that is checked while another node changes the other would hold for neither: a version could be promoted while it
/// is deleted, or a component dropped while it is uploaded again. Nobody who reads waits.
async fn one_at_a_time(tx: &mut Tx) -> Result<(), StorageError> {
    if tx.engine() == Engine::Postgres {
        tx.execute("LOCK TABLE claim_providers IN SHARE ROW EXCLUSIVE MODE", &[]).await?;
    }
    Ok(())
}

fn provider(row: &Row) -> Result<ClaimProvider, StorageError> {
    Ok(ClaimProvider {
        name: row.text(0)?,
        builtin: row.flag(1)?,
        current: row.opt_text(2)?,
        previous: row.opt_text(3)?,
        shadow: row.opt_text(4)?,
        current_since: row.opt_time(5)?,
    })
}
