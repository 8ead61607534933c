//! `/api/v1/me`: who the token is about.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::authorization::Authorization;
use crate::answer::{bearer_error, json};
use crate::app::App;
use crate::protocol::{access, me};

pub(crate) async fn get(State(app): State<App>, authorization: Authorization) -> Response {
    let token = match access::bearer_token(&authorization.all(), None) {
        Ok(token) => token,
        Err(error) => return bearer_error(&app, &error),
    };
    match me::me(app.argus(), &token).await {
        Ok(body) => json(StatusCode::OK, &body),
        Err(error) => bearer_error(&app, &error),
    }
}
