//! Security headers of every answer, by the kind of endpoint.
//!
//! A handler may set one itself, such as a page whose form leads to a client; what it left open is filled in here, at the
//! edge, so no answer leaves without.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::endpoint::Surface;

const CROSS_ORIGIN_OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

const PAGE_POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Scripts are files of ours, never inline.
const CONSOLE_POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; \
                              base-uri 'none'; frame-ancestors 'none'";

/// Fills in the headers an answer of that kind has to carry.
pub(crate) fn complete(headers: &mut HeaderMap, surface: Surface, https: bool) {
    let mut default = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    default(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    default(header::REFERRER_POLICY, "no-referrer");
    if https {
        default(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    match surface {
        Surface::Flow | Surface::Page | Surface::Console => {
            let policy = if surface == Surface::Console { CONSOLE_POLICY } else { PAGE_POLICY };
            default(header::CONTENT_SECURITY_POLICY, policy);
            default(header::X_FRAME_OPTIONS, "DENY");
            default(header::CACHE_CONTROL, "no-store");
            // Any other value, even on a redirect, cuts the tie between an application and the popup window it signs in with,
            // and the application sees its window as closed.
            default(CROSS_ORIGIN_OPENER_POLICY, if surface == Surface::Flow { "unsafe-none" } else { "same-origin" });
        }
        Surface::Api | Surface::Administration => {
            default(header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'");
            // RFC 6749 §5.1 asks for both.
            default(header::CACHE_CONTROL, "no-store");
            default(header::PRAGMA, "no-cache");
        }
        Surface::Document => {
            default(header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'");
            default(header::CACHE_CONTROL, "no-store");
        }
        Surface::Asset => {
            default(header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'");
            default(CROSS_ORIGIN_RESOURCE_POLICY, "same-origin");
            default(header::CACHE_CONTROL, "no-store");
        }
        Surface::Picture => {
            // A picture opened by itself is a document of this origin: an SVG among them must not run anything.
            default(header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'");
            default(CROSS_ORIGIN_RESOURCE_POLICY, "cross-origin");
            default(header::CACHE_CONTROL, "no-store");
        }
    }
}

/// Where the forms of a page may lead, for `form-action`.
///
/// Chromium applies `form-action` to the redirects that follow a form, every one of them: a sign-in ends at the client, which
/// may redirect on to another origin of its own, and that must not end in a blocked page.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FormTarget<'a> {
    /// This server only.
    Own,
    /// This server, which then redirects to one of these origins: a client's, or an identity provider's.
    OwnThen(&'a [&'a str]),
    /// A client at that origin, with the response in a form of ours that a script submits.
    Client {
        /// The client's origin.
        origin: &'a str,
        /// `sha256-…` of the one script allowed.
        script: &'static str,
    },
}

/// The content security policy of a page.
pub(crate) fn content_security_policy(target: FormTarget<'_>) -> Option<HeaderValue> {
    let (script, action) = match target {
        FormTarget::Own => (String::new(), "'self'".to_owned()),
        FormTarget::OwnThen(origins) => (String::new(), format!("'self'{}", all_sources(origins))),
        FormTarget::Client { origin, script } => (format!("script-src '{script}'; "), sources(origin)),
    };
    let action = action.trim();
    let policy = format!(
        "default-src 'none'; {script}style-src 'self'; img-src 'self'; form-action {action}; base-uri 'none'; frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).ok()
}

/// The sources of all origins, each source once.
fn all_sources(origins: &[&str]) -> String {
    let mut seen: Vec<String> = Vec::new();
    for source in origins.iter().flat_map(|origin| sources(origin).split_whitespace().map(str::to_owned).collect::<Vec<_>>()) {
        if !seen.contains(&source) {
            seen.push(source);
        }
    }
    seen.iter().map(|source| format!(" {source}")).collect()
}

/// CSP sources that admit an origin and where it may redirect to, each with a space before it.
fn sources(origin: &str) -> String {
    // A URL's host may hold characters that end a directive, such as `;`. None is needed to name an origin.
    if !origin.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'+' | b':' | b'/' | b'[' | b']')) {
        return String::new();
    }
    match origin.split_once("://") {
        // A private-use scheme (RFC 8252 §7.1), `com.example.app:`.
        None => format!(" {origin}"),
        // CSP has no IPv6 literals (CSP 3 §2.3.1).
        Some(("http", host)) if host.starts_with('[') => " http:".to_owned(),
        // Loopback, that is development or a native application. `http:` admits https as well (CSP 3 §6.7.2.8).
        Some(("http", _)) => format!(" {origin} http:"),
        Some(_) => format!(" {origin} https:"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(surface: Surface, https: bool) -> String {
        let mut headers = HeaderMap::new();
        complete(&mut headers, surface, https);
        let mut lines: Vec<_> = headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
        lines.sort();
        lines.join("\n")
    }

    #[test]
    fn headers_of_each_surface() {
        let all = [
            Surface::Flow,
            Surface::Page,
            Surface::Console,
            Surface::Api,
            Surface::Administration,
            Surface::Document,
            Surface::Asset,
            Surface::Picture,
        ];
        insta::assert_snapshot!(all.map(|surface| format!("# {surface:?}\n{}", completed(surface, true))).join("\n\n"));
    }

    #[test]
    fn a_loopback_issuer_sends_no_hsts() {
        assert!(!completed(Surface::Page, false).contains("strict-transport-security"));
    }

    #[test]
    fn what_a_handler_set_is_kept() {
        let mut headers = HeaderMap::from_iter([(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"))]);
        complete(&mut headers, Surface::Document, true);
        assert_eq!(headers[header::CACHE_CONTROL], "public, max-age=300");
    }

    fn form_action(target: FormTarget<'_>) -> String {
        let policy = content_security_policy(target).unwrap();
        let directive = policy.to_str().unwrap().split("; ").find(|directive| directive.starts_with("form-action"));
        directive.unwrap().to_owned()
    }

    #[test]
    fn a_form_that_ends_at_a_client_admits_it_and_where_it_leads() {
        for (origin, expected) in [
            (&[][..], "form-action 'self'"),
            (&["https://my.application"], "form-action 'self' https://my.application https:"),
            (&["http://127.0.0.1:49152"], "form-action 'self' http://127.0.0.1:49152 http:"),
            (&["http://[::1]:49152"], "form-action 'self' http:"),
            (&["com.example.app:"], "form-action 'self' com.example.app:"),
            (&["https://my.application", "https://idp.example"], "form-action 'self' https://my.application https: https://idp.example"),
        ] {
            assert_eq!(form_action(FormTarget::OwnThen(origin)), expected);
        }
        assert_eq!(form_action(FormTarget::Own), "form-action 'self'");
    }

    #[test]
    fn an_origin_cannot_add_a_directive() {
        assert_eq!(form_action(FormTarget::OwnThen(&["https://a;script-src *"])), "form-action 'self'");
        assert_eq!(form_action(FormTarget::OwnThen(&["https://a,b"])), "form-action 'self'");
    }

    #[test]
    fn a_posted_response_runs_one_script_and_goes_to_the_client_only() {
        let policy = content_security_policy(FormTarget::Client { origin: "https://my.application", script: "sha256-x=" }).unwrap();
        assert_eq!(
            policy,
            "default-src 'none'; script-src 'sha256-x='; style-src 'self'; img-src 'self'; form-action https://my.application https:; \
             base-uri 'none'; frame-ancestors 'none'"
        );
    }
}
