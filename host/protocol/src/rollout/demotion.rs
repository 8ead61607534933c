//! Versions that fail too often lose their place: a current one gives it back to the version before, a shadow one ends.

use std::collections::HashMap;
use std::sync::PoisonError;
use std::time::Duration;

use argus_domain::Timestamp;
use argus_domain::audit::{AuditEvent, AuditEventKind};
use argus_storage::{StorageError, claim_providers, versions};

use super::faults::Faults;
use crate::argus::Argus;
use crate::claim_providers::accepted_by_clients;
use crate::claims::run::Run;
use crate::registry::REGISTRY;

/// Runs of current versions since their promotion, by provider, digest and promotion.
#[derive(Debug, Default)]
pub(super) struct Watch(HashMap<(String, String, Timestamp), Faults>);

/// Promotions watched at once, most of them over: beyond, the oldest half is forgotten.
const MAX_WATCHED: usize = 512;

impl Watch {
    fn make_room(&mut self) {
        if self.0.len() >= MAX_WATCHED {
            let mut promotions: Vec<Timestamp> = self.0.keys().map(|(_, _, promoted_at)| *promoted_at).collect();
            promotions.sort_unstable();
            let middle = promotions[promotions.len() / 2];
            self.0.retain(|(_, _, promoted_at), _| *promoted_at > middle);
        }
    }
}

/// Counts a run of a version that was promoted a short while ago and can be rolled back.
pub(super) fn observe(argus: &Argus, run: &Run) {
    let (Some(digest), Some(promoted_at)) = (&run.origin.digest, run.promoted_at) else { return };
    let settings = &argus.rollout().settings;
    if argus.now() >= promoted_at.after(Duration::from_secs(settings.watch_seconds.into())) {
        return;
    }
    let key = (run.origin.provider.clone(), digest.clone(), promoted_at);
    let too_much = {
        let mut watch = argus.rollout().watch.lock().unwrap_or_else(PoisonError::into_inner);
        watch.make_room();
        let faults = watch.0.entry(key.clone()).or_default();
        faults.count(run.user, run.failure.is_some_and(is_fault), argus.rollout().most_of_one_user());
        argus.rollout().is_too_much(faults).then(|| watch.0.remove(&key).unwrap_or_default())
    };
    if let Some(Faults { runs, failures, .. }) = too_much {
        let argus = argus.clone();
        tokio::spawn(async move { roll_back(&argus, &key.0, &key.1, failures, runs).await });
    }
}

/// Whether a failure speaks against the version: not its own refusal, which is an answer, nor a server without room.
pub(super) fn is_fault(kind: &str) -> bool {
    !matches!(kind, "rejected" | "unavailable")
}

async fn roll_back(argus: &Argus, provider: &str, digest: &str, failures: u64, runs: u64) {
    let (name, from, now) = (provider.to_owned(), digest.to_owned(), argus.now());
    if let Err(reason) = may_return(argus, provider, digest).await {
        tracing::error!(provider, digest, failures, runs, reason, "this version fails too often, and the one before cannot take its place");
        return;
    }
    let event = event(argus, now, provider, digest).with("place", "current").failed(reason(failures, runs));
    let written = argus
        .store()
        .write(move |tx| {
            let (name, from, event) = (name.clone(), from.clone(), event.clone());
            Box::pin(async move {
                let Some(to) = claim_providers::rollback(tx, &name, &from, now).await? else { return Ok(false) };
                versions::bump(tx, REGISTRY).await?;
                tx.audit(&event.with("to", to)).await?;
                Ok(true)
            })
        })
        .await;
    report(argus, written, provider, digest).await;
}

/// Whether the version before the current one accepts what clients have saved since.
async fn may_return(argus: &Argus, provider: &str, current: &str) -> Result<(), String> {
    let found = claim_providers::find(&mut *argus.store().read().await.map_err(|error| error.to_string())?, provider).await;
    let found = found.map_err(|error| error.to_string())?.filter(|found| found.current.as_deref() == Some(current));
    let Some(previous) = found.and_then(|found| found.previous) else { return Err("it has lost its place already".to_owned()) };
    let version = argus.registry().versions().stored(provider, Some(&previous)).await.map_err(|error| error.to_string())??;
    accepted_by_clients(argus, provider, version).await.map_err(|error| error.to_string())
}

/// Ends the shadow of a version, if it still is in it.
pub(super) async fn end_shadow(argus: &Argus, provider: &str, digest: &str, failures: u64, runs: u64) {
    let (name, shadow) = (provider.to_owned(), digest.to_owned());
    let event = event(argus, argus.now(), provider, digest).with("place", "shadow").failed(reason(failures, runs));
    let written = argus
        .store()
        .write(move |tx| {
            let (name, shadow, event) = (name.clone(), shadow.clone(), event.clone());
            Box::pin(async move {
                let stored = claim_providers::find(tx, &name).await?;
                if stored.is_none_or(|stored| stored.shadow.as_ref() != Some(&shadow)) {
                    return Ok(false);
                }
                claim_providers::set_shadow(tx, &name, None).await?;
                versions::bump(tx, REGISTRY).await?;
                tx.audit(&event).await?;
                Ok(true)
            })
        })
        .await;
    report(argus, written, provider, digest).await;
}

fn reason(failures: u64, runs: u64) -> String {
    format!("{failures} of {runs} runs failed")
}

fn event(argus: &Argus, now: Timestamp, provider: &str, digest: &str) -> AuditEvent {
    let correlation_id = argus.random().sortable_uuid(now).to_string();
    AuditEvent::new(now, AuditEventKind::ClaimProviderDemoted, correlation_id).with("provider", provider).with("digest", digest)
}

async fn report(argus: &Argus, written: Result<bool, StorageError>, provider: &str, digest: &str) {
    match written {
        Ok(false) => {}
        Ok(true) => {
            tracing::error!(provider, digest, "this version failed too often and lost its place");
            metrics::counter!("argus_claim_provider_demotions_total", "provider" => provider.to_owned()).increment(1);
            argus.registry().take_up_versions().await;
        }
        Err(error) => tracing::error!(%error, provider, digest, "a version that fails too often could not be demoted"),
    }
}
