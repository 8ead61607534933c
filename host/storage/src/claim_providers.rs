//! Claim providers: names, and the components behind them by SHA-256 digest. The component lies in the database, so that every
//! node finds it.

use argus_domain::Timestamp;

use crate::connection::Connection;
use crate::error::StorageError;
use crate::row::Row;
use crate::tx::Tx;

/// A claim provider and its current version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimProvider {
    /// The name attachments use.
    pub name: String,
    /// Digest of the current component.
    pub digest: String,
    /// Whether it comes with Argus.
    pub builtin: bool,
}

/// A version that was registered at some time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimProviderVersion {
    /// Digest of the component.
    pub digest: String,
    /// Who registered it.
    pub uploaded_by: String,
    /// When.
    pub uploaded_at: Timestamp,
    /// Size of the component in bytes.
    pub size: u64,
}

/// A version to register.
#[derive(Clone, Copy, Debug)]
pub struct NewVersion<'a> {
    /// The name attachments use.
    pub name: &'a str,
    /// SHA-256 of the component, in the form the caller uses everywhere.
    pub digest: &'a str,
    /// The component.
    pub component: &'a [u8],
    /// Whether it comes with Argus.
    pub builtin: bool,
    /// Who registers it.
    pub by: &'a str,
}

/// A claim provider by its name.
pub async fn find(connection: &mut Connection, name: &str) -> Result<Option<ClaimProvider>, StorageError> {
    let sql = "SELECT name, current_digest, builtin FROM claim_providers WHERE name = $1";
    connection.fetch_optional(sql, &[name.into()]).await?.as_ref().map(provider).transpose()
}

/// All claim providers, by name.
pub async fn list(connection: &mut Connection) -> Result<Vec<ClaimProvider>, StorageError> {
    let sql = "SELECT name, current_digest, builtin FROM claim_providers ORDER BY name";
    connection.fetch_all(sql, &[]).await?.iter().map(provider).collect()
}

/// The component with a digest.
pub async fn component(connection: &mut Connection, digest: &str) -> Result<Option<Vec<u8>>, StorageError> {
    let row = connection.fetch_optional("SELECT component FROM claim_provider_components WHERE digest = $1", &[digest.into()]).await?;
    row.map(|row| row.blob(0)).transpose()
}

/// Every version of a claim provider, the latest first.
pub async fn versions(connection: &mut Connection, name: &str) -> Result<Vec<ClaimProviderVersion>, StorageError> {
    let sql = "SELECT v.digest, v.uploaded_by, v.uploaded_at, k.size FROM claim_provider_versions v \
               JOIN claim_provider_components k ON k.digest = v.digest WHERE v.provider = $1 ORDER BY v.uploaded_at DESC, v.digest";
    let version = |row: &Row| {
        Ok(ClaimProviderVersion { digest: row.text(0)?, uploaded_by: row.text(1)?, uploaded_at: row.time(2)?, size: row.number(3)? })
    };
    connection.fetch_all(sql, &[name.into()]).await?.iter().map(version).collect()
}

/// Registers a version and makes it the current one; whether that changed anything.
pub async fn register(tx: &mut Tx, version: &NewVersion<'_>, now: Timestamp) -> Result<bool, StorageError> {
    let size = u64::try_from(version.component.len()).unwrap_or(u64::MAX);
    let values = [version.digest.into(), version.component.into(), size.into(), now.into()];
    let sql = "INSERT INTO claim_provider_components (digest, component, size, created_at) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (digest) DO NOTHING";
    tx.execute(sql, &values).await?;
    let values = [version.name.into(), version.digest.into(), version.builtin.into()];
    let sql = "INSERT INTO claim_providers (name, current_digest, builtin) VALUES ($1, $2, $3) \
               ON CONFLICT (name) DO UPDATE SET current_digest = excluded.current_digest, builtin = excluded.builtin \
               WHERE claim_providers.current_digest <> excluded.current_digest OR claim_providers.builtin <> excluded.builtin";
    let became_current = tx.execute(sql, &values).await? > 0;
    let values = [version.name.into(), version.digest.into(), version.by.into(), now.into()];
    let sql = "INSERT INTO claim_provider_versions (provider, digest, uploaded_by, uploaded_at) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (provider, digest) DO NOTHING";
    let is_new = tx.execute(sql, &values).await? > 0;
    Ok(became_current || is_new)
}

/// Makes a registered version the current one (promotion, or a way back); false when there is no such version.
pub async fn set_current(tx: &mut Tx, name: &str, digest: &str) -> Result<bool, StorageError> {
    let sql = "UPDATE claim_providers SET current_digest = $2 \
               WHERE name = $1 AND EXISTS (SELECT * FROM claim_provider_versions WHERE provider = $1 AND digest = $2)";
    Ok(tx.execute(sql, &[name.into(), digest.into()]).await? > 0)
}

fn provider(row: &Row) -> Result<ClaimProvider, StorageError> {
    Ok(ClaimProvider { name: row.text(0)?, digest: row.text(1)?, builtin: row.flag(2)? })
}
