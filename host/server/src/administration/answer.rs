//! An answer of the API that is a success.

use anyhow::{Context, Result};
use axum::body::{Body, Bytes};
use axum::http::Response;
use axum::http::header::{HeaderMap, HeaderName};
use serde_json::Value;

use super::{Events, Refused};
use crate::https;

/// A success, its body unread.
pub(crate) struct Answer {
    headers: HeaderMap,
    body: Body,
}

impl Answer {
    /// The answer, unless it is a refusal: that becomes the error.
    pub(super) async fn accepted(response: Response<Body>) -> Result<Self> {
        let (parts, body) = response.into_parts();
        if !parts.status.is_success() {
            let body = https::read(body).await?;
            return Err(Refused::of(parts.status, &body).into());
        }
        Ok(Self { headers: parts.headers, body })
    }

    /// A header, when it is there and text.
    pub(crate) fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The whole body.
    pub(crate) async fn bytes(self) -> Result<Bytes> {
        https::read(self.body).await
    }

    /// The body as a document.
    pub(crate) async fn json(self) -> Result<Value> {
        serde_json::from_slice(&self.bytes().await?).context("the server's answer is no JSON")
    }

    /// The body as a stream of events.
    pub(crate) fn events(self) -> Events {
        Events::new(self.body)
    }
}
