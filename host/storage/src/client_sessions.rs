//! Client sessions and the refresh tokens that live on them.
//!
//! Whatever revokes sessions revokes the grants that were not redeemed first: of a redemption on another node at the same time,
//! either the grant is found, or the session it opened.

use argus_domain::Timestamp;
use argus_domain::directory::DirectorySnapshot;
use argus_domain::grant::{ClientSession, RefreshTokenFamily};
use argus_domain::ids::{BrowserSessionId, ClientId, ClientSessionId, UserId};
use argus_domain::scope::ScopeSet;

use crate::authorization_grants;
use crate::connection::Connection;
use crate::error::StorageError;
use crate::row::{At, Row, from_json, parsed, to_json};
use crate::sql::Sql;
use crate::tx::Tx;
use crate::users::snapshot::{self, snapshot_columns, snapshot_joins};
use crate::value::Value;

macro_rules! session_columns {
    () => {
        "s.id, s.client_id, s.user_id, s.browser_session_id, s.scopes, s.sign_in, s.created_at, s.expires_at, s.revoked_at, \
         s.refresh_generation, s.refresh_rotated_at, s.refresh_successor"
    };
}

macro_rules! select_with_snapshot {
    ($engine:ident) => {
        concat!(
            "SELECT ",
            snapshot_columns!($engine),
            ", ",
            session_columns!(),
            " FROM client_sessions s JOIN users u ON u.id = s.user_id",
            snapshot_joins!(),
            "WHERE s.id = $1"
        )
    };
}

/// A session by its id. Whether it is still live is the caller's to judge.
pub async fn find(connection: &mut Connection, id: ClientSessionId) -> Result<Option<ClientSession>, StorageError> {
    let sql = concat!("SELECT ", session_columns!(), " FROM client_sessions s WHERE s.id = $1");
    connection.fetch_optional(sql, &[id.into()]).await?.map(|row| session(&row, 0)).transpose()
}

/// A session and everything the directory knows of its user, in one query.
pub async fn find_with_snapshot(
    connection: &mut Connection,
    id: ClientSessionId,
) -> Result<Option<(ClientSession, DirectorySnapshot)>, StorageError> {
    const SELECT: Sql = Sql::pair(select_with_snapshot!(sqlite), select_with_snapshot!(postgres));
    let Some(row) = connection.fetch_optional(SELECT, &[id.into()]).await? else { return Ok(None) };
    Ok(Some((session(&row, snapshot::COLUMNS)?, snapshot::read(&row)?)))
}

/// The sessions of a user that were not revoked, the latest first.
pub async fn list_by_user(connection: &mut Connection, user: UserId) -> Result<Vec<ClientSession>, StorageError> {
    let sql = concat!(
        "SELECT ",
        session_columns!(),
        " FROM client_sessions s WHERE s.user_id = $1 AND s.revoked_at IS NULL ORDER BY s.created_at DESC, s.id"
    );
    connection.fetch_all(sql, &[user.into()]).await?.iter().map(|row| session(row, 0)).collect()
}

/// Users who have signed in to a client, the latest first.
pub async fn users_of_client(connection: &mut Connection, client: ClientId, limit: u32) -> Result<Vec<UserId>, StorageError> {
    let sql = "SELECT user_id FROM client_sessions WHERE client_id = $1 GROUP BY user_id ORDER BY MAX(id) DESC LIMIT $2";
    let rows = connection.fetch_all(sql, &[client.into(), limit.into()]).await?;
    rows.iter().map(|row| row.number(0).map(UserId::new)).collect()
}

/// Opens a session.
pub async fn insert(tx: &mut Tx, session: &ClientSession) -> Result<(), StorageError> {
    let sql = "INSERT INTO client_sessions (id, client_id, user_id, browser_session_id, scopes, sign_in, created_at, expires_at, \
               revoked_at, refresh_generation, refresh_rotated_at, refresh_successor) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let refresh = session.refresh.as_ref();
    let values = [
        session.id.into(),
        session.client.into(),
        session.user.into(),
        session.browser_session.into(),
        session.scopes.to_string().into(),
        to_json(&session.sign_in)?.into(),
        session.created_at.into(),
        session.expires_at.into(),
        session.revoked_at.into(),
        refresh.map(|family| family.generation).into(),
        refresh.map(|family| family.rotated_at).into(),
        refresh.and_then(|family| family.successor.as_deref()).into(),
    ];
    tx.execute(sql, &values).await.map(drop)
}

/// Replaces the refresh token of generation `expected` by its successor: true for the one caller whose successor counts, false
/// when somebody was faster or the session was revoked or has expired.
pub async fn rotate(tx: &mut Tx, id: ClientSessionId, expected: u64, now: Timestamp, successor: &[u8]) -> Result<bool, StorageError> {
    let sql = "UPDATE client_sessions SET refresh_generation = refresh_generation + 1, refresh_rotated_at = $3, refresh_successor = $4 \
               WHERE id = $1 AND refresh_generation = $2 AND revoked_at IS NULL AND expires_at > $3";
    Ok(tx.execute(sql, &[id.into(), expected.into(), now.into(), successor.into()]).await? == 1)
}

/// Revokes a session; false when there is none, or it was revoked before.
pub async fn revoke(tx: &mut Tx, id: ClientSessionId, now: Timestamp) -> Result<bool, StorageError> {
    let sql = "UPDATE client_sessions SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
    Ok(tx.execute(sql, &[id.into(), now.into()]).await? == 1)
}

/// Revokes every session of a user, and the grants that would open another; returns which sessions.
pub async fn revoke_by_user(tx: &mut Tx, user: UserId, now: Timestamp) -> Result<Vec<ClientSessionId>, StorageError> {
    authorization_grants::revoke_by_user(tx, user, now).await?;
    let sql = "UPDATE client_sessions SET revoked_at = $2 WHERE user_id = $1 AND revoked_at IS NULL RETURNING id";
    revoked(tx, sql, &[user.into(), now.into()]).await
}

/// Revokes every session that rests on a sign-in at an upstream identity provider, and the grants that would open another; returns
/// which. Whoever signed in there has a link.
pub async fn revoke_by_upstream(tx: &mut Tx, slug: &str, now: Timestamp) -> Result<Vec<ClientSessionId>, StorageError> {
    authorization_grants::revoke_by_upstream(tx, slug, now).await?;
    let sql = Sql::pair(
        "UPDATE client_sessions SET revoked_at = $2 WHERE user_id IN (SELECT user_id FROM upstream_links WHERE slug = $1) \
         AND json_extract(sign_in, '$.federated_by') = $1 AND revoked_at IS NULL RETURNING id",
        "UPDATE client_sessions SET revoked_at = $2 WHERE user_id IN (SELECT user_id FROM upstream_links WHERE slug = $1) \
         AND sign_in::json->>'federated_by' = $1 AND revoked_at IS NULL RETURNING id",
    );
    revoked(tx, sql, &[slug.into(), now.into()]).await
}

/// Revokes every session of a user but those opened from one browser session, and the grants that would open another; returns which.
pub async fn revoke_by_user_but(
    tx: &mut Tx,
    user: UserId,
    keep: BrowserSessionId,
    now: Timestamp,
) -> Result<Vec<ClientSessionId>, StorageError> {
    authorization_grants::revoke_by_user_but(tx, user, keep, now).await?;
    let sql = "UPDATE client_sessions SET revoked_at = $3 WHERE user_id = $1 AND browser_session_id <> $2 AND revoked_at IS NULL \
               RETURNING id";
    revoked(tx, sql, &[user.into(), keep.into(), now.into()]).await
}

/// Revokes every session of a client, and the grants that would open another; returns which sessions.
pub async fn revoke_by_client(tx: &mut Tx, client: ClientId, now: Timestamp) -> Result<Vec<ClientSessionId>, StorageError> {
    authorization_grants::revoke_by_client(tx, client, now).await?;
    let sql = "UPDATE client_sessions SET revoked_at = $2 WHERE client_id = $1 AND revoked_at IS NULL RETURNING id";
    revoked(tx, sql, &[client.into(), now.into()]).await
}

/// Revokes every session of a user at a client, and the grants that would open another; returns which sessions.
pub async fn revoke_by_user_and_client(
    tx: &mut Tx,
    user: UserId,
    client: ClientId,
    now: Timestamp,
) -> Result<Vec<ClientSessionId>, StorageError> {
    authorization_grants::revoke_by_user_and_client(tx, user, client, now).await?;
    let sql = "UPDATE client_sessions SET revoked_at = $3 WHERE user_id = $1 AND client_id = $2 AND revoked_at IS NULL RETURNING id";
    revoked(tx, sql, &[user.into(), client.into(), now.into()]).await
}

/// Revokes the sessions that were opened from a browser session, and the grants that would open another; returns which sessions.
/// Those with `offline_access` live on: that is what the scope means (OpenID Connect Core §11).
pub async fn revoke_by_browser_session(
    tx: &mut Tx,
    browser_session: BrowserSessionId,
    now: Timestamp,
) -> Result<Vec<ClientSessionId>, StorageError> {
    authorization_grants::revoke_by_browser_session(tx, browser_session, now).await?;
    // Not by LIKE, which takes upper case for lower on SQLite; scopes are compared exactly (RFC 6749 §3.3).
    let sql = Sql::pair(
        "UPDATE client_sessions SET revoked_at = $2 WHERE browser_session_id = $1 AND revoked_at IS NULL \
         AND instr(' ' || scopes || ' ', ' offline_access ') = 0 RETURNING id",
        "UPDATE client_sessions SET revoked_at = $2 WHERE browser_session_id = $1 AND revoked_at IS NULL \
         AND strpos(' ' || scopes || ' ', ' offline_access ') = 0 RETURNING id",
    );
    revoked(tx, sql, &[browser_session.into(), now.into()]).await
}

async fn revoked(tx: &mut Tx, sql: impl Into<Sql>, values: &[Value<'_>]) -> Result<Vec<ClientSessionId>, StorageError> {
    let rows = tx.fetch_all(sql, values).await?;
    let id = |row: &Row| {
        let id = row.text(0)?;
        parsed(&id, At("client_sessions", "id", &id))
    };
    rows.iter().map(id).collect()
}

/// Scopes in their text form.
pub(crate) fn scopes(text: &str, at: At<'_>) -> Result<ScopeSet, StorageError> {
    ScopeSet::parse(text).map_err(|_| at.inconsistent())
}

/// Reads [`session_columns`] from column `first` on.
fn session(row: &Row, first: usize) -> Result<ClientSession, StorageError> {
    let id = row.text(first)?;
    let at = |column| At("client_sessions", column, &id);
    let refresh = match (row.opt_number(first + 9)?, row.opt_time(first + 10)?, row.opt_blob(first + 11)?) {
        (None, None, None) => None,
        (Some(generation), Some(rotated_at), successor) if generation > 0 => Some(RefreshTokenFamily { generation, rotated_at, successor }),
        _ => return Err(at("refresh_generation").inconsistent()),
    };
    Ok(ClientSession {
        id: parsed(&id, at("id"))?,
        client: parsed(&row.text(first + 1)?, at("client_id"))?,
        user: UserId::new(row.number(first + 2)?),
        browser_session: parsed(&row.text(first + 3)?, at("browser_session_id"))?,
        scopes: scopes(&row.text(first + 4)?, at("scopes"))?,
        sign_in: from_json(&row.text(first + 5)?, at("sign_in"))?,
        created_at: row.time(first + 6)?,
        expires_at: row.time(first + 7)?,
        revoked_at: row.opt_time(first + 8)?,
        refresh,
    })
}
