//! The service provider's keys. Their private parts arrive here sealed and leave sealed.

use argus_domain::Timestamp;

use crate::connection::Connection;
use crate::error::StorageError;
use crate::row::{At, Row};
use crate::tx::Tx;

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SamlKeyPurpose {
    /// Requests and metadata are signed with it.
    Signing,
    /// Assertions are encrypted to it.
    Encryption,
}

impl SamlKeyPurpose {
    /// As stored and told.
    pub fn name(self) -> &'static str {
        match self {
            Self::Signing => "signing",
            Self::Encryption => "encryption",
        }
    }
}

/// A key and its certificate.
#[derive(Clone, Debug)]
pub struct StoredSamlKey {
    /// Identifier.
    pub id: String,
    /// What for.
    pub purpose: SamlKeyPurpose,
    /// In DER.
    pub certificate: Vec<u8>,
    /// PKCS#8, sealed.
    pub private_sealed: Vec<u8>,
    /// Since when there is such a key.
    pub created_at: Timestamp,
    /// Since when it is used; none for the next key, which is only published.
    pub activated_at: Option<Timestamp>,
}

/// All keys, the oldest first.
pub async fn list(connection: &mut Connection) -> Result<Vec<StoredSamlKey>, StorageError> {
    let sql = "SELECT id, purpose, certificate, private_sealed, created_at, activated_at FROM saml_keys ORDER BY created_at, id";
    connection.fetch_all(sql, &[]).await?.iter().map(key).collect()
}

/// Adds a key.
pub async fn insert(tx: &mut Tx, key: &StoredSamlKey) -> Result<(), StorageError> {
    let sql = "INSERT INTO saml_keys (id, purpose, certificate, private_sealed, created_at, activated_at) VALUES ($1, $2, $3, $4, $5, $6)";
    let values = [
        (&key.id).into(),
        key.purpose.name().into(),
        key.certificate.as_slice().into(),
        key.private_sealed.as_slice().into(),
        key.created_at.into(),
        key.activated_at.into(),
    ];
    tx.execute(sql, &values).await.map(drop)
}

/// Lets the next keys be used; the keys before them go. Returns how many began.
pub async fn activate_next(tx: &mut Tx, now: Timestamp) -> Result<u64, StorageError> {
    tx.execute("DELETE FROM saml_keys WHERE activated_at IS NOT NULL", &[]).await?;
    tx.execute("UPDATE saml_keys SET activated_at = $1 WHERE activated_at IS NULL", &[now.into()]).await
}

fn key(row: &Row) -> Result<StoredSamlKey, StorageError> {
    let id = row.text(0)?;
    let purpose = match row.text(1)?.as_str() {
        "signing" => SamlKeyPurpose::Signing,
        "encryption" => SamlKeyPurpose::Encryption,
        _ => return Err(At("saml_keys", "purpose", &id).inconsistent()),
    };
    Ok(StoredSamlKey {
        purpose,
        certificate: row.blob(2)?,
        private_sealed: row.blob(3)?,
        created_at: row.time(4)?,
        activated_at: row.opt_time(5)?,
        id,
    })
}
