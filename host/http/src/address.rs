//! The client's address: the peer's, or what trusted proxies say.
//!
//! A forwarding header is a list to which each proxy appends the address it was called from, so only its right end was written
//! by somebody trusted. It is read from the right for as long as the entries are trusted proxies; the first that is none is the
//! client, and whatever stands to its left was written by the client and means nothing.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName, header};
use ipnet::IpNet;

use crate::settings::{ForwardedHeader, HttpSettings};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address of the client that sent a request.
pub(crate) fn client_address(settings: &HttpSettings, peer: Option<SocketAddr>, headers: &HeaderMap) -> Option<IpAddr> {
    let peer = peer?.ip().to_canonical();
    if !is_trusted(&settings.trusted_proxies, peer) {
        return Some(peer);
    }
    let name = match settings.forwarded_header {
        ForwardedHeader::XForwardedFor => X_FORWARDED_FOR,
        ForwardedHeader::Forwarded => header::FORWARDED,
    };
    let mut nearest = peer;
    for line in headers.get_all(name).iter().rev() {
        let Ok(line) = line.to_str() else { return Some(nearest) };
        for element in line.rsplit(',') {
            let text = match settings.forwarded_header {
                ForwardedHeader::XForwardedFor => Some(element),
                ForwardedHeader::Forwarded => forwarded_for(element),
            };
            // An entry that is no address (`unknown`, RFC 7239 §6.2) hides the client: the last proxy known stands for it.
            let Some(address) = text.and_then(parse) else { return Some(nearest) };
            nearest = address;
            if !is_trusted(&settings.trusted_proxies, address) {
                return Some(address);
            }
        }
    }
    Some(nearest)
}

fn is_trusted(networks: &[IpNet], address: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(&address))
}

/// The `for` parameter of one element of a `Forwarded` header (RFC 7239 §4).
fn forwarded_for(element: &str) -> Option<&str> {
    element.split(';').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then_some(value)
    })
}

/// An address, perhaps quoted, perhaps with a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `"[2001:db8::1]:80"`.
fn parse(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_matches('"');
    let address = match text.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?.0.parse().ok()?,
        None => text.parse().ok().or_else(|| text.rsplit_once(':')?.0.parse().ok().filter(IpAddr::is_ipv4))?,
    };
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(header: ForwardedHeader, peer: &str, lines: &[&str]) -> String {
        let settings = HttpSettings {
            trusted_proxies: vec!["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()],
            forwarded_header: header,
            ..HttpSettings::default()
        };
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(X_FORWARDED_FOR, line.parse().unwrap());
            headers.append(header::FORWARDED, line.parse().unwrap());
        }
        client_address(&settings, Some(peer.parse().unwrap()), &headers).unwrap().to_string()
    }

    fn by_x_forwarded_for(peer: &str, lines: &[&str]) -> String {
        address(ForwardedHeader::XForwardedFor, peer, lines)
    }

    #[test]
    fn the_word_of_an_untrusted_peer_is_worth_nothing() {
        assert_eq!(by_x_forwarded_for("203.0.113.9:4000", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(address(ForwardedHeader::Forwarded, "203.0.113.9:4000", &["for=198.51.100.1"]), "203.0.113.9");
    }

    #[test]
    fn the_rightmost_entry_that_is_no_proxy_is_the_client() {
        assert_eq!(by_x_forwarded_for("10.0.0.1:4000", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(by_x_forwarded_for("10.0.0.1:4000", &["1.2.3.4, 198.51.100.1, 10.0.0.2"]), "198.51.100.1");
        assert_eq!(by_x_forwarded_for("10.0.0.1:4000", &["1.2.3.4", "198.51.100.1,10.0.0.2"]), "198.51.100.1");
    }

    #[test]
    fn without_a_header_or_with_proxies_only_the_farthest_proxy_stands() {
        assert_eq!(by_x_forwarded_for("10.0.0.1:4000", &[]), "10.0.0.1");
        assert_eq!(by_x_forwarded_for("10.0.0.1:4000", &["10.0.0.3, 10.0.0.2"]), "10.0.0.3");
    }

    #[test]
    fn an_entry_that_is_no_address_ends_the_search() {
        assert_eq!(by_x_forwarded_for("10.0.0.1:4000", &["198.51.100.1, unknown"]), "10.0.0.1");
        assert_eq!(by_x_forwarded_for("10.0.0.1:4000", &["198.51.100.1, nonsense, 10.0.0.2"]), "10.0.0.2");
        assert_eq!(by_x_forwarded_for("10.0.0.1:4000", &[""]), "10.0.0.1");
    }

    #[test]
    fn ports_brackets_and_mapped_addresses_are_taken_off() {
        for (entry, expected) in [
            ("198.51.100.1:55000", "198.51.100.1"),
            ("[2001:db8::1]:55000", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
            ("::ffff:198.51.100.1", "198.51.100.1"),
        ] {
            assert_eq!(by_x_forwarded_for("10.0.0.1:4000", &[entry]), expected, "{entry}");
        }
        assert_eq!(by_x_forwarded_for("[::ffff:203.0.113.9]:4000", &[]), "203.0.113.9");
        assert_eq!(by_x_forwarded_for("[::ffff:10.0.0.1]:4000", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(by_x_forwarded_for("[fd00::1]:4000", &["2001:db8::2"]), "2001:db8::2");
    }

    #[test]
    fn forwarded_elements_are_read_by_their_for_parameter() {
        let by_forwarded = |lines: &[&str]| address(ForwardedHeader::Forwarded, "10.0.0.1:4000", lines);
        assert_eq!(by_forwarded(&["for=1.2.3.4, For=\"[2001:db8::1]:80\";proto=https;by=10.0.0.1"]), "2001:db8::1");
        assert_eq!(by_forwarded(&["for=198.51.100.1, proto=https"]), "10.0.0.1");
        assert_eq!(by_forwarded(&["for=_hidden"]), "10.0.0.1");
    }

    #[test]
    fn only_the_configured_header_is_read() {
        let settings = HttpSettings { trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()], ..HttpSettings::default() };
        let headers = HeaderMap::from_iter([(header::FORWARDED, "for=198.51.100.1".parse().unwrap())]);
        let address = client_address(&settings, Some("10.0.0.1:1".parse().unwrap()), &headers);
        assert_eq!(address, Some("10.0.0.1".parse().unwrap()));
    }
}
