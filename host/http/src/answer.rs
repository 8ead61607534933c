//! Answers and errors of the OAuth endpoints as HTTP responses, and what pages share with them.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::app::App;
use crate::protocol::{BearerError, OAuthError, log_failure};
use crate::refusal::Refusal;

/// A JSON body with a status.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(bytes) => (status, [(header::CONTENT_TYPE, "application/json")], bytes).into_response(),
        Err(error) => {
            tracing::error!(%error, "an answer cannot be written as JSON");
            Refusal::Failed.into_response()
        }
    }
}

/// The error answer of the token, revocation and introspection endpoints (RFC 6749 §5.2).
pub(crate) fn oauth_error(app: &App, error: &OAuthError) -> Response {
    let mut response = json(status(error.status), &error.body());
    // RFC 9110 §15.5.2: always; RFC 6749 §5.2 asks for it after HTTP Basic only.
    if error.status == 401 {
        set(
            &mut response,
            header::WWW_AUTHENTICATE,
            &format!("Basic realm=\"{}\", charset=\"UTF-8\"", app.argus().settings().issuer.as_str()),
        );
    }
    if let Some(delay) = error.retry_after {
        retry_after(&mut response, delay);
    }
    response
}

/// The error answer of a protected resource (RFC 6750 §3).
pub(crate) fn bearer_error(app: &App, error: &BearerError) -> Response {
    let status = status(error.status());
    let mut response = match error.body() {
        Some(body) => json(status, &body),
        None => status.into_response(),
    };
    if status.is_server_error() {
        log_failure(error);
        retry_after(&mut response, Duration::from_secs(1));
    } else {
        set(&mut response, header::WWW_AUTHENTICATE, &error.www_authenticate(&app.argus().settings().issuer));
    }
    response
}

/// Seconds, rounded up: coming back too early is refused again.
pub(crate) fn retry_after(response: &mut Response, delay: Duration) {
    let seconds = delay.as_secs() + u64::from(delay.subsec_nanos() > 0);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
}

pub(crate) fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn set(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::try_from(value) {
        response.headers_mut().insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_is_rounded_up_to_whole_seconds() {
        for (millis, expected) in [(0, "1"), (1, "1"), (1000, "1"), (1001, "2"), (90_000, "90")] {
            let mut response = StatusCode::SERVICE_UNAVAILABLE.into_response();
            retry_after(&mut response, Duration::from_millis(millis));
            assert_eq!(response.headers()[header::RETRY_AFTER], expected);
        }
    }

    #[tokio::test]
    async fn a_body_is_json_and_says_so() {
        let response = json(StatusCode::BAD_REQUEST, &serde_json::json!({"error": "invalid_grant"}));
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
        let body = axum::body::to_bytes(response.into_body(), 1024).await.unwrap();
        assert_eq!(body, r#"{"error":"invalid_grant"}"#);
    }
}
