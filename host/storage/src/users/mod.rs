//! Users: their rows, their credentials, and the snapshot an issuance reads.

mod memberships;
mod pictures;
pub(crate) mod snapshot;

use std::collections::BTreeMap;

use argus_domain::ids::{CustomerId, SubjectIdentifier, UserId};
use argus_domain::{Timestamp, directory};

use crate::connection::Connection;
use crate::error::StorageError;
use crate::one_time_links;
use crate::row::{At, Row, from_json, to_json};
use crate::sql::Sql;
use crate::tx::Tx;

pub use memberships::{
    Memberships, add_to_group, grant_function, grant_role, remove_from_group, replace_memberships, withdraw_function, withdraw_role,
};
pub use pictures::{StoredPicture, delete_picture, picture_by_key, set_picture};
pub use snapshot::{UserFilter, ids, list_snapshots, list_snapshots_by_username, snapshot, snapshot_by_subject, snapshot_by_username};

/// What a sign-in needs to know.
#[derive(Clone, Debug)]
pub struct UserCredentials {
    /// The user.
    pub id: UserId,
    /// The user's `sub`.
    pub subject: SubjectIdentifier,
    /// argon2id in PHC form; none for a user without a password.
    pub password_hash: Option<String>,
    /// A disabled user signs in nowhere.
    pub enabled: bool,
}

/// What an administrator can change about a user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserProfile {
    /// What the user types to sign in; unique, whatever the case of its letters.
    pub username: String,
    /// Display name.
    pub name: String,
    /// E-mail address.
    pub email: Option<String>,
    /// Whether the address was verified.
    pub email_verified: bool,
    /// Telephone number.
    pub phone: Option<String>,
    /// Whether the number was verified.
    pub phone_verified: bool,
    /// The customer the user belongs to.
    pub customer: Option<CustomerId>,
    /// Whether the user administers this installation.
    pub admin: bool,
    /// A disabled user signs in nowhere and receives no token.
    pub enabled: bool,
    /// Free facts for claim providers.
    pub attributes: BTreeMap<String, Vec<String>>,
}

/// A user to add.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Random: a `sub` is never given twice.
    pub subject: SubjectIdentifier,
    /// Random: the address of the user's picture is not to be guessed.
    pub picture_key: String,
    /// argon2id in PHC form.
    pub password_hash: Option<String>,
    /// Everything else.
    pub profile: UserProfile,
}

/// A user as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRow {
    /// Number in the directory.
    pub id: UserId,
    /// The user's `sub`.
    pub subject: SubjectIdentifier,
    /// Unguessable path segment of the user's picture.
    pub picture_key: String,
    /// Whether the user can sign in with a password.
    pub has_password: bool,
    /// Everything an administrator can change.
    pub profile: UserProfile,
    /// When the user was added.
    pub created_at: Timestamp,
    /// When the user was last changed.
    pub updated_at: Timestamp,
}

/// The key of a user name; none for a name that no user can have: PostgreSQL stores no zero character, and refuses a
/// query with one. Nothing equals an absent value, and no row can be without one.
fn username_key(username: &str) -> Option<String> {
    (!username.contains('\0')).then(|| directory::username_key(username))
}

/// The credentials behind a user name.
pub async fn find_credentials(connection: &mut Connection, username: &str) -> Result<Option<UserCredentials>, StorageError> {
    let sql = "SELECT id, subject, password_hash, enabled FROM users WHERE username_key = $1";
    let Some(row) = connection.fetch_optional(sql, &[username_key(username).into()]).await? else { return Ok(None) };
    Ok(Some(UserCredentials {
        id: UserId::new(row.number(0)?),
        subject: SubjectIdentifier::new(row.text(1)?),
        password_hash: row.opt_text(2)?,
        enabled: row.flag(3)?,
    }))
}

/// Whether credentials that were read before still let their user in. On PostgreSQL they stay as they are until the transaction
/// has ended, so that whoever changes them finds what was begun on them.
pub async fn still_holds(tx: &mut Tx, credentials: &UserCredentials) -> Result<bool, StorageError> {
    let sql = Sql::pair(
        "SELECT id FROM users WHERE id = $1 AND enabled = 1 AND password_hash = $2",
        "SELECT id FROM users WHERE id = $1 AND enabled = 1 AND password_hash = $2 FOR SHARE",
    );
    let values = [credentials.id.into(), credentials.password_hash.as_deref().into()];
    Ok(tx.fetch_optional(sql, &values).await?.is_some())
}

macro_rules! select_user {
    ($condition:literal) => {
        concat!(
            "SELECT id, subject, picture_key, CAST(CASE WHEN password_hash IS NULL THEN 0 ELSE 1 END AS BIGINT), username, name, ",
            "email, email_verified, phone, phone_verified, customer_id, admin, enabled, attributes, created_at, updated_at FROM users ",
            $condition
        )
    };
}

/// A user by number.
pub async fn find_by_id(connection: &mut Connection, id: UserId) -> Result<Option<UserRow>, StorageError> {
    connection.fetch_optional(select_user!("WHERE id = $1"), &[id.into()]).await?.as_ref().map(user).transpose()
}

/// A user by `sub`.
pub async fn find_by_subject(connection: &mut Connection, subject: &SubjectIdentifier) -> Result<Option<UserRow>, StorageError> {
    connection.fetch_optional(select_user!("WHERE subject = $1"), &[subject.into()]).await?.as_ref().map(user).transpose()
}

/// A user by user name, whatever the case of its letters.
pub async fn find_by_username(connection: &mut Connection, username: &str) -> Result<Option<UserRow>, StorageError> {
    let values = [username_key(username).into()];
    connection.fetch_optional(select_user!("WHERE username_key = $1"), &values).await?.as_ref().map(user).transpose()
}

/// The users with a verified e-mail address, whatever the case of its letters; `limit` of them.
pub async fn list_by_verified_email(connection: &mut Connection, email: &str, limit: u32) -> Result<Vec<UserRow>, StorageError> {
    let email = (!email.contains('\0')).then(|| email.to_lowercase());
    let values = [email.into(), limit.into()];
    let sql = select_user!("WHERE lower(email) = $1 AND email_verified = 1 ORDER BY id LIMIT $2");
    connection.fetch_all(sql, &values).await?.iter().map(user).collect()
}

/// The users that come after a number, in order of number.
pub async fn list(connection: &mut Connection, after: Option<UserId>, limit: u32) -> Result<Vec<UserRow>, StorageError> {
    let values = [after.unwrap_or(UserId::new(0)).into(), limit.into()];
    connection.fetch_all(select_user!("WHERE id > $1 ORDER BY id LIMIT $2"), &values).await?.iter().map(user).collect()
}

/// Whether there is a user.
pub async fn exist(connection: &mut Connection) -> Result<bool, StorageError> {
    Ok(connection.fetch_optional("SELECT 1 FROM users LIMIT 1", &[]).await?.is_some())
}

/// Whether somebody else than a user administers the installation, and can.
pub async fn has_other_administrator(connection: &mut Connection, user: UserId) -> Result<bool, StorageError> {
    let sql = "SELECT 1 FROM users WHERE admin = 1 AND enabled = 1 AND id <> $1 LIMIT 1";
    Ok(connection.fetch_optional(sql, &[user.into()]).await?.is_some())
}

/// How many users there are.
pub async fn count(connection: &mut Connection) -> Result<u64, StorageError> {
    connection.fetch_optional("SELECT COUNT(*) FROM users", &[]).await?.map_or(Ok(0), |row| row.number(0))
}

/// Adds a user.
///
/// # Errors
/// [`StorageError::Conflict`] on `username_key` when the user name is taken; without columns when the customer does not exist.
pub async fn insert(tx: &mut Tx, user: &NewUser, now: Timestamp) -> Result<UserId, StorageError> {
    let profile = &user.profile;
    let row = tx
        .fetch_optional(
            "INSERT INTO users (subject, picture_key, password_hash, username, username_key, name, email, email_verified, phone, \
             phone_verified, customer_id, admin, enabled, attributes, created_at, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15) RETURNING id",
            &[
                (&user.subject).into(),
                (&user.picture_key).into(),
                user.password_hash.as_deref().into(),
                (&profile.username).into(),
                username_key(&profile.username).into(),
                (&profile.name).into(),
                profile.email.as_deref().into(),
                profile.email_verified.into(),
                profile.phone.as_deref().into(),
                profile.phone_verified.into(),
                profile.customer.into(),
                profile.admin.into(),
                profile.enabled.into(),
                to_json(&profile.attributes)?.into(),
                now.into(),
            ],
        )
        .await?;
    row.map(|row| row.number(0).map(UserId::new)).transpose()?.ok_or_else(|| StorageError::inconsistent("users", "id", &user.subject))
}

/// Replaces a user's profile.
///
/// # Errors
/// As [`insert`].
pub async fn update(tx: &mut Tx, id: UserId, profile: &UserProfile, now: Timestamp) -> Result<bool, StorageError> {
    if !profile.enabled {
        one_time_links::delete_of_user(tx, id).await?;
    }
    let changed = tx
        .execute(
            "UPDATE users SET username = $2, username_key = $3, name = $4, email = $5, email_verified = $6, phone = $7, \
             phone_verified = $8, customer_id = $9, admin = $10, enabled = $11, attributes = $12, updated_at = $13 WHERE id = $1",
            &[
                id.into(),
                (&profile.username).into(),
                username_key(&profile.username).into(),
                (&profile.name).into(),
                profile.email.as_deref().into(),
                profile.email_verified.into(),
                profile.phone.as_deref().into(),
                profile.phone_verified.into(),
                profile.customer.into(),
                profile.admin.into(),
                profile.enabled.into(),
                to_json(&profile.attributes)?.into(),
                now.into(),
            ],
        )
        .await?;
    Ok(changed > 0)
}

/// Lets a user sign in, or no longer. What lives on a disabled user is the caller's to end.
pub async fn set_enabled(tx: &mut Tx, id: UserId, enabled: bool, now: Timestamp) -> Result<bool, StorageError> {
    if !enabled {
        one_time_links::delete_of_user(tx, id).await?;
    }
    let values = [id.into(), enabled.into(), now.into()];
    Ok(tx.execute("UPDATE users SET enabled = $2, updated_at = $3 WHERE id = $1", &values).await? > 0)
}

/// Makes a user an administrator, or no longer.
pub async fn set_admin(tx: &mut Tx, id: UserId, admin: bool, now: Timestamp) -> Result<bool, StorageError> {
    let values = [id.into(), admin.into(), now.into()];
    Ok(tx.execute("UPDATE users SET admin = $2, updated_at = $3 WHERE id = $1", &values).await? > 0)
}

/// Replaces a user's password; none = the user can no longer sign in with one. A link that was made to reset the one before ends with it.
pub async fn set_password_hash(tx: &mut Tx, id: UserId, hash: Option<&str>, now: Timestamp) -> Result<bool, StorageError> {
    one_time_links::delete_of_user(tx, id).await?;
    let values = [id.into(), hash.into(), now.into()];
    Ok(tx.execute("UPDATE users SET password_hash = $2, updated_at = $3 WHERE id = $1", &values).await? > 0)
}

/// Removes a user and everything that lives on the user. Access tokens issued before live on until they expire, unless their
/// sessions are revoked first.
///
/// # Errors
/// [`StorageError::Conflict`] when the user owns clients.
pub async fn delete(tx: &mut Tx, id: UserId) -> Result<bool, StorageError> {
    for sql in [
        "DELETE FROM browser_sessions WHERE user_id = $1",
        "DELETE FROM client_sessions WHERE user_id = $1",
        "DELETE FROM consents WHERE user_id = $1",
    ] {
        tx.execute(sql, &[id.into()]).await?;
    }
    Ok(tx.execute("DELETE FROM users WHERE id = $1", &[id.into()]).await? > 0)
}

fn user(row: &Row) -> Result<UserRow, StorageError> {
    let id = row.number(0)?;
    Ok(UserRow {
        id: UserId::new(id),
        subject: SubjectIdentifier::new(row.text(1)?),
        picture_key: row.text(2)?,
        has_password: row.flag(3)?,
        profile: UserProfile {
            username: row.text(4)?,
            name: row.text(5)?,
            email: row.opt_text(6)?,
            email_verified: row.flag(7)?,
            phone: row.opt_text(8)?,
            phone_verified: row.flag(9)?,
            customer: row.opt_number(10)?.map(CustomerId::new),
            admin: row.flag(11)?,
            enabled: row.flag(12)?,
            attributes: from_json(&row.text(13)?, At("users", "attributes", &id))?,
        },
        created_at: row.time(14)?,
        updated_at: row.time(15)?,
    })
}
