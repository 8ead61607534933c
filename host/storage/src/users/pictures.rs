//! Pictures of users.

use argus_domain::ids::UserId;

use crate::connection::Connection;
use crate::error::StorageError;
use crate::tx::Tx;

/// What a user is shown by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPicture {
    /// Display name.
    pub name: String,
    /// Media type and bytes of the picture, where the user has one.
    pub image: Option<(String, Vec<u8>)>,
}

/// What the user with this picture key is shown by.
pub async fn picture_by_key(connection: &mut Connection, picture_key: &str) -> Result<Option<StoredPicture>, StorageError> {
    // As for user names: the key is part of an address, and anything may stand there.
    let picture_key = (!picture_key.contains('\0')).then_some(picture_key);
    let sql = "SELECT u.name, p.content_type, p.bytes FROM users u LEFT JOIN user_pictures p ON p.user_id = u.id WHERE u.picture_key = $1";
    let Some(row) = connection.fetch_optional(sql, &[picture_key.into()]).await? else { return Ok(None) };
    let image = row.opt_text(1)?.map(|content_type| row.blob(2).map(|bytes| (content_type, bytes))).transpose()?;
    Ok(Some(StoredPicture { name: row.text(0)?, image }))
}

/// Gives a user a picture, in place of the one before.
pub async fn set_picture(tx: &mut Tx, user: UserId, content_type: &str, bytes: &[u8]) -> Result<(), StorageError> {
    let sql = "INSERT INTO user_pictures (user_id, content_type, bytes) VALUES ($1, $2, $3) \
               ON CONFLICT (user_id) DO UPDATE SET content_type = excluded.content_type, bytes = excluded.bytes";
    tx.execute(sql, &[user.into(), content_type.into(), bytes.into()]).await.map(drop)
}

/// Removes a user's picture; false where there was none.
pub async fn delete_picture(tx: &mut Tx, user: UserId) -> Result<bool, StorageError> {
    Ok(tx.execute("DELETE FROM user_pictures WHERE user_id = $1", &[user.into()]).await? > 0)
}
