//! As much of a browser as a sign-in needs: cookies, redirects followed one at a time, forms filled in and sent.

use anyhow::{Context, Result, bail};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use url::Url;

/// Pages and redirects a sign-in may take.
const MAX_STEPS: usize = 12;

/// A browser with an empty cookie jar.
pub(super) struct Browser(Client);

impl Browser {
    pub(super) fn new() -> Result<Self> {
        Ok(Self(Client::builder().cookie_store(true).redirect(Policy::none()).build()?))
    }

    /// Opens `start`, signs in and allows what is asked, and returns the address below `redirect_uri` it is sent to.
    pub(super) async fn sign_in(&self, start: Url, redirect_uri: &str, username: &str, password: &str) -> Result<Url> {
        let mut url = start;
        let mut response = self.0.get(url.clone()).send().await?;
        for _ in 0..MAX_STEPS {
            if response.status().is_redirection() {
                let location = response.headers().get("location").context("a redirect without a target")?.to_str()?;
                url = url.join(location)?;
                if url.as_str().starts_with(redirect_uri) {
                    return Ok(url);
                }
                response = self.0.get(url.clone()).send().await?;
            } else {
                response = self.submit(&url, response, username, password).await?;
            }
        }
        bail!("the sign-in did not end after {MAX_STEPS} pages")
    }

    async fn submit(&self, url: &Url, response: Response, username: &str, password: &str) -> Result<Response> {
        if response.status() != StatusCode::OK {
            bail!("{} answered {}", url.path(), response.status());
        }
        let page = response.text().await?;
        let mut fields = hidden_fields(&page);
        if page.contains("name=\"password\"") {
            fields.push(("username".to_owned(), username.to_owned()));
            fields.push(("password".to_owned(), password.to_owned()));
        } else {
            fields.push(("decision".to_owned(), "allow".to_owned()));
        }
        let target = url.join(&attribute(&page, "action").unwrap_or_default())?;
        Ok(self.0.post(target).header("origin", url.origin().ascii_serialization()).form(&fields).send().await?)
    }
}

/// Names and values of the hidden inputs of our own pages.
fn hidden_fields(page: &str) -> Vec<(String, String)> {
    let inputs = page.split("<input").skip(1).filter_map(|rest| rest.split_once('>').map(|(input, _)| input));
    inputs
        .filter(|input| input.contains("type=\"hidden\""))
        .filter_map(|input| Some((attribute(input, "name")?, attribute(input, "value")?)))
        .collect()
}

fn attribute(html: &str, name: &str) -> Option<String> {
    let (_, rest) = html.split_once(&format!("{name}=\""))?;
    rest.split_once('"').map(|(value, _)| value.replace("&amp;", "&"))
}
