//! Relying parties: settings, revisions, secrets.

use argus_domain::Timestamp;
use argus_domain::client::{Client, ClientSecret, ClientSettings};
use argus_domain::ids::{ClientId, CustomerId, UserId};
use argus_domain::secret::SecretHash;

use crate::connection::Connection;
use crate::directory::customers;
use crate::error::StorageError;
use crate::row::{At, Row, from_json, parsed, to_json};
use crate::sql::{Sql, contains};
use crate::tx::Tx;
use crate::users;

/// A saved change of a client.
#[derive(Clone, Debug)]
pub struct ClientRevision {
    /// Its number; the first is 1.
    pub revision: u64,
    /// The settings as of then.
    pub settings: ClientSettings,
    /// Who saved them.
    pub actor: String,
    /// When.
    pub at: Timestamp,
}

macro_rules! select_client {
    ($condition:literal) => {
        Sql::pair(
            concat!(
                "SELECT k.id, k.settings, k.customer_id, k.revision, ",
                "(SELECT json_group_array(json_array(s.slot, s.hash, s.created_at, s.expires_at)) FROM client_secrets s ",
                "WHERE s.client_id = k.id), k.created_at FROM clients k ",
                $condition
            ),
            concat!(
                "SELECT k.id, k.settings, k.customer_id, k.revision, ",
                "(SELECT coalesce(json_agg(json_build_array(s.slot, s.hash, s.created_at, s.expires_at)), '[]')::text ",
                "FROM client_secrets s WHERE s.client_id = k.id), k.created_at FROM clients k ",
                $condition
            ),
        )
    };
}

/// A client with its secrets.
pub async fn find(connection: &mut Connection, id: ClientId) -> Result<Option<Client>, StorageError> {
    connection.fetch_optional(select_client!("WHERE k.id = $1"), &[id.into()]).await?.as_ref().map(client).transpose()
}

/// The clients of a name; names are not unique.
pub async fn find_by_name(connection: &mut Connection, name: &str) -> Result<Vec<Client>, StorageError> {
    connection.fetch_all(select_client!("WHERE k.name = $1 ORDER BY k.id"), &[name.into()]).await?.iter().map(client).collect()
}

/// All clients.
pub async fn list(connection: &mut Connection) -> Result<Vec<Client>, StorageError> {
    connection.fetch_all(select_client!("ORDER BY k.created_at, k.id"), &[]).await?.iter().map(client).collect()
}

/// All clients that claim providers are attached to.
pub async fn list_attached(connection: &mut Connection) -> Result<Vec<Client>, StorageError> {
    let sql = select_client!("WHERE k.settings LIKE '%\"openIDCustomClaims\":[{%' ORDER BY k.created_at, k.id");
    connection.fetch_all(sql, &[]).await?.iter().map(client).collect()
}

/// The settings of all clients, in no order.
pub async fn list_settings(connection: &mut Connection) -> Result<Vec<ClientSettings>, StorageError> {
    let rows = connection.fetch_all("SELECT id, settings FROM clients", &[]).await?;
    rows.iter().map(|row| from_json(&row.text(1)?, At("clients", "settings", &row.text(0)?))).collect()
}

/// Whether there is a client beside one, and whether a claim provider is attached to such a client.
pub async fn exist_beside(connection: &mut Connection, client: &str) -> Result<(bool, bool), StorageError> {
    let values = [client.into()];
    let any = "SELECT 1 FROM clients WHERE id <> $1 LIMIT 1";
    let attached = "SELECT 1 FROM clients WHERE id <> $1 AND settings LIKE '%\"openIDCustomClaims\":[{%' LIMIT 1";
    let is_there = connection.fetch_optional(any, &values).await?.is_some();
    Ok((is_there, connection.fetch_optional(attached, &values).await?.is_some()))
}

/// A client in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientRow {
    /// `client_id`
    pub id: ClientId,
    /// Display name.
    pub name: String,
    /// Whether it gets tokens.
    pub enabled: bool,
}

/// Clients whose name holds a text, whatever the case of its letters, in order of name; after the client with that name and id.
pub async fn page(
    connection: &mut Connection,
    text: &str,
    after: Option<(&str, ClientId)>,
    limit: u32,
) -> Result<Vec<ClientRow>, StorageError> {
    const SELECT: Sql = Sql::pair(
        "SELECT id, name, enabled FROM clients WHERE (name, id) > ($1, $2) AND name LIKE $3 ESCAPE '!' ORDER BY name, id LIMIT $4",
        "SELECT id, name, enabled FROM clients WHERE (name, id) > ($1, $2) AND name ILIKE $3 ESCAPE '!' ORDER BY name, id LIMIT $4",
    );
    let (name, id) = after.map_or_else(|| (String::new(), String::new()), |(name, id)| (name.to_owned(), id.to_string()));
    let pattern = contains(text);
    let values = [name.as_str().into(), id.as_str().into(), pattern.as_str().into(), limit.into()];
    let row = |row: &Row| {
        let id = row.text(0)?;
        Ok(ClientRow { id: parsed(&id, At("clients", "id", &id))?, name: row.text(1)?, enabled: row.flag(2)? })
    };
    connection.fetch_all(SELECT, &values).await?.iter().map(row).collect()
}

/// A client of a user.
pub async fn find_by_owner(connection: &mut Connection, id: ClientId, owner: UserId) -> Result<Option<Client>, StorageError> {
    let sql = select_client!("WHERE k.id = $1 AND k.owner_user_id = $2");
    connection.fetch_optional(sql, &[id.into(), owner.into()]).await?.as_ref().map(client).transpose()
}

/// The clients a user registered.
pub async fn list_by_owner(connection: &mut Connection, owner: UserId) -> Result<Vec<Client>, StorageError> {
    let sql = select_client!("WHERE k.owner_user_id = $1 ORDER BY k.created_at, k.id");
    connection.fetch_all(sql, &[owner.into()]).await?.iter().map(client).collect()
}

/// The saved changes of a client, the first one first; they outlive it.
pub async fn list_revisions(connection: &mut Connection, id: ClientId) -> Result<Vec<ClientRevision>, StorageError> {
    let sql = "SELECT revision, settings, actor, at FROM client_revisions WHERE client_id = $1 ORDER BY revision";
    connection.fetch_all(sql, &[id.into()]).await?.iter().map(|row| saved(row, id)).collect()
}

/// One saved change of a client.
pub async fn revision(connection: &mut Connection, id: ClientId, revision: u64) -> Result<Option<ClientRevision>, StorageError> {
    let sql = "SELECT revision, settings, actor, at FROM client_revisions WHERE client_id = $1 AND revision = $2";
    connection.fetch_optional(sql, &[id.into(), revision.into()]).await?.map(|row| saved(&row, id)).transpose()
}

/// Registers a client, at revision 1; one that was deleted before goes on where its revisions ended.
///
/// # Errors
/// [`StorageError::Conflict`] on `clients.id` when the id is taken, and without columns on `customers` or `users` when the
/// customer or owner named in the settings does not exist.
pub async fn insert(tx: &mut Tx, id: ClientId, settings: &ClientSettings, actor: &str, now: Timestamp) -> Result<(), StorageError> {
    let (customer, owner) = resolve(tx, settings).await?;
    let json = to_json(settings)?;
    let last = tx.fetch_optional("SELECT MAX(revision) FROM client_revisions WHERE client_id = $1", &[id.into()]).await?;
    let revision = last.map(|row| row.opt_number(0)).transpose()?.flatten().unwrap_or(0) + 1;
    tx.execute(
        "INSERT INTO clients (id, name, customer_id, owner_user_id, enabled, revision, settings, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
        &[
            id.into(),
            (&settings.name).into(),
            customer.into(),
            owner.into(),
            settings.enabled.into(),
            revision.into(),
            (&json).into(),
            now.into(),
        ],
    )
    .await?;
    record_revision(tx, id, revision, &json, (actor, now)).await
}

/// Saves a client's settings if it is still at revision `expected`; the new revision is one more.
///
/// # Errors
/// [`StorageError::Conflict`] as for [`insert`].
pub async fn update(
    tx: &mut Tx,
    id: ClientId,
    expected: u64,
    settings: &ClientSettings,
    actor: &str,
    now: Timestamp,
) -> Result<bool, StorageError> {
    let (customer, owner) = resolve(tx, settings).await?;
    let json = to_json(settings)?;
    let changed = tx
        .execute(
            "UPDATE clients SET name = $3, customer_id = $4, owner_user_id = $5, enabled = $6, revision = revision + 1, \
             settings = $7, updated_at = $8 WHERE id = $1 AND revision = $2",
            &[
                id.into(),
                expected.into(),
                (&settings.name).into(),
                customer.into(),
                owner.into(),
                settings.enabled.into(),
                (&json).into(),
                now.into(),
            ],
        )
        .await?;
    if changed == 0 {
        return Ok(false);
    }
    record_revision(tx, id, expected + 1, &json, (actor, now)).await?;
    Ok(true)
}

/// Removes a client with its secrets, grants, sessions and consents. Its revisions stay: claims of the past name them.
pub async fn delete(tx: &mut Tx, id: ClientId) -> Result<bool, StorageError> {
    for sql in [
        "DELETE FROM authorization_grants WHERE client_id = $1",
        "DELETE FROM client_sessions WHERE client_id = $1",
        "DELETE FROM consents WHERE client_id = $1",
    ] {
        tx.execute(sql, &[id.into()]).await?;
    }
    Ok(tx.execute("DELETE FROM clients WHERE id = $1", &[id.into()]).await? > 0)
}

/// Gives a client a new secret. The one before is accepted until `old_until`; one before that is gone.
///
/// # Errors
/// [`StorageError::Conflict`] without columns when the client does not exist.
pub async fn set_secret(tx: &mut Tx, id: ClientId, hash: &SecretHash, now: Timestamp, old_until: Timestamp) -> Result<(), StorageError> {
    tx.execute("DELETE FROM client_secrets WHERE client_id = $1 AND slot = 2", &[id.into()]).await?;
    let values = [id.into(), old_until.into()];
    tx.execute("UPDATE client_secrets SET slot = 2, expires_at = $2 WHERE client_id = $1 AND slot = 1", &values).await?;
    let values = [id.into(), hash.into(), now.into()];
    let sql = "INSERT INTO client_secrets (client_id, slot, hash, created_at, expires_at) VALUES ($1, 1, $2, $3, NULL)";
    tx.execute(sql, &values).await.map(drop)
}

async fn record_revision(
    tx: &mut Tx,
    id: ClientId,
    revision: u64,
    json: &str,
    (actor, now): (&str, Timestamp),
) -> Result<(), StorageError> {
    let values = [id.into(), revision.into(), json.into(), actor.into(), now.into()];
    let sql = "INSERT INTO client_revisions (client_id, revision, settings, actor, at) VALUES ($1, $2, $3, $4, $5)";
    tx.execute(sql, &values).await.map(drop)
}

/// The customer and the owner that settings name.
async fn resolve(tx: &mut Tx, settings: &ClientSettings) -> Result<(Option<CustomerId>, Option<UserId>), StorageError> {
    let missing = |table: &str| StorageError::Conflict { table: table.to_owned(), columns: String::new() };
    let customer = match &settings.customer {
        Some(shortname) => Some(customers::find_by_shortname(tx, shortname).await?.ok_or_else(|| missing("customers"))?.id),
        None => None,
    };
    let owner = match &settings.owner {
        Some(username) => Some(users::find_credentials(tx, username).await?.ok_or_else(|| missing("users"))?.id),
        None => None,
    };
    Ok((customer, owner))
}

fn saved(row: &Row, id: ClientId) -> Result<ClientRevision, StorageError> {
    Ok(ClientRevision {
        revision: row.number(0)?,
        settings: from_json(&row.text(1)?, At("client_revisions", "settings", &id))?,
        actor: row.text(2)?,
        at: row.time(3)?,
    })
}

fn client(row: &Row) -> Result<Client, StorageError> {
    let id = row.text(0)?;
    let at = |column| At("clients", column, &id);
    let secrets: Vec<(u8, String, i64, Option<i64>)> = from_json(&row.text(4)?, at("secrets"))?;
    let mut secrets = secrets;
    secrets.sort_unstable();
    let secret = |(_, hash, created_at, expires_at): (u8, String, i64, Option<i64>)| ClientSecret {
        hash: SecretHash::from_stored(hash),
        created_at: Timestamp::from_unix_millis(created_at),
        expires_at: expires_at.map(Timestamp::from_unix_millis),
    };
    Ok(Client {
        id: parsed(&id, at("id"))?,
        settings: from_json(&row.text(1)?, at("settings"))?,
        customer: row.opt_number(2)?.map(CustomerId::new),
        revision: row.number(3)?,
        created_at: row.time(5)?,
        secrets: secrets.into_iter().map(secret).collect(),
    })
}
