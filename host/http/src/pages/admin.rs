//! The pages of administrators.

use argus_domain::Problem;
use argus_domain::client::ClientType;
use argus_domain::client_request::Wanted;
use argus_domain::ids::ClientId;
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use form_urlencoded::Serializer;

use super::apps::wanted;
use super::connect::Connect;
use super::problems::{at_field, elsewhere};
use super::shell::{Shell, shell_page};
use super::texts::AdminTexts;
use crate::endpoint;
use crate::protocol::clients::{Activity, ClientKind, ClientPage, ClientView, DeprecatedScopes, Revision};
use crate::protocol::own_clients::OpenRequest;

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
    pub(crate) issuer: &'a str,
    pub(crate) client: &'a ClientView,
    pub(crate) revisions: &'a [Revision],
    pub(crate) activity: &'a [Activity],
    pub(crate) deprecated: Option<DeprecatedScopes>,
    /// A new secret, this once.
    pub(crate) secret: Option<&'a str>,
    pub(crate) outdated: bool,
}

impl ClientPageOf<'_> {
    pub(crate) fn respond(&self, status: StatusCode) -> Response {
        shell_page(status, self)
    }

    fn here(&self) -> String {
        format!("{}/{}", self.shell.path(&endpoint::ADMIN_CLIENTS), self.client.client_id)
    }

    fn is_confidential(&self) -> bool {
        self.client.settings.r#type == ClientType::Confidential
    }

    fn connect(&self) -> Connect<'_> {
        Connect::new(self.issuer, self.client)
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
}

/// Settings of a client as they were typed.
pub(crate) struct SettingsForm {
    /// The document.
    pub(crate) text: String,
    /// The revision that the form was made of.
    pub(crate) revision: u64,
    pub(crate) problems: Vec<Problem>,
}

/// The form of a client's settings.
#[derive(Template)]
#[template(path = "admin/client_settings.html")]
pub(crate) struct ClientSettingsPage<'a> {
    pub(crate) shell: Shell<'a>,
    pub(crate) client: &'a ClientView,
    pub(crate) form: &'a SettingsForm,
}

impl ClientSettingsPage<'_> {
    pub(crate) fn respond(&self) -> Response {
        shell_page(if self.form.problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }, self)
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
pub(super) struct KindChoice {
    pub(super) value: &'static str,
    pub(super) title: &'static str,
    pub(super) hint: &'static str,
    pub(super) chosen: bool,
}

/// Kinds to choose from.
pub(super) fn kind_choices(texts: &AdminTexts, kinds: &[ClientKind], chosen: ClientKind) -> Vec<KindChoice> {
    let choice = |kind: &ClientKind| {
        let (title, hint) = match kind {
            ClientKind::Web => (texts.kind_web, texts.kind_web_hint),
            ClientKind::Spa => (texts.kind_spa, texts.kind_spa_hint),
            ClientKind::Native => (texts.kind_native, texts.kind_native_hint),
            ClientKind::Service => (texts.kind_service, texts.kind_service_hint),
        };
        KindChoice { value: kind.as_str(), title, hint, chosen: *kind == chosen }
    };
    kinds.iter().map(choice).collect()
}

impl NewClientPage<'_> {
    pub(crate) fn respond(&self) -> Response {
        shell_page(if self.form.problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }, self)
    }

    fn kinds(&self) -> Vec<KindChoice> {
        kind_choices(&self.shell.frame.texts.admin, &ClientKind::ALL, self.form.kind)
    }

    fn check(&self) -> String {
        self.shell.path(&endpoint::ADMIN_CHECK_REDIRECT_URIS)
    }

    fn problem(&self, member: &str) -> Option<String> {
        let typed = self.fields().into_iter().find(|(name, _)| *name == member).map_or("", |(_, typed)| typed);
        at_field(&self.form.problems, member, typed)
    }

    fn other_problems(&self) -> Vec<String> {
        elsewhere(&self.form.problems, &self.fields())
    }

    fn fields(&self) -> [(&'static str, &str); 3] {
        [("name", &self.form.name), ("redirectUris", &self.form.redirect_uris), ("scopes", &self.form.scopes)]
    }
}

/// What users ask for, for clients of their own.
#[derive(Template)]
#[template(path = "admin/requests.html")]
pub(crate) struct RequestsPage<'a> {
    pub(crate) shell: Shell<'a>,
    pub(crate) open: &'a [OpenRequest],
}

impl RequestsPage<'_> {
    pub(crate) fn respond(&self) -> Response {
        shell_page(StatusCode::OK, self)
    }

    fn wanted(open: &OpenRequest) -> String {
        wanted(&open.request.wanted)
    }

    /// Of a request for a claim provider.
    fn reason(open: &OpenRequest) -> Option<&str> {
        match &open.request.wanted {
            Wanted::ClaimProvider { reason, .. } => Some(reason),
            Wanted::Settings(_) => None,
        }
    }
}
