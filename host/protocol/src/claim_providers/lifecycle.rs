//! What happens to a version after its upload: approved, promoted, rolled back, run in the shadow, deleted. One step each, on record.

use argus_domain::Pointer;
use argus_domain::audit::{AuditEvent, AuditEventKind};
use argus_domain::claim::ClaimProviderAttachment;
use argus_domain::client::Client;
use argus_domain::facts::Facts;
use argus_storage::claim_providers::ClaimProvider;
use argus_storage::{BoxFuture, StorageError, Tx, claim_providers, clients, shadow_runs, versions};

use super::LoadedVersion;
use super::attach::{Candidate, check, follows};
use super::registration::{names, of_kind};
use super::upload::parse_digest;
use crate::administrator::{AdministrationError, Administrator};
use crate::argus::Argus;
use crate::registry::REGISTRY;

type Result<T> = std::result::Result<T, AdministrationError>;

/// Approves the facts a version reads, all of them: from now on it can run.
pub async fn approve(argus: &Argus, name: &str, digest: &str, facts: Facts, by: &Administrator) -> Result<()> {
    let seen = seen(argus).await?;
    let digest = parse_digest(digest)?;
    let provider = own(argus, name).await?;
    let known = claim_providers::version(&mut *argus.store().read().await?, name, &digest).await?;
    known.ok_or_else(|| no_version(name, &digest))?;
    let component = argus.registry().versions().component(name, &digest).await?.map_err(AdministrationError::Conflict)?;
    let needs = component.metadata().needs;
    if !needs.is_subset(facts) {
        let missing = needs.without(facts);
        return Err(AdministrationError::refused(format!(
            "the version reads {needs}: {missing} would be missing, and it cannot run without"
        )));
    }
    let has_current = provider.current.is_some();
    if !has_current {
        accepted_by_clients(argus, name, LoadedVersion { component, approved: needs, promoted_at: None }).await?;
    }
    let (name, now) = (name.to_owned(), argus.now());
    let event = event(argus, by, AuditEventKind::ClaimProviderApproved, &name, &digest).with("facts", names(needs));
    change(argus, seen, move |tx| {
        let (name, digest, event) = (name.clone(), digest.clone(), event.clone());
        Box::pin(async move {
            if !claim_providers::approve(tx, &name, &digest, needs, &event.actor, now).await? {
                return Ok(false);
            }
            tx.audit(&event).await?;
            // A first version has waited for nothing else.
            if !has_current && claim_providers::promote(tx, &name, &digest, None, now).await? {
                tx.audit(&of_kind(&event, AuditEventKind::ClaimProviderPromoted).with("provider", name).with("digest", digest)).await?;
            }
            Ok(true)
        })
    })
    .await
}

/// A claim provider that came from somebody, not with the program: the version of those is that of the program.
async fn own(argus: &Argus, name: &str) -> Result<ClaimProvider> {
    let provider = claim_providers::find(&mut *argus.store().read().await?, name).await?.ok_or_else(|| no_provider(name))?;
    if provider.builtin {
        return Err(AdministrationError::Conflict(format!("{name} is built in: its version is that of the program")));
    }
    Ok(provider)
}

/// Makes a version the current one.
pub async fn promote(argus: &Argus, name: &str, digest: &str, by: &Administrator) -> Result<()> {
    let seen = seen(argus).await?;
    let digest = parse_digest(digest)?;
    let provider = own(argus, name).await?;
    if provider.current.as_ref() == Some(&digest) {
        return Err(AdministrationError::Conflict(format!("version {digest} of {name} is current already")));
    }
    let version = argus.registry().versions().stored(name, Some(&digest)).await?.map_err(AdministrationError::Conflict)?;
    accepted_by_clients(argus, name, version).await?;
    let (name, now, current) = (name.to_owned(), argus.now(), provider.current);
    let event = event(argus, by, AuditEventKind::ClaimProviderPromoted, &name, &digest).with("from", current.clone());
    change(argus, seen, move |tx| {
        let (name, digest, current, event) = (name.clone(), digest.clone(), current.clone(), event.clone());
        Box::pin(async move {
            let promoted = claim_providers::promote(tx, &name, &digest, current.as_deref(), now).await?;
            on_record(tx, promoted, &event).await
        })
    })
    .await
}

/// Makes the version before the current one current again.
pub async fn roll_back(argus: &Argus, name: &str, by: &Administrator) -> Result<()> {
    let seen = seen(argus).await?;
    let provider = own(argus, name).await?;
    let (Some(current), Some(previous)) = (provider.current, provider.previous) else {
        return Err(AdministrationError::Conflict(format!("{name} has no version before the current one")));
    };
    // What clients have saved since was accepted by the version that is left.
    let version = argus.registry().versions().stored(name, Some(&previous)).await?.map_err(AdministrationError::Conflict)?;
    accepted_by_clients(argus, name, version).await?;
    let (name, now) = (name.to_owned(), argus.now());
    let event = event(argus, by, AuditEventKind::ClaimProviderRolledBack, &name, &previous).with("from", current.as_str());
    change(argus, seen, move |tx| {
        let (name, current, event) = (name.clone(), current.clone(), event.clone());
        Box::pin(async move {
            let rolled_back = claim_providers::rollback(tx, &name, &current, now).await?.is_some();
            on_record(tx, rolled_back, &event).await
        })
    })
    .await
}

/// Runs a version in the shadow of the current one; without a digest, ends that.
pub async fn set_shadow(argus: &Argus, name: &str, digest: Option<&str>, by: &Administrator) -> Result<()> {
    let seen = seen(argus).await?;
    let digest = digest.map(parse_digest).transpose()?;
    let provider = own(argus, name).await?;
    match &digest {
        None if provider.shadow.is_none() => return Err(AdministrationError::Conflict(format!("{name} has no version in the shadow"))),
        Some(digest) if provider.current.as_ref() == Some(digest) => {
            return Err(AdministrationError::Conflict(format!("version {digest} of {name} is current: it would be compared with itself")));
        }
        Some(digest) => {
            argus.registry().versions().stored(name, Some(digest)).await?.map_err(AdministrationError::Conflict)?;
        }
        None => {}
    }
    let event = by.event(argus, AuditEventKind::ClaimProviderShadowed);
    let name = name.to_owned();
    change(argus, seen, move |tx| {
        let (name, digest, event) = (name.clone(), digest.clone(), event.clone());
        Box::pin(async move { place_in_shadow(tx, &name, digest.as_deref(), &event).await })
    })
    .await
}

/// Within a transaction: the shadow of a provider, with what was counted for that version before taken away.
pub(super) async fn place_in_shadow(
    tx: &mut Tx,
    name: &str,
    digest: Option<&str>,
    event: &AuditEvent,
) -> std::result::Result<bool, StorageError> {
    if !claim_providers::set_shadow(tx, name, digest).await? {
        return Ok(false);
    }
    if let Some(digest) = digest {
        shadow_runs::clear(tx, name, digest).await?;
    }
    let event = of_kind(event, AuditEventKind::ClaimProviderShadowed).with("provider", name).with("digest", digest);
    tx.audit(&event).await?;
    Ok(true)
}

/// Deletes a version that nothing uses.
pub async fn delete_version(argus: &Argus, name: &str, digest: &str, by: &Administrator) -> Result<()> {
    let seen = seen(argus).await?;
    let digest = parse_digest(digest)?;
    let provider = own(argus, name).await?;
    let known = claim_providers::version(&mut *argus.store().read().await?, name, &digest).await?;
    known.ok_or_else(|| no_version(name, &digest))?;
    if provider.current.as_ref() == Some(&digest) || provider.shadow.as_ref() == Some(&digest) {
        let place = if provider.current.as_ref() == Some(&digest) { "current" } else { "in the shadow" };
        return Err(AdministrationError::Conflict(format!("version {digest} of {name} is {place}, and cannot be deleted")));
    }
    not_attached(argus, name, |attachment| attachment.digest.as_ref() == Some(&digest), "pinned").await?;
    let name = name.to_owned();
    let event = event(argus, by, AuditEventKind::ClaimProviderDeleted, &name, &digest);
    change(argus, seen, move |tx| {
        let (name, digest, event) = (name.clone(), digest.clone(), event.clone());
        Box::pin(async move {
            let deleted = claim_providers::delete_version(tx, &name, &digest).await?;
            on_record(tx, deleted, &event).await
        })
    })
    .await
}

/// Deletes a claim provider that no client attaches, with its versions.
pub async fn delete(argus: &Argus, name: &str, by: &Administrator) -> Result<()> {
    let seen = seen(argus).await?;
    own(argus, name).await?;
    not_attached(argus, name, |_| true, "attached").await?;
    let name = name.to_owned();
    let event = by.event(argus, AuditEventKind::ClaimProviderDeleted).with("provider", name.as_str());
    change(argus, seen, move |tx| {
        let (name, event) = (name.clone(), event.clone());
        Box::pin(async move {
            let deleted = claim_providers::delete(tx, &name).await?;
            on_record(tx, deleted, &event).await
        })
    })
    .await
}

/// Where the registry stands, before anything is checked against it.
async fn seen(argus: &Argus) -> Result<u64> {
    Ok(versions::get(&mut *argus.store().read().await?, REGISTRY).await?)
}

/// Runs a change that was checked against the registry as it was seen, unless it has moved since; then takes the change up.
async fn change<F>(argus: &Argus, seen: u64, job: F) -> Result<()>
where
    F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, std::result::Result<bool, StorageError>> + Send + Sync + 'static,
{
    let job = std::sync::Arc::new(job);
    let done = argus
        .store()
        .write(move |tx| {
            let job = std::sync::Arc::clone(&job);
            Box::pin(async move {
                // Counted first, so that changes on other nodes come one after the other.
                if !versions::bump_from(tx, REGISTRY, seen).await? {
                    return Ok(false);
                }
                job(tx).await
            })
        })
        .await?;
    argus.registry().take_up_versions().await;
    if done { Ok(()) } else { Err(AdministrationError::concurrent()) }
}

/// Within a transaction: puts a change on record that was made.
async fn on_record(tx: &mut Tx, made: bool, event: &AuditEvent) -> std::result::Result<bool, StorageError> {
    if made {
        tx.audit(event).await?;
    }
    Ok(made)
}

/// Every configuration that follows the current version of a name has to be accepted by the one that would be current. What is wrong with
/// other attachments of the same clients is not this version's fault.
pub(crate) async fn accepted_by_clients(argus: &Argus, name: &str, version: LoadedVersion) -> Result<()> {
    let stored = clients::list_attached(&mut *argus.store().read().await?).await?;
    let candidates = [Candidate { name: name.to_owned(), version }];
    let mut problems = Vec::new();
    for client in &stored {
        let attachments = &client.settings.open_id_custom_claims;
        let is_meant = |place: usize| follows(&attachments[place], name);
        if !(0..attachments.len()).any(is_meant) {
            continue;
        }
        let checked = check(argus.registry().versions(), &candidates, attachments).await?;
        let base = Pointer::root().join("clients").join(client.id).join("openIDCustomClaims");
        problems.extend(checked.problems_of(is_meant).map(|problem| problem.within(&base)));
    }
    if problems.is_empty() {
        return Ok(());
    }
    let detail = format!(
        "this version of {name} does not accept what is stored: change those clients, or pin them to the version they have (`digest`)"
    );
    Err(AdministrationError::problems(detail, problems))
}

async fn not_attached(argus: &Argus, name: &str, counts: impl Fn(&ClaimProviderAttachment) -> bool, how: &str) -> Result<()> {
    let stored = clients::list_attached(&mut *argus.store().read().await?).await?;
    let is_used = |attachment: &ClaimProviderAttachment| attachment.provider == name && counts(attachment);
    let users: Vec<&Client> = stored.iter().filter(|client| client.settings.open_id_custom_claims.iter().any(is_used)).collect();
    if users.is_empty() {
        return Ok(());
    }
    let listed: Vec<String> = users.iter().map(|client| format!("{} ({})", client.settings.name, client.id)).collect();
    Err(AdministrationError::Conflict(format!("{name} is {how} by {}", listed.join(", "))))
}

fn event(argus: &Argus, by: &Administrator, kind: AuditEventKind, name: &str, digest: &str) -> AuditEvent {
    by.event(argus, kind).with("provider", name).with("digest", digest)
}

pub(super) fn no_provider(name: &str) -> AdministrationError {
    AdministrationError::NotFound(format!("no claim provider is named {name}"))
}

pub(super) fn no_version(name: &str, digest: &str) -> AdministrationError {
    AdministrationError::NotFound(format!("claim provider {name} has no version {digest}"))
}
