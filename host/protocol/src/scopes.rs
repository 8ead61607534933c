//! Which of the scopes a request names are granted (RFC 6749 §3.3, OpenID Connect Core §3.1.2.1).

use argus_domain::scope::{MalformedScope, OFFLINE_ACCESS, ScopeSet};
use argus_storage::StorageError;
use thiserror::Error;

use crate::argus::Argus;
use crate::registry::PreparedClient;

/// Why none is granted.
#[derive(Debug, Error)]
pub(crate) enum ScopeError {
    /// Not a list of scopes.
    #[error(transparent)]
    Malformed(#[from] MalformedScope),
    /// A scope that exists, but not for this client.
    #[error("scope {0} is not allowed for this client")]
    NotAllowed(String),
    /// The registry could not be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// The scopes granted: those nobody knows are ignored, known ones that are not the client's are an error.
pub(crate) async fn granted_scopes(argus: &Argus, client: &PreparedClient, requested: Option<&str>) -> Result<ScopeSet, ScopeError> {
    let mut granted = Vec::new();
    for scope in ScopeSet::parse(requested.unwrap_or(""))?.iter() {
        if client.allows_scope(scope) {
            granted.push(scope.to_owned());
        } else if scope == OFFLINE_ACCESS {
            // OpenID Connect Core §11: ignored where it means nothing.
        } else if argus.registry().knows_scope(scope).await? {
            return Err(ScopeError::NotAllowed(scope.to_owned()));
        }
    }
    Ok(granted.into_iter().collect())
}
