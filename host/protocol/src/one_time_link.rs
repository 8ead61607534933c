//! Links that let whoever has one choose a password, once: a user whose password is to be reset, or the first administrator.

use std::time::Duration;

use argus_domain::Timestamp;
use argus_domain::audit::{AuditEvent, AuditEventKind};
use argus_domain::directory::DirectorySnapshot;
use argus_domain::ids::UserId;
use argus_domain::secret::{Secret, SecretHash};
use argus_domain::{Pointer, Problem, Random};
use argus_storage::{StorageError, Store, one_time_links, users};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::account::password::{ChangePasswordError, check_new};
use crate::administrator::{AdministrationError, Administrator};
use crate::argus::{Argus, RequestMeta};
use crate::directory::users as directory;
use crate::revoke::{end_user_sessions, last_access_token};
use crate::settings::Issuer;

/// How long a link can be used.
const LIFETIME: Duration = Duration::from_secs(24 * 3600);

type Result<T> = std::result::Result<T, AdministrationError>;

/// A link that was just made: whoever has it can use it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OneTimeLink {
    /// Its address.
    pub url: String,
    /// Until when it can be used, in Unix seconds.
    pub expires_at: i64,
}

/// Whom a link is for.
#[derive(Debug)]
pub enum LinkFor {
    /// A user, who chooses a new password.
    User(Box<DirectorySnapshot>),
    /// Somebody who becomes an administrator.
    Administrator,
}

/// Makes a link that resets a user's password. The links made for the user before stop working.
#[tracing::instrument(name = "one_time_link.for_user", skip_all)]
pub async fn for_user(argus: &Argus, username: &str, by: &Administrator) -> Result<OneTimeLink> {
    let user = directory::find(argus, username).await?;
    if !user.enabled {
        return Err(AdministrationError::Conflict(format!("{username} is disabled: enable the user first")));
    }
    let event = by.event(argus, AuditEventKind::PasswordLinkMade).subject(user.subject.as_str());
    Ok(make(argus.store(), &argus.settings().issuer, argus.random(), argus.now(), Some(user.id), event).await?)
}

/// Makes a link that makes an administrator, for whoever runs the program on the server's own machine.
pub async fn for_administrator(
    store: &Store,
    issuer: &Issuer,
    random: &dyn Random,
    now: Timestamp,
    event: AuditEvent,
) -> std::result::Result<OneTimeLink, StorageError> {
    make(store, issuer, random, now, None, event).await
}

/// Whether an installation is so new that nobody could administer it.
pub async fn is_needed(store: &Store) -> std::result::Result<bool, StorageError> {
    Ok(!users::exist(&mut *store.read().await?).await?)
}

async fn make(
    store: &Store,
    issuer: &Issuer,
    random: &dyn Random,
    now: Timestamp,
    user: Option<UserId>,
    event: AuditEvent,
) -> std::result::Result<OneTimeLink, StorageError> {
    let token = Secret::new(random.token());
    let (hash, expires_at) = (token.hash(), now.after(LIFETIME));
    store
        .write(move |tx| {
            let (hash, event) = (hash.clone(), event.clone());
            Box::pin(async move {
                one_time_links::replace(tx, &hash, user, expires_at).await?;
                tx.audit(&event).await
            })
        })
        .await?;
    Ok(OneTimeLink { url: issuer.url(&format!("/welcome/{}", token.expose())), expires_at: expires_at.unix_seconds() })
}

/// Whom a link is for; none when it was used, has expired or never was.
pub async fn find(argus: &Argus, token: &str) -> Result<Option<LinkFor>> {
    let mut reader = argus.store().read().await?;
    match one_time_links::find(&mut reader, &SecretHash::of(token), argus.now()).await? {
        None => Ok(None),
        Some(None) => Ok(Some(LinkFor::Administrator)),
        Some(Some(user)) => Ok(users::snapshot(&mut reader, user).await?.map(|user| LinkFor::User(Box::new(user)))),
    }
}

fn not_there() -> AdministrationError {
    AdministrationError::NotFound("this link was used, or is too old".to_owned())
}

/// Sets the password of the user whom a link is for, who is signed out everywhere.
///
/// # Errors
/// [`ChangePasswordError::WrongPassword`] when the link is not there any more.
#[tracing::instrument(name = "one_time_link.set_password", skip_all)]
pub async fn set_password(
    argus: &Argus,
    token: &str,
    password: Secret,
    meta: &RequestMeta,
) -> std::result::Result<(), ChangePasswordError> {
    let hash = SecretHash::of(token);
    let (now, until) = (argus.now(), last_access_token(argus, argus.now()));
    let user = {
        let mut reader = argus.store().read().await?;
        match one_time_links::find(&mut reader, &hash, now).await? {
            Some(Some(user)) => users::snapshot(&mut reader, user).await?,
            _ => None,
        }
    };
    let Some(user) = user else { return Err(ChangePasswordError::WrongPassword) };
    check_new(&password, &user.username)?;
    let password = argus.passwords().hash(&password, argus.random()).await?;
    let event = AuditEvent::new(now, AuditEventKind::UserChanged, &*meta.correlation_id)
        .by(format!("user:{}", user.subject))
        .subject(user.subject.as_str())
        .address(meta.address.as_deref())
        .with("passwordChanged", true)
        .with("byLink", true);
    let ended = argus
        .store()
        .write(move |tx| {
            let (hash, password, event) = (hash.clone(), password.clone(), event.clone());
            Box::pin(async move {
                if one_time_links::take(tx, &hash, now).await?.is_none() {
                    return Ok(None);
                }
                users::set_password_hash(tx, user.id, Some(&password), now).await?;
                tx.audit(&event).await?;
                Ok(Some(end_user_sessions(tx, user.id, now, until).await?.client_sessions))
            })
        })
        .await?
        .ok_or(ChangePasswordError::WrongPassword)?;
    argus.revocations().add(ended.into_iter().map(|session| (session.to_string(), until)));
    Ok(())
}

/// Adds the administrator whom a link is for.
///
/// # Errors
/// [`AdministrationError::Refused`] when there cannot be such a user; the link can be used again then.
#[tracing::instrument(name = "one_time_link.add_administrator", skip_all)]
pub async fn add_administrator(argus: &Argus, token: &str, username: &str, name: &str, password: Secret, meta: &RequestMeta) -> Result<()> {
    let (hash, now) = (SecretHash::of(token), argus.now());
    check_new(&password, username).map_err(|error| {
        let problem = Problem::new(Pointer::root().join("password"), error.to_string());
        AdministrationError::problems("this user cannot be so; nothing was changed", vec![problem])
    })?;
    if !matches!(find(argus, token).await?, Some(LinkFor::Administrator)) {
        return Err(not_there());
    }
    let taken = hash.clone();
    let expires_at = argus
        .store()
        .write(move |tx| {
            let taken = taken.clone();
            Box::pin(async move { one_time_links::take(tx, &taken, now).await })
        })
        .await?
        .ok_or_else(not_there)?;
    let members = [("username", json!(username)), ("name", json!(name)), ("password", json!(password.expose())), ("admin", json!(true))];
    let members: Map<String, Value> = members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let added = directory::create(argus, members, &Administrator::system(meta.clone())).await;
    if added.is_err() {
        argus
            .store()
            .write(move |tx| {
                let hash = hash.clone();
                Box::pin(async move { one_time_links::put_back(tx, &hash, expires_at).await })
            })
            .await?;
    }
    added.map(drop)
}
