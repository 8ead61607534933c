//! Browser sessions: sign-ins, found by the hash of the cookie's value.

use std::time::Duration;

use argus_domain::Timestamp;
use argus_domain::grant::{BrowserSession, Consent};
use argus_domain::ids::{BrowserSessionId, ClientId, SubjectIdentifier, UserId};
use argus_domain::secret::SecretHash;

use crate::connection::Connection;
use crate::consents;
use crate::error::StorageError;
use crate::row::{At, Row, from_json, parsed, to_json};
use crate::sql::Sql;
use crate::tx::Tx;
use crate::value::Value;

/// How exact the time of last use is.
const TOUCH_EVERY: Duration = Duration::from_secs(60);

/// A browser session and its user.
#[derive(Clone, Debug)]
pub struct SignedInSession {
    /// The session.
    pub session: BrowserSession,
    /// The user's `sub`.
    pub subject: SubjectIdentifier,
    /// What the user signs in with.
    pub username: String,
    /// Display name.
    pub name: String,
    /// Whether the user administers this installation.
    pub admin: bool,
    /// Whether the user is enabled.
    pub enabled: bool,
}

/// Everything a silent authorization asks for.
#[derive(Clone, Debug)]
pub struct AuthorizationSession {
    /// The session.
    pub session: BrowserSession,
    /// The user's `sub`.
    pub subject: SubjectIdentifier,
    /// Whether the user is enabled.
    pub enabled: bool,
    /// What the user allowed the client before.
    pub consent: Option<Consent>,
}

macro_rules! session_columns {
    () => {
        "b.id, b.token_hash, b.user_id, b.sign_in, b.last_seen_at, b.expires_at"
    };
}

/// The session of a cookie. Whether it is still live is the caller's to judge.
pub async fn find_by_token_hash(connection: &mut Connection, token_hash: &SecretHash) -> Result<Option<SignedInSession>, StorageError> {
    let sql = concat!(
        "SELECT ",
        session_columns!(),
        ", u.subject, u.username, u.name, u.admin, u.enabled FROM browser_sessions b JOIN users u ON u.id = b.user_id WHERE b.token_hash = $1"
    );
    let Some(row) = connection.fetch_optional(sql, &[token_hash.into()]).await? else { return Ok(None) };
    Ok(Some(SignedInSession {
        session: session(&row)?,
        subject: SubjectIdentifier::new(row.text(6)?),
        username: row.text(7)?,
        name: row.text(8)?,
        admin: row.flag(9)?,
        enabled: row.flag(10)?,
    }))
}

/// The session that a cookie is, or was until the last time its user signed in: for ending it and going on with it, never for
/// letting anybody in. A page that was open before still sends the old cookie.
pub async fn find_by_present_or_previous(
    connection: &mut Connection,
    token_hash: &SecretHash,
) -> Result<Option<SignedInSession>, StorageError> {
    if let Some(found) = find_by_token_hash(connection, token_hash).await? {
        return Ok(Some(found));
    }
    let sql = "SELECT token_hash FROM browser_sessions WHERE previous_token_hash = $1 ORDER BY last_seen_at DESC LIMIT 1";
    let Some(row) = connection.fetch_optional(sql, &[token_hash.into()]).await? else { return Ok(None) };
    find_by_token_hash(connection, &SecretHash::from_stored(row.text(0)?)).await
}

/// The session of a cookie with its user's state and what the user allowed `client` before: the one read of an authorization
/// without a page.
pub async fn find_for_authorization(
    connection: &mut Connection,
    token_hash: &SecretHash,
    client: ClientId,
) -> Result<Option<AuthorizationSession>, StorageError> {
    let sql = concat!(
        "SELECT ",
        session_columns!(),
        ", u.subject, u.enabled, k.scopes, k.claims FROM browser_sessions b JOIN users u ON u.id = b.user_id ",
        "LEFT JOIN consents k ON k.user_id = b.user_id AND k.client_id = $2 WHERE b.token_hash = $1"
    );
    let Some(row) = connection.fetch_optional(sql, &[token_hash.into(), client.into()]).await? else { return Ok(None) };
    let session = session(&row)?;
    let consent = match row.opt_text(8)? {
        Some(scopes) => Some(consents::consent(&scopes, &row.text(9)?, session.user)?),
        None => None,
    };
    Ok(Some(AuthorizationSession { session, subject: SubjectIdentifier::new(row.text(6)?), enabled: row.flag(7)?, consent }))
}

/// The sessions of a user, the one used last first.
pub async fn list_by_user(connection: &mut Connection, user: UserId) -> Result<Vec<BrowserSession>, StorageError> {
    let sql = concat!("SELECT ", session_columns!(), " FROM browser_sessions b WHERE b.user_id = $1 ORDER BY b.last_seen_at DESC, b.id");
    connection.fetch_all(sql, &[user.into()]).await?.iter().map(session).collect()
}

/// Whether grants approved in a session may still be redeemed: it has not ended, and its user is enabled.
///
/// On PostgreSQL the session cannot end on another node before this transaction has: its end then finds what was opened here.
pub async fn backs_grants(tx: &mut Tx, id: BrowserSessionId) -> Result<bool, StorageError> {
    let sql = Sql::pair(
        "SELECT b.id FROM browser_sessions b JOIN users u ON u.id = b.user_id WHERE b.id = $1 AND u.enabled = 1",
        "SELECT b.id FROM browser_sessions b JOIN users u ON u.id = b.user_id WHERE b.id = $1 AND u.enabled = 1 FOR KEY SHARE OF b",
    );
    Ok(tx.fetch_optional(sql, &[id.into()]).await?.is_some())
}

/// Begins a session.
pub async fn insert(tx: &mut Tx, session: &BrowserSession) -> Result<(), StorageError> {
    let sql = "INSERT INTO browser_sessions (id, token_hash, user_id, sign_in, last_seen_at, expires_at, upstream) \
               VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let values = [
        session.id.into(),
        (&session.token_hash).into(),
        session.user.into(),
        to_json(&session.sign_in)?.into(),
        session.last_seen_at.into(),
        session.expires_at.into(),
        session.sign_in.federated_by.as_deref().into(),
    ];
    tx.execute(sql, &values).await.map(drop)
}

/// Lets a session go on after another sign-in of its user, under another cookie; false when `old` is its cookie no more.
pub async fn renew(tx: &mut Tx, session: &BrowserSession, old: &SecretHash) -> Result<bool, StorageError> {
    let sql = "UPDATE browser_sessions SET token_hash = $3, previous_token_hash = $2, sign_in = $4, last_seen_at = $5, expires_at = $6, \
               upstream = $8 WHERE id = $1 AND token_hash = $2 AND user_id = $7";
    let values = [
        session.id.into(),
        old.into(),
        (&session.token_hash).into(),
        to_json(&session.sign_in)?.into(),
        session.last_seen_at.into(),
        session.expires_at.into(),
        session.user.into(),
        session.sign_in.federated_by.as_deref().into(),
    ];
    Ok(tx.execute(sql, &values).await? == 1)
}

/// Notes that a session is in use, unless that was noted within the last minute.
pub async fn touch(tx: &mut Tx, id: BrowserSessionId, now: Timestamp) -> Result<(), StorageError> {
    let values = [id.into(), now.into(), now.before(TOUCH_EVERY).into()];
    tx.execute("UPDATE browser_sessions SET last_seen_at = $2 WHERE id = $1 AND last_seen_at <= $3", &values).await.map(drop)
}

/// Ends a session; whether there was one.
pub async fn end(tx: &mut Tx, id: BrowserSessionId) -> Result<bool, StorageError> {
    Ok(tx.execute("DELETE FROM browser_sessions WHERE id = $1", &[id.into()]).await? > 0)
}

/// Ends every session of a user; returns which.
pub async fn end_by_user(tx: &mut Tx, user: UserId) -> Result<Vec<BrowserSessionId>, StorageError> {
    ended(tx, "DELETE FROM browser_sessions WHERE user_id = $1 RETURNING id", &[user.into()]).await
}

/// Ends every session that began at an upstream identity provider; returns which.
pub async fn end_by_upstream(tx: &mut Tx, slug: &str) -> Result<Vec<BrowserSessionId>, StorageError> {
    ended(tx, "DELETE FROM browser_sessions WHERE upstream = $1 RETURNING id", &[slug.into()]).await
}

/// Ends every session of a user but one; returns which.
pub async fn end_by_user_but(tx: &mut Tx, user: UserId, keep: BrowserSessionId) -> Result<Vec<BrowserSessionId>, StorageError> {
    ended(tx, "DELETE FROM browser_sessions WHERE user_id = $1 AND id <> $2 RETURNING id", &[user.into(), keep.into()]).await
}

async fn ended(tx: &mut Tx, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<BrowserSessionId>, StorageError> {
    let id = |row: &Row| {
        let id = row.text(0)?;
        parsed(&id, At("browser_sessions", "id", &id))
    };
    tx.fetch_all(sql, values).await?.iter().map(id).collect()
}

/// Reads [`session_columns`].
fn session(row: &Row) -> Result<BrowserSession, StorageError> {
    let id = row.text(0)?;
    let at = |column| At("browser_sessions", column, &id);
    Ok(BrowserSession {
        id: parsed(&id, at("id"))?,
        token_hash: SecretHash::from_stored(row.text(1)?),
        user: UserId::new(row.number(2)?),
        sign_in: from_json(&row.text(3)?, at("sign_in"))?,
        last_seen_at: row.time(4)?,
        expires_at: row.time(5)?,
    })
}
