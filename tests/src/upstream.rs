//! An identity provider of an organisation: a real one, run beside the server, and a browser that signs in there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use reqwest::redirect::Policy;
use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

use crate::html::Form;
use crate::installation::free_port;
use crate::server::Server;
use crate::until::PATIENCE;
use crate::{Answer, Browser, Installation, program, until};

/// Pages and redirects that a sign-in there may take.
const MAX_STEPS: usize = 10;

/// A running identity provider.
pub struct Upstream {
    base: String,
    /// Where its metadata are.
    metadata: String,
    http: reqwest::Client,
    _server: Server,
    _folder: TempDir,
}

/// What an identity provider posts to us, and where.
#[derive(Clone, Debug)]
pub struct PostedResponse {
    /// The assertion consumer service.
    pub action: String,
    /// `SAMLResponse` and `RelayState`.
    pub fields: Vec<(String, String)>,
}

/// The program in `tests/upstreams`, built once.
static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
    let program = program::argus().with_file_name("upstreams");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("upstreams");
    let status = Command::new("go").args(["build", "-o"]).arg(&program).arg(".").current_dir(source).status();
    assert!(status.expect("Go is needed: https://go.dev/dl has it for every system").success(), "tests/upstreams was not built");
    program
});

impl Upstream {
    /// An identity provider on the library of the Zitadel server.
    pub fn zitadel() -> Self {
        Self::start(&["-kind", "zitadel"], "/saml/v2/metadata")
    }

    /// The identity provider of crewjam's library, with RSA-SHA256.
    pub fn crewjam() -> Self {
        Self::start(&["-kind", "crewjam"], "/metadata")
    }

    /// The same as the library has it by default: with RSA-SHA1.
    pub fn crewjam_with_sha1() -> Self {
        Self::start(&["-kind", "crewjam", "-sha1"], "/metadata")
    }

    fn start(arguments: &[&str], metadata: &str) -> Self {
        let (port, folder) = (free_port(), TempDir::new().unwrap());
        let mut command = Command::new(&*PROGRAM);
        command.args(arguments).args(["-listen", &format!("127.0.0.1:{port}")]);
        let base = format!("http://127.0.0.1:{port}");
        let metadata = format!("{base}{metadata}");
        let server = Server::supervise(&command, &folder.path().join("log"), None, &metadata, PATIENCE);
        let http = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
        Self { metadata, base, http, _server: server, _folder: folder }
    }

    /// Its metadata.
    pub async fn metadata(&self) -> String {
        self.http.get(&self.metadata).send().await.unwrap().error_for_status().unwrap().text().await.unwrap()
    }

    /// Adds or changes a user, whose password is the name and `-pw`.
    pub async fn put_user(&self, name: &str, email: &str, groups: &[&str]) {
        let user = json!({"email": email, "name": format!("{name} of the upstream"), "groups": groups});
        let request = self.http.put(format!("{}/test/users/{name}", self.base)).body(user.to_string());
        request.send().await.unwrap().error_for_status().unwrap();
    }

    /// Where its metadata are.
    pub fn metadata_url(&self) -> &str {
        &self.metadata
    }

    /// Signs with another key from now on.
    pub async fn change_key(&self) {
        self.http.put(format!("{}/test/key", self.base)).send().await.unwrap().error_for_status().unwrap();
    }

    /// Connects it to an installation: each has the metadata of the other. `members` are those of the connection beside slug, kind
    /// and metadata.
    pub async fn connect(&self, argus: &Installation, slug: &str, members: Value) {
        let mut entry = json!({"slug": slug, "kind": "saml", "name": format!("Organisation {slug}"), "metadata": self.metadata().await});
        entry.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        argus.import(&json!({"upstreamIdps": [entry]}));
        self.trust(argus, slug).await;
    }

    /// Gives it the metadata that an installation has for a connection.
    pub async fn trust(&self, argus: &Installation, slug: &str) {
        // The command line made the connection; the server notices within a second.
        let metadata = until("the connection is served", async || {
            let answer = argus.http().get(&format!("/saml/{slug}/metadata")).await;
            (answer.status == 200).then_some(answer)
        })
        .await;
        let request = self.http.put(format!("{}/test/service-provider", self.base)).body(metadata.text);
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }

    /// A browser follows a request of ours and signs in; returns what it is to post to us.
    ///
    /// # Panics
    /// When the sign-in does not end in a response.
    pub async fn answer(&self, request: &Url, username: &str) -> PostedResponse {
        self.answer_again(request, username, &mut Jar::new()).await
    }

    /// The same with a browser that may have a session there, which goes on.
    ///
    /// # Panics
    /// When the sign-in does not end in a response.
    pub async fn answer_again(&self, request: &Url, username: &str, cookies: &mut Jar) -> PostedResponse {
        sign_in_there(request, username, cookies).await.expect("the sign-in ended at a client")
    }
}

impl PostedResponse {
    /// A browser posts it, as the page of the identity provider makes it do.
    pub async fn post(&self, browser: &Browser) -> Answer {
        let action = Url::parse(&self.action).unwrap();
        browser
            .send(|http| {
                let request = http.request(reqwest::Method::POST, action.as_str()).form(&self.fields);
                request.header("origin", "null").header("sec-fetch-site", "cross-site")
            })
            .await
    }
}

/// The cookies that a browser has from an identity provider.
pub type Jar = BTreeMap<String, String>;

/// A browser follows a request to an identity provider and signs in there, with the user's name and `-pw` as password. Ends at what it
/// is to post to us, or at the address of ours that it is sent to.
///
/// # Panics
/// When the sign-in ends nowhere.
pub(crate) async fn sign_in_there(request: &Url, username: &str, cookies: &mut Jar) -> Result<PostedResponse, Url> {
    let http = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
    let (mut url, mut form): (Url, Option<Form>) = (request.clone(), None);
    for _ in 0..MAX_STEPS {
        let builder = match form.take() {
            Some(form) => http.post(url.clone()).form(&form.fields),
            None => http.get(url.clone()),
        };
        let jar: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let response = builder.header("cookie", jar.join("; ")).send().await.unwrap();
        // Loopback is a secure context: a browser keeps `Secure` cookies that come over plain http from there.
        for cookie in response.headers().get_all("set-cookie") {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            cookies.insert(name.to_owned(), value.to_owned());
        }
        if response.status().is_redirection() {
            url = url.join(response.headers()["location"].to_str().unwrap()).unwrap();
            if url.host_str() != request.host_str() || url.port() != request.port() {
                return Err(url);
            }
            continue;
        }
        let status = response.status();
        let page = response.text().await.unwrap();
        if page.starts_with('{') {
            // crewjam's: the session is there now, and the request is to be made again.
            url = request.clone();
            continue;
        }
        let mut next = Form::first_of(&page).unwrap_or_else(|| panic!("{status} without a form at {url}: {page}"));
        if next.asks_for("SAMLResponse") {
            return Ok(PostedResponse { action: next.action, fields: next.fields });
        }
        for name in ["username", "user"].into_iter().filter(|name| next.asks_for(name)).collect::<Vec<_>>() {
            next.set(name, username);
        }
        next.set("password", &format!("{username}-pw"));
        url = url.join(&next.action).unwrap();
        form = Some(next);
    }
    panic!("no response after {MAX_STEPS} pages; the last was {url}");
}
