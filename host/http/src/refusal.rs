//! Requests refused by this layer, before any use case saw them, and requests that broke off.
//!
//! An extractor or handler answers with a [`Refusal`]; it travels as an extension of the response to the edge, which knows the
//! correlation id and whether people or programs read this endpoint's errors, and writes the body.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::api::problem;
use crate::context::RequestContext;
use crate::endpoint::Surface;
use crate::pages::{ErrorPage, Frame};

/// Why this layer refuses a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Nothing is served there.
    NotFound,
    /// A one-time link that was used, replaced, or has expired.
    LinkGone,
    /// Something is served there, but not by this method.
    MethodNotAllowed,
    /// Longer than `max_query_bytes`.
    QueryTooLong,
    /// More than `max_header_bytes`.
    HeadersTooLarge,
    /// More than `max_body_bytes`.
    BodyTooLarge,
    /// A body that is not `application/x-www-form-urlencoded`.
    NotAForm,
    /// A query or form that cannot be read.
    Malformed,
    /// A form that did not come from a page of this server, or whose token is gone.
    ForgedForm,
    /// Took longer than `request_timeout_seconds`.
    TimedOut,
    /// The database is out of reach.
    Unavailable,
    /// A failure of this server.
    Failed,
}

impl Refusal {
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::NotFound | Self::LinkGone => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::QueryTooLong => StatusCode::URI_TOO_LONG,
            Self::HeadersTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotAForm | Self::Malformed => StatusCode::BAD_REQUEST,
            Self::ForgedForm => StatusCode::FORBIDDEN,
            Self::TimedOut | Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Failed => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// RFC 6749 §5.2, and the codes of §4.1.2.1 for failures of this server.
    fn code(self) -> &'static str {
        match self {
            Self::NotFound
            | Self::LinkGone
            | Self::MethodNotAllowed
            | Self::QueryTooLong
            | Self::HeadersTooLarge
            | Self::BodyTooLarge
            | Self::NotAForm
            | Self::Malformed
            | Self::ForgedForm => "invalid_request",
            Self::TimedOut | Self::Unavailable => "temporarily_unavailable",
            Self::Failed => "server_error",
        }
    }

    /// A sentence for the client's developer.
    fn description(self, correlation_id: &str) -> String {
        let text = match self {
            Self::NotFound | Self::LinkGone => "nothing is served at this path",
            Self::MethodNotAllowed => "this path is not served by this method",
            Self::QueryTooLong => "the query is too long",
            Self::HeadersTooLarge => "the headers are too large",
            Self::BodyTooLarge => "the body is too large",
            Self::NotAForm => "the body must be application/x-www-form-urlencoded",
            Self::Malformed => "the parameters cannot be read",
            Self::ForgedForm => "the form did not come from this server",
            Self::TimedOut | Self::Unavailable | Self::Failed => {
                return format!("the request could not be completed; correlation id {correlation_id}");
            }
        };
        text.to_owned()
    }

    /// The answer, for the readers of that surface.
    pub(crate) fn render(self, surface: Surface, frame: &Frame, context: &RequestContext) -> Response {
        let mut response = if surface.is_page() {
            ErrorPage::of_refusal(self, frame, &context.correlation_id).respond(self.status())
        } else if surface == Surface::Administration {
            let detail = self.description(&context.correlation_id);
            problem::plain(self.status(), &detail, &context.correlation_id).into_response()
        } else {
            let body = json!({"error": self.code(), "error_description": self.description(&context.correlation_id)});
            (self.status(), Json(body)).into_response()
        };
        if self.status() == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}
