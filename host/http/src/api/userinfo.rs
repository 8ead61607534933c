//! The UserInfo endpoint (OpenID Connect Core §5.3), by GET and POST; the token in the header or in a form (RFC 6750 §2.1, §2.2).
//!
//! Never in the query (RFC 9700 §4.3.2): whatever stands there is not looked at.

use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::authorization::Authorization;
use crate::answer::{bearer_error, json};
use crate::app::App;
use crate::context::Meta;
use crate::form::{Form, is_form};
use crate::protocol::{Params, RequestMeta, UserInfoError, access, userinfo};

pub(crate) async fn get(State(app): State<App>, Meta(meta): Meta, authorization: Authorization) -> Response {
    answer(&app, &meta, &authorization, None).await
}

pub(crate) async fn post(State(app): State<App>, Meta(meta): Meta, authorization: Authorization, request: Request) -> Response {
    // A POST with the token in the header needs no body, and whatever content type such a body has means nothing.
    if !is_form(request.headers()) {
        return answer(&app, &meta, &authorization, None).await;
    }
    match Form::from_request(request, &app).await {
        Ok(Form(form)) => answer(&app, &meta, &authorization, Some(&form)).await,
        Err(refusal) => refusal.into_response(),
    }
}

async fn answer(app: &App, meta: &RequestMeta, authorization: &Authorization, form: Option<&Params>) -> Response {
    let token = match access::bearer_token(&authorization.all(), form) {
        Ok(token) => token,
        Err(error) => return bearer_error(app, &error),
    };
    match userinfo::userinfo(app.argus(), &token, meta).await {
        Ok(claims) => json(StatusCode::OK, &claims),
        Err(UserInfoError::Bearer(error)) => bearer_error(app, &error),
        Err(UserInfoError::ProviderFailed(_)) => {
            json(StatusCode::INTERNAL_SERVER_ERROR, &UserInfoError::server_error_body(&meta.correlation_id))
        }
    }
}
