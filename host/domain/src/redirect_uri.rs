//! Redirect URIs: what may be registered, and how a request's URI is compared (RFC 6749 §3.1.2, RFC 8252, RFC 9700 §2.1).
//!
//! Comparison is of strings, never of parsed URLs; the one exception is the port of a loopback IP literal (RFC 8252 §7.3).
//! A redirect can only go to a [`ValidatedRedirectUri`], which only [`resolve`] makes.

use std::fmt;

use thiserror::Error;
use url::{Host, Url};

use crate::client::ClientType;

/// The longest redirect URI accepted, in bytes.
pub const MAX_REDIRECT_URI_BYTES: usize = 2000;

/// Why a redirect URI cannot be registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RedirectUriError {
    /// Does not parse as an absolute URI.
    #[error("is not an absolute URI")]
    NotAbsolute,
    /// Longer than [`MAX_REDIRECT_URI_BYTES`].
    #[error("is longer than {MAX_REDIRECT_URI_BYTES} bytes")]
    TooLong,
    /// White space, control characters, a backslash or anything else outside printable ASCII.
    #[error("has a character that a URI cannot have")]
    Character,
    /// A fragment (RFC 6749 §3.1.2).
    #[error("must not have a fragment")]
    Fragment,
    /// `*`: patterns are how codes get stolen.
    #[error("must not have a wildcard")]
    Wildcard,
    /// `user:password@`.
    #[error("must not have a user name or password")]
    UserInfo,
    /// `.` or `..` segments, plain or percent-encoded.
    #[error("must not have dot segments")]
    DotSegment,
    /// `http` to anything but loopback.
    #[error("must use https, except on the loopback addresses 127.0.0.1, [::1] and localhost")]
    PlainHttp,
    /// A private-use scheme without a dot (RFC 8252 §7.1), or one that browsers give a meaning of their own.
    #[error("must use https, loopback http, or a private-use scheme that is a reversed domain name such as com.example.app")]
    Scheme,
    /// A private-use scheme on a confidential client.
    #[error("a private-use scheme is for public clients only")]
    PrivateUseOnConfidential,
}

/// Checks a redirect URI before it is registered for a client.
pub fn check_registration(uri: &str, client_type: ClientType) -> Result<(), RedirectUriError> {
    use RedirectUriError as E;
    if uri.len() > MAX_REDIRECT_URI_BYTES {
        return Err(E::TooLong);
    }
    if !uri.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'\\' | b'"' | b'<' | b'>' | b'^' | b'`' | b'{' | b'|' | b'}')) {
        return Err(E::Character);
    }
    if uri.contains('#') {
        return Err(E::Fragment);
    }
    if uri.contains('*') {
        return Err(E::Wildcard);
    }
    let url = Url::parse(uri).map_err(|_| E::NotAbsolute)?;
    if !url.username().is_empty() || url.password().is_some() || authority(uri).contains('@') {
        return Err(E::UserInfo);
    }
    if has_dot_segment(uri) {
        return Err(E::DotSegment);
    }
    match url.scheme() {
        "https" if url.has_host() && uri.starts_with("https://") => Ok(()),
        "http" if uri.starts_with("http://") => match url.host() {
            Some(Host::Ipv4(ip)) if ip.is_loopback() => Ok(()),
            Some(Host::Ipv6(ip)) if ip.is_loopback() => Ok(()),
            Some(Host::Domain("localhost")) => Ok(()),
            _ => Err(E::PlainHttp),
        },
        "http" | "https" => Err(E::NotAbsolute),
        scheme if scheme.contains('.') => match client_type {
            ClientType::Public => Ok(()),
            ClientType::Confidential => Err(E::PrivateUseOnConfidential),
        },
        _ => Err(E::Scheme),
    }
}

fn authority(uri: &str) -> &str {
    let rest = uri.split_once("://").map_or("", |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or("")
}

fn has_dot_segment(uri: &str) -> bool {
    let path = uri.split('?').next().unwrap_or("");
    path.split('/').any(|segment| matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | ".."))
}

/// A URI to which a response may be sent: it was registered for the client that made the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidatedRedirectUri(String);

impl ValidatedRedirectUri {
    /// The URI, exactly as requested.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The URI with parameters added to its query, which may already hold some (RFC 6749 §3.1.2).
    pub fn with_query<'a>(&self, parameters: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
        let mut target = self.0.clone();
        target.push(match self.0.find('?') {
            None => '?',
            Some(_) => '&',
        });
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(parameters);
        target.push_str(&query.finish());
        target
    }

    /// Scheme, host and port: what `form-action` of a content security policy has to admit.
    pub fn origin(&self) -> String {
        Url::parse(&self.0).map_or_else(
            |_| String::new(),
            |url| match url.origin() {
                url::Origin::Opaque(_) => format!("{}:", url.scheme()),
                origin => origin.ascii_serialization(),
            },
        )
    }
}

impl fmt::Display for ValidatedRedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Finds the requested URI among the registered ones.
pub fn resolve(registered: &[String], requested: &str) -> Option<ValidatedRedirectUri> {
    registered
        .iter()
        .any(|uri| uri == requested || equal_but_for_loopback_port(uri, requested))
        .then(|| ValidatedRedirectUri(requested.to_owned()))
}

/// RFC 8252 §7.3: a native app listens on whatever port it is given, so the port of a loopback IP literal is not compared.
fn equal_but_for_loopback_port(registered: &str, requested: &str) -> bool {
    ["http://127.0.0.1", "http://[::1]"].iter().any(|host| {
        let (Some(registered), Some(requested)) = (registered.strip_prefix(host), requested.strip_prefix(host)) else { return false };
        match (without_port(registered), without_port(requested)) {
            (Some(registered), Some(requested)) => registered == requested,
            _ => false,
        }
    })
}

/// What follows the port, if any: nothing, a path or a query. `None` when the host goes on or the port is no port.
fn without_port(rest: &str) -> Option<&str> {
    let rest = match rest.strip_prefix(':') {
        None => rest,
        Some(port) => {
            let end = port.find(|c: char| !c.is_ascii_digit()).unwrap_or(port.len());
            let (digits, rest) = port.split_at(end);
            digits.parse::<u16>().ok().filter(|port| *port != 0)?;
            rest
        }
    };
    (rest.is_empty() || rest.starts_with('/') || rest.starts_with('?')).then_some(rest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_may_be_registered() {
        for uri in [
            "https://my.application/oauth/callback",
            "https://my.application/cb?tenant=1",
            "http://127.0.0.1/cb",
            "http://127.0.0.1:8080/cb",
            "http://[::1]/cb",
            "http://localhost:3000/cb",
        ] {
            assert_eq!(check_registration(uri, ClientType::Confidential), Ok(()), "{uri}");
        }
        assert_eq!(check_registration("com.example.app:/cb", ClientType::Public), Ok(()));
    }

    #[test]
    fn what_may_not_be_registered() {
        use RedirectUriError as E;
        for (uri, error) in [
            ("", E::NotAbsolute),
            ("/cb", E::NotAbsolute),
            ("https:cb", E::NotAbsolute),
            ("https://a.example/cb#x", E::Fragment),
            ("https://*.example/cb", E::Wildcard),
            ("https://u:p@a.example/cb", E::UserInfo),
            ("https://@a.example/cb", E::UserInfo),
            ("https://a.example/x/../cb", E::DotSegment),
            ("https://a.example/x/%2e%2E/cb", E::DotSegment),
            ("https://a.example\\cb", E::Character),
            ("https://a.example/c b", E::Character),
            ("http://a.example/cb", E::PlainHttp),
            ("http://127.0.0.1.evil.example/cb", E::PlainHttp),
            ("http://localhost.evil.example/cb", E::PlainHttp),
            ("javascript:alert(1)", E::Scheme),
            ("data:text/html,x", E::Scheme),
            ("myapp:/cb", E::Scheme),
            ("com.example.app:/cb", E::PrivateUseOnConfidential),
        ] {
            assert_eq!(check_registration(uri, ClientType::Confidential), Err(error), "{uri}");
        }
    }

    #[test]
    fn comparison_is_of_strings() {
        let registered = vec!["https://my.application/oauth/callback".to_owned()];
        assert!(resolve(&registered, "https://my.application/oauth/callback").is_some());
        for uri in [
            "https://my.application/oauth/callback/",
            "https://my.application/oauth/Callback",
            "https://MY.application/oauth/callback",
            "https://my.application:443/oauth/callback",
            "https://my.application/oauth/callback?x=1",
            "https://my.application/oauth/callback#",
            "https://my.application/oauth/../oauth/callback",
            "https://my.application/oauth/%63allback",
            "https://my.application@evil.example/oauth/callback",
            "http://my.application/oauth/callback",
            "",
        ] {
            assert!(resolve(&registered, uri).is_none(), "{uri}");
        }
    }

    #[test]
    fn only_the_port_of_a_loopback_literal_is_free() {
        let registered = vec!["http://127.0.0.1/cb".to_owned(), "http://[::1]:1/cb".to_owned(), "http://localhost/cb".to_owned()];
        for uri in ["http://127.0.0.1:49152/cb", "http://127.0.0.1/cb", "http://[::1]:65535/cb", "http://localhost/cb"] {
            assert!(resolve(&registered, uri).is_some(), "{uri}");
        }
        for uri in [
            "http://127.0.0.1:49152/other",
            "http://127.0.0.1:49152/cb?x",
            "http://127.0.0.1:/cb",
            "http://127.0.0.1:99999/cb",
            "http://127.0.0.1:80@evil.example/cb",
            "http://127.0.0.1.evil.example/cb",
            "http://127.0.0.2/cb",
            "http://localhost:3000/cb",
            "https://127.0.0.1/cb",
        ] {
            assert!(resolve(&registered, uri).is_none(), "{uri}");
        }
    }

    #[test]
    fn a_query_is_added_to_and_kept() {
        let uri = resolve(&["https://a.example/cb?x=1".to_owned()], "https://a.example/cb?x=1").unwrap();
        assert_eq!(uri.with_query([("code", "c+d"), ("state", "ø &")]), "https://a.example/cb?x=1&code=c%2Bd&state=%C3%B8+%26");
    }

    proptest! {
        #[test]
        fn nothing_but_a_registered_uri_is_accepted(uri in "https?://[a-z0-9.:@\\[\\]-]{1,20}/[a-z%./]{0,10}") {
            let registered = vec!["https://my.application/cb".to_owned()];
            prop_assert_eq!(resolve(&registered, &uri).is_some(), uri == "https://my.application/cb");
        }
    }
}
