//! The introspection endpoint (RFC 7662), for resource servers: never with CORS.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::authorization::Authorization;
use crate::answer::{json, oauth_error};
use crate::app::App;
use crate::context::Meta;
use crate::form::Form;
use crate::protocol::introspect;

pub(crate) async fn post(State(app): State<App>, Meta(meta): Meta, authorization: Authorization, Form(form): Form) -> Response {
    match introspect::introspect(app.argus(), &form, authorization.single(), &meta).await {
        Ok(body) => json(StatusCode::OK, &body),
        Err(error) => oauth_error(&app, &error),
    }
}
