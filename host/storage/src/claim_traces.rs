//! What claim providers said while they ran, and, where that was asked for, what they were given. Both are found by the request, what
//! they said by the provider as well; both outlive the version they tell of, and are swept.

use argus_domain::Timestamp;
use argus_domain::claim::Target;
use argus_domain::ids::ClientId;

use crate::connection::Connection;
use crate::error::StorageError;
use crate::row::{At, Row, parsed};
use crate::tx::Tx;

/// The log of one invocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedInvocation {
    /// Name of the claim provider.
    pub provider: String,
    /// Digest of its version.
    pub digest: String,
    /// The client the token was for.
    pub client: ClientId,
    /// The request it was issued in.
    pub correlation_id: String,
    /// The place of the attachment among those of the client, from 0.
    pub attachment: u64,
    /// The token.
    pub target: Target,
    /// When.
    pub at: Timestamp,
    /// JSON: the lines, in order.
    pub lines: String,
}

/// The input of one invocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedInput {
    /// The request the token was issued in.
    pub correlation_id: String,
    /// The place of the attachment among those of the client, from 0.
    pub attachment: u64,
    /// The token.
    pub target: Target,
    /// The client the token was for.
    pub client: ClientId,
    /// Name of the claim provider.
    pub provider: String,
    /// Digest of its version.
    pub digest: String,
    /// The input, encrypted.
    pub sealed: Vec<u8>,
    /// When.
    pub at: Timestamp,
    /// From when on nobody gets to see it.
    pub expires_at: Timestamp,
}

macro_rules! select_log {
    ($condition:literal) => {
        concat!("SELECT provider, digest, client_id, correlation_id, attachment, target, at, lines FROM claim_provider_logs ", $condition)
    };
}

macro_rules! select_input {
    ($condition:literal) => {
        concat!(
            "SELECT correlation_id, attachment, target, client_id, provider, digest, sealed, at, expires_at FROM recorded_inputs ",
            $condition
        )
    };
}

/// Keeps the log of an invocation.
pub async fn insert_log(tx: &mut Tx, log: &LoggedInvocation) -> Result<(), StorageError> {
    let sql = "INSERT INTO claim_provider_logs (provider, digest, client_id, correlation_id, attachment, target, at, lines) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let values = [
        (&log.provider).into(),
        (&log.digest).into(),
        log.client.into(),
        (&log.correlation_id).into(),
        log.attachment.into(),
        log.target.as_str().into(),
        log.at.into(),
        (&log.lines).into(),
    ];
    tx.execute(sql, &values).await.map(drop)
}

/// The last `limit` logs of a claim provider, the newest first.
pub async fn logs_of_provider(connection: &mut Connection, provider: &str, limit: u32) -> Result<Vec<LoggedInvocation>, StorageError> {
    let sql = select_log!("WHERE provider = $1 ORDER BY id DESC LIMIT $2");
    connection.fetch_all(sql, &[provider.into(), limit.into()]).await?.iter().map(log).collect()
}

/// The logs of a request, in order.
pub async fn logs_of_request(connection: &mut Connection, correlation_id: &str) -> Result<Vec<LoggedInvocation>, StorageError> {
    let sql = select_log!("WHERE correlation_id = $1 ORDER BY id");
    connection.fetch_all(sql, &[correlation_id.into()]).await?.iter().map(log).collect()
}

/// Keeps the input of an invocation, in place of one with the same request, attachment and target.
pub async fn insert_input(tx: &mut Tx, input: &RecordedInput) -> Result<(), StorageError> {
    let sql = "INSERT INTO recorded_inputs \
               (correlation_id, attachment, target, client_id, provider, digest, sealed, at, expires_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (correlation_id, attachment, target) DO UPDATE \
               SET client_id = excluded.client_id, provider = excluded.provider, digest = excluded.digest, sealed = excluded.sealed, \
               at = excluded.at, expires_at = excluded.expires_at";
    let values = [
        (&input.correlation_id).into(),
        input.attachment.into(),
        input.target.as_str().into(),
        input.client.into(),
        (&input.provider).into(),
        (&input.digest).into(),
        input.sealed.as_slice().into(),
        input.at.into(),
        input.expires_at.into(),
    ];
    tx.execute(sql, &values).await.map(drop)
}

/// Deletes what was recorded for a client: it wants no recordings any more.
pub async fn delete_inputs(tx: &mut Tx, client: ClientId) -> Result<u64, StorageError> {
    tx.execute("DELETE FROM recorded_inputs WHERE client_id = $1", &[client.into()]).await
}

/// The inputs of a request that have not expired, by attachment and target.
pub async fn inputs_of_request(
    connection: &mut Connection,
    correlation_id: &str,
    now: Timestamp,
) -> Result<Vec<RecordedInput>, StorageError> {
    let sql = select_input!("WHERE correlation_id = $1 AND expires_at > $2 ORDER BY attachment, target");
    connection.fetch_all(sql, &[correlation_id.into(), now.into()]).await?.iter().map(input).collect()
}

fn log(row: &Row) -> Result<LoggedInvocation, StorageError> {
    let correlation_id = row.text(3)?;
    let at = |column| At("claim_provider_logs", column, &correlation_id);
    Ok(LoggedInvocation {
        provider: row.text(0)?,
        digest: row.text(1)?,
        client: parsed(&row.text(2)?, at("client_id"))?,
        attachment: row.number(4)?,
        target: target(&row.text(5)?, at("target"))?,
        at: row.time(6)?,
        lines: row.text(7)?,
        correlation_id,
    })
}

fn input(row: &Row) -> Result<RecordedInput, StorageError> {
    let correlation_id = row.text(0)?;
    let at = |column| At("recorded_inputs", column, &correlation_id);
    Ok(RecordedInput {
        attachment: row.number(1)?,
        target: target(&row.text(2)?, at("target"))?,
        client: parsed(&row.text(3)?, at("client_id"))?,
        provider: row.text(4)?,
        digest: row.text(5)?,
        sealed: row.blob(6)?,
        at: row.time(7)?,
        expires_at: row.time(8)?,
        correlation_id,
    })
}

fn target(text: &str, at: At<'_>) -> Result<Target, StorageError> {
    let targets = [Target::IdToken, Target::Userinfo, Target::AccessToken];
    targets.into_iter().find(|target| target.as_str() == text).ok_or_else(|| at.inconsistent())
}
