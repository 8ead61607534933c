//! Changes on condition (RFC 9110 §13): the revision that was read is an entity tag, and whoever changes something names it.

use std::fmt::Display;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::Serialize;

use super::problem::{self, Problem};
use crate::answer::json;
use crate::app::App;
use crate::endpoint::Endpoint;
use crate::protocol::RequestMeta;

/// An answer with its revision as entity tag.
pub(crate) fn tagged(status: StatusCode, revision: impl Display, body: &impl Serialize) -> Response {
    let mut response = json(status, body);
    if let Ok(tag) = HeaderValue::try_from(format!("\"{revision}\"")) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// An answer that tells where what it made is: below the list of its kind.
pub(crate) fn created(app: &App, list: &Endpoint, key: impl Display, mut response: Response) -> Response {
    if let Ok(location) = HeaderValue::try_from(format!("{}{}/{key}", app.base(), list.path)) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// The revision that a change is meant for, where revisions are numbers. A tag that is none of ours matches no revision.
pub(crate) fn revision(headers: &HeaderMap, meta: &RequestMeta) -> Result<u64, Problem> {
    Ok(tag(headers, meta)?.parse().unwrap_or(0))
}

/// What a request to make something is known by, so that one that comes again makes it once (`Idempotency-Key`).
pub(crate) fn idempotency_key<'h>(headers: &'h HeaderMap, meta: &RequestMeta) -> Result<Option<&'h str>, Problem> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    match key.to_str().ok().filter(|key| (1..=255).contains(&key.len())) {
        Some(key) => Ok(Some(key)),
        None => Err(problem::of_status(400, "Idempotency-Key must be 1 to 255 printable characters", meta)),
    }
}

/// What a PUT is meant for: none for something new, with `If-None-Match: *` (RFC 9110 §13.1.2), else the tag of what was read.
pub(crate) fn new_or_tag<'h>(headers: &'h HeaderMap, meta: &RequestMeta) -> Result<Option<&'h str>, Problem> {
    match headers.get(header::IF_NONE_MATCH) {
        Some(condition) if condition == "*" => Ok(None),
        Some(_) => Err(problem::of_status(400, "If-None-Match is `*`, for something new", meta)),
        None => tag(headers, meta).map(Some),
    }
}

/// The tag that a change is meant for; empty where it is none of ours.
pub(crate) fn tag<'h>(headers: &'h HeaderMap, meta: &RequestMeta) -> Result<&'h str, Problem> {
    let Some(condition) = headers.get(header::IF_MATCH) else {
        let detail = "send If-Match with the ETag that was read, so that nobody's change is lost";
        return Err(problem::of_status(428, detail, meta));
    };
    Ok(condition.to_str().ok().and_then(|tag| tag.strip_prefix('"')?.strip_suffix('"')).unwrap_or_default())
}
