//! `[http]`: what the listener accepts, and whose word it takes for the client's address.

use argus_domain::{Pointer, Problem};
use ipnet::IpNet;
use serde::Deserialize;

/// The header in which a trusted proxy names the client.
///
/// Exactly one is read. A proxy sets the one it knows and passes the other on as it came, so reading both would let a client
/// choose its own address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`, what most proxies write.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// `[http]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpSettings {
    /// Networks of the proxies in front, in CIDR notation. None by default: the peer's address is the client's.
    pub trusted_proxies: Vec<IpNet>,
    /// The header those proxies write: `x-forwarded-for` (default) or `forwarded`.
    pub forwarded_header: ForwardedHeader,
    /// The largest request body, in bytes: 65,536 by default.
    pub max_body_bytes: usize,
    /// The longest query, in bytes: 16,384 by default, enough for a long `state` and a sealed request.
    pub max_query_bytes: usize,
    /// All header names and values of a request together, in bytes: 32,768 by default.
    pub max_header_bytes: usize,
    /// How long a request may take, reading its body included, in seconds: 30 by default.
    pub request_timeout_seconds: u32,
}

impl HttpSettings {
    /// The longest query that carries a sealed request: sealing and encoding make the query that it seals longer.
    pub(crate) fn max_sealed_query_bytes(&self) -> usize {
        self.max_query_bytes * 2
    }
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            trusted_proxies: Vec::new(),
            forwarded_header: ForwardedHeader::XForwardedFor,
            max_body_bytes: 64 * 1024,
            max_query_bytes: 16 * 1024,
            max_header_bytes: 32 * 1024,
            request_timeout_seconds: 30,
        }
    }
}

impl HttpSettings {
    /// What is wrong with the section, with pointers relative to it.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let at = |member: &str| Pointer::root().join(member);
        for (i, network) in self.trusted_proxies.iter().enumerate() {
            // Everybody a proxy means that everybody chooses the address that ends up in tokens and in the audit trail.
            if network.prefix_len() == 0 {
                problems.push(Problem::new(at("trusted_proxies").join(i), "must not be the whole address space"));
            }
        }
        let bounds = [
            ("max_body_bytes", self.max_body_bytes, 4 * 1024, 16 * 1024 * 1024),
            ("max_query_bytes", self.max_query_bytes, 4 * 1024, 30 * 1024),
            ("max_header_bytes", self.max_header_bytes, 4 * 1024, 256 * 1024),
        ];
        for (member, value, least, most) in bounds {
            if !(least..=most).contains(&value) {
                problems.push(Problem::new(at(member), format!("must be {least} to {most} bytes")));
            }
        }
        if !(1..=600).contains(&self.request_timeout_seconds) {
            problems.push(Problem::new(at("request_timeout_seconds"), "must be 1 to 600 seconds"));
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: serde_json::Value) -> Result<HttpSettings, serde_json::Error> {
        serde_json::from_value(value)
    }

    #[test]
    fn an_empty_section_is_complete_and_sound() {
        let settings = read(json!({})).unwrap();
        assert!(settings.check().is_empty());
        assert!(settings.trusted_proxies.is_empty());
    }

    #[test]
    fn unknown_keys_are_refused() {
        assert!(read(json!({"trusted_proxy": []})).is_err());
    }

    #[test]
    fn each_member_out_of_bounds_is_named() {
        let settings = read(json!({"trusted_proxies": ["10.0.0.0/8", "::/0"], "max_body_bytes": 0, "max_query_bytes": 100_000,
            "max_header_bytes": 1, "request_timeout_seconds": 0}))
        .unwrap();
        let pointers: Vec<_> = settings.check().into_iter().map(|problem| problem.pointer.as_str().to_owned()).collect();
        assert_eq!(
            pointers,
            ["/trusted_proxies/1", "/max_body_bytes", "/max_query_bytes", "/max_header_bytes", "/request_timeout_seconds"]
        );
    }
}
