//! Requests to identity providers: what is fetched is named in documents that others write, so nothing leads into the own network,
//! nothing is followed, and nothing takes long or grows large.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use anyhow::{Context, Result};
use argus_protocol::federation::{HttpRequest, HttpResponse, UpstreamHttp, UpstreamHttpError};
use argus_protocol::settings::FederationSettings;
use argus_protocol::with_causes;
use axum::body::{Body, to_bytes};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioExecutor;
use tower::Service;

use crate::https::tls;

/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an answer may take, all of it.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// The largest answer, in bytes.
const MAX_BODY_BYTES: usize = 256 * 1024;

/// The client.
pub(crate) struct GuardedHttp {
    client: Client<HttpsConnector<HttpConnector<Resolver>>, Body>,
    allow_private: bool,
}

impl GuardedHttp {
    pub(crate) fn new(settings: &FederationSettings) -> Result<Self> {
        let allow_private = settings.allow_private_addresses;
        let mut tcp = HttpConnector::new_with_resolver(Resolver { allow_private });
        tcp.enforce_http(false);
        tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
        let (tls, _) = tls().context("cannot set up TLS")?;
        let connector = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(tcp);
        Ok(Self { client: Client::builder(TokioExecutor::new()).build(connector), allow_private })
    }

    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, String> {
        let uri = request.uri();
        let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        // A literal address is not resolved.
        if !self.allow_private && (host.parse::<IpAddr>().is_ok_and(|address| !is_public(address)) || uri.scheme_str() != Some("https")) {
            return Err(format!(
                "{host} is not fetched from: only https and public addresses are, unless [federation] allow_private_addresses is set"
            ));
        }
        let answer = self.client.request(request.map(Body::from)).await.map_err(|error| with_causes(&error))?;
        let (head, body) = answer.into_parts();
        let body = to_bytes(Body::new(body), MAX_BODY_BYTES)
            .await
            .map_err(|_| format!("the answer broke off, or has more than {MAX_BODY_BYTES} bytes"))?;
        Ok(HttpResponse::from_parts(head, body.to_vec()))
    }
}

impl UpstreamHttp for GuardedHttp {
    fn send(&self, request: HttpRequest) -> Pin<Box<dyn Future<Output = Result<HttpResponse, UpstreamHttpError>> + Send + '_>> {
        Box::pin(async move {
            match tokio::time::timeout(ANSWER_TIMEOUT, self.exchange(request)).await {
                Ok(answer) => answer.map_err(UpstreamHttpError),
                Err(_) => Err(UpstreamHttpError(format!("there was no answer within {} seconds", ANSWER_TIMEOUT.as_secs()))),
            }
        })
    }
}

/// Resolves names, and forgets the addresses that are not public: checked here, there is no second look-up that could answer
/// differently.
#[derive(Clone)]
struct Resolver {
    allow_private: bool,
}

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let allow_private = self.allow_private;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found.filter(|address| allow_private || is_public(address.ip())).collect();
            if allowed.is_empty() {
                return Err(io::Error::other(format!("{} has no public address", name.as_str())));
            }
            Ok(allowed.into_iter())
        })
    }
}

/// Whether an address is one of the public Internet (RFC 6890, RFC 4291).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            !(v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_documentation()
                || a == 0
                || a >= 224
                // Shared address space, protocol assignments, benchmarking.
                || (a == 100 && (64..128).contains(&b))
                || (a == 192 && b == 0 && c == 0)
                || (a == 198 && (b == 18 || b == 19)))
        }
        IpAddr::V6(v6) => match (v6.to_ipv4_mapped(), v6.segments()) {
            (Some(v4), _) => is_public(IpAddr::V4(v4)),
            // 6to4 and NAT64 carry an address of version 4.
            (None, [0x2002, high, low, ..]) | (None, [0x64, 0xff9b, _, _, _, _, high, low]) => {
                let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
                is_public(IpAddr::from([a, b, c, d]))
            }
            // Global unicast is 2000::/3, less documentation and Teredo.
            (None, [first, second, ..]) => first & 0xe000 == 0x2000 && (first, second) != (0x2001, 0xdb8) && (first, second) != (0x2001, 0),
        },
    }
}

/// What is shared by all requests.
pub(crate) fn client(settings: &FederationSettings) -> Result<Arc<dyn UpstreamHttp>> {
    Ok(Arc::new(GuardedHttp::new(settings)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_internet_are_public() {
        for address in ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "2002:101:101::1"] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
        for address in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.0.1",
            "198.18.0.1",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "ff02::1",
            "::ffff:10.0.0.1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "64:ff9b::a00:1",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[tokio::test]
    async fn nothing_in_the_own_network_is_asked() {
        let guarded = GuardedHttp::new(&FederationSettings::default()).unwrap();
        for url in ["https://127.0.0.1:1/", "https://[::1]:1/", "https://localhost:1/", "http://example.com/"] {
            let request = openidconnect::http::Request::get(url).body(Vec::new()).unwrap();
            let error = guarded.send(request).await.unwrap_err().to_string();
            assert!(error.contains("not fetched from") || error.contains("no public address"), "{url}: {error}");
        }
    }
}
