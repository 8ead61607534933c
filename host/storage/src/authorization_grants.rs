//! Authorization grants, found by the hash of their code. Redeemed and expired ones are kept for a while, so that a code that
//! comes again is recognised; one that is revoked before it was redeemed is gone.

use std::time::Duration;

use argus_domain::Timestamp;
use argus_domain::directory::DirectorySnapshot;
use argus_domain::grant::{AuthorizationGrant, AuthorizationGrantState};
use argus_domain::ids::{BrowserSessionId, ClientId, UserId};
use argus_domain::pkce::CodeChallenge;
use argus_domain::secret::SecretHash;

use crate::client_sessions::scopes;
use crate::connection::Connection;
use crate::error::StorageError;
use crate::row::{At, Row, from_json, parsed, to_json};
use crate::sql::Sql;
use crate::tx::Tx;
use crate::users::snapshot::{self, snapshot_columns, snapshot_joins};
use crate::value::Value;

/// A code that has expired by the clock of one node may be redeemed by that of another.
const CLOCK_LEEWAY: Duration = Duration::from_secs(60);

macro_rules! grant_columns {
    () => {
        "a.code_hash, a.client_id, a.user_id, a.browser_session_id, a.client_session_id, a.redirect_uri, a.scopes, a.nonce, \
         a.code_challenge, a.sign_in, a.expires_at, a.redeemed_at"
    };
}

macro_rules! select_with_snapshot {
    ($engine:ident) => {
        concat!(
            "SELECT ",
            snapshot_columns!($engine),
            ", ",
            grant_columns!(),
            " FROM authorization_grants a JOIN users u ON u.id = a.user_id",
            snapshot_joins!(),
            "WHERE a.code_hash = $1"
        )
    };
}

// Codes live for a minute, so the index on their expiry leads to the few that are pending. An index for each way to revoke
// them would cost every authorization more than it saves.
macro_rules! delete_pending {
    () => {
        "DELETE FROM authorization_grants WHERE expires_at > $1 AND redeemed_at IS NULL AND "
    };
}

/// The grant of a code.
pub async fn find_by_code_hash(connection: &mut Connection, code_hash: &SecretHash) -> Result<Option<AuthorizationGrant>, StorageError> {
    let sql = concat!("SELECT ", grant_columns!(), " FROM authorization_grants a WHERE a.code_hash = $1");
    connection.fetch_optional(sql, &[code_hash.into()]).await?.map(|row| grant(&row, 0)).transpose()
}

/// The grant of a code and everything the directory knows of its user, in one query.
pub async fn find_with_snapshot(
    connection: &mut Connection,
    code_hash: &SecretHash,
) -> Result<Option<(AuthorizationGrant, DirectorySnapshot)>, StorageError> {
    const SELECT: Sql = Sql::pair(select_with_snapshot!(sqlite), select_with_snapshot!(postgres));
    let Some(row) = connection.fetch_optional(SELECT, &[code_hash.into()]).await? else { return Ok(None) };
    Ok(Some((grant(&row, snapshot::COLUMNS)?, snapshot::read(&row)?)))
}

/// Stores an approved grant.
pub async fn insert(tx: &mut Tx, grant: &AuthorizationGrant) -> Result<(), StorageError> {
    let sql = "INSERT INTO authorization_grants (code_hash, client_id, user_id, browser_session_id, client_session_id, redirect_uri, \
               scopes, nonce, code_challenge, sign_in, expires_at, redeemed_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, NULL)";
    let values = [
        (&grant.code_hash).into(),
        grant.client.into(),
        grant.user.into(),
        grant.browser_session.into(),
        grant.client_session.into(),
        (&grant.redirect_uri).into(),
        grant.scopes.to_string().into(),
        grant.nonce.as_deref().into(),
        grant.code_challenge.as_ref().map(CodeChallenge::as_str).into(),
        to_json(&grant.sign_in)?.into(),
        grant.expires_at.into(),
    ];
    tx.execute(sql, &values).await.map(drop)
}

/// Redeems a code, once: true for the one caller who may use it, false when it was redeemed before or has expired.
pub async fn redeem(tx: &mut Tx, code_hash: &SecretHash, now: Timestamp) -> Result<bool, StorageError> {
    let sql = "UPDATE authorization_grants SET redeemed_at = $2 WHERE code_hash = $1 AND redeemed_at IS NULL AND expires_at > $2";
    Ok(tx.execute(sql, &[code_hash.into(), now.into()]).await? == 1)
}

/// Revokes the grants of a user that were not redeemed; returns how many.
pub async fn revoke_by_user(tx: &mut Tx, user: UserId, now: Timestamp) -> Result<u64, StorageError> {
    revoke(tx, concat!(delete_pending!(), "user_id = $2"), &[live_after(now), user.into()]).await
}

/// Revokes the grants of a user that were not redeemed, but those approved in one browser session; returns how many.
pub async fn revoke_by_user_but(tx: &mut Tx, user: UserId, keep: BrowserSessionId, now: Timestamp) -> Result<u64, StorageError> {
    let sql = concat!(delete_pending!(), "user_id = $2 AND browser_session_id <> $3");
    revoke(tx, sql, &[live_after(now), user.into(), keep.into()]).await
}

/// Revokes the grants that rest on a sign-in at an upstream identity provider and were not redeemed; returns how many.
pub async fn revoke_by_upstream(tx: &mut Tx, slug: &str, now: Timestamp) -> Result<u64, StorageError> {
    let sql = Sql::pair(
        concat!(delete_pending!(), "json_extract(sign_in, '$.federated_by') = $2"),
        concat!(delete_pending!(), "sign_in::json->>'federated_by' = $2"),
    );
    revoke(tx, sql, &[live_after(now), slug.into()]).await
}

/// Revokes the grants of a client that were not redeemed; returns how many.
pub async fn revoke_by_client(tx: &mut Tx, client: ClientId, now: Timestamp) -> Result<u64, StorageError> {
    revoke(tx, concat!(delete_pending!(), "client_id = $2"), &[live_after(now), client.into()]).await
}

/// Revokes the grants of a user to a client that were not redeemed; returns how many.
pub async fn revoke_by_user_and_client(tx: &mut Tx, user: UserId, client: ClientId, now: Timestamp) -> Result<u64, StorageError> {
    revoke(tx, concat!(delete_pending!(), "user_id = $2 AND client_id = $3"), &[live_after(now), user.into(), client.into()]).await
}

/// Revokes the grants that were approved in a browser session and not redeemed; returns how many.
pub async fn revoke_by_browser_session(tx: &mut Tx, session: BrowserSessionId, now: Timestamp) -> Result<u64, StorageError> {
    revoke(tx, concat!(delete_pending!(), "browser_session_id = $2"), &[live_after(now), session.into()]).await
}

async fn revoke(tx: &mut Tx, sql: impl Into<Sql>, values: &[Value<'_>]) -> Result<u64, StorageError> {
    tx.execute(sql, values).await
}

fn live_after(now: Timestamp) -> Value<'static> {
    now.before(CLOCK_LEEWAY).into()
}

/// Reads [`grant_columns`] from column `first` on.
fn grant(row: &Row, first: usize) -> Result<AuthorizationGrant, StorageError> {
    let session = row.text(first + 4)?;
    // The code's hash is no name for a row: what is logged could be looked up.
    let at = |column| At("authorization_grants", column, &session);
    Ok(AuthorizationGrant {
        code_hash: SecretHash::from_stored(row.text(first)?),
        client: parsed(&row.text(first + 1)?, at("client_id"))?,
        user: UserId::new(row.number(first + 2)?),
        browser_session: parsed(&row.text(first + 3)?, at("browser_session_id"))?,
        client_session: parsed(&session, at("client_session_id"))?,
        redirect_uri: row.text(first + 5)?,
        scopes: scopes(&row.text(first + 6)?, at("scopes"))?,
        nonce: row.opt_text(first + 7)?,
        code_challenge: row.opt_text(first + 8)?.map(CodeChallenge::from_stored),
        sign_in: from_json(&row.text(first + 9)?, at("sign_in"))?,
        expires_at: row.time(first + 10)?,
        state: match row.opt_time(first + 11)? {
            None => AuthorizationGrantState::Approved,
            Some(_) => AuthorizationGrantState::Redeemed,
        },
    })
}
