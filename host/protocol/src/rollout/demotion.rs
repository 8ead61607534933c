//! Versions that fail too often lose their place: a current one gives it back to the version before, a shadow one ends.

use std::collections::HashMap;
use std::sync::PoisonError;
use std::time::Duration;

use argus_domain::Timestamp;
use argus_domain::audit::{AuditEvent, AuditEventKind};
use argus_storage::{StorageError, claim_providers, versions};

use crate::argus::Argus;
use crate::claims::run::Run;
use crate::registry::REGISTRY;

/// Runs of current versions since their promotion, by provider and digest.
#[derive(Debug, Default)]
pub(super) struct Watch(HashMap<(String, String), Watched>);

#[derive(Debug, Default)]
struct Watched {
    runs: u64,
    failures: u64,
}

/// Counts a run of a version that was promoted a short while ago and can be rolled back.
pub(super) fn observe(argus: &Argus, run: &Run) {
    let (Some(digest), Some(promoted_at)) = (&run.origin.digest, run.promoted_at) else { return };
    let settings = &argus.rollout().settings;
    if argus.now() >= promoted_at.after(Duration::from_secs(settings.watch_seconds.into())) {
        return;
    }
    let key = (run.origin.provider.clone(), digest.clone());
    let too_much = {
        let mut watch = argus.rollout().watch.lock().unwrap_or_else(PoisonError::into_inner);
        let watched = watch.0.entry(key.clone()).or_default();
        watched.runs += 1;
        watched.failures += u64::from(run.failure.is_some_and(is_fault));
        argus.rollout().is_too_much(watched.failures, watched.runs).then(|| watch.0.remove(&key).unwrap_or_default())
    };
    if let Some(Watched { runs, failures }) = too_much {
        let argus = argus.clone();
        tokio::spawn(async move { roll_back(&argus, &key.0, &key.1, failures, runs).await });
    }
}

/// Whether a failure speaks against the version: not its own refusal, which is an answer, nor a server without room.
fn is_fault(kind: &'static str) -> bool {
    !matches!(kind, "rejected" | "unavailable")
}

async fn roll_back(argus: &Argus, provider: &str, digest: &str, failures: u64, runs: u64) {
    let (name, from, now) = (provider.to_owned(), digest.to_owned(), argus.now());
    let event = event(argus, now, provider, digest).with("place", "current").failed(reason(failures, runs));
    let written = argus
        .store()
        .write(move |tx| {
            let (name, from, event) = (name.clone(), from.clone(), event.clone());
            Box::pin(async move {
                versions::bump(tx, REGISTRY).await?;
                let Some(to) = claim_providers::rollback(tx, &name, &from, now).await? else { return Ok(false) };
                tx.audit(&event.with("to", to)).await?;
                Ok(true)
            })
        })
        .await;
    report(argus, written, provider, digest).await;
}

/// Ends the shadow of a version, if it still is in it.
pub(super) async fn end_shadow(argus: &Argus, provider: &str, digest: &str, failures: u64, runs: u64) {
    argus.rollout().tally().forget(provider, digest);
    let (name, shadow) = (provider.to_owned(), digest.to_owned());
    let event = event(argus, argus.now(), provider, digest).with("place", "shadow").failed(reason(failures, runs));
    let written = argus
        .store()
        .write(move |tx| {
            let (name, shadow, event) = (name.clone(), shadow.clone(), event.clone());
            Box::pin(async move {
                versions::bump(tx, REGISTRY).await?;
                let stored = claim_providers::find(tx, &name).await?;
                if stored.is_none_or(|stored| stored.shadow.as_ref() != Some(&shadow)) {
                    return Ok(false);
                }
                claim_providers::set_shadow(tx, &name, None).await?;
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
            if let Err(error) = argus.registry().refresh_versions().await {
                tracing::warn!(%error, "the demotion is taken up with the next change");
            }
        }
        Err(error) => tracing::error!(%error, provider, digest, "a version that fails too often could not be demoted"),
    }
}
