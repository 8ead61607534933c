//! A browser: cookies, redirects followed one at a time, forms filled in and sent with the headers browsers send.

use std::net::IpAddr;

use reqwest::Method;
use serde_json::Value;
use url::Url;

use crate::html::{Form, unescape};
use crate::http::{Answer, Http};

/// Pages and redirects one visit may take.
const MAX_STEPS: usize = 12;

/// Somebody who can sign in.
#[derive(Clone, Copy, Debug)]
pub struct Person {
    /// User name.
    pub username: &'static str,
    /// Password.
    pub password: &'static str,
}

/// Where a visit ended.
#[derive(Clone, Debug)]
pub enum Landing {
    /// At a client, by redirect.
    Redirect(Url),
    /// At a client, by a form that a script posts.
    Posted {
        /// Where the form goes.
        action: String,
        /// Names and values.
        fields: Vec<(String, String)>,
    },
    /// At a page of this server.
    Page(Answer),
}

/// A browser with a cookie jar of its own.
#[derive(Clone, Debug)]
pub struct Browser {
    http: Http,
    headers: Vec<(&'static str, String)>,
    decision: &'static str,
}

impl Browser {
    /// A browser without cookies.
    pub fn new(http: Http) -> Self {
        Self { http: http.with_cookies(None), headers: Vec::new(), decision: "allow" }
    }

    /// Without cookies, and calling from another address of the loopback network.
    #[must_use]
    pub fn from_address(&self, address: IpAddr) -> Self {
        Self { http: self.http.with_cookies(Some(address)), ..self.clone() }
    }

    /// The same browser, cookies included, behind a proxy that adds a header.
    #[must_use]
    pub fn with_header(&self, name: &'static str, value: &str) -> Self {
        let mut browser = self.clone();
        browser.headers.retain(|(known, _)| *known != name);
        browser.headers.push((name, value.to_owned()));
        browser
    }

    /// The same browser, cookies included, reaching another node.
    #[must_use]
    pub fn at(&self, node: &Http) -> Self {
        let mut browser = self.clone();
        browser.http = self.http.at(node);
        browser
    }

    /// The same browser, whose user says no when asked.
    #[must_use]
    pub fn that_denies(&self) -> Self {
        Self { decision: "deny", ..self.clone() }
    }

    /// Opens one URL and follows nothing.
    pub async fn open(&self, path_or_url: &str) -> Answer {
        self.http.send(self.dressed(self.http.request(Method::GET, path_or_url))).await
    }

    /// The same; `None` when the server is gone.
    pub async fn try_open(&self, path_or_url: &str) -> Option<Answer> {
        self.http.try_send(self.dressed(self.http.request(Method::GET, path_or_url))).await
    }

    fn dressed(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        self.headers.iter().fold(request, |request, (name, value)| request.header(*name, value))
    }

    /// Posts fields as one of this server's own pages would.
    pub async fn post(&self, path: &str, fields: &[(String, String)]) -> Answer {
        let request = self.http.request(Method::POST, path).form(fields).header("origin", self.http.issuer());
        self.http.send(self.dressed(request)).await
    }

    /// Sends a request of any kind with this browser's cookies.
    pub async fn send(&self, build: impl FnOnce(&Http) -> reqwest::RequestBuilder) -> Answer {
        self.http.send(self.dressed(build(&self.http))).await
    }

    /// Goes where a URL leads: signs in as `person` where asked to, and answers the question for consent.
    ///
    /// Without a person, the visit ends at the sign-in page.
    pub async fn visit(&self, url: &str, person: Option<Person>) -> Landing {
        let answer = self.open(url).await;
        self.go_on(answer, person).await
    }

    /// Goes on from an answer.
    pub async fn go_on(&self, mut answer: Answer, person: Option<Person>) -> Landing {
        for _ in 0..MAX_STEPS {
            if (300..400).contains(&answer.status) {
                let target = answer.url.join(answer.header("location")).unwrap();
                if !self.http.is_own(&target) {
                    return Landing::Redirect(target);
                }
                answer = self.open(target.as_str()).await;
                continue;
            }
            let Some(mut form) = Form::first_of(&answer.text) else { return Landing::Page(answer) };
            let action = answer.url.join(&form.action).unwrap();
            if !self.http.is_own(&action) {
                return Landing::Posted { action: form.action, fields: form.fields };
            }
            if form.asks_for("password") {
                let Some(person) = person.filter(|_| answer.status == 200) else { return Landing::Page(answer) };
                form.set("username", person.username);
                form.set("password", person.password);
            } else if form.buttons.iter().any(|(name, value)| name == "decision" && value == self.decision) {
                form.set("decision", self.decision);
            } else {
                return Landing::Page(answer);
            }
            answer = self.post(action.as_str(), &form.fields).await;
        }
        panic!("the visit did not end after {MAX_STEPS} pages; the last was {}", answer.url);
    }

    /// Signs in at the sign-in page, with no application waiting.
    pub async fn sign_in(&self, person: Person) -> Answer {
        let page = self.open("/login").await.expect(200);
        let mut form = Form::first_of(&page.text).unwrap();
        form.set("username", person.username);
        form.set("password", person.password);
        self.post(&form.action, &form.fields).await
    }

    /// Presses the button of the form on a page of this server.
    pub async fn confirm(&self, page: &Answer) -> Answer {
        let form = Form::first_of(&page.text).unwrap();
        self.post(page.url.join(&form.action).unwrap().as_str(), &form.fields).await
    }

    /// The fields of the first form of a page.
    ///
    /// # Panics
    /// When there is no form.
    pub fn fields(page: &Answer) -> Vec<(String, String)> {
        Form::first_of(&page.text).unwrap().fields
    }
}

impl Landing {
    /// What the client is told: the parameters of the redirect or of the form.
    ///
    /// # Panics
    /// When the visit ended at a page.
    #[track_caller]
    pub fn parameters(&self) -> Vec<(String, String)> {
        match self {
            Self::Redirect(url) => url.query_pairs().into_owned().collect(),
            Self::Posted { fields, .. } => fields.clone(),
            Self::Page(page) => panic!("no client was reached: {} {} {}", page.url, page.status, page.text),
        }
    }

    /// One parameter, which may be there once at most.
    ///
    /// # Panics
    /// When the visit ended at a page, or the parameter is there twice.
    #[track_caller]
    pub fn parameter(&self, name: &str) -> Option<String> {
        let mut values = self.parameters().into_iter().filter(|(key, _)| key == name).map(|(_, value)| value);
        let value = values.next();
        assert_eq!(values.next(), None, "{name} was sent twice");
        value
    }

    /// The code.
    ///
    /// # Panics
    /// When there is none.
    #[track_caller]
    pub fn code(&self) -> String {
        self.parameter("code").unwrap_or_else(|| panic!("no code: {:?}", self.parameters()))
    }

    /// The error.
    ///
    /// # Panics
    /// When there is none, or a code beside it.
    #[track_caller]
    pub fn error(&self) -> String {
        assert_eq!(self.parameter("code"), None);
        self.parameter("error").unwrap_or_else(|| panic!("no error: {:?}", self.parameters()))
    }

    /// The page, with a status.
    ///
    /// # Panics
    /// When the visit ended elsewhere.
    #[track_caller]
    pub fn page(&self, status: u16) -> Answer {
        match self {
            Self::Page(page) => page.clone().expect(status),
            other => panic!("no page: {other:?}"),
        }
    }
}

/// The text of a page as a reader sees it: no markup, entities resolved.
pub fn visible_text(page: &Answer) -> String {
    let text: Vec<&str> = page.text.split('<').filter_map(|part| part.split_once('>').map(|(_, text)| text.trim())).collect();
    unescape(&text.join(" "))
}

/// The claims a consent page shows: name and value.
pub fn shown_claims(page: &Answer) -> Value {
    let rows = page.text.split("<th scope=\"row\">").skip(1).map(|row| {
        let name = row.split_once("<code>").and_then(|(_, rest)| rest.split_once("</code>")).unwrap().0;
        let value = row.split_once("<td>").and_then(|(_, rest)| rest.split_once("</td>")).unwrap().0;
        (unescape(name), Value::from(unescape(value)))
    });
    Value::Object(rows.collect())
}
