//! What users allowed clients to see.

use argus_domain::Timestamp;
use argus_domain::grant::Consent;
use argus_domain::ids::{ClientId, UserId};

use crate::client_sessions::scopes as parse_scopes;
use crate::connection::Connection;
use crate::error::StorageError;
use crate::row::{At, Row, from_json, parsed, to_json};
use crate::tx::Tx;

/// What a user allowed a client.
pub async fn find(connection: &mut Connection, user: UserId, client: ClientId) -> Result<Option<Consent>, StorageError> {
    let sql = "SELECT scopes, claims FROM consents WHERE user_id = $1 AND client_id = $2";
    let Some(row) = connection.fetch_optional(sql, &[user.into(), client.into()]).await? else { return Ok(None) };
    consent(&row.text(0)?, &row.text(1)?, user).map(Some)
}

/// What a user allowed, to whom, and when.
pub async fn list_by_user(connection: &mut Connection, user: UserId) -> Result<Vec<(ClientId, Consent, Timestamp)>, StorageError> {
    let sql = "SELECT client_id, scopes, claims, granted_at FROM consents WHERE user_id = $1 ORDER BY granted_at DESC, client_id";
    let entry = |row: &Row| {
        let client = parsed(&row.text(0)?, At("consents", "client_id", &user))?;
        Ok((client, consent(&row.text(1)?, &row.text(2)?, user)?, row.time(3)?))
    };
    connection.fetch_all(sql, &[user.into()]).await?.iter().map(entry).collect()
}

/// Replaces what a user allowed a client.
pub async fn upsert(tx: &mut Tx, user: UserId, client: ClientId, consent: &Consent, now: Timestamp) -> Result<(), StorageError> {
    let sql = "INSERT INTO consents (user_id, client_id, scopes, claims, granted_at) VALUES ($1, $2, $3, $4, $5) \
               ON CONFLICT (user_id, client_id) \
               DO UPDATE SET scopes = excluded.scopes, claims = excluded.claims, granted_at = excluded.granted_at";
    let values = [user.into(), client.into(), consent.scopes.to_string().into(), to_json(&consent.claims)?.into(), now.into()];
    tx.execute(sql, &values).await.map(drop)
}

/// Takes back what a user allowed a client; whether there was anything.
pub async fn revoke(tx: &mut Tx, user: UserId, client: ClientId) -> Result<bool, StorageError> {
    Ok(tx.execute("DELETE FROM consents WHERE user_id = $1 AND client_id = $2", &[user.into(), client.into()]).await? > 0)
}

/// From the stored columns.
pub(crate) fn consent(scopes: &str, claims: &str, user: UserId) -> Result<Consent, StorageError> {
    let at = |column| At("consents", column, &user);
    // A union of consents may be longer than one request's scope parameter is allowed to be, so each token is read by itself.
    let scopes = scopes
        .split(' ')
        .map(|token| parse_scopes(token, at("scopes")))
        .try_fold(argus_domain::scope::ScopeSet::default(), |all, scope| scope.map(|scope| all.union(&scope)))?;
    Ok(Consent { scopes, claims: from_json(claims, at("claims"))? })
}
