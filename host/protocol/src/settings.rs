//! What an installation decides: the issuer, lifetimes, sessions, limits. Each section is read from the configuration file.

use std::time::Duration;

use argus_domain::client::LifetimeLimits;
use argus_keys::rotation::RotationPolicy;
use serde::Deserialize;
use thiserror::Error;
use url::{Host, Url};

pub use crate::own_clients::SelfServiceSettings;
pub use crate::rollout::RolloutSettings;

/// The issuer identifier: an https URL, or http on loopback, without query and fragment (OpenID Connect Discovery §3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    text: String,
    origin: String,
    path: String,
    https: bool,
}

/// Why a text is no issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum IssuerError {
    /// No absolute URL of the two schemes.
    #[error("must be a URL that begins with https://")]
    NotAbsolute,
    /// Plain http beyond loopback.
    #[error("must use https, except on the loopback addresses 127.0.0.1, [::1] and localhost")]
    PlainHttp,
    /// Query, fragment or user information.
    #[error("must not have a query, a fragment or a user name")]
    Decorated,
    /// `https://id.example.com/`: relying parties compare the text, and most expect none.
    #[error("must not end with a slash")]
    TrailingSlash,
}

impl Issuer {
    /// Accepts an issuer, or says why not.
    pub fn parse(text: &str) -> Result<Self, IssuerError> {
        let url = Url::parse(text).map_err(|_| IssuerError::NotAbsolute)?;
        let https = match (url.scheme(), url.host()) {
            ("https", Some(_)) => true,
            ("http", Some(Host::Ipv4(ip))) if ip.is_loopback() => false,
            ("http", Some(Host::Ipv6(ip))) if ip.is_loopback() => false,
            ("http", Some(Host::Domain("localhost"))) => false,
            ("http", Some(_)) => return Err(IssuerError::PlainHttp),
            _ => return Err(IssuerError::NotAbsolute),
        };
        if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
            return Err(IssuerError::Decorated);
        }
        if text.ends_with('/') {
            return Err(IssuerError::TrailingSlash);
        }
        let path = url.path().trim_end_matches('/').to_owned();
        Ok(Self { text: text.to_owned(), origin: url.origin().ascii_serialization(), path, https })
    }

    /// The identifier, exactly as configured.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether browsers reach it by TLS.
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// Scheme, host and port.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The path below which everything is served: empty for most installations.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The URL of something served.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.text)
    }
}

/// `[tokens]`: how long things live, in seconds.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TokenSettings {
    /// Authorization codes: 1 to 600; 60 by default.
    pub authorization_code_seconds: u32,
    /// Access tokens, where the client does not say.
    pub access_token_seconds: u32,
    /// The longest access token a client can be given.
    pub access_token_max_seconds: u32,
    /// ID tokens.
    pub id_token_seconds: u32,
    /// Refresh tokens: from the sign-in, not from the last use.
    pub refresh_token_seconds: u32,
    /// The longest refresh token a client can be given.
    pub refresh_token_max_seconds: u32,
    /// How long a signing key signs.
    pub signing_key_active_seconds: u32,
    /// How long a signing key is published before it signs.
    pub signing_key_publish_ahead_seconds: u32,
}

impl Default for TokenSettings {
    fn default() -> Self {
        const DAY: u32 = 86_400;
        Self {
            authorization_code_seconds: 60,
            access_token_seconds: 600,
            access_token_max_seconds: 3600,
            id_token_seconds: 600,
            refresh_token_seconds: 30 * DAY,
            refresh_token_max_seconds: 90 * DAY,
            signing_key_active_seconds: 30 * DAY,
            signing_key_publish_ahead_seconds: DAY,
        }
    }
}

impl TokenSettings {
    /// Bounds on what a client may be given.
    pub fn limits(&self) -> LifetimeLimits {
        LifetimeLimits { access_token: seconds(self.access_token_max_seconds), refresh_token: seconds(self.refresh_token_max_seconds) }
    }

    /// When signing keys change. Refresh tokens are signed too, so a retired key stays published for the longest of all.
    pub fn rotation(&self) -> RotationPolicy {
        let longest = self.access_token_max_seconds.max(self.id_token_seconds).max(self.refresh_token_max_seconds);
        RotationPolicy {
            active_for: seconds(self.signing_key_active_seconds),
            publish_ahead: seconds(self.signing_key_publish_ahead_seconds),
            longest_token: seconds(longest),
        }
    }
}

/// What a change of the client's address means to a browser session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IpBinding {
    /// The address at sign-in is recorded and shown as `client_ip`.
    #[default]
    Record,
    /// A request from another address has to sign in again.
    Enforce,
}

/// `[sessions]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SessionSettings {
    /// A browser session unused for this long is over.
    pub idle_seconds: u32,
    /// A browser session older than this is over.
    pub absolute_seconds: u32,
    /// What another address means.
    pub ip_binding: IpBinding,
}

impl Default for SessionSettings {
    fn default() -> Self {
        Self { idle_seconds: 8 * 3600, absolute_seconds: 24 * 3600, ip_binding: IpBinding::Record }
    }
}

impl SessionSettings {
    /// Idle limit.
    pub fn idle(&self) -> Duration {
        seconds(self.idle_seconds)
    }

    /// Absolute limit.
    pub fn absolute(&self) -> Duration {
        seconds(self.absolute_seconds)
    }
}

/// `[limits]`: failed sign-ins and the hashing queue. Sign-ins that succeed count for nothing.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitSettings {
    /// Failed sign-ins of one user name from one address within the window.
    pub sign_in_failures_per_username_and_address: u32,
    /// Failed sign-ins of one user name from anywhere within the window.
    pub sign_in_failures_per_username: u32,
    /// Failed sign-ins from one address within the window.
    pub sign_in_failures_per_address: u32,
    /// The window.
    pub sign_in_window_seconds: u32,
    /// Threads that hash passwords, each with 19 MiB of its own; 0 = one per core, at most four.
    pub hashing_threads: usize,
    /// Passwords that may wait for a thread.
    pub hashing_queue: usize,
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            sign_in_failures_per_username_and_address: 10,
            sign_in_failures_per_username: 100,
            sign_in_failures_per_address: 200,
            sign_in_window_seconds: 300,
            hashing_threads: 0,
            hashing_queue: 64,
        }
    }
}

/// Everything the use cases need to know of an installation.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The issuer.
    pub issuer: Issuer,
    /// `[tokens]`
    pub tokens: TokenSettings,
    /// `[sessions]`
    pub sessions: SessionSettings,
    /// `[limits]`
    pub limits: LimitSettings,
    /// `[rollout]`
    pub rollout: RolloutSettings,
    /// `[self_service]`
    pub self_service: SelfServiceSettings,
    /// `[scopes]`
    pub scopes: ScopeSettings,
}

/// `[scopes]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScopeSettings {
    /// Whether clients may be granted scopes that are deprecated.
    pub deprecated: bool,
}

impl Default for ScopeSettings {
    fn default() -> Self {
        Self { deprecated: true }
    }
}

pub(crate) fn seconds(seconds: u32) -> Duration {
    Duration::from_secs(seconds.into())
}

/// `[federation]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FederationSettings {
    /// Whether identity providers may be asked at addresses that are not public, and over plain http: for tests, and for identity
    /// providers in the own network.
    pub allow_private_addresses: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_issuer_is() {
        for text in ["https://id.example.com", "https://id.example.com/base", "http://127.0.0.1:8080", "http://localhost:8080"] {
            assert_eq!(Issuer::parse(text).map(|issuer| issuer.as_str().to_owned()).as_deref(), Ok(text));
        }
        for (text, error) in [
            ("id.example.com", IssuerError::NotAbsolute),
            ("ftp://id.example.com", IssuerError::NotAbsolute),
            ("http://id.example.com", IssuerError::PlainHttp),
            ("https://id.example.com?x", IssuerError::Decorated),
            ("https://id.example.com/#x", IssuerError::Decorated),
            ("https://a@id.example.com", IssuerError::Decorated),
            ("https://id.example.com/", IssuerError::TrailingSlash),
        ] {
            assert_eq!(Issuer::parse(text), Err(error), "{text}");
        }
    }
}
