//! The revocation endpoint (RFC 7009).

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::authorization::Authorization;
use crate::answer::oauth_error;
use crate::app::App;
use crate::context::Meta;
use crate::form::Form;
use crate::protocol::revoke;

/// Success has no body, and no content type for one: libraries in browsers choke on a text where they expect JSON.
pub(crate) async fn post(State(app): State<App>, Meta(meta): Meta, authorization: Authorization, Form(form): Form) -> Response {
    match revoke::revoke(app.argus(), &form, authorization.single(), &meta).await {
        Ok(()) => StatusCode::OK.into_response(),
        Err(error) => oauth_error(&app, &error),
    }
}
