//! The public documents, with what it takes to answer them from memory: bytes and an entity tag, made once per version.

use std::sync::{Mutex, PoisonError};

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

use crate::fingerprint::fingerprint;

/// Relying parties look for new keys about every five minutes; a key is published a day before it signs.
const CACHE_CONTROL: HeaderValue = HeaderValue::from_static("public, max-age=300");

#[derive(Clone)]
struct Version {
    body: Bytes,
    etag: HeaderValue,
}

/// The last version served of one document.
#[derive(Default)]
pub(crate) struct PreparedDocument(Mutex<Option<Version>>);

impl PreparedDocument {
    /// Answers with the document, or with 304 to a reader that has it.
    pub(crate) fn respond(&self, text: &str, request: &HeaderMap) -> Response {
        let Version { body, etag } = self.version(text);
        let common = [(header::CACHE_CONTROL, CACHE_CONTROL), (header::ETAG, etag.clone())];
        if matches(request, &etag) {
            return (StatusCode::NOT_MODIFIED, common).into_response();
        }
        (common, [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response()
    }

    fn version(&self, text: &str) -> Version {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(version) = known.as_ref().filter(|version| *version.body == *text.as_bytes()) {
            return version.clone();
        }
        let body = Bytes::copy_from_slice(text.as_bytes());
        let etag = HeaderValue::try_from(format!("\"{:016x}\"", fingerprint(&body))).unwrap_or(HeaderValue::from_static("\"\""));
        known.insert(Version { body, etag }).clone()
    }
}

/// RFC 9110 §13.1.2, weak comparison.
fn matches(request: &HeaderMap, etag: &HeaderValue) -> bool {
    let known = request.get_all(header::IF_NONE_MATCH).iter().filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(','));
    known.map(str::trim).any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag).as_bytes() == etag.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_has_the_document_gets_304() {
        let document = PreparedDocument::default();
        let first = document.respond("{}", &HeaderMap::new());
        assert_eq!(first.status(), StatusCode::OK);
        assert_eq!(first.headers()[header::CONTENT_TYPE], "application/json");
        let etag = first.headers()[header::ETAG].clone();

        for known in [etag.to_str().unwrap().to_owned(), format!("\"x\", W/{}", etag.to_str().unwrap()), "*".to_owned()] {
            let request = HeaderMap::from_iter([(header::IF_NONE_MATCH, known.parse().unwrap())]);
            let again = document.respond("{}", &request);
            assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{known}");
            assert_eq!(again.headers()[header::ETAG], etag);
        }
    }

    #[test]
    fn a_new_version_gets_a_new_tag() {
        let document = PreparedDocument::default();
        let first = document.respond("{}", &HeaderMap::new());
        let second = document.respond("[]", &HeaderMap::new());
        assert_ne!(first.headers()[header::ETAG], second.headers()[header::ETAG]);
    }
}
