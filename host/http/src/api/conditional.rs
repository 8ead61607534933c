//! Changes on condition (RFC 9110 §13): the revision that was read is an entity tag, and whoever changes something names it.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::Serialize;

use super::problem::{self, Problem};
use crate::answer::json;
use crate::protocol::Administrator;

/// An answer with its revision as entity tag.
pub(crate) fn tagged(status: StatusCode, revision: u64, body: &impl Serialize) -> Response {
    let mut response = json(status, body);
    if let Ok(tag) = HeaderValue::try_from(format!("\"{revision}\"")) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// The revision that a change is meant for. A tag that is none of ours matches no revision.
pub(crate) fn revision(headers: &HeaderMap, by: &Administrator) -> Result<u64, Problem> {
    let Some(condition) = headers.get(header::IF_MATCH) else {
        let detail = "send If-Match with the ETag that was read, so that nobody's change is lost";
        return Err(problem::of_status(428, detail, &by.meta));
    };
    let tag = condition.to_str().ok().and_then(|tag| tag.strip_prefix('"')?.strip_suffix('"'));
    Ok(tag.and_then(|tag| tag.parse().ok()).unwrap_or(0))
}
