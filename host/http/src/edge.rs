//! What happens to every request, whatever it asks for: limits, correlation id, client address, CORS, time limit, panics,
//! security headers, metrics.
//!
//! One function and no stack of layers: an answer such as the JWKS costs a few microseconds, and each layer would add to it.

use std::any::Any;
use std::future::Future;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use tracing::Instrument;

use crate::address::client_address;
use crate::context::RequestContext;
use crate::endpoint::Endpoint;
use crate::meters::Meters;
use crate::pages::Frame;
use crate::refusal::Refusal;
use crate::settings::HttpSettings;
use crate::{cors, security_headers};

const X_CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");

/// What the edge asks of the rest.
pub(crate) trait Surroundings: Send + Sync {
    /// A new correlation id.
    fn correlation_id(&self) -> String;
    /// Whether pages of that origin may call.
    fn allows_origin<'a>(&'a self, origin: &'a str) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>>;
}

/// The edge in front of one endpoint.
pub(crate) struct Edge {
    pub(crate) surroundings: Arc<dyn Surroundings>,
    pub(crate) settings: Arc<HttpSettings>,
    pub(crate) frame: Frame,
    pub(crate) https: bool,
    pub(crate) endpoint: &'static Endpoint,
    pub(crate) meters: Meters,
}

/// The middleware.
pub(crate) async fn guard(State(edge): State<Arc<Edge>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let endpoint = edge.endpoint;
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| *peer);
    let context = RequestContext {
        correlation_id: edge.surroundings.correlation_id(),
        address: client_address(&edge.settings, peer, request.headers()).map(|address| address.to_string()),
        max_body_bytes: edge.settings.max_body_bytes,
        max_drained_bytes: 0,
    };
    let span = tracing::info_span!("http", endpoint = endpoint.name, correlation_id = %context.correlation_id);

    let mut response = edge.answer(request, &context, next).instrument(span.clone()).await;
    let of_axum = refusal_of_axum(&response);
    if let Some(refusal) = response.extensions_mut().remove::<Refusal>().or(of_axum) {
        span.in_scope(|| tracing::debug!(?refusal, "request refused"));
        let mut headers = std::mem::take(response.headers_mut());
        if of_axum.is_some() {
            headers.remove(header::CONTENT_TYPE);
            headers.remove(header::CONTENT_LENGTH);
        }
        response = refusal.render(endpoint.surface, &edge.frame, &context);
        response.headers_mut().extend(headers);
    }
    security_headers::complete(response.headers_mut(), endpoint.surface, edge.https);
    if let Ok(id) = HeaderValue::try_from(context.correlation_id) {
        response.headers_mut().insert(X_CORRELATION_ID, id);
    }
    let (status, duration) = (response.status(), started.elapsed());
    span.in_scope(|| tracing::debug!(status = status.as_u16(), duration_us = duration.as_micros(), "answered"));
    edge.meters.record(endpoint.name, status, duration);
    response
}

impl Edge {
    /// The answer with its CORS headers; the origin is asked about first, so that errors carry them as well.
    async fn answer(&self, request: Request, context: &RequestContext, next: Next) -> Response {
        if let Err(refusal) = self.check_limits(&request) {
            return refusal.into_response();
        }
        let Some(methods) = self.endpoint.cors else { return self.handle(request, context, next).await };
        let allowed = match cors::origin(request.headers()) {
            Some(origin) if self.surroundings.allows_origin(origin.to_str().unwrap_or("")).await => Some(origin),
            _ => None,
        };
        let mut response = if cors::is_preflight(request.method(), request.headers()) {
            cors::preflight(methods, allowed.is_some())
        } else {
            self.handle(request, context, next).await
        };
        cors::complete(response.headers_mut(), self.endpoint, allowed);
        response
    }

    fn check_limits(&self, request: &Request) -> Result<(), Refusal> {
        let settings = &self.settings;
        let max_query_bytes = if self.endpoint.takes_sealed_request { settings.max_sealed_query_bytes() } else { settings.max_query_bytes };
        if request.uri().query().is_some_and(|query| query.len() > max_query_bytes) {
            return Err(Refusal::QueryTooLong);
        }
        // No name holds the character zero, and not every database can be asked for one.
        if request.uri().path().contains("%00") {
            return Err(Refusal::NotFound);
        }
        let header_bytes: usize = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        if header_bytes > self.settings.max_header_bytes { Err(Refusal::HeadersTooLarge) } else { Ok(()) }
    }

    /// The handler's answer, unless it takes too long or panics.
    async fn handle(&self, mut request: Request, context: &RequestContext, next: Next) -> Response {
        request.extensions_mut().insert(context.clone());
        let limit = Duration::from_secs(self.settings.request_timeout_seconds.into());
        // A handler keeps nothing that a panic could leave half changed: state is in the database, changed by transactions.
        let answer = AssertUnwindSafe(next.run(request)).catch_unwind();
        match tokio::time::timeout(limit, answer).await {
            Ok(Ok(response)) => response,
            Ok(Err(panic)) => {
                tracing::error!(panic = panic_text(&*panic), "a handler panicked");
                Refusal::Failed.into_response()
            }
            Err(_) => {
                tracing::warn!(limit_seconds = limit.as_secs(), "a request took too long");
                Refusal::TimedOut.into_response()
            }
        }
    }
}

/// Why axum refused a request by itself, if it did: for a path that is no UTF-8, which it says in plain text, as no handler of ours
/// does, or for a method that an endpoint has not, which no handler refuses.
fn refusal_of_axum(response: &Response) -> Option<Refusal> {
    let is_text = response.headers().get(header::CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"text/plain"));
    match response.status() {
        StatusCode::BAD_REQUEST if is_text => Some(Refusal::Malformed),
        StatusCode::METHOD_NOT_ALLOWED => Some(Refusal::MethodNotAllowed),
        _ => None,
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no text")
}

#[cfg(test)]
mod tests;
