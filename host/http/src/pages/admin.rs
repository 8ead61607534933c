//! The pages of administrators.

use argus_domain::client::ClientType;
use argus_domain::ids::ClientId;
use argus_domain::{Problem, Timestamp};
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use form_urlencoded::Serializer;

use super::shell::{Moment, Shell, shell_page};
use crate::protocol::clients::{ClientPage, ClientView, Revision};

/// Clients by name.
#[derive(Template)]
#[template(path = "admin/clients.html")]
pub(crate) struct ClientsPage<'a> {
    pub(crate) shell: Shell<'a>,
    /// What is looked for.
    pub(crate) text: &'a str,
    pub(crate) page: &'a ClientPage,
}

impl ClientsPage<'_> {
    pub(crate) fn respond(&self) -> Response {
        shell_page(StatusCode::OK, self)
    }

    /// The query of the next page.
    fn next(&self) -> Option<String> {
        let (name, id) = self.page.next.as_ref()?;
        let id = id.to_string();
        Some(Serializer::new(String::new()).extend_pairs([("q", self.text), ("name", name), ("id", &id)]).finish())
    }
}

/// One client.
#[derive(Template)]
#[template(path = "admin/client.html")]
pub(crate) struct ClientPageOf<'a> {
    pub(crate) shell: Shell<'a>,
    pub(crate) client: &'a ClientView,
    pub(crate) revisions: &'a [Revision],
    /// A new secret, this once.
    pub(crate) secret: Option<&'a str>,
    pub(crate) outdated: bool,
}

impl ClientPageOf<'_> {
    pub(crate) fn respond(&self, status: StatusCode) -> Response {
        shell_page(status, self)
    }

    fn is_confidential(&self) -> bool {
        self.client.settings.r#type == ClientType::Confidential
    }

    /// The claim providers as they are configured: the member of the settings, as a document has it.
    fn claims(&self) -> String {
        serde_json::to_string_pretty(&self.client.settings.open_id_custom_claims).unwrap_or_default()
    }

    fn grant_types(&self) -> String {
        let names: Vec<String> = self.client.settings.grant_types.iter().map(|grant| grant.as_str().to_owned()).collect();
        names.join(", ")
    }

    fn is_current(&self, revision: &Revision) -> bool {
        revision.revision == self.client.revision
    }

    /// Names of the members that a revision changed.
    fn changed(revision: &Revision) -> String {
        let names: Vec<&str> = revision.changes.as_object().into_iter().flat_map(|changes| changes.keys().map(String::as_str)).collect();
        names.join(", ")
    }

    fn moment(seconds: &i64) -> Moment {
        Moment::of(&Timestamp::from_unix_seconds(*seconds))
    }
}

/// What a client is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClientKind {
    Web,
    SinglePage,
    Native,
    Service,
}

impl ClientKind {
    const ALL: [Self; 4] = [Self::Web, Self::SinglePage, Self::Native, Self::Service];

    fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::SinglePage => "spa",
            Self::Native => "native",
            Self::Service => "service",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A form for a new client, as it was filled in.
pub(crate) struct NewClient {
    pub(crate) id: ClientId,
    pub(crate) kind: ClientKind,
    pub(crate) name: String,
    pub(crate) redirect_uris: String,
    pub(crate) scopes: String,
    pub(crate) problems: Vec<Problem>,
}

impl NewClient {
    pub(crate) fn empty(id: ClientId) -> Self {
        Self {
            id,
            kind: ClientKind::Web,
            name: String::new(),
            redirect_uris: String::new(),
            scopes: "openid profile email".to_owned(),
            problems: Vec::new(),
        }
    }
}

/// The form.
#[derive(Template)]
#[template(path = "admin/new_client.html")]
pub(crate) struct NewClientPage<'a> {
    pub(crate) shell: Shell<'a>,
    pub(crate) form: &'a NewClient,
}

/// A kind to choose, for the template.
struct KindChoice {
    value: &'static str,
    title: &'static str,
    hint: &'static str,
    chosen: bool,
}

impl NewClientPage<'_> {
    pub(crate) fn respond(&self) -> Response {
        shell_page(if self.form.problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }, self)
    }

    fn kinds(&self) -> [KindChoice; 4] {
        let texts = &self.shell.frame.texts.admin;
        ClientKind::ALL.map(|kind| {
            let (title, hint) = match kind {
                ClientKind::Web => (texts.kind_web, texts.kind_web_hint),
                ClientKind::SinglePage => (texts.kind_spa, texts.kind_spa_hint),
                ClientKind::Native => (texts.kind_native, texts.kind_native_hint),
                ClientKind::Service => (texts.kind_service, texts.kind_service_hint),
            };
            KindChoice { value: kind.as_str(), title, hint, chosen: kind == self.form.kind }
        })
    }

    /// What is wrong with a member; a problem of one of its elements names the element.
    fn problem(&self, member: &str) -> Option<String> {
        let of_member: Vec<String> = self.form.problems.iter().filter_map(|problem| self.told(problem, member)).collect();
        (!of_member.is_empty()).then(|| of_member.join(" "))
    }

    fn told(&self, problem: &Problem, member: &str) -> Option<String> {
        let rest = problem.pointer.as_str().strip_prefix('/')?.strip_prefix(member)?;
        let text = match member {
            "redirectUris" => &self.form.redirect_uris,
            _ => &self.form.scopes,
        };
        let element = rest.strip_prefix('/').and_then(|place| text.split_whitespace().nth(place.parse().ok()?));
        match (rest, element) {
            ("", _) => Some(format!("{}.", problem.message)),
            (_, Some(element)) => Some(format!("{element}: {}.", problem.message)),
            _ => None,
        }
    }

    /// Problems of no field of the form.
    fn other_problems(&self) -> Vec<String> {
        let shown = |problem: &Problem| ["name", "redirectUris", "scopes"].iter().any(|member| self.told(problem, member).is_some());
        self.form.problems.iter().filter(|problem| !shown(problem)).map(ToString::to_string).collect()
    }
}
