//! The keys of the service provider, one pair for all connections: what requests and metadata are signed with, and what assertions
//! are encrypted to. They are made when the first connection needs them.

use argus_domain::audit::{AuditEvent, AuditEventKind};
use argus_keys::saml_key::{self, NoKey};
use argus_saml::keys::{Certificate, DecryptionKey, SigningKey};
use argus_storage::upstream::keys::{self, SamlKeyPurpose, StoredSamlKey};
use argus_storage::{StorageError, versions};
use thiserror::Error;

use crate::administrator::{AdministrationError, Administrator};
use crate::argus::Argus;
use crate::registry::REGISTRY;

/// Counts up when the keys are made.
const SAML_KEYS: &str = "saml_keys";

/// There are no keys to work with.
#[derive(Debug, Error)]
pub(super) enum SamlKeysError {
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Generate(#[from] NoKey),
    #[error("the thread that made a key stopped")]
    Stopped,
    #[error("a key of the SAML service provider is damaged, or sealed with another key-encryption key")]
    Damaged,
}

/// The keys, opened.
pub(crate) struct SamlKeys {
    pub(super) signing: SigningKey,
    pub(super) signing_certificates: Vec<Certificate>,
    pub(super) decryption: Vec<DecryptionKey>,
    pub(super) encryption_certificates: Vec<Certificate>,
}

pub(super) async fn load(argus: &Argus) -> Result<SamlKeys, SamlKeysError> {
    let (made, stored) = {
        let mut reader = argus.store().read().await?;
        (versions::get(&mut reader, SAML_KEYS).await?, keys::list(&mut reader).await?)
    };
    if !stored.is_empty() {
        return open(argus, &stored);
    }
    let new = make(argus).await?;
    let now = argus.now();
    argus
        .store()
        .write(move |tx| {
            let new = new.clone();
            Box::pin(async move {
                // Another node may have been faster.
                if !versions::bump_from(tx, SAML_KEYS, made).await? {
                    return Ok(());
                }
                for key in &new {
                    keys::insert(tx, key).await?;
                    let event = AuditEvent::new(now, AuditEventKind::KeyCreated, key.id.as_str()).with("kid", key.id.as_str());
                    tx.audit(&event.with("use", key.purpose.name())).await?;
                }
                Ok(())
            })
        })
        .await?;
    open(argus, &keys::list(&mut *argus.store().read().await?).await?)
}

/// What a rotation did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotated {
    /// The next keys were made; our metadata carry them beside those in use.
    Published,
    /// The next keys are in use, and those before are gone.
    Activated,
}

/// Takes one of the two steps of a rotation: publishes the next keys, or, if they were, lets them be used. Between the two, every
/// identity provider has to read our metadata.
pub async fn rotate_saml_keys(argus: &Argus, by: &Administrator) -> Result<Rotated, AdministrationError> {
    let failed = |error: SamlKeysError| match error {
        SamlKeysError::Storage(error) => AdministrationError::Storage(error),
        error => AdministrationError::Conflict(error.to_string()),
    };
    load(argus).await.map_err(failed)?;
    let (seen, stored) = {
        let mut reader = argus.store().read().await?;
        (versions::get(&mut reader, SAML_KEYS).await?, keys::list(&mut reader).await?)
    };
    let activates = stored.iter().any(|key| key.activated_at.is_none());
    let next: Vec<StoredSamlKey> = if activates {
        Vec::new()
    } else {
        make(argus).await.map_err(failed)?.into_iter().map(|key| StoredSamlKey { activated_at: None, ..key }).collect()
    };
    let kind = if activates { AuditEventKind::KeyActivated } else { AuditEventKind::KeyCreated };
    let (event, now) = (by.event(argus, kind).with("use", "saml"), argus.now());
    let done = argus
        .store()
        .write(move |tx| {
            let (next, event) = (next.clone(), event.clone());
            Box::pin(async move {
                if !versions::bump_from(tx, SAML_KEYS, seen).await? {
                    return Ok(false);
                }
                // Connections carry the keys.
                versions::bump(tx, REGISTRY).await?;
                if activates {
                    keys::activate_next(tx, now).await?;
                }
                for key in &next {
                    keys::insert(tx, key).await?;
                }
                tx.audit(&event).await?;
                Ok(true)
            })
        })
        .await?;
    argus.registry().invalidate();
    match (done, activates) {
        (false, _) => Err(AdministrationError::concurrent()),
        (true, false) => Ok(Rotated::Published),
        (true, true) => Ok(Rotated::Activated),
    }
}

async fn make(argus: &Argus) -> Result<Vec<StoredSamlKey>, SamlKeysError> {
    let mut made = Vec::new();
    for purpose in [SamlKeyPurpose::Signing, SamlKeyPurpose::Encryption] {
        let (argus, now) = (argus.clone(), argus.now());
        let name = argus.settings().issuer.as_str().to_owned();
        let id = argus.random().uuid().to_string();
        // An RSA key takes a moment to find.
        let key = tokio::task::spawn_blocking(move || saml_key::generate(&name, argus.sealing(), now)).await;
        let key = key.map_err(|_| SamlKeysError::Stopped)??;
        made.push(StoredSamlKey {
            id,
            purpose,
            certificate: key.certificate,
            private_sealed: key.private_sealed,
            created_at: now,
            activated_at: Some(now),
        });
    }
    Ok(made)
}

fn open(argus: &Argus, stored: &[StoredSamlKey]) -> Result<SamlKeys, SamlKeysError> {
    let of = |purpose| stored.iter().filter(move |key| key.purpose == purpose);
    let damaged = || SamlKeysError::Damaged;
    let pkcs8 = |key: &StoredSamlKey| saml_key::open(&key.private_sealed, argus.sealing()).map_err(|_| damaged());
    let certificates = |purpose| -> Result<Vec<Certificate>, SamlKeysError> {
        of(purpose).map(|key| Certificate::from_der(&key.certificate).map_err(|_| damaged())).collect()
    };
    let current = of(SamlKeyPurpose::Signing).rfind(|key| key.activated_at.is_some()).ok_or_else(damaged)?;
    let mut decryption = Vec::new();
    for key in of(SamlKeyPurpose::Encryption) {
        decryption.push(DecryptionKey::from_pkcs8_der(&pkcs8(key)?).map_err(|_| damaged())?);
    }
    Ok(SamlKeys {
        signing: SigningKey::from_pkcs8_der(&pkcs8(current)?).map_err(|_| damaged())?,
        signing_certificates: certificates(SamlKeyPurpose::Signing)?,
        decryption,
        encryption_certificates: certificates(SamlKeyPurpose::Encryption)?,
    })
}
