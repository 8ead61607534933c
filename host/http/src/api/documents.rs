//! Discovery (OpenID Connect Discovery §4, RFC 8414 §3) and the keys (RFC 7517 §5).

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use crate::app::App;

/// One document under both well-known names: software of either specification finds what it looks for.
pub(crate) async fn discovery(State(app): State<App>, headers: HeaderMap) -> Response {
    app.discovery().respond(&app.argus().discovery(), &headers)
}

pub(crate) async fn jwks(State(app): State<App>, headers: HeaderMap) -> Response {
    app.jwks().respond(app.argus().keys().jwks(), &headers)
}
