//! The cookies: the browser session, the CSRF token, and what binds a browser to its sign-ins at identity providers.
//!
//! Under https all carry the `__Host-` prefix, which keeps every other host, the subdomains and the plain http site from
//! planting one. An issuer with a path cannot use it (it demands `Path=/`) and uses `__Secure-`. Under http, which only
//! loopback issuers use, they are plain: client libraries without a browser would not return a `Secure` cookie.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};

/// Names and attributes of the cookies of one issuer.
#[derive(Clone, Debug)]
pub(crate) struct Cookies {
    session: String,
    csrf: String,
    upstream: String,
    attributes: String,
    upstream_attributes: String,
}

impl Cookies {
    pub(crate) fn new(https: bool, base: &str) -> Self {
        let (prefix, secure) = match (https, base.is_empty()) {
            (true, true) => ("__Host-", "; Secure"),
            (true, false) => ("__Secure-", "; Secure"),
            (false, _) => ("", ""),
        };
        let path = if base.is_empty() { "/" } else { base };
        // Lax, not Strict: a relying party sends its users here from its own site, and they must arrive signed in.
        let attributes = format!("; Path={path}; HttpOnly; SameSite=Lax{secure}");
        // An identity provider's page posts its answer here from another site, and this cookie has to come along. Browsers take
        // `None` from secure origins only; a loopback issuer and its identity provider are most often one site.
        let same_site = if https { "None" } else { "Lax" };
        Self {
            session: format!("{prefix}argus-session"),
            csrf: format!("{prefix}argus-csrf"),
            upstream: format!("{prefix}argus-upstream"),
            attributes,
            upstream_attributes: format!("; Path={path}; HttpOnly; SameSite={same_site}{secure}"),
        }
    }

    pub(crate) fn session<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        read(headers, &self.session)
    }

    pub(crate) fn csrf<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        read(headers, &self.csrf)
    }

    pub(crate) fn upstream<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        read(headers, &self.upstream)
    }

    /// Kept until the browser is closed: sign-ins in several tabs share it.
    pub(crate) fn set_upstream(&self, value: &str) -> Option<HeaderValue> {
        HeaderValue::try_from(format!("{}={value}{}", self.upstream, self.upstream_attributes)).ok()
    }

    /// Kept for as long as the session can last; the server decides when it is over before that.
    pub(crate) fn set_session(&self, value: &str, lifetime: Duration) -> Option<HeaderValue> {
        self.set(&self.session, value, &format!("; Max-Age={}", lifetime.as_secs()))
    }

    pub(crate) fn clear_session(&self) -> Option<HeaderValue> {
        self.set(&self.session, "", "; Max-Age=0")
    }

    /// Kept until the browser is closed.
    pub(crate) fn set_csrf(&self, value: &str) -> Option<HeaderValue> {
        self.set(&self.csrf, value, "")
    }

    fn set(&self, name: &str, value: &str, max_age: &str) -> Option<HeaderValue> {
        HeaderValue::try_from(format!("{name}={value}{max_age}{}", self.attributes)).ok()
    }
}

/// The first cookie of that name; HTTP/2 may spread cookies over several lines (RFC 9113 §8.2.3).
fn read<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(';')).find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        (key.trim() == name && !value.is_empty()).then(|| value.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[&str]) -> HeaderMap {
        lines.iter().map(|line| (header::COOKIE, line.parse().unwrap())).collect()
    }

    #[test]
    fn an_https_issuer_uses_the_host_prefix() {
        let cookies = Cookies::new(true, "");
        assert_eq!(
            cookies.set_session("abc", Duration::from_secs(60)).unwrap(),
            "__Host-argus-session=abc; Max-Age=60; Path=/; HttpOnly; SameSite=Lax; Secure"
        );
        assert_eq!(cookies.set_csrf("t").unwrap(), "__Host-argus-csrf=t; Path=/; HttpOnly; SameSite=Lax; Secure");
        assert_eq!(cookies.clear_session().unwrap(), "__Host-argus-session=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax; Secure");
    }

    #[test]
    fn what_comes_with_an_answer_from_another_site_is_secure_and_says_so() {
        let cookie = Cookies::new(true, "").set_upstream("x").unwrap();
        assert_eq!(cookie, "__Host-argus-upstream=x; Path=/; HttpOnly; SameSite=None; Secure");
        assert_eq!(Cookies::new(false, "").set_upstream("x").unwrap(), "argus-upstream=x; Path=/; HttpOnly; SameSite=Lax");
    }

    #[test]
    fn an_issuer_with_a_path_keeps_its_cookies_below_it() {
        let cookie = Cookies::new(true, "/base").set_csrf("t").unwrap();
        assert_eq!(cookie, "__Secure-argus-csrf=t; Path=/base; HttpOnly; SameSite=Lax; Secure");
    }

    #[test]
    fn a_loopback_issuer_uses_plain_cookies() {
        assert_eq!(Cookies::new(false, "").set_csrf("t").unwrap(), "argus-csrf=t; Path=/; HttpOnly; SameSite=Lax");
    }

    #[test]
    fn cookies_are_found_among_others_and_over_several_lines() {
        let cookies = Cookies::new(false, "");
        let headers = headers(&["a=1; xargus-session=no; argus-session=s1", "argus-csrf=c1;b"]);
        assert_eq!(cookies.session(&headers), Some("s1"));
        assert_eq!(cookies.csrf(&headers), Some("c1"));
    }

    #[test]
    fn an_empty_or_missing_cookie_is_none() {
        let cookies = Cookies::new(true, "");
        assert_eq!(cookies.session(&headers(&["argus-session=s1; __Host-argus-session="])), None);
        assert_eq!(cookies.session(&HeaderMap::new()), None);
    }
}
