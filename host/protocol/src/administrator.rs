//! Who administers, and what an administrator can be told went wrong.

use argus_claims::check::CheckReport;
use argus_domain::Problem;
use argus_domain::audit::{AuditEvent, AuditEventKind};
use argus_storage::StorageError;
use thiserror::Error;

use crate::access::{Bearer, BearerError, authorize_bearer};
use crate::argus::{Argus, RequestMeta};
use crate::session::SignedIn;

/// Somebody who may do what is asked, with the request it was asked in.
#[derive(Clone, Debug)]
pub struct Administrator {
    /// As the audit trail names it: `user:…`, `client:…` or `cli`.
    pub actor: String,
    /// The request.
    pub meta: RequestMeta,
}

impl Administrator {
    /// Whoever runs the program on the server's own machine.
    pub fn operator(meta: RequestMeta) -> Self {
        Self { actor: "cli".to_owned(), meta }
    }

    /// The server itself.
    pub(crate) fn system(meta: RequestMeta) -> Self {
        Self { actor: "system".to_owned(), meta }
    }

    /// Somebody at work in the pages; none where that is no administrator.
    pub fn of_session(user: &SignedIn, meta: RequestMeta) -> Option<Self> {
        user.is_admin.then(|| Self { actor: format!("user:{}", user.subject), meta })
    }

    /// The bearer of an access token with a scope of the administration: a user with the admin role, or a client that was given the
    /// scope and acts for itself.
    pub async fn of_token(argus: &Argus, token: &str, scope: &str, meta: RequestMeta) -> Result<Self, BearerError> {
        let Bearer { claims, .. } = authorize_bearer(argus, token, scope).await?;
        if claims.sid.is_none() {
            return Ok(Self { actor: format!("client:{}", claims.client_id), meta });
        }
        let subject = argus_domain::ids::SubjectIdentifier::new(claims.sub.as_str());
        let user = {
            let mut reader = argus.store().read().await?;
            argus_storage::users::snapshot_by_subject(&mut reader, &subject).await?
        };
        // Asked at each request: a role that was taken away is gone at once.
        match user.filter(|user| user.enabled) {
            None => Err(BearerError::InvalidToken),
            Some(user) if !user.admin => Err(BearerError::NotAdministrator),
            Some(_) => Ok(Self { actor: format!("user:{subject}"), meta }),
        }
    }

    /// An event of something this administrator does.
    pub(crate) fn event(&self, argus: &Argus, kind: AuditEventKind) -> AuditEvent {
        AuditEvent::new(argus.now(), kind, &*self.meta.correlation_id).by(self.actor.as_str()).address(self.meta.address.as_deref())
    }
}

/// Why an administrator's request did nothing. Texts are for the administrator.
#[derive(Debug, Error)]
pub enum AdministrationError {
    /// What it names is not there.
    #[error("{0}")]
    NotFound(String),
    /// What it says cannot be meant.
    #[error("{detail}")]
    Refused {
        /// In one sentence.
        detail: String,
        /// Each problem with its place.
        problems: Vec<Problem>,
        /// What the check of a component found.
        report: Option<Box<CheckReport>>,
    },
    /// It cannot be done as things are.
    #[error("{0}")]
    Conflict(String),
    /// What it changes is not at the revision that it names.
    #[error("it was changed in the meantime: read it again, and decide anew")]
    Outdated,
    /// The database is out of reach.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl AdministrationError {
    /// What was asked for is wrong as a whole.
    pub fn refused(detail: impl Into<String>) -> Self {
        Self::Refused { detail: detail.into(), problems: Vec::new(), report: None }
    }

    /// Whether the same request may succeed in a moment.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Storage(error) if error.is_unavailable())
    }

    /// What was checked may no longer hold.
    pub(crate) fn concurrent() -> Self {
        Self::Conflict("the registry was changed while this was being checked; try again".to_owned())
    }

    /// These places of what was sent are wrong.
    pub fn problems(detail: impl Into<String>, problems: Vec<Problem>) -> Self {
        Self::Refused { detail: detail.into(), problems, report: None }
    }
}
