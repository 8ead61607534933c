//! The applications a user has let in: what they receive, and taking it back.

use std::collections::BTreeMap;

use argus_domain::Timestamp;
use argus_domain::audit::AuditEventKind;
use argus_domain::claim::Target;
use argus_domain::grant::SignIn;
use argus_domain::ids::{ClientId, SubjectIdentifier, UserId};
use argus_domain::oauth::GrantType;
use argus_domain::scope::{OFFLINE_ACCESS, ScopeSet};
use argus_storage::{StorageError, client_sessions, consents, users};

use super::event;
use crate::argus::{Argus, RequestMeta};
use crate::claims::assemble::{AssemblyRequest, assemble};
use crate::registry::PreparedClient;
use crate::release::{self, ReleasedClaim, ReleasedScope};
use crate::revoke::{last_access_token, revoke_sessions_tokens};
use crate::session::SignedIn;

/// An application that receives something about a user, or may.
#[derive(Clone, Debug)]
pub struct Application {
    /// `client_id`
    pub client: ClientId,
    /// Display name.
    pub name: String,
    /// When the user allowed it; absent where nobody asks.
    pub allowed_at: Option<Timestamp>,
    /// When the user last signed in to it, of the sessions that are still live.
    pub signed_in_at: Option<Timestamp>,
    /// Whether it keeps access while the user is away.
    pub is_offline: bool,
    scopes: ScopeSet,
}

/// An application with everything it receives.
#[derive(Clone, Debug)]
pub struct Released {
    /// The application.
    pub application: Application,
    /// What it may ask for, in words.
    pub scopes: Vec<ReleasedScope>,
    /// What it would be told now, with the values; none where they cannot be computed.
    pub claims: Option<Vec<ReleasedClaim>>,
}

/// The applications of a user, by name.
pub async fn list(argus: &Argus, user: &SignedIn) -> Result<Vec<Application>, StorageError> {
    of_user(argus, user.user).await
}

/// The same, for administrators.
pub async fn list_of(argus: &Argus, user: &SubjectIdentifier) -> Result<Vec<Application>, StorageError> {
    let user = users::find_by_subject(&mut *argus.store().read().await?, user).await?;
    match user {
        Some(user) => of_user(argus, user.id).await,
        None => Ok(Vec::new()),
    }
}

async fn of_user(argus: &Argus, user: UserId) -> Result<Vec<Application>, StorageError> {
    let (allowed, sessions) = {
        let mut reader = argus.store().read().await?;
        (consents::list_by_user(&mut reader, user).await?, client_sessions::list_by_user(&mut reader, user).await?)
    };
    let now = argus.now();
    let mut found: BTreeMap<ClientId, Application> = BTreeMap::new();
    let empty = |client: ClientId| Application {
        client,
        name: String::new(),
        allowed_at: None,
        signed_in_at: None,
        is_offline: false,
        scopes: ScopeSet::default(),
    };
    for (client, consent, at) in allowed {
        let application = found.entry(client).or_insert_with(|| empty(client));
        application.allowed_at = Some(at);
        application.scopes = application.scopes.union(&consent.scopes);
    }
    for session in sessions.into_iter().filter(|session| now < session.expires_at) {
        let application = found.entry(session.client).or_insert_with(|| empty(session.client));
        application.signed_in_at = application.signed_in_at.max(Some(session.created_at));
        application.is_offline |= session.scopes.contains(OFFLINE_ACCESS);
        application.scopes = application.scopes.union(&session.scopes);
    }
    let mut applications = Vec::new();
    for (id, mut application) in found {
        // What is left of a client that was deleted receives nothing.
        let Some(client) = argus.registry().client(id).await? else { continue };
        application.name.clone_from(&client.client.settings.name);
        application.scopes = client.still_allowed(&application.scopes);
        applications.push(application);
    }
    applications.sort_by_key(|application| (application.name.to_lowercase(), application.client));
    Ok(applications)
}

/// What one application receives about a user; none where the user has not let it in.
#[tracing::instrument(name = "account.released", skip_all)]
pub async fn released(argus: &Argus, user: &SignedIn, client: ClientId, meta: &RequestMeta) -> Result<Option<Released>, StorageError> {
    let Some(application) = list(argus, user).await?.into_iter().find(|application| application.client == client) else {
        return Ok(None);
    };
    let Some(client) = argus.registry().client(client).await? else { return Ok(None) };
    let scopes = release::scopes(argus, &application.scopes).await?;
    let claims = claims(argus, user, &client, &application.scopes, meta).await?;
    Ok(Some(Released { application, scopes, claims }))
}

/// As the function that issues computes them.
async fn claims(
    argus: &Argus,
    user: &SignedIn,
    client: &PreparedClient,
    scopes: &ScopeSet,
    meta: &RequestMeta,
) -> Result<Option<Vec<ReleasedClaim>>, StorageError> {
    let snapshot = users::snapshot(&mut *argus.store().read().await?, user.user).await?;
    let Some(snapshot) = snapshot else { return Ok(None) };
    let now = argus.now();
    let sign_in = SignIn { authenticated_at: now, amr: vec!["pwd".to_owned()], client_ip: meta.address.clone(), federated_by: None };
    let audiences = argus.registry().audiences(&argus.settings().issuer, client, scopes).await?;
    let request = AssemblyRequest {
        user: &snapshot,
        scopes,
        audiences: &audiences,
        sign_in: &sign_in,
        grant_type: GrantType::AuthorizationCode,
        issued_at: now,
        targets: &[Target::IdToken, Target::Userinfo, Target::AccessToken],
    };
    match assemble(&argus.settings().issuer, client, request).await {
        Ok(assembled) => Ok(Some(release::claims(assembled))),
        Err(error) => {
            tracing::error!(%error, "account: claims could not be assembled");
            Ok(None)
        }
    }
}

/// Takes back what a user allowed an application, and ends its sessions; whether there was anything.
#[tracing::instrument(name = "account.revoke", skip_all)]
pub async fn revoke(argus: &Argus, user: &SignedIn, client: ClientId, meta: &RequestMeta) -> Result<bool, StorageError> {
    let (now, until) = (argus.now(), last_access_token(argus, argus.now()));
    let event = event(argus, AuditEventKind::ConsentWithdrawn, user, meta).client(client);
    let owner = user.user;
    let (withdrawn, sessions) = argus
        .store()
        .write(move |tx| {
            let event = event.clone();
            Box::pin(async move {
                let consent = consents::revoke(tx, owner, client).await?;
                let sessions = client_sessions::revoke_by_user_and_client(tx, owner, client, now).await?;
                revoke_sessions_tokens(tx, &sessions, now, until).await?;
                let withdrawn = consent || !sessions.is_empty();
                if withdrawn {
                    tx.audit(&event.with("sessions", sessions.len())).await?;
                }
                Ok((withdrawn, sessions))
            })
        })
        .await?;
    argus.revocations().add(sessions.into_iter().map(|id| (id.to_string(), until)));
    Ok(withdrawn)
}
