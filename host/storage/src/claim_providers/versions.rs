//! Versions of claim providers, and the components behind them by SHA-256 digest. The component lies in the database, so that
//! every node finds it.

use argus_domain::Timestamp;
use argus_domain::facts::Facts;
use argus_domain::issuance::ProviderMetadata;

use super::one_at_a_time;
use crate::connection::Connection;
use crate::error::StorageError;
use crate::row::{At, Row, from_json, to_json};
use crate::tx::Tx;

/// A version of a claim provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimProviderVersion {
    /// Digest of the component.
    pub digest: String,
    /// Size of the component in bytes.
    pub size: u64,
    /// Who uploaded it.
    pub uploaded_by: String,
    /// When.
    pub uploaded_at: Timestamp,
    /// The network address it came from, when it came over the network.
    pub uploaded_from: Option<String>,
    /// What the component says of itself; none for a version from before this was put on record.
    pub metadata: Option<ProviderMetadata>,
    /// None while it waits.
    pub approval: Option<Approval>,
}

/// An administrator's leave to use a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// What of a user it may be given, at most.
    pub facts: Facts,
    /// Who approved it; `migration` for a version from before approvals, which had every fact.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// A version to insert.
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
    /// Who uploads it, and approves it if that is done at once.
    pub by: &'a str,
    /// The network address it comes from.
    pub from: Option<&'a str>,
    /// What the component says of itself; none when it can be asked at any time.
    pub metadata: Option<&'a ProviderMetadata>,
    /// The facts approved at once; none when the version is to wait.
    pub approved: Option<Facts>,
}

macro_rules! select_version {
    ($condition:literal) => {
        concat!(
            "SELECT v.digest, k.size, v.uploaded_by, v.uploaded_at, v.uploaded_from, v.metadata, v.approved_facts, v.approved_by, \
             v.approved_at FROM claim_provider_versions v JOIN claim_provider_components k ON k.digest = v.digest ",
            $condition
        )
    };
}

/// The component with a digest.
pub async fn component(connection: &mut Connection, digest: &str) -> Result<Option<Vec<u8>>, StorageError> {
    let row = connection.fetch_optional("SELECT component FROM claim_provider_components WHERE digest = $1", &[digest.into()]).await?;
    row.map(|row| row.blob(0)).transpose()
}

/// Every version of a claim provider, the latest first.
pub async fn versions(connection: &mut Connection, name: &str) -> Result<Vec<ClaimProviderVersion>, StorageError> {
    let sql = select_version!("WHERE v.provider = $1 ORDER BY v.uploaded_at DESC, v.digest");
    connection.fetch_all(sql, &[name.into()]).await?.iter().map(read).collect()
}

/// A version of a claim provider by its digest.
pub async fn version(connection: &mut Connection, name: &str, digest: &str) -> Result<Option<ClaimProviderVersion>, StorageError> {
    let sql = select_version!("WHERE v.provider = $1 AND v.digest = $2");
    connection.fetch_optional(sql, &[name.into(), digest.into()]).await?.as_ref().map(read).transpose()
}

/// Adds what is missing of a version, its component and its provider; whether the version is new, or was waiting and is approved
/// by this. An approval that stands is not changed, nor what is current.
///
/// A provider that one of its versions brought with Argus comes with Argus, whoever added the others. A version from before
/// metadata was put on record gets it.
pub async fn insert_version(tx: &mut Tx, version: &NewVersion<'_>, now: Timestamp) -> Result<bool, StorageError> {
    one_at_a_time(tx).await?;
    let size = u64::try_from(version.component.len()).unwrap_or(u64::MAX);
    let values = [version.digest.into(), version.component.into(), size.into(), now.into()];
    let sql = "INSERT INTO claim_provider_components (digest, component, size, created_at) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (digest) DO NOTHING";
    tx.execute(sql, &values).await?;
    let values = [version.name.into(), version.builtin.into()];
    let sql = "INSERT INTO claim_providers (name, builtin) VALUES ($1, $2) \
               ON CONFLICT (name) DO UPDATE SET builtin = 1 WHERE claim_providers.builtin < excluded.builtin";
    tx.execute(sql, &values).await?;
    let metadata = version.metadata.map(to_json).transpose()?;
    let values = [
        version.name.into(),
        version.digest.into(),
        version.by.into(),
        now.into(),
        version.from.into(),
        metadata.as_deref().into(),
        version.approved.as_ref().map(to_json).transpose()?.into(),
        version.approved.map(|_| version.by).into(),
        version.approved.map(|_| now).into(),
    ];
    let sql = "INSERT INTO claim_provider_versions \
               (provider, digest, uploaded_by, uploaded_at, uploaded_from, metadata, approved_facts, approved_by, approved_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (provider, digest) DO UPDATE \
               SET approved_facts = excluded.approved_facts, approved_by = excluded.approved_by, approved_at = excluded.approved_at \
               WHERE claim_provider_versions.approved_facts IS NULL AND excluded.approved_facts IS NOT NULL";
    let is_news = tx.execute(sql, &values).await? > 0;
    let values = [version.name.into(), version.digest.into(), metadata.as_deref().into()];
    let sql = "UPDATE claim_provider_versions SET metadata = $3 WHERE provider = $1 AND digest = $2 AND metadata IS NULL";
    tx.execute(sql, &values).await?;
    Ok(is_news)
}

/// Approves a version, or changes what was approved; false when there is no such version.
pub async fn approve(tx: &mut Tx, name: &str, digest: &str, facts: Facts, by: &str, now: Timestamp) -> Result<bool, StorageError> {
    one_at_a_time(tx).await?;
    let sql = "UPDATE claim_provider_versions SET approved_facts = $3, approved_by = $4, approved_at = $5 \
               WHERE provider = $1 AND digest = $2";
    Ok(tx.execute(sql, &[name.into(), digest.into(), to_json(&facts)?.into(), by.into(), now.into()]).await? == 1)
}

/// Removes a version that is neither current nor in the shadow, its component if no provider has it any more, and what was
/// counted of it in the shadow. False when it is in use, or there is none. Where it was the previous version, there is none then.
pub async fn delete_version(tx: &mut Tx, name: &str, digest: &str) -> Result<bool, StorageError> {
    one_at_a_time(tx).await?;
    let values = [name.into(), digest.into()];
    let sql = "DELETE FROM claim_provider_versions WHERE provider = $1 AND digest = $2 \
               AND NOT EXISTS (SELECT * FROM claim_providers WHERE name = $1 AND (current_digest = $2 OR shadow_digest = $2))";
    if tx.execute(sql, &values).await? == 0 {
        return Ok(false);
    }
    tx.execute("UPDATE claim_providers SET previous_digest = NULL WHERE name = $1 AND previous_digest = $2", &values).await?;
    drop_unused_components(tx).await?;
    Ok(true)
}

/// Removes the components that no version has.
pub(super) async fn drop_unused_components(tx: &mut Tx) -> Result<(), StorageError> {
    let sql = "DELETE FROM claim_provider_components WHERE NOT EXISTS \
               (SELECT * FROM claim_provider_versions v WHERE v.digest = claim_provider_components.digest)";
    tx.execute(sql, &[]).await.map(drop)
}

fn read(row: &Row) -> Result<ClaimProviderVersion, StorageError> {
    let digest = row.text(0)?;
    let at = |column| At("claim_provider_versions", column, &digest);
    let approval = match (row.opt_text(6)?, row.opt_text(7)?, row.opt_time(8)?) {
        (None, None, None) => None,
        (Some(facts), Some(by), Some(time)) => Some(Approval { facts: from_json(&facts, at("approved_facts"))?, by, at: time }),
        _ => return Err(at("approved_facts").inconsistent()),
    };
    Ok(ClaimProviderVersion {
        size: row.number(1)?,
        uploaded_by: row.text(2)?,
        uploaded_at: row.time(3)?,
        uploaded_from: row.opt_text(4)?,
        metadata: row.opt_text(5)?.map(|text| from_json(&text, at("metadata"))).transpose()?,
        approval,
        digest,
    })
}
