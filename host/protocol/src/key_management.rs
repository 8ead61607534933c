//! Signing keys over their life: made at the first start, rotated on schedule or on demand, shared by all nodes.
//!
//! Each step is a compare-and-swap on the key's state, so two nodes that come to the same conclusion change nothing twice.

use argus_domain::audit::{AuditEvent, AuditEventKind};
use argus_domain::signing::SigningKeyState;
use argus_domain::{Random, Timestamp};
use argus_keys::rotation::{RotationPolicy, RotationStep, due, on_demand};
use argus_keys::signing_key::{SigningKeyError, StoredSigningKey, generate};
use argus_keys::{KeyRing, SealingKey};
use argus_storage::{StorageError, Store, Tx, signing_keys, versions};
use serde::Serialize;
use thiserror::Error;
use utoipa::ToSchema;

use crate::administrator::{AdministrationError, Administrator};
use crate::argus::Argus;

/// The counter that moves with each change of a signing key.
pub const KEYS: &str = "keys";

/// Keys cannot be read, made or changed.
#[derive(Debug, Error)]
pub enum KeyManagementError {
    /// A key cannot be made, or does not open.
    #[error(transparent)]
    Key(#[from] SigningKeyError),
    /// The database is out of reach.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// What key management works with.
#[derive(Clone, Copy)]
pub struct Keys<'a> {
    /// The database.
    pub store: &'a Store,
    /// The key-encryption key.
    pub sealing: &'a SealingKey,
    /// The source of random bytes.
    pub random: &'a dyn Random,
}

impl<'a> Keys<'a> {
    /// Those of a running server.
    pub(crate) fn of(argus: &'a Argus) -> Self {
        Self { store: argus.store(), sealing: argus.sealing(), random: argus.random() }
    }
}

impl Keys<'_> {
    /// The keys in force, as stored.
    pub async fn load(&self) -> Result<KeyRing, KeyManagementError> {
        Ok(KeyRing::new(&self.stored().await?, self.sealing)?)
    }

    async fn stored(&self) -> Result<Vec<StoredSigningKey>, StorageError> {
        signing_keys::list(&mut *self.store.read().await?).await
    }

    /// Takes the steps that are due; returns whether there were any.
    pub async fn rotate_due(&self, now: Timestamp, policy: RotationPolicy, actor: &str) -> Result<bool, KeyManagementError> {
        let steps = due(&self.stored().await?, now, policy);
        self.take(&steps, now, actor).await?;
        Ok(!steps.is_empty())
    }

    /// Publishes the next keys; with `at_once`, lets them sign now.
    pub async fn rotate_on_demand(&self, now: Timestamp, at_once: bool, actor: &str) -> Result<Vec<RotationStep>, KeyManagementError> {
        let mut steps = on_demand(&self.stored().await?, false);
        self.take(&steps, now, actor).await?;
        if at_once {
            let activate = on_demand(&self.stored().await?, true);
            self.take(&activate, now, actor).await?;
            steps.extend(activate);
        }
        Ok(steps)
    }

    async fn take(&self, steps: &[RotationStep], now: Timestamp, actor: &str) -> Result<(), KeyManagementError> {
        for step in steps {
            let change = self.prepare(step, now)?;
            let event = change.event(now, actor, self.random);
            self.store
                .write(move |tx| {
                    let (change, event) = (change.clone(), event.clone());
                    Box::pin(async move {
                        versions::bump(tx, KEYS).await?;
                        if change.apply(tx, now).await? {
                            tx.audit(&event).await?;
                        }
                        Ok(())
                    })
                })
                .await?;
        }
        Ok(())
    }

    /// Keys are made here, outside any transaction: an RSA key takes a while.
    fn prepare(&self, step: &RotationStep, now: Timestamp) -> Result<Change, SigningKeyError> {
        Ok(match step {
            RotationStep::Create(algorithm) => Change::Insert(generate(*algorithm, self.sealing, self.random, now)?),
            RotationStep::CreateActive(algorithm) => Change::Insert(StoredSigningKey {
                state: SigningKeyState::Active,
                activated_at: Some(now),
                ..generate(*algorithm, self.sealing, self.random, now)?
            }),
            RotationStep::Activate { kid, retires } => Change::Activate { kid: kid.clone(), retires: retires.clone() },
            RotationStep::Remove(kid) => Change::Remove(kid.clone()),
        })
    }
}

#[derive(Clone)]
enum Change {
    Insert(StoredSigningKey),
    Activate { kid: String, retires: Option<String> },
    Remove(String),
}

impl Change {
    fn event(&self, now: Timestamp, actor: &str, random: &dyn Random) -> AuditEvent {
        let correlation_id = random.sortable_uuid(now).to_string();
        match self {
            Self::Insert(key) => {
                let kind = if key.state == SigningKeyState::Active { AuditEventKind::KeyActivated } else { AuditEventKind::KeyCreated };
                AuditEvent::new(now, kind, correlation_id).with("kid", key.kid.as_str()).with("algorithm", key.algorithm.as_str())
            }
            Self::Activate { kid, retires } => AuditEvent::new(now, AuditEventKind::KeyActivated, correlation_id)
                .with("kid", kid.as_str())
                .with("retires", retires.as_deref()),
            Self::Remove(kid) => AuditEvent::new(now, AuditEventKind::KeyRemoved, correlation_id).with("kid", kid.as_str()),
        }
        .by(actor)
    }

    /// Whether anything changed: not, when another node was faster. The caller holds the lock on the counter, so what is
    /// listed here is what every other node has committed.
    async fn apply(&self, tx: &mut Tx, now: Timestamp) -> Result<bool, StorageError> {
        use SigningKeyState::{Active, Pending, Retiring};
        match self {
            Self::Insert(key) => {
                let present = signing_keys::list(tx).await?;
                if present.iter().any(|other| other.algorithm == key.algorithm && other.state == key.state) {
                    return Ok(false);
                }
                signing_keys::insert(tx, key).await?;
                Ok(true)
            }
            Self::Activate { kid, retires } => {
                if !signing_keys::set_state(tx, kid, Pending, Active, now).await? {
                    return Ok(false);
                }
                if let Some(retired) = retires {
                    signing_keys::set_state(tx, retired, Active, Retiring, now).await?;
                }
                Ok(true)
            }
            Self::Remove(kid) => signing_keys::remove(tx, kid).await,
        }
    }
}

/// A signing key as administrators see it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeyView {
    /// `kid`
    pub kid: String,
    /// What it signs with.
    pub algorithm: &'static str,
    /// `pending`, `active` or `retiring`.
    pub state: &'static str,
    /// When it was made and published, in seconds since the epoch.
    pub created_at: i64,
    /// When it began to sign.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activated_at: Option<i64>,
    /// When it stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retired_at: Option<i64>,
}

/// The signing keys, the oldest first; never their private parts.
pub async fn list(argus: &Argus) -> Result<Vec<KeyView>, StorageError> {
    let view = |key: StoredSigningKey| KeyView {
        algorithm: key.algorithm.as_str(),
        state: match key.state {
            SigningKeyState::Pending => "pending",
            SigningKeyState::Active => "active",
            SigningKeyState::Retiring => "retiring",
        },
        created_at: key.created_at.unix_seconds(),
        activated_at: key.activated_at.map(Timestamp::unix_seconds),
        retired_at: key.retired_at.map(Timestamp::unix_seconds),
        kid: key.kid,
    };
    let stored = signing_keys::list(&mut *argus.store().read().await?).await?;
    Ok(stored.into_iter().map(view).collect())
}

/// Publishes the next keys; with `at_once`, lets them sign now.
pub async fn rotate(argus: &Argus, at_once: bool, by: &Administrator) -> Result<Vec<KeyView>, AdministrationError> {
    let keys = Keys::of(argus);
    let failed = |error: KeyManagementError| match error {
        KeyManagementError::Storage(error) => AdministrationError::Storage(error),
        error => AdministrationError::Conflict(error.to_string()),
    };
    keys.rotate_on_demand(argus.now(), at_once, &by.actor).await.map_err(failed)?;
    argus.replace_keys(keys.load().await.map_err(failed)?);
    Ok(list(argus).await?)
}
