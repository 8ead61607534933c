//! The administration API from the side of those who call it: one method over two transports.
//!
//! A command never knows which: a server reached over the network, to which somebody signed in, or an installation on this machine,
//! whose API is served in this very process.

mod answer;
mod events;
mod local;
mod refused;
mod remote;
pub(crate) mod wire;

use anyhow::{Context, Result};
use argus_protocol::settings::Issuer;
use axum::body::Bytes;
use axum::http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use axum::http::{Method, Response};
use serde_json::Value;

pub(crate) use self::answer::Answer;
pub(crate) use self::events::{Event, Events};
use self::local::Local;
pub(crate) use self::refused::Refused;
use self::remote::Remote;
use crate::composition::Installation;
use crate::config::Config;
use crate::https::Https;
use crate::sign_in::Credential;

/// Below the issuer's path.
const BASE: &str = "/api/v1";

/// The administration API of a server.
pub(crate) struct Api(Transport);

enum Transport {
    Remote(Box<Remote>),
    Local(Box<Local>),
}

impl Api {
    /// The API of a server, over the network.
    pub(crate) fn remote(server: Issuer, credential: Credential) -> Result<Self> {
        Ok(Self(Transport::Remote(Box::new(Remote { server, https: Https::new()?, credential }))))
    }

    /// The API of an installation, served in this process.
    pub(crate) async fn local(config: &Config, installation: Installation) -> Result<Self> {
        Ok(Self(Transport::Local(Box::new(Local::open(config, installation).await?))))
    }

    /// Calls the API. `path` is below `/api/v1` and begins with a slash.
    ///
    /// # Errors
    /// A [`Refused`] when the server says no; anything else when it cannot be asked.
    pub(crate) async fn call(&self, method: Method, path: &str, headers: HeaderMap, body: Bytes) -> Result<Answer> {
        let call = Call { method, path, headers, body };
        let response: Response<_> = match &self.0 {
            Transport::Remote(remote) => remote.call(&call).await?,
            Transport::Local(local) => local.call(&call).await?,
        };
        Answer::accepted(response).await
    }

    /// GET of a document.
    pub(crate) async fn get(&self, path: &str) -> Result<Value> {
        self.call(Method::GET, path, HeaderMap::new(), Bytes::new()).await?.json().await
    }

    /// Sends a document and reads the one that answers it.
    pub(crate) async fn send(&self, method: Method, path: &str, document: &Value) -> Result<Value> {
        self.call(method, path, json_headers(), document.to_string().into()).await?.json().await
    }

    /// DELETE of something, which is answered by nothing.
    pub(crate) async fn delete(&self, path: &str) -> Result<()> {
        self.call(Method::DELETE, path, HeaderMap::new(), Bytes::new()).await.map(|_| ())
    }

    /// Ends what an installation had opened.
    pub(crate) async fn close(self) {
        if let Transport::Local(local) = self.0 {
            local.close().await;
        }
    }
}

/// The header of a body that is JSON.
pub(crate) fn json_headers() -> HeaderMap {
    HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))])
}

/// One call, which may have to be made twice: with a token that has just ended, and with the next one.
struct Call<'a> {
    method: Method,
    path: &'a str,
    headers: HeaderMap,
    body: Bytes,
}

/// A path of segments, each encoded: what somebody typed for a name stays one segment.
pub(crate) fn path(segments: &[&str]) -> String {
    let mut path = String::new();
    for segment in segments {
        path.push('/');
        for byte in segment.bytes() {
            // Not the dot either: a segment of dots alone would lead upwards.
            if byte.is_ascii_alphanumeric() || b"-_~".contains(&byte) {
                path.push(char::from(byte));
            } else {
                path.push_str(&format!("%{byte:02X}"));
            }
        }
    }
    path
}

/// Reads an answer as what it should be.
pub(crate) fn read<T: serde::de::DeserializeOwned>(answer: &Value) -> Result<T> {
    serde_path_to_error::deserialize(answer)
        .context("the server's answer is not the expected one: this program and the server may be of versions too far apart")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_one_segment() {
        assert_eq!(path(&["claim-providers", "badge-level"]), "/claim-providers/badge-level");
        assert_eq!(path(&["claim-providers", "../clients?x#é"]), "/claim-providers/%2E%2E%2Fclients%3Fx%23%C3%A9");
        assert_eq!(path(&["a", ".."]), "/a/%2E%2E");
    }
}
