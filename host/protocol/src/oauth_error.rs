//! The error answer of the token, revocation and introspection endpoints (RFC 6749 §5.2).

use std::time::Duration;

use argus_domain::oauth::{ErrorCode, error_description};
use argus_storage::StorageError;
use serde_json::{Value, json};

use crate::token::client_authentication::ClientAuthenticationError;

/// What the client is told. The cause of a 5xx stays in the log, found by the correlation id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OAuthError {
    /// The registered code.
    pub code: ErrorCode,
    /// A sentence for the client's developer.
    pub description: String,
    /// HTTP status.
    pub status: u16,
    /// When to come again, for 503.
    pub retry_after: Option<Duration>,
}

impl OAuthError {
    /// A refusal with status 400.
    pub fn refused(code: ErrorCode, description: impl Into<String>) -> Self {
        Self { code, description: error_description(&description.into()), status: 400, retry_after: None }
    }

    /// A failure of this server.
    pub fn server_error(correlation_id: &str) -> Self {
        let description = format!("the request could not be completed; correlation id {correlation_id}");
        Self { status: 500, ..Self::refused(ErrorCode::ServerError, description) }
    }

    /// The database failed: nothing was done. Where it is out of reach or full, trying again may help.
    pub fn storage(error: &StorageError, correlation_id: &str) -> Self {
        if !error.is_unavailable() {
            return Self::server_error(correlation_id);
        }
        let description = format!("try again in a moment; correlation id {correlation_id}");
        Self { status: 503, retry_after: Some(Duration::from_secs(1)), ..Self::refused(ErrorCode::TemporarilyUnavailable, description) }
    }

    /// A client that did not authenticate.
    pub fn client_authentication(error: &ClientAuthenticationError, correlation_id: &str) -> Self {
        use ClientAuthenticationError as E;
        match error {
            E::Repeated(_) | E::TwoMethods => Self::refused(ErrorCode::InvalidRequest, error.to_string()),
            E::Missing | E::MalformedBasic | E::Failed { .. } => {
                Self { status: 401, ..Self::refused(ErrorCode::InvalidClient, error.to_string()) }
            }
            E::Storage(error) => Self::storage(error, correlation_id),
        }
    }

    /// The JSON body.
    pub fn body(&self) -> Value {
        json!({"error": self.code.as_str(), "error_description": self.description})
    }
}
