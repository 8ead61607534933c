//! One request, one answer: nothing is followed, nothing is hidden.

use std::net::IpAddr;

use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;
use url::Url;

/// Sends requests to one node.
#[derive(Clone, Debug)]
pub struct Http {
    client: Client,
    issuer: String,
    address: String,
}

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Where it came from.
    pub url: Url,
    /// Status code.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub text: String,
}

impl Http {
    /// Reaches the node at `address`, which serves `issuer`.
    pub fn new(issuer: &str, address: &str) -> Self {
        Self { client: client(None, false), issuer: issuer.to_owned(), address: address.to_owned() }
    }

    /// The same node, from another address of the loopback network.
    #[must_use]
    pub fn from_address(&self, address: IpAddr) -> Self {
        Self { client: client(Some(address), false), ..self.clone() }
    }

    /// The same node, with cookies kept.
    #[must_use]
    pub fn with_cookies(&self, from: Option<IpAddr>) -> Self {
        Self { client: client(from, true), ..self.clone() }
    }

    /// Another node, cookies included.
    #[must_use]
    pub fn at(&self, node: &Self) -> Self {
        Self { client: self.client.clone(), ..node.clone() }
    }

    /// The issuer identifier.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The URL of a path at this node; a URL of the issuer becomes one of this node.
    pub fn url(&self, path_or_url: &str) -> Url {
        let path = path_or_url.strip_prefix(self.issuer.as_str()).unwrap_or(path_or_url);
        if path.starts_with('/') { Url::parse(&format!("{}{path}", self.address)).unwrap() } else { Url::parse(path).unwrap() }
    }

    /// Whether a URL leads here.
    pub fn is_own(&self, url: &Url) -> bool {
        [&self.issuer, &self.address].iter().any(|own| url.origin() == Url::parse(own).unwrap().origin())
    }

    /// A request to be built further.
    pub fn request(&self, method: Method, path_or_url: &str) -> RequestBuilder {
        self.client.request(method, self.url(path_or_url))
    }

    /// Sends a request.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let (url, status, headers) = (response.url().clone(), response.status().as_u16(), response.headers().clone());
        Answer { url, status, headers, text: response.text().await.unwrap() }
    }

    /// Sends a request; `None` when no whole answer comes back.
    pub async fn try_send(&self, request: RequestBuilder) -> Option<Answer> {
        let response = request.send().await.ok()?;
        let (url, status, headers) = (response.url().clone(), response.status().as_u16(), response.headers().clone());
        Some(Answer { url, status, headers, text: response.text().await.ok()? })
    }

    /// GET.
    pub async fn get(&self, path_or_url: &str) -> Answer {
        self.send(self.request(Method::GET, path_or_url)).await
    }

    /// GET with a query.
    pub async fn get_query(&self, path: &str, query: &[(String, String)]) -> Answer {
        self.send(self.request(Method::GET, path).query(query)).await
    }

    /// GET with a bearer token.
    pub async fn get_as(&self, path: &str, token: &str) -> Answer {
        self.send(self.request(Method::GET, path).bearer_auth(token)).await
    }

    /// POST of a form.
    pub async fn post_form(&self, path_or_url: &str, form: &[(&str, &str)]) -> Answer {
        self.send(self.request(Method::POST, path_or_url).form(form)).await
    }
}

fn client(from: Option<IpAddr>, cookies: bool) -> Client {
    Client::builder().redirect(Policy::none()).cookie_store(cookies).local_address(from).no_proxy().build().unwrap()
}

impl Answer {
    /// The answer, which has to have a status.
    ///
    /// # Panics
    /// When it has another.
    #[must_use]
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{} {:?}: {}", self.url, self.headers, self.text);
        self
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is none, or not announced as such.
    #[track_caller]
    pub fn json(&self) -> Value {
        // Problem details (RFC 9457) are errors; every other answer is plain JSON.
        let expected =
            if self.status >= 400 && self.text.contains("\"about:blank\"") { "application/problem+json" } else { "application/json" };
        assert_eq!(self.header("content-type"), expected, "{}: {}", self.url, self.text);
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// A header; empty when absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The OAuth error of a refusal with a status.
    ///
    /// # Panics
    /// When it is none, or has another status.
    #[track_caller]
    pub fn error(self, status: u16) -> String {
        let body = self.expect(status).json();
        assert!(body["error_description"].as_str().is_some_and(|text| !text.is_empty()), "{body}");
        body["error"].as_str().unwrap().to_owned()
    }
}
