//! The `Authorization` header, as it came: what is in it is for the use cases to judge.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;

/// Every `Authorization` header of a request. Bytes beyond ASCII make it the empty text, which is no valid credential.
pub(crate) struct Authorization(Vec<String>);

impl Authorization {
    /// The one header; with several there is no telling which one counts, so they count as one that is malformed.
    pub(crate) fn single(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => None,
            [one] => Some(one),
            _ => Some(""),
        }
    }

    pub(crate) fn all(&self) -> Vec<&str> {
        self.0.iter().map(String::as_str).collect()
    }
}

impl<S: Sync> FromRequestParts<S> for Authorization {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let headers = parts.headers.get_all(header::AUTHORIZATION).iter();
        Ok(Self(headers.map(|value| value.to_str().unwrap_or("").to_owned()).collect()))
    }
}
