//! What running a version of a claim provider in the shadow showed: how often it answered as the current one did, and samples of
//! where it did not. Both go with their version; what is told of one that was deleted meanwhile is dropped.

use argus_domain::Timestamp;
use argus_domain::ids::ClientId;

use crate::connection::Connection;
use crate::error::StorageError;
use crate::row::{At, Row, parsed};
use crate::tx::Tx;

/// How the invocations for one client compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShadowCount {
    /// The client the tokens were for.
    pub client: ClientId,
    /// Both versions answered the same.
    pub equal: u64,
    /// They answered differently.
    pub different: u64,
    /// The version in the shadow failed.
    pub failed: u64,
}

/// An invocation that compared badly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShadowSample {
    /// The client the token was for.
    pub client: ClientId,
    /// The request it was issued in.
    pub correlation_id: String,
    /// When.
    pub at: Timestamp,
    /// JSON: what differs.
    pub changes: String,
    /// The input, encrypted.
    pub sealed: Vec<u8>,
}

/// Adds to the counts of a version for a client.
pub async fn add_counts(tx: &mut Tx, provider: &str, digest: &str, count: &ShadowCount) -> Result<(), StorageError> {
    // Not plain VALUES, which the foreign key would refuse. A version that another node is deleting is still found, and refused
    // when that is done; the writer then runs this again, and it is found no more.
    let sql = "INSERT INTO claim_provider_shadow_counts AS c (provider, digest, client_id, equal, different, failed) \
               SELECT v.provider, v.digest, $3, $4, $5, $6 FROM claim_provider_versions v WHERE v.provider = $1 AND v.digest = $2 \
               ON CONFLICT (provider, digest, client_id) DO UPDATE SET equal = c.equal + excluded.equal, \
               different = c.different + excluded.different, failed = c.failed + excluded.failed";
    let values = [provider.into(), digest.into(), count.client.into(), count.equal.into(), count.different.into(), count.failed.into()];
    tx.execute(sql, &values).await.map(drop)
}

/// The counts of a version, by client.
pub async fn counts(connection: &mut Connection, provider: &str, digest: &str) -> Result<Vec<ShadowCount>, StorageError> {
    let sql = "SELECT client_id, equal, different, failed FROM claim_provider_shadow_counts \
               WHERE provider = $1 AND digest = $2 ORDER BY client_id";
    connection.fetch_all(sql, &[provider.into(), digest.into()]).await?.iter().map(count).collect()
}

/// Keeps a sample, and of those of its version the newest `keep`.
pub async fn add_sample(tx: &mut Tx, provider: &str, digest: &str, sample: &ShadowSample, keep: u32) -> Result<(), StorageError> {
    let sql = "INSERT INTO claim_provider_shadow_samples (provider, digest, client_id, correlation_id, at, changes, sealed) \
               SELECT v.provider, v.digest, $3, $4, $5, $6, $7 FROM claim_provider_versions v WHERE v.provider = $1 AND v.digest = $2";
    let values = [
        provider.into(),
        digest.into(),
        sample.client.into(),
        (&sample.correlation_id).into(),
        sample.at.into(),
        (&sample.changes).into(),
        sample.sealed.as_slice().into(),
    ];
    tx.execute(sql, &values).await?;
    let sql = "DELETE FROM claim_provider_shadow_samples WHERE provider = $1 AND digest = $2 AND id <= \
               (SELECT id FROM claim_provider_shadow_samples WHERE provider = $1 AND digest = $2 ORDER BY id DESC LIMIT 1 OFFSET $3)";
    tx.execute(sql, &[provider.into(), digest.into(), keep.into()]).await.map(drop)
}

/// The samples of a version, the newest first.
pub async fn samples(connection: &mut Connection, provider: &str, digest: &str) -> Result<Vec<ShadowSample>, StorageError> {
    let sql = "SELECT client_id, correlation_id, at, changes, sealed FROM claim_provider_shadow_samples \
               WHERE provider = $1 AND digest = $2 ORDER BY id DESC";
    connection.fetch_all(sql, &[provider.into(), digest.into()]).await?.iter().map(sample).collect()
}

/// Forgets the counts and samples of a version.
pub async fn clear(tx: &mut Tx, provider: &str, digest: &str) -> Result<(), StorageError> {
    for sql in [
        "DELETE FROM claim_provider_shadow_counts WHERE provider = $1 AND digest = $2",
        "DELETE FROM claim_provider_shadow_samples WHERE provider = $1 AND digest = $2",
    ] {
        tx.execute(sql, &[provider.into(), digest.into()]).await?;
    }
    Ok(())
}

fn count(row: &Row) -> Result<ShadowCount, StorageError> {
    let client = row.text(0)?;
    Ok(ShadowCount {
        client: parsed(&client, At("claim_provider_shadow_counts", "client_id", &client))?,
        equal: row.number(1)?,
        different: row.number(2)?,
        failed: row.number(3)?,
    })
}

fn sample(row: &Row) -> Result<ShadowSample, StorageError> {
    let correlation_id = row.text(1)?;
    Ok(ShadowSample {
        client: parsed(&row.text(0)?, At("claim_provider_shadow_samples", "client_id", &correlation_id))?,
        at: row.time(2)?,
        changes: row.text(3)?,
        sealed: row.blob(4)?,
        correlation_id,
    })
}
