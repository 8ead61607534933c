//! Clients that users registered themselves.

use argus_domain::Problem;
use argus_domain::client::ClientType;
use argus_domain::client_request::Wanted;
use argus_domain::ids::ClientId;
use argus_domain::scope::describe_standard;
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::admin::{KindChoice, kind_choices};
use super::connect::Connect;
use super::problems::{at_field, elsewhere};
use super::shell::{Shell, shell_page};
use crate::endpoint;
use crate::protocol::claim_providers::CatalogueEntry;
use crate::protocol::clients::{Activity, ClientKind, ClientView};
use crate::protocol::own_clients::{OwnClient, RequestView, SelfServiceSettings};

/// The clients of a user.
#[derive(Template)]
#[template(path = "apps/list.html")]
pub(crate) struct AppsPage<'a> {
    pub(crate) shell: Shell<'a>,
    pub(crate) policy: &'a SelfServiceSettings,
    pub(crate) clients: &'a [ClientView],
}

impl AppsPage<'_> {
    pub(crate) fn respond(&self) -> Response {
        shell_page(StatusCode::OK, self)
    }

    fn may_register(&self) -> bool {
        u32::try_from(self.clients.len()).is_ok_and(|count| count < self.policy.max_clients)
    }
}

/// The form of a client, as it was filled in.
pub(crate) struct AppForm {
    pub(crate) id: ClientId,
    pub(crate) kind: ClientKind,
    pub(crate) name: String,
    pub(crate) redirect_uris: String,
    pub(crate) post_logout_redirect_uris: String,
    pub(crate) scopes: Vec<String>,
    /// The revision that the form was made of; 0 for a new client.
    pub(crate) revision: u64,
    pub(crate) problems: Vec<Problem>,
}

impl AppForm {
    /// Of a new client.
    pub(crate) fn empty(id: ClientId, policy: &SelfServiceSettings) -> Self {
        let usual = ["openid", "profile", "email"];
        Self {
            id,
            kind: policy.kinds.first().copied().unwrap_or(ClientKind::Web),
            name: String::new(),
            redirect_uris: String::new(),
            post_logout_redirect_uris: String::new(),
            scopes: policy.scopes.iter().filter(|scope| usual.contains(&scope.as_str())).cloned().collect(),
            revision: 0,
            problems: Vec::new(),
        }
    }

    /// Of one that is there.
    pub(crate) fn of(client: &ClientView) -> Self {
        let settings = &client.settings;
        Self {
            id: client.client_id,
            kind: if settings.r#type == ClientType::Confidential { ClientKind::Web } else { ClientKind::Native },
            name: settings.name.clone(),
            redirect_uris: settings.redirect_uris.join("\n"),
            post_logout_redirect_uris: settings.post_logout_redirect_uris.join("\n"),
            scopes: settings.scopes.clone(),
            revision: client.revision,
            problems: Vec::new(),
        }
    }

    fn problem(&self, member: &str) -> Option<String> {
        let scopes = self.scopes.join(" ");
        let typed = self.fields(&scopes).into_iter().find(|(name, _)| *name == member).map_or("", |(_, typed)| typed);
        at_field(&self.problems, member, typed)
    }

    fn other_problems(&self) -> Vec<String> {
        elsewhere(&self.problems, &self.fields(&self.scopes.join(" ")))
    }

    fn fields<'a>(&'a self, scopes: &'a str) -> [(&'static str, &'a str); 4] {
        [
            ("name", &self.name),
            ("redirectUris", &self.redirect_uris),
            ("postLogoutRedirectUris", &self.post_logout_redirect_uris),
            ("scopes", scopes),
        ]
    }

    /// The scopes that may be had, and those that the client has.
    fn choices(&self, policy: &SelfServiceSettings, has: &[String]) -> Vec<ScopeChoice> {
        let offered = policy.scopes.iter().chain(has.iter().filter(|scope| !policy.scopes.contains(scope)));
        offered
            .map(|name| ScopeChoice { name: name.clone(), meaning: describe_standard(name), is_chosen: self.scopes.contains(name) })
            .collect()
    }
}

/// A scope to choose, for the template.
struct ScopeChoice {
    name: String,
    meaning: Option<&'static str>,
    is_chosen: bool,
}

/// The form of a new client.
#[derive(Template)]
#[template(path = "apps/new.html")]
pub(crate) struct NewAppPage<'a> {
    pub(crate) shell: Shell<'a>,
    pub(crate) policy: &'a SelfServiceSettings,
    pub(crate) form: &'a AppForm,
}

impl NewAppPage<'_> {
    pub(crate) fn respond(&self) -> Response {
        shell_page(if self.form.problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }, self)
    }

    fn kinds(&self) -> Vec<KindChoice> {
        kind_choices(&self.shell.frame.texts.admin, &self.policy.kinds, self.form.kind)
    }

    fn scopes(&self) -> Vec<ScopeChoice> {
        self.form.choices(self.policy, &[])
    }

    fn check(&self) -> String {
        self.shell.path(&endpoint::CHECK_REDIRECT_URIS)
    }
}

/// One client of a user.
#[derive(Template)]
#[template(path = "apps/client.html")]
pub(crate) struct AppPage<'a> {
    pub(crate) shell: Shell<'a>,
    pub(crate) policy: &'a SelfServiceSettings,
    pub(crate) issuer: &'a str,
    pub(crate) own: &'a OwnClient,
    pub(crate) form: &'a AppForm,
    pub(crate) activity: &'a [Activity],
    /// A new secret, this once.
    pub(crate) secret: Option<&'a str>,
    /// Why nothing was done, or what is waited for.
    pub(crate) notice: Option<&'a str>,
}

impl AppPage<'_> {
    pub(crate) fn respond(&self, status: StatusCode) -> Response {
        shell_page(if self.form.problems.is_empty() { status } else { StatusCode::UNPROCESSABLE_ENTITY }, self)
    }

    fn here(&self) -> String {
        format!("{}/{}", self.shell.path(&endpoint::APPS), self.own.client.client_id)
    }

    fn is_confidential(&self) -> bool {
        self.own.client.settings.r#type == ClientType::Confidential
    }

    fn connect(&self) -> Connect<'_> {
        Connect::new(self.issuer, &self.own.client)
    }

    fn claims(&self) -> String {
        serde_json::to_string_pretty(&self.own.client.settings.open_id_custom_claims).unwrap_or_default()
    }

    fn wanted(request: &RequestView) -> String {
        wanted(&request.wanted)
    }

    fn scopes(&self) -> Vec<ScopeChoice> {
        self.form.choices(self.policy, &self.own.client.settings.scopes)
    }

    fn check(&self) -> String {
        self.shell.path(&endpoint::CHECK_REDIRECT_URIS)
    }
}

/// What is asked for, as it would be configured.
pub(super) fn wanted(wanted: &Wanted) -> String {
    let text = match wanted {
        Wanted::Settings(patch) => serde_json::to_string(patch),
        Wanted::ClaimProvider { attachment, .. } => serde_json::to_string(attachment),
    };
    text.unwrap_or_default()
}

/// The form that asks for a claim provider, as it was filled in.
#[derive(Default)]
pub(crate) struct ClaimRequestForm {
    pub(crate) provider: String,
    pub(crate) configuration: String,
    pub(crate) reason: String,
    pub(crate) problems: Vec<Problem>,
}

/// The page of it.
#[derive(Template)]
#[template(path = "apps/claims.html")]
pub(crate) struct AppClaimsPage<'a> {
    pub(crate) shell: Shell<'a>,
    pub(crate) client: &'a ClientView,
    pub(crate) offered: &'a [CatalogueEntry],
    pub(crate) form: &'a ClaimRequestForm,
}

impl AppClaimsPage<'_> {
    pub(crate) fn respond(&self) -> Response {
        shell_page(if self.form.problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }, self)
    }

    fn schema(provider: &CatalogueEntry) -> String {
        serde_json::to_string_pretty(&provider.schema).unwrap_or_default()
    }
}
