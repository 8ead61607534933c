//! The application's pages.

use axum::response::Html;

use crate::sign_in::SignedIn;

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:46rem;margin:4rem auto;padding:0 1rem;color:#1c2430}\
    a.button{display:inline-block;padding:.6rem 1.2rem;border-radius:.4rem;background:#1f4b99;color:#fff;text-decoration:none}\
    table{border-collapse:collapse;width:100%;margin:1.5rem 0}th,td{text-align:left;vertical-align:top;padding:.45rem .6rem;\
    border-bottom:1px solid #d8dde6}th{font-weight:600;white-space:nowrap}code{overflow-wrap:anywhere}";

/// Nobody is signed in.
pub(crate) fn welcome() -> Html<String> {
    page("Case desk", "<p>An example application. Nobody is signed in.</p><p><a class=button href=/login>Sign in with Argus</a></p>")
}

/// The claims of a user who signed in.
pub(crate) fn claims(user: &SignedIn) -> Html<String> {
    let name = user.claims.get("name").and_then(|name| name.as_str()).unwrap_or("somebody");
    let rows: String = user
        .claims
        .iter()
        .map(|(name, value)| format!("<tr><th scope=row>{}</th><td><code>{}</code></td></tr>", escape(name), escape(&value.to_string())))
        .collect();
    let body = format!(
        "<p>Signed in as <strong>{}</strong>. These are the claims of the ID token, which was verified:</p>\
         <table>{rows}</table><p><a class=button href=/logout>Sign out</a></p>",
        escape(name)
    );
    page("Case desk", &body)
}

/// Something went wrong. What it was helps whoever tries this example; a real application would log it.
pub(crate) fn failure(reason: &str) -> Html<String> {
    page("Not signed in", &format!("<p>{}</p><p><a class=button href=/>Back</a></p>", escape(reason)))
}

fn page(title: &str, body: &str) -> Html<String> {
    Html(format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\"><title>{title}</title>\
         <style>{STYLE}</style><h1>{title}</h1>{body}</html>"
    ))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
