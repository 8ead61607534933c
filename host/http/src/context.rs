//! What the edge found out about a request, for whoever handles it.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::protocol::RequestMeta;

/// Put into the request's extensions by the edge.
#[derive(Clone, Debug, Default)]
pub(crate) struct RequestContext {
    /// Ties together log lines, audit events and the answer.
    pub(crate) correlation_id: String,
    /// The client's address.
    pub(crate) address: Option<String>,
    /// The largest body to read.
    pub(crate) max_body_bytes: usize,
    /// How much of a larger one is read and thrown away, so that its sender listens to the answer; less than the limit = nothing.
    pub(crate) max_drained_bytes: usize,
}

impl RequestContext {
    pub(crate) fn meta(&self) -> RequestMeta {
        RequestMeta { correlation_id: self.correlation_id.clone(), address: self.address.clone() }
    }
}

/// Extracts what a use case wants to know of the request.
pub(crate) struct Meta(pub(crate) RequestMeta);

impl<S: Sync> FromRequestParts<S> for Meta {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(
            parts
                .extensions
                .get::<RequestContext>()
                .map(RequestContext::meta)
                .unwrap_or(RequestMeta { correlation_id: String::new(), address: None }),
        ))
    }
}
