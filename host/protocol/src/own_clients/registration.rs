//! Registering and changing clients of one's own.

use std::time::Duration;

use argus_domain::Timestamp;
use argus_domain::client::Client;
use argus_domain::client_request::Wanted;
use argus_domain::ids::ClientId;
use argus_domain::{Pointer, Problem};
use argus_storage::{clients as stored_clients, resources, versions};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::{OwnClient, Owner, Result, find, requests, show};
use crate::administrator::AdministrationError;
use crate::argus::Argus;
use crate::clients::{self, ClientKind, NewSecret};
use crate::import::client::{self, Expected, Terms};
use crate::registry::REGISTRY;

/// How often a registration is tried while other changes of the registry come between.
const ATTEMPTS: u32 = 5;
/// Members that say what a client is: with `approval`, an administrator looks at them before they hold.
const IDENTITY: [&str; 4] = ["name", "redirectUris", "postLogoutRedirectUris", "scopes"];

/// What a user says of a new client.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Registration {
    /// What it is.
    pub kind: ClientKind,
    /// Display name.
    pub name: String,
    /// Compared exactly.
    #[serde(default)]
    pub redirect_uris: Vec<String>,
    /// Compared exactly.
    #[serde(default)]
    pub post_logout_redirect_uris: Vec<String>,
    /// Scopes it may ask for.
    #[serde(default)]
    pub scopes: Vec<String>,
}

/// Registers a client under a new id; a confidential one gets a secret, which is told this once.
///
/// # Errors
/// [`AdministrationError::Outdated`] when there is a client with the id: the same request came before.
#[tracing::instrument(name = "own_clients.create", skip_all)]
pub async fn create(argus: &Argus, owner: &Owner, id: ClientId, registration: Registration) -> Result<OwnClient> {
    let policy = &argus.settings().self_service;
    if !policy.enabled {
        return Err(AdministrationError::Conflict("clients are registered by administrators here".to_owned()));
    }
    if stored_clients::find_by_owner(&mut *argus.store().read().await?, id, owner.user).await?.is_some() {
        // Before it counts as one too many.
        return Err(AdministrationError::Outdated);
    }
    let mut problems = policy.check_scopes(&registration.scopes, &[]);
    problems.extend(policy.check_kind(registration.kind));
    if !problems.is_empty() {
        return Err(AdministrationError::problems("this client cannot be so; nothing was changed", problems));
    }
    let mut members = registration.kind.settings();
    members.extend([
        ("name".to_owned(), json!(registration.name)),
        ("redirectUris".to_owned(), json!(registration.redirect_uris)),
        ("postLogoutRedirectUris".to_owned(), json!(registration.post_logout_redirect_uris)),
        ("scopes".to_owned(), json!(registration.scopes)),
        ("resources".to_owned(), json!(resources_of(argus, &registration.scopes, Vec::new()).await?)),
        ("owner".to_owned(), json!(owner.username)),
        ("enabled".to_owned(), json!(!policy.approval)),
    ]);
    owner.may_go_on(argus)?;
    let request = policy.approval.then(|| Wanted::Settings(Map::from_iter([("enabled".to_owned(), json!(true))])));
    let mut attempts = ATTEMPTS;
    let secret = loop {
        // Counted at a state of the registry that nothing may have changed until the client is written: two registrations at once
        // cannot both be the last that is allowed.
        let (registry_version, count, was_deleted) = {
            let mut reader = argus.store().read().await?;
            let version = versions::get(&mut reader, REGISTRY).await?;
            let count = stored_clients::list_by_owner(&mut reader, owner.user).await?.len();
            // One that is there, whoever's, is refused when it is written.
            let is_free = stored_clients::find(&mut reader, id).await?.is_none();
            (version, count, is_free && !stored_clients::list_revisions(&mut reader, id).await?.is_empty())
        };
        if was_deleted {
            // Links and resource servers may still trust the one that was deleted, and what was decided about it holds for it alone.
            return Err(AdministrationError::Conflict("a client with this id was deleted: register one with another".to_owned()));
        }
        if count >= usize::try_from(policy.max_clients).unwrap_or(usize::MAX) {
            let detail = format!("you have {count} clients, and may have {}: delete one that you do not need", policy.max_clients);
            return Err(AdministrationError::Conflict(detail));
        }
        let terms = Terms { registry_version: Some(registry_version), request: request.clone() };
        match client::write_on(argus, id, members.clone(), Expected::New, terms, &owner.by).await {
            Ok(written) => break written.secret,
            Err(AdministrationError::Conflict(_)) if attempts > 1 => attempts -= 1,
            Err(error) => return Err(error),
        }
    };
    let mut own = show(argus, owner, id).await?;
    own.client.client_secret = secret.map(|secret| secret.expose().to_owned());
    Ok(own)
}

/// Changes members of a client that is at `revision` (RFC 7396). Where an administrator has to look at the change, it waits.
#[tracing::instrument(name = "own_clients.change", skip_all)]
pub async fn change(argus: &Argus, owner: &Owner, id: ClientId, revision: u64, mut patch: Map<String, Value>) -> Result<OwnClient> {
    let policy = &argus.settings().self_service;
    let client = find(argus, owner, id).await?;
    if client.revision != revision {
        // What is judged here has to be what is written.
        return Err(AdministrationError::Outdated);
    }
    let mut problems: Vec<Problem> = Vec::new();
    for member in patch.keys().filter(|member| !IDENTITY.contains(&member.as_str()) && *member != "enabled") {
        problems.push(Problem::new(Pointer::root().join(member), "is changed by administrators only"));
    }
    let is_about_identity = IDENTITY.iter().any(|member| patch.contains_key(*member));
    match patch.get("enabled") {
        None => {}
        // `null` would set back what an administrator decided.
        Some(Value::Bool(_)) if !(policy.approval && is_about_identity) => {}
        Some(Value::Bool(_)) => problems.push(Problem::new(Pointer::root().join("enabled"), "is changed by itself, not with the rest")),
        Some(_) => problems.push(Problem::new(Pointer::root().join("enabled"), "must be true or false")),
    }
    if let Some(scopes) = patch.get("scopes").and_then(Value::as_array) {
        let scopes: Vec<String> = scopes.iter().filter_map(|scope| scope.as_str().map(str::to_owned)).collect();
        problems.extend(policy.check_scopes(&scopes, &client.settings.scopes));
        let resources = resources_of(argus, &scopes, client.settings.resources.clone()).await?;
        patch.insert("resources".to_owned(), json!(resources));
    }
    if !problems.is_empty() {
        return Err(AdministrationError::problems("this client cannot be so; nothing was changed", problems));
    }
    if patch.get("enabled") == Some(&Value::Bool(true)) && !client.settings.enabled && !was_disabled_by_owner(argus, owner, &client).await?
    {
        return Err(AdministrationError::Conflict("only an administrator can enable this client".to_owned()));
    }
    owner.may_go_on(argus)?;
    if policy.approval && is_about_identity {
        client::check(argus, id, patch.clone(), Expected::Revision(revision)).await?;
        requests::ask(argus, owner, id, Wanted::Settings(patch)).await?;
    } else {
        client::write(argus, id, patch, Expected::Revision(revision), &owner.by).await?;
    }
    show(argus, owner, id).await
}

/// Whether it was enabled once, and the owner is who ended that: what an administrator disabled stays so.
async fn was_disabled_by_owner(argus: &Argus, owner: &Owner, client: &Client) -> Result<bool> {
    let saved = stored_clients::list_revisions(&mut *argus.store().read().await?, client.id).await?;
    let last_enabled = saved.iter().rposition(|revision| revision.settings.enabled);
    Ok(last_enabled.and_then(|place| saved.get(place + 1)).is_some_and(|disabled| disabled.actor == owner.by.actor))
}

/// The resources that a client needs for its scopes, beside those it has.
async fn resources_of(argus: &Argus, scopes: &[String], mut has: Vec<String>) -> Result<Vec<String>> {
    for resource in resources::list(&mut *argus.store().read().await?).await? {
        if resource.scopes.iter().any(|scope| scopes.contains(scope)) && !has.contains(&resource.audience) {
            has.push(resource.audience);
        }
    }
    Ok(has)
}

/// Gives a confidential client a new secret; the one before works for `overlap` longer.
///
/// # Errors
/// As [`clients::rotate_secret`].
pub async fn rotate_secret(argus: &Argus, owner: &Owner, id: ClientId, overlap: Duration, seen: Option<Timestamp>) -> Result<NewSecret> {
    find(argus, owner, id).await?;
    owner.may_go_on(argus)?;
    clients::rotate_secret(argus, id, overlap, seen, &owner.by).await
}

/// Deletes a client that is at `revision`, with everything issued to it.
pub async fn delete(argus: &Argus, owner: &Owner, id: ClientId, revision: u64) -> Result<()> {
    find(argus, owner, id).await?;
    owner.may_go_on(argus)?;
    clients::delete(argus, id, revision, &owner.by).await
}
