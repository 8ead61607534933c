//! Forms that act must have come from a page of this server: double-submit token and the browser's own word.
//!
//! The token is a random value in a cookie and, the same, in the form: another site can send the cookie along but cannot read
//! it. `Origin`, `Referer` and `Sec-Fetch-Site` are set by the browser and out of a page's reach; a browser that says that the
//! form came from elsewhere is believed at once.

use argus_domain::Random;
use axum::http::{HeaderMap, HeaderName, header};
use subtle::ConstantTimeEq;

pub(crate) const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The form field of the token.
pub(crate) const FIELD: &str = "csrf";

/// Why a form is refused. For the log; the browser gets one page for all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Forgery {
    /// The browser says the form came from another site.
    ForeignSite,
    /// No token in the cookie, or none in the form.
    MissingToken,
    /// Two different tokens.
    WrongToken,
}

/// A new token: 256 random bits.
pub(crate) fn new_token(random: &dyn Random) -> String {
    random.token()
}

/// Whether a cookie's value may be used on: the form of [`new_token`], so that nothing else gets into a page.
pub(crate) fn is_token(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

/// Checks a form before anything is done with it. `origin` is the issuer's.
pub(crate) fn check(origin: &str, headers: &HeaderMap, cookie: Option<&str>, field: Option<&str>) -> Result<(), Forgery> {
    if !is_from_own_site(origin, headers) {
        return Err(Forgery::ForeignSite);
    }
    let (Some(cookie), Some(field)) = (cookie.filter(|cookie| is_token(cookie)), field) else { return Err(Forgery::MissingToken) };
    if bool::from(cookie.as_bytes().ct_eq(field.as_bytes())) { Ok(()) } else { Err(Forgery::WrongToken) }
}

/// What the browser says of the form's origin. Software without any of these headers is no browser, and cannot be tricked into
/// sending somebody's cookie.
fn is_from_own_site(own: &str, headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or(""));
    // `none`: sent by the user's own hand, such as a form sent again after a restart of the browser.
    let site = text(SEC_FETCH_SITE);
    if site.is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return false;
    }
    match text(header::ORIGIN) {
        // Opaque: a sandboxed frame, or a page whose referrer policy hides it. Only the former comes from elsewhere.
        Some("null") => site == Some("same-origin"),
        Some(origin) => origin == own,
        None => text(header::REFERER)
            .is_none_or(|referer| referer.strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "https://id.example.com";
    const TOKEN: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    fn checked(headers: &[(&'static str, &str)], cookie: Option<&str>, field: Option<&str>) -> Result<(), Forgery> {
        let headers = headers.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect();
        check(OWN, &headers, cookie, field)
    }

    #[test]
    fn a_form_of_our_own_is_accepted() {
        for headers in [
            &[("origin", OWN), ("sec-fetch-site", "same-origin")][..],
            &[("origin", OWN)],
            &[("referer", "https://id.example.com/login?request=x")],
            &[("origin", "null"), ("sec-fetch-site", "same-origin")],
            &[("origin", OWN), ("sec-fetch-site", "none")],
            &[],
        ] {
            assert_eq!(checked(headers, Some(TOKEN), Some(TOKEN)), Ok(()), "{headers:?}");
        }
    }

    #[test]
    fn a_form_from_elsewhere_is_refused_even_with_the_right_token() {
        for headers in [
            &[("origin", "https://evil.example")][..],
            &[("origin", "https://id.example.com.evil.example")],
            &[("origin", "http://id.example.com")],
            &[("origin", "null")],
            &[("origin", "null"), ("sec-fetch-site", "cross-site")],
            &[("origin", OWN), ("sec-fetch-site", "cross-site")],
            &[("origin", OWN), ("sec-fetch-site", "same-site")],
            &[("referer", "https://evil.example/")],
            &[("referer", "https://id.example.com.evil.example/")],
            &[("referer", "https://id.example.com@evil.example/")],
        ] {
            assert_eq!(checked(headers, Some(TOKEN), Some(TOKEN)), Err(Forgery::ForeignSite), "{headers:?}");
        }
    }

    #[test]
    fn cookie_and_field_must_both_be_there_and_equal() {
        let other = "BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        assert_eq!(checked(&[], None, Some(TOKEN)), Err(Forgery::MissingToken));
        assert_eq!(checked(&[], Some(TOKEN), None), Err(Forgery::MissingToken));
        assert_eq!(checked(&[], Some(""), Some("")), Err(Forgery::MissingToken));
        assert_eq!(checked(&[], Some("x"), Some("x")), Err(Forgery::MissingToken));
        assert_eq!(checked(&[], Some(TOKEN), Some(other)), Err(Forgery::WrongToken));
        assert_eq!(checked(&[], Some(TOKEN), Some("A")), Err(Forgery::WrongToken));
    }
}
