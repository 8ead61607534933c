//! Users, for administrators: looked at, added, changed, disabled.

use argus_domain::audit::AuditEventKind;
use argus_domain::directory::{DirectorySnapshot, username_key};
use argus_domain::document::UserEntry;
use argus_domain::ids::SubjectIdentifier;
use argus_domain::{Pointer, Problem};
pub use argus_storage::users::UserFilter;
use argus_storage::{clients, customers, users};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::administrator::{AdministrationError, Administrator};
use crate::argus::Argus;
use crate::import::user::{Expected, write};
use crate::import::{tag, user_entry};
use crate::revoke::{end_user_sessions, last_access_token};

/// Users of one page where the request does not say.
pub const DEFAULT_LIMIT: u32 = 50;
/// Most users of one page.
pub const MAX_LIMIT: u32 = 200;

type Result<T> = std::result::Result<T, AdministrationError>;

/// A user with everything that may be seen: never a password.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserView {
    /// `sub`
    pub sub: SubjectIdentifier,
    /// As a document has it.
    #[serde(flatten)]
    pub entry: UserEntry,
    /// Last segment of the address of the user's picture.
    #[serde(skip)]
    pub picture_key: String,
    /// Tells this state of the user from others.
    #[serde(skip)]
    pub tag: String,
}

/// A page of users.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserPage {
    /// In order of user name.
    pub users: Vec<UserView>,
    /// Where the next page begins; absent when this is the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

fn view(user: &DirectorySnapshot, customers: &[argus_domain::directory::Customer]) -> UserView {
    let entry = user_entry(user, customers);
    UserView { sub: user.subject.clone(), picture_key: user.picture_key.clone(), tag: tag(&entry), entry }
}

/// Users that a filter admits, after `after`, in order of user name.
pub async fn list(argus: &Argus, filter: UserFilter<'_>, after: Option<&str>, limit: u32) -> Result<UserPage> {
    let limit = limit.clamp(1, MAX_LIMIT);
    let mut reader = argus.store().read().await?;
    let customers = customers::list(&mut reader).await?;
    let mut found = users::list_snapshots_by_username(&mut reader, filter, after, limit + 1).await?;
    let is_last = found.len() <= usize::try_from(limit).unwrap_or(usize::MAX);
    if !is_last {
        found.pop();
    }
    let next = if is_last { None } else { found.last().map(|user| user.username.clone()) };
    Ok(UserPage { users: found.iter().map(|user| view(user, &customers)).collect(), next })
}

pub(crate) async fn find(argus: &Argus, username: &str) -> Result<DirectorySnapshot> {
    let found = users::snapshot_by_username(&mut *argus.store().read().await?, username).await?;
    found.ok_or_else(|| AdministrationError::NotFound(format!("no user is named {username}")))
}

/// A user.
pub async fn show(argus: &Argus, username: &str) -> Result<UserView> {
    let user = find(argus, username).await?;
    let customers = customers::list(&mut *argus.store().read().await?).await?;
    Ok(view(&user, &customers))
}

/// Adds a user.
#[tracing::instrument(name = "users.create", skip_all)]
pub async fn create(argus: &Argus, members: Map<String, Value>, by: &Administrator) -> Result<UserView> {
    let username = members.get("username").and_then(Value::as_str).unwrap_or_default().to_owned();
    write(argus, members, Expected::New, by).await?;
    show(argus, &username).await
}

/// Changes members of a user who is as `tag` says (RFC 7396: `null` clears one). Whoever is disabled, or gets another password, is
/// signed out everywhere.
#[tracing::instrument(name = "users.change", skip_all)]
pub async fn change(argus: &Argus, username: &str, tag: &str, mut patch: Map<String, Value>, by: &Administrator) -> Result<UserView> {
    let user = find(argus, username).await?;
    let renamed = patch.get("username").is_some_and(|name| name.as_str().map(username_key) != Some(username_key(username)));
    if renamed {
        let problem = Problem::new(Pointer::root().join("username"), "cannot be changed");
        return Err(AdministrationError::problems("this user cannot be so; nothing was changed", vec![problem]));
    }
    let stays = |member: &str| patch.get(member).is_none_or(|value| *value == Value::Bool(true));
    let is_set_back = patch.get("enabled").is_some_and(Value::is_null);
    if !stays("admin") || !(stays("enabled") || is_set_back) {
        somebody_administers(argus, &user).await?;
    }
    patch.entry("username").or_insert(Value::String(user.username));
    write(argus, patch, Expected::Tag(tag), by).await?;
    show(argus, username).await
}

/// Refuses to take the last administrator away: only the command line could bring another.
async fn somebody_administers(argus: &Argus, without: &DirectorySnapshot) -> Result<()> {
    let is_one = without.admin && without.enabled;
    if is_one && !users::has_other_administrator(&mut *argus.store().read().await?, without.id).await? {
        let detail = format!("{} is the only administrator: make somebody else one first", without.username);
        return Err(AdministrationError::Conflict(detail));
    }
    Ok(())
}

/// Deletes a user who is as `tag` says, with everything that was issued about the user.
///
/// # Errors
/// [`AdministrationError::Conflict`] when the user has clients: they would be nobody's.
#[tracing::instrument(name = "users.delete", skip_all)]
pub async fn delete(argus: &Argus, username: &str, tag: &str, by: &Administrator) -> Result<()> {
    let user = find(argus, username).await?;
    if show(argus, username).await?.tag != tag {
        return Err(AdministrationError::Outdated);
    }
    somebody_administers(argus, &user).await?;
    let (now, until) = (argus.now(), last_access_token(argus, argus.now()));
    let event = by.event(argus, AuditEventKind::UserDeleted).subject(user.subject.as_str()).with("username", user.username.as_str());
    let name = user.username.clone();
    let ended = argus
        .store()
        .write(move |tx| {
            let (event, name) = (event.clone(), name.clone());
            Box::pin(async move {
                let owned = clients::list_by_owner(tx, user.id).await?;
                if let Some(client) = owned.first() {
                    let detail =
                        format!("{name} owns clients ({}), such as {}: delete them, or give them another owner", owned.len(), client.id);
                    return Ok(Err(AdministrationError::Conflict(detail)));
                }
                let ended = end_user_sessions(tx, user.id, now, until).await?;
                users::delete(tx, user.id).await?;
                tx.audit(&event).await?;
                Ok(Ok(ended.client_sessions))
            })
        })
        .await??;
    argus.revocations().add(ended.into_iter().map(|session| (session.to_string(), until)));
    Ok(())
}
