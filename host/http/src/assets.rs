//! The stylesheet, the scripts and the icon, compiled in.

use axum::http::{HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};

use crate::fingerprint::fingerprint;

const STYLESHEET: &[u8] = include_bytes!("../assets/argus.css");
const SCRIPT: &[u8] = include_bytes!("../assets/console.js");
const CLAIMS: &[u8] = include_bytes!("../assets/claims.js");
const FAVICON: &[u8] = include_bytes!("../assets/favicon.svg");

/// Identifies the stylesheet of this build in its URL, so that it can be cached for ever.
pub(crate) const STYLESHEET_VERSION: u64 = fingerprint(STYLESHEET);

/// The same for the script of the console.
pub(crate) const SCRIPT_VERSION: u64 = fingerprint(SCRIPT);

/// The same for the script of claims.
pub(crate) const CLAIMS_VERSION: u64 = fingerprint(CLAIMS);

const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const FOR_A_DAY: HeaderValue = HeaderValue::from_static("public, max-age=86400");
const FOR_NOW: HeaderValue = HeaderValue::from_static("no-cache");

pub(crate) async fn stylesheet(uri: Uri) -> Response {
    asset("text/css; charset=utf-8", versioned(&uri, STYLESHEET_VERSION), STYLESHEET)
}

pub(crate) async fn script(uri: Uri) -> Response {
    asset("text/javascript; charset=utf-8", versioned(&uri, SCRIPT_VERSION), SCRIPT)
}

pub(crate) async fn claims(uri: Uri) -> Response {
    asset("text/javascript; charset=utf-8", versioned(&uri, CLAIMS_VERSION), CLAIMS)
}

/// While two releases are behind one address, the other one's file must not be kept under this one's name.
fn versioned(uri: &Uri, version: u64) -> HeaderValue {
    if uri.query() == Some(format!("v={version:x}").as_str()) { FOR_EVER } else { FOR_NOW }
}

pub(crate) async fn favicon() -> Response {
    asset("image/svg+xml", FOR_A_DAY, FAVICON)
}

fn asset(content_type: &'static str, cache_control: HeaderValue, bytes: &'static [u8]) -> Response {
    let headers = [(header::CONTENT_TYPE, HeaderValue::from_static(content_type)), (header::CACHE_CONTROL, cache_control)];
    (headers, bytes).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_stylesheet_of_this_build_is_immutable() {
        let this = stylesheet(format!("/assets/argus.css?v={STYLESHEET_VERSION:x}").parse().unwrap()).await;
        assert_eq!(this.headers()[header::CACHE_CONTROL], FOR_EVER);
        for other in ["/assets/argus.css", "/assets/argus.css?v=1"] {
            assert_eq!(stylesheet(other.parse().unwrap()).await.headers()[header::CACHE_CONTROL], FOR_NOW);
        }
    }
}
