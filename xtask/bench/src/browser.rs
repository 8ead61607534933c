//! A browser as far as a sign-in needs one: cookies, redirects, and the forms on the way.

use anyhow::{Context, Result, bail};
use form_urlencoded::Serializer;

use crate::html::{self, Field, Form};
use crate::http::{Connection, Request, Response};

/// Pages between an authorization request and its answer: sign-in, consent and the redirects between them.
const MOST_STEPS: usize = 8;

/// One person's browser.
pub(crate) struct Browser {
    origin: String,
    cookies: Vec<(String, String)>,
    username: String,
    password: String,
}

impl Browser {
    pub(crate) fn new(origin: &str, username: &str, password: &str) -> Self {
        Self { origin: origin.to_owned(), cookies: Vec::new(), username: username.to_owned(), password: password.to_owned() }
    }

    /// Forgets the sign-in.
    pub(crate) fn clear_cookies(&mut self) {
        self.cookies.clear();
    }

    /// Opens a page and goes on, signing in and allowing what is asked, until it is sent to `callback`; returns that URL.
    pub(crate) async fn visit(&mut self, connection: &mut Connection, target: &str, callback: &str) -> Result<String> {
        let mut target = target.to_owned();
        let mut form: Option<String> = None;
        for _ in 0..MOST_STEPS {
            let response = self.send(connection, &target, form.take().as_deref()).await?;
            if let Some(location) = response.header("location").next() {
                if location.starts_with(callback) {
                    return Ok(location.to_owned());
                }
                target = self.local(location)?;
            } else if response.status == 200 {
                let filled = fill(&response.body, &self.username, &self.password)
                    .with_context(|| format!("nothing to do at {target}: {}", response.body))?;
                (target, form) = (self.action(&filled.0, &target)?, Some(filled.1));
            } else {
                bail!("{target} answered {}: {}", response.status, response.body);
            }
        }
        bail!("still no answer after {MOST_STEPS} steps, at {target}")
    }

    async fn send(&mut self, connection: &mut Connection, target: &str, form: Option<&str>) -> Result<Response> {
        let cookies = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        let mut headers = vec![("accept", "text/html")];
        if !cookies.is_empty() {
            headers.push(("cookie", &cookies));
        }
        if form.is_some() {
            headers.push(("origin", &self.origin));
        }
        let response = connection.send(&Request { target, headers: &headers, form }).await?;
        for cookie in response.header("set-cookie") {
            let (name, value) = cookie.split(';').next().and_then(|pair| pair.split_once('=')).context("a cookie without a value")?;
            self.cookies.retain(|(kept, _)| kept != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        Ok(response)
    }

    /// The path of a URL of this server.
    fn local(&self, location: &str) -> Result<String> {
        let path = location.strip_prefix(&self.origin).unwrap_or(location);
        if !path.starts_with('/') {
            bail!("sent away from the server, to {location}");
        }
        Ok(path.to_owned())
    }

    /// Where a form goes: without an action, back to its page.
    fn action(&self, action: &str, page: &str) -> Result<String> {
        if action.is_empty() { Ok(page.to_owned()) } else { self.local(action) }
    }
}

/// Fills in a page's form; returns its action and body. A sign-in form gets name and password; of buttons the one that allows is pressed.
fn fill(page: &str, username: &str, password: &str) -> Option<(String, String)> {
    let forms = html::forms(page);
    let is_sign_in = |form: &&Form| form.fields.iter().any(|field| field.kind == "password");
    let form = forms.iter().find(is_sign_in).or_else(|| forms.iter().find(|form| form.fields.iter().any(allows))).or(forms.first())?;
    let button = form.fields.iter().find(|field| allows(field)).or_else(|| form.fields.iter().find(|field| field.kind == "submit"));
    let mut body = Serializer::new(String::new());
    for field in &form.fields {
        match field.kind.as_str() {
            "password" => body.append_pair(&field.name, password),
            "hidden" => body.append_pair(&field.name, &field.value),
            "submit" => &mut body,
            "" | "text" | "email" => body.append_pair(&field.name, username),
            _ => &mut body,
        };
    }
    if let Some(button) = button.filter(|button| !button.name.is_empty()) {
        body.append_pair(&button.name, &button.value);
    }
    Some((form.action.clone(), body.finish()))
}

fn allows(field: &Field) -> bool {
    field.kind == "submit" && matches!(field.value.as_str(), "allow" | "approve" | "yes" | "true")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_in_form_gets_name_and_password() {
        let page = r#"<form action="/login"><input type="hidden" name="csrf" value="c d"><input name="username">
            <input type="password" name="password"><button>Sign in</button></form>"#;
        assert_eq!(fill(page, "alice", "p&q"), Some(("/login".to_owned(), "csrf=c+d&username=alice&password=p%26q".to_owned())));
    }

    #[test]
    fn the_button_that_allows_is_pressed() {
        let page = r#"<form action="/consent"><button name="decision" value="deny"></button><button name="decision" value="allow"></button></form>"#;
        assert_eq!(fill(page, "alice", "p"), Some(("/consent".to_owned(), "decision=allow".to_owned())));
    }

    #[test]
    fn a_page_without_a_form_has_nothing_to_do() {
        assert_eq!(fill("<p>an error</p>", "alice", "p"), None);
    }
}
