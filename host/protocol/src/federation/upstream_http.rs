//! Requests to identity providers, which the server sends: no redirects, no private addresses unless configured, and bounds on time
//! and size.

use std::sync::Arc;

use argus_storage::BoxFuture;
use openidconnect::{HttpRequest, HttpResponse};
use thiserror::Error;

/// A request got no answer that could be read.
#[derive(Clone, Debug, Error)]
#[error("{0}")]
pub struct UpstreamHttpError(pub String);

/// Sends requests to identity providers.
pub trait UpstreamHttp: Send + Sync {
    /// Sends one; the answer is whole, whatever its status.
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, UpstreamHttpError>>;
}

/// As the crate of the protocol wants it.
pub(super) async fn send(http: Arc<dyn UpstreamHttp>, request: HttpRequest) -> Result<HttpResponse, UpstreamHttpError> {
    http.send(request).await
}
