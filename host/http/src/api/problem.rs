//! Errors of the administration API: problem details (RFC 9457).

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::answer::{bearer_error, retry_after, status};
use crate::app::App;
use crate::protocol::{AdministrationError, Administrator, BearerError, RequestMeta, log_failure};

/// Why a request was refused (RFC 9457).
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ProblemDetails)]
pub(super) struct Details<'a> {
    /// Always `about:blank`: the status says of what kind it is.
    r#type: &'static str,
    /// The status in words.
    title: &'a str,
    /// The status.
    status: u16,
    /// What is wrong, as a sentence.
    detail: &'a str,
    /// Finds the request in the log and in the audit trail.
    correlation_id: &'a str,
    /// Each place that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<argus_domain::Problem>>)]
    problems: Option<Value>,
    /// What the check of a component found.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    report: Option<Value>,
}

/// An answer that says why a request does nothing.
#[derive(Debug)]
pub(crate) struct Problem(Box<Response>);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        *self.0
    }
}

/// The answer to a use case's error.
pub(crate) fn of_error(error: &AdministrationError, meta: &RequestMeta) -> Problem {
    let (status, problems, report) = match error {
        AdministrationError::NotFound(_) => (StatusCode::NOT_FOUND, None, None),
        AdministrationError::Refused { problems, report, .. } => {
            let problems = (!problems.is_empty()).then(|| json!(problems));
            (StatusCode::UNPROCESSABLE_ENTITY, problems, report.as_ref().map(|report| json!(report)))
        }
        AdministrationError::Conflict(_) => (StatusCode::CONFLICT, None, None),
        AdministrationError::Outdated => (StatusCode::PRECONDITION_FAILED, None, None),
        AdministrationError::Storage(_) if error.is_passing() => (StatusCode::SERVICE_UNAVAILABLE, None, None),
        AdministrationError::Storage(_) => (StatusCode::INTERNAL_SERVER_ERROR, None, None),
    };
    if status.is_server_error() {
        log_failure(error);
        if status != StatusCode::SERVICE_UNAVAILABLE {
            return respond(status, "the request could not be completed", meta, None, None);
        }
        let mut response = respond(status, "the request could not be completed; try again in a moment", meta, None, None);
        retry_after(&mut response.0, std::time::Duration::from_secs(1));
        return response;
    }
    respond(status, &error.to_string(), meta, problems, report)
}

/// The same, to an administrator.
pub(crate) fn failed(error: &AdministrationError, by: &Administrator) -> Problem {
    of_error(error, &by.meta)
}

/// The answer to a caller who may not: with the challenge of RFC 6750.
pub(crate) fn of_bearer(app: &App, meta: &RequestMeta, error: &BearerError) -> Problem {
    let plain = bearer_error(app, error);
    let mut response = respond(plain.status(), &error.to_string(), meta, None, None);
    for name in [header::WWW_AUTHENTICATE, header::RETRY_AFTER] {
        if let Some(value) = plain.headers().get(&name) {
            response.0.headers_mut().insert(name, value.clone());
        }
    }
    response
}

/// An answer of a status of its own.
pub(crate) fn of_status(code: u16, detail: &str, meta: &RequestMeta) -> Problem {
    respond(status(code), detail, meta, None, None)
}

/// The answer to a request that no use case has seen.
pub(crate) fn plain(status: StatusCode, detail: &str, correlation_id: &str) -> Problem {
    respond_to(status, detail, correlation_id, None, None)
}

fn respond(status: StatusCode, detail: &str, meta: &RequestMeta, problems: Option<Value>, report: Option<Value>) -> Problem {
    respond_to(status, detail, &meta.correlation_id, problems, report)
}

fn respond_to(status: StatusCode, detail: &str, correlation_id: &str, problems: Option<Value>, report: Option<Value>) -> Problem {
    let details = Details {
        r#type: "about:blank",
        title: status.canonical_reason().unwrap_or_default(),
        status: status.as_u16(),
        detail,
        correlation_id,
        problems,
        report,
    };
    let body = serde_json::to_vec(&details).unwrap_or_default();
    Problem(Box::new((status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response()))
}
