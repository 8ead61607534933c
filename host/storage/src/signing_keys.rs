//! Signing keys. Their private parts arrive here sealed and leave sealed.

use argus_domain::Timestamp;
use argus_domain::signing::{SigningAlgorithm, SigningKeyState, StoredSigningKey};

use crate::connection::Connection;
use crate::error::StorageError;
use crate::row::{At, Row, from_json, to_json};
use crate::tx::Tx;

/// All keys, the oldest first.
pub async fn list(connection: &mut Connection) -> Result<Vec<StoredSigningKey>, StorageError> {
    let sql = "SELECT kid, algorithm, state, private_sealed, public_jwk, created_at, activated_at, retired_at FROM signing_keys \
               ORDER BY created_at, kid";
    connection.fetch_all(sql, &[]).await?.iter().map(key).collect()
}

/// Adds a key.
pub async fn insert(tx: &mut Tx, key: &StoredSigningKey) -> Result<(), StorageError> {
    let sql = "INSERT INTO signing_keys (kid, algorithm, state, private_sealed, public_jwk, created_at, activated_at, retired_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let values = [
        (&key.kid).into(),
        key.algorithm.as_str().into(),
        state_name(key.state).into(),
        key.private_sealed.as_slice().into(),
        to_json(&key.public_jwk)?.into(),
        key.created_at.into(),
        key.activated_at.into(),
        key.retired_at.into(),
    ];
    tx.execute(sql, &values).await.map(drop)
}

/// Moves a key on, if it is still in state `from`; whether it was. No key becomes pending again.
pub async fn set_state(tx: &mut Tx, kid: &str, from: SigningKeyState, to: SigningKeyState, now: Timestamp) -> Result<bool, StorageError> {
    let sql = match to {
        SigningKeyState::Pending => return Ok(false),
        SigningKeyState::Active => "UPDATE signing_keys SET state = $3, activated_at = $4 WHERE kid = $1 AND state = $2",
        SigningKeyState::Retiring => "UPDATE signing_keys SET state = $3, retired_at = $4 WHERE kid = $1 AND state = $2",
    };
    let values = [kid.into(), state_name(from).into(), state_name(to).into(), now.into()];
    Ok(tx.execute(sql, &values).await? == 1)
}

/// Removes a key; whether it was there.
pub async fn remove(tx: &mut Tx, kid: &str) -> Result<bool, StorageError> {
    Ok(tx.execute("DELETE FROM signing_keys WHERE kid = $1", &[kid.into()]).await? > 0)
}

fn state_name(state: SigningKeyState) -> &'static str {
    match state {
        SigningKeyState::Pending => "pending",
        SigningKeyState::Active => "active",
        SigningKeyState::Retiring => "retiring",
    }
}

fn key(row: &Row) -> Result<StoredSigningKey, StorageError> {
    let kid = row.text(0)?;
    let at = |column| At("signing_keys", column, &kid);
    let (activated_at, retired_at) = (row.opt_time(6)?, row.opt_time(7)?);
    let state = match (row.text(2)?.as_str(), activated_at, retired_at) {
        ("pending", None, None) => SigningKeyState::Pending,
        ("active", Some(_), None) => SigningKeyState::Active,
        ("retiring", Some(_), Some(_)) => SigningKeyState::Retiring,
        _ => return Err(at("state").inconsistent()),
    };
    Ok(StoredSigningKey {
        algorithm: SigningAlgorithm::parse(&row.text(1)?).ok_or_else(|| at("algorithm").inconsistent())?,
        state,
        private_sealed: row.blob(3)?,
        public_jwk: from_json(&row.text(4)?, at("public_jwk"))?,
        created_at: row.time(5)?,
        activated_at,
        retired_at,
        kid,
    })
}
