//! What happens by itself: noticing what other processes changed, rotating keys, deleting what has expired.

use std::collections::BTreeMap;
use std::time::Duration;

use argus_domain::Timestamp;
use argus_storage::{StorageError, maintenance, revoked_tokens, versions};
use tokio::time::{MissedTickBehavior, interval};

use crate::argus::Argus;
use crate::federation;
use crate::key_management::{KEYS, KeyManagementError, Keys};
use crate::registry::REGISTRY;
use crate::revoke::REVOCATIONS;
use crate::rollout;

/// How often the counters are read: a change elsewhere is seen well within a second.
const POLL: Duration = Duration::from_millis(300);
/// How often keys and expired rows are looked at.
const HOUSEKEEPING: Duration = Duration::from_secs(60);
/// Revocations are read again this far back, for clocks that differ between nodes and transactions that took a while.
const OVERLAP: Duration = Duration::from_secs(60);
/// How long after a version could not be taken up that is tried again.
const AGAIN: Duration = Duration::from_secs(10);
/// How often counts of shadow runs are written.
const COUNTS: Duration = Duration::from_secs(1);
/// Expired rows deleted in one transaction.
const SWEEP_BATCH: u32 = 500;

/// Loads what has to be in memory before the first request.
pub async fn start(argus: &Argus) -> Result<(), StorageError> {
    let now = argus.now();
    let mut reader = argus.store().read().await?;
    argus.revocations().add(revoked_tokens::list_live(&mut reader, now).await?.into_iter().map(|token| (token.id, token.expires_at)));
    Ok(())
}

/// Runs until the process ends.
pub async fn run(argus: Argus) {
    tokio::join!(
        watch(&argus),
        keep_house(&argus),
        take_up_versions(&argus),
        look_at_metadata(&argus),
        rollout::work(&argus),
        write_counts(&argus)
    );
}

async fn watch(argus: &Argus) {
    let mut seen: Option<BTreeMap<String, u64>> = None;
    let mut looked_at = argus.now();
    let mut tick = interval(POLL);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let now = argus.now();
        match look(argus, seen.as_ref(), looked_at).await {
            Ok(current) => {
                seen = Some(current);
                looked_at = now;
            }
            Err(error) => tracing::warn!(%error, "changes of other processes cannot be read"),
        }
    }
}

async fn look(argus: &Argus, seen: Option<&BTreeMap<String, u64>>, looked_at: Timestamp) -> Result<BTreeMap<String, u64>, StorageError> {
    let current = versions::get_all(&mut *argus.store().read().await?).await?;
    let changed = |name: &str| seen.is_none_or(|seen| seen.get(name) != current.get(name));
    if changed(REGISTRY) {
        argus.registry().invalidate();
        // Loading a version may take seconds, and what else changed is not to wait for it.
        argus.registry().versions().mark_outdated();
    }
    if changed(REVOCATIONS) {
        let since = looked_at.before(OVERLAP);
        let revoked = revoked_tokens::list_since(&mut *argus.store().read().await?, since).await?;
        argus.revocations().add(revoked.into_iter().map(|token| (token.id, token.expires_at)));
    }
    if changed(KEYS) {
        match Keys::of(argus).load().await {
            Ok(ring) => argus.replace_keys(ring),
            // Looked at again at the next tick.
            Err(KeyManagementError::Storage(error)) => return Err(error),
            Err(error) => tracing::error!(%error, "changed signing keys cannot be loaded; the old ones stay in use"),
        }
    }
    Ok(current)
}

/// Versions of claim providers that became current elsewhere.
async fn take_up_versions(argus: &Argus) {
    loop {
        argus.registry().versions().wait_until_outdated().await;
        if !argus.registry().take_up_versions().await {
            tokio::time::sleep(AGAIN).await;
        }
    }
}

/// What shadow runs found, a second later at most.
async fn write_counts(argus: &Argus) {
    let mut tick = interval(COUNTS);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        rollout::flush(argus).await;
    }
}

/// Before the process ends: what is counted and not yet written.
pub async fn finish(argus: &Argus) {
    rollout::flush(argus).await;
}

/// Apart from other housekeeping: an identity provider may take its time.
async fn look_at_metadata(argus: &Argus) {
    let mut tick = interval(HOUSEKEEPING);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        if let Err(error) = federation::look_at_all(argus).await {
            tracing::warn!(%error, "the metadata of identity providers were not looked at");
        }
    }
}

async fn keep_house(argus: &Argus) {
    let mut tick = interval(HOUSEKEEPING);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let now = argus.now();
        match Keys::of(argus).rotate_due(now, argus.settings().tokens.rotation(), "system").await {
            Ok(false) => {}
            Ok(true) => tracing::info!("signing keys rotated"),
            Err(error) => tracing::error!(%error, "signing keys were not rotated"),
        }
        argus.revocations().prune(now);
        if let Err(error) = sweep(argus, now).await {
            tracing::warn!(%error, "expired rows were not deleted");
        }
    }
}

async fn sweep(argus: &Argus, now: Timestamp) -> Result<(), StorageError> {
    loop {
        let deleted = argus.store().write(move |tx| Box::pin(async move { maintenance::sweep(tx, now, SWEEP_BATCH).await })).await?;
        if deleted.total() < u64::from(SWEEP_BATCH) {
            return Ok(());
        }
    }
}
