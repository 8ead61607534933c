//! The command line's HTTP client: TLS by rustls on aws-lc-rs, the roots that the system trusts, no redirects, no cookies.
//!
//! It is hyper's client and not reqwest's: reqwest's TLS would be switched on for every client of this program and of its tests,
//! which speak plain HTTP on loopback and have no business with certificates.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use argus_protocol::settings::Issuer;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{Request, Response, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::{ClientConfig, RootCertStore};

/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the head of an answer may take: longer than a server takes, by default, to compile and to check an upload.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(300);
/// The largest body that is read whole, in bytes: more than any component has.
const MAX_BODY_BYTES: usize = 64 * 1024 * 1024;

/// A client; connections are kept while it lives.
pub(crate) struct Https {
    client: Client<HttpsConnector<HttpConnector>, Body>,
    trusts_anybody: bool,
}

impl Https {
    /// A client that trusts whom the system trusts; `SSL_CERT_FILE` and `SSL_CERT_DIR` in the environment go before that.
    pub(crate) fn new() -> Result<Self> {
        let (tls, trusts_anybody) = tls()?;
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
        let connector = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(tcp);
        Ok(Self { client: Client::builder(TokioExecutor::new()).build(connector), trusts_anybody })
    }

    /// Sends a request and returns when the head of the answer is there, whatever it says.
    pub(crate) async fn send(&self, request: Request<Body>) -> Result<Response<Body>> {
        let origin = origin(request.uri());
        ensure!(
            self.trusts_anybody || request.uri().scheme_str() != Some("https"),
            "this system trusts no certificates at all: install its package of root certificates, or name a PEM file in SSL_CERT_FILE"
        );
        match tokio::time::timeout(ANSWER_TIMEOUT, self.client.request(request)).await {
            Ok(Ok(response)) => Ok(response.map(Body::new)),
            Ok(Err(error)) => Err(error).with_context(|| format!("cannot reach {origin}")),
            Err(_) => bail!("{origin} did not answer within {} seconds; it may have done what it was asked for", ANSWER_TIMEOUT.as_secs()),
        }
    }
}

/// TLS that trusts whom the system trusts, and whether that is anybody.
pub(crate) fn tls() -> Result<(ClientConfig, bool)> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let trusts_anybody = !roots.is_empty();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let tls = versions.context("cannot set up TLS")?.with_root_certificates(roots).with_no_client_auth();
    Ok((tls, trusts_anybody))
}

/// The whole body.
pub(crate) async fn read(body: Body) -> Result<Bytes> {
    to_bytes(body, MAX_BODY_BYTES).await.context("the answer broke off")
}

/// Reads the URL of a server: its issuer identifier, with or without a slash at its end. Plain HTTP is for loopback only, since a
/// token would cross the network in clear.
pub(crate) fn server(url: &str) -> Result<Issuer> {
    Issuer::parse(url.trim_end_matches('/')).with_context(|| format!("{url} cannot be the URL of a server"))
}

fn origin(uri: &Uri) -> String {
    format!("{}://{}", uri.scheme_str().unwrap_or_default(), uri.authority().map(ToString::to_string).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_loopback_only() {
        for url in ["https://id.example.com", "https://id.example.com/", "https://id.example.com/argus", "http://127.0.0.1:8080"] {
            assert_eq!(server(url).unwrap().as_str(), url.trim_end_matches('/'));
        }
        for url in ["http://id.example.com", "id.example.com", "ftp://id.example.com", "https://a:b@id.example.com", ""] {
            assert!(server(url).is_err(), "{url}");
        }
    }

    #[test]
    fn a_client_can_be_made() {
        assert!(Https::new().is_ok());
    }
}
