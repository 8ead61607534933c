//! Cross-origin calls of single-page applications (Fetch §3.2): the origins of clients' redirect URIs, and no other.
//!
//! Never with credentials: tokens travel in a header, and a cookie sent along would be one more thing to misuse. Answers that
//! are errors carry the headers as well, or the application could not read what is wrong.

use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::endpoint::Endpoint;

/// Whether a request asks for permission to call (Fetch §3.2.2).
pub(crate) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS && headers.contains_key(header::ORIGIN) && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// The origin to ask about; `null` is nobody's.
pub(crate) fn origin(headers: &HeaderMap) -> Option<HeaderValue> {
    headers.get(header::ORIGIN).filter(|origin| *origin != "null").cloned()
}

/// The answer to a preflight; [`complete`] adds the origin.
pub(crate) fn preflight(methods: &'static str, allowed: bool) -> Response {
    if !allowed {
        return StatusCode::FORBIDDEN.into_response();
    }
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, methods),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type"),
        (header::ACCESS_CONTROL_MAX_AGE, "600"),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// Adds the CORS headers of an answer. `allowed` is the caller's origin, if it may read the answer.
pub(crate) fn complete(headers: &mut HeaderMap, endpoint: &Endpoint, allowed: Option<HeaderValue>) {
    if endpoint.cors.is_none() {
        return;
    }
    // On every answer, with an origin or without: a cache must not hand one caller's answer to another.
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = allowed {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("WWW-Authenticate, Retry-After, X-Correlation-Id"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint;

    #[test]
    fn only_options_with_both_headers_is_a_preflight() {
        let mut headers = HeaderMap::from_iter([(header::ORIGIN, HeaderValue::from_static("https://app.example"))]);
        assert!(!is_preflight(&Method::OPTIONS, &headers));
        headers.insert(header::ACCESS_CONTROL_REQUEST_METHOD, HeaderValue::from_static("POST"));
        assert!(is_preflight(&Method::OPTIONS, &headers));
        assert!(!is_preflight(&Method::POST, &headers));
    }

    #[test]
    fn the_null_origin_is_nobodys() {
        assert_eq!(origin(&HeaderMap::from_iter([(header::ORIGIN, HeaderValue::from_static("null"))])), None);
    }

    #[test]
    fn a_closed_endpoint_never_gets_cors_headers() {
        for endpoint in [&endpoint::AUTHORIZE, &endpoint::LOGIN, &endpoint::CONSENT, &endpoint::END_SESSION, &endpoint::INTROSPECT] {
            let mut headers = HeaderMap::new();
            complete(&mut headers, endpoint, Some(HeaderValue::from_static("https://app.example")));
            assert!(headers.is_empty(), "{endpoint:?}");
        }
    }

    #[test]
    fn an_open_endpoint_names_the_origin_and_varies_by_it() {
        let mut headers = HeaderMap::new();
        complete(&mut headers, &endpoint::TOKEN, Some(HeaderValue::from_static("https://app.example")));
        assert_eq!(headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "https://app.example");
        assert_eq!(headers[header::VARY], "Origin");
        assert!(!headers.contains_key(header::ACCESS_CONTROL_ALLOW_CREDENTIALS));

        let mut headers = HeaderMap::new();
        complete(&mut headers, &endpoint::TOKEN, None);
        assert!(!headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
        assert_eq!(headers[header::VARY], "Origin");
    }
}
