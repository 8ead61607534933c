//! The token endpoint (RFC 6749 §3.2).

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::authorization::Authorization;
use crate::answer::{json, oauth_error};
use crate::app::App;
use crate::context::Meta;
use crate::form::Form;
use crate::protocol::token;

pub(crate) async fn post(State(app): State<App>, Meta(meta): Meta, authorization: Authorization, Form(form): Form) -> Response {
    match token::exchange(app.argus(), &form, authorization.single(), &meta).await {
        Ok(tokens) => json(StatusCode::OK, &tokens),
        Err(error) => oauth_error(&app, &error),
    }
}
