//! Clients that users register for themselves, within what the installation allows. Nobody is told anything of somebody else's.

mod policy;
mod registration;
mod requests;

use argus_domain::client::Client;
use argus_domain::client_request::ClientRequest;
use argus_domain::ids::{ClientId, SubjectIdentifier, UserId};
use argus_storage::{client_requests, clients, users};
use serde::Serialize;
use utoipa::ToSchema;

pub use policy::SelfServiceSettings;
pub use registration::{Registration, change, create, delete, rotate_secret};
pub use requests::{
    OpenRequest, approve, decided, decline, find_request, offered_providers, open_requests, request_claim_provider, waiting,
};

use crate::access::{Bearer, BearerError, authorize_bearer};
use crate::administrator::{AdministrationError, Administrator};
use crate::argus::{Argus, RequestMeta};
use crate::clients::{self as all_clients, Activity, ClientView, no_client};
use crate::session::SignedIn;

type Result<T> = std::result::Result<T, AdministrationError>;

/// A user at work with clients of the user's own.
#[derive(Clone, Debug)]
pub struct Owner {
    user: UserId,
    username: String,
    /// As the audit trail names it, with the request.
    by: Administrator,
}

impl Owner {
    /// Somebody at work in the pages.
    pub fn of_session(user: &SignedIn, meta: RequestMeta) -> Self {
        Self::new(user.user, &user.username, &user.subject, meta)
    }

    /// The user behind an access token with a scope.
    pub async fn of_token(argus: &Argus, token: &str, scope: &str, meta: RequestMeta) -> std::result::Result<Self, BearerError> {
        let Bearer { claims, .. } = authorize_bearer(argus, token, scope).await?;
        if claims.sid.is_none() {
            return Err(BearerError::NoUser);
        }
        let subject = SubjectIdentifier::new(claims.sub.as_str());
        let user = users::snapshot_by_subject(&mut *argus.store().read().await?, &subject).await?;
        let user = user.filter(|user| user.enabled).ok_or(BearerError::InvalidToken)?;
        Ok(Self::new(user.id, &user.username, &subject, meta))
    }

    fn new(user: UserId, username: &str, subject: &SubjectIdentifier, meta: RequestMeta) -> Self {
        Self { user, username: username.to_owned(), by: Administrator { actor: format!("user:{subject}"), meta } }
    }

    /// The id of the client that a request of this user makes which names itself by a key.
    pub fn id_of_request(&self, key: &str) -> ClientId {
        all_clients::id_of_request(&self.by.actor, key)
    }

    /// Whether the user may change one more client for now; if so, it counts.
    fn may_go_on(&self, argus: &Argus) -> Result<()> {
        if argus.own_clients().admits(self.user, argus.now()) {
            return Ok(());
        }
        Err(AdministrationError::Conflict("you have changed your clients very often: wait ten minutes".to_owned()))
    }

    /// The request that the user works in.
    pub fn meta(&self) -> &RequestMeta {
        &self.by.meta
    }
}

/// A client of a user's own.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OwnClient {
    /// The client.
    #[serde(flatten)]
    pub client: ClientView,
    /// What waits for an administrator.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<RequestView>,
}

/// A request that waits.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RequestView {
    /// Its number.
    pub id: u64,
    /// What is asked for.
    #[schema(value_type = Object)]
    pub wanted: argus_domain::client_request::Wanted,
    /// When, in Unix seconds.
    pub requested_at: i64,
}

impl From<ClientRequest> for RequestView {
    fn from(request: ClientRequest) -> Self {
        Self { id: request.id, wanted: request.wanted, requested_at: request.requested_at.unix_seconds() }
    }
}

/// The clients of a user, the first one first.
pub async fn list(argus: &Argus, owner: &Owner) -> Result<Vec<ClientView>> {
    let found = clients::list_by_owner(&mut *argus.store().read().await?, owner.user).await?;
    Ok(found.into_iter().map(|client| ClientView::of(client, argus.now())).collect())
}

/// One of them.
pub async fn show(argus: &Argus, owner: &Owner, id: ClientId) -> Result<OwnClient> {
    let client = find(argus, owner, id).await?;
    let requests = client_requests::list_by_client(&mut *argus.store().read().await?, id).await?;
    Ok(OwnClient { client: ClientView::of(client, argus.now()), requests: requests.into_iter().map(RequestView::from).collect() })
}

/// What happened to a client of late, the latest first.
pub async fn activity(argus: &Argus, owner: &Owner, id: ClientId) -> Result<Vec<Activity>> {
    find(argus, owner, id).await?;
    all_clients::activity(argus, id).await
}

/// One question to the database, whether the client is somebody else's or nobody's: neither takes longer.
async fn find(argus: &Argus, owner: &Owner, id: ClientId) -> Result<Client> {
    let found = clients::find_by_owner(&mut *argus.store().read().await?, id, owner.user).await?;
    found.ok_or_else(|| AdministrationError::NotFound(no_client(id)))
}
