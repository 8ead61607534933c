//! Pages about the installation as a whole.

use argus_domain::audit::AuditEventKind;
use argus_domain::{Problem, Timestamp};
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use form_urlencoded::Serializer;
use serde_json::Value;

use super::account::password_hint;
use super::shell::{Shell, shell_page};
use super::{Frame, form_page};
use crate::protocol::audit::Verified;
use crate::protocol::import::ImportReport;
use crate::protocol::key_management::KeyView;
use crate::protocol::overview::Progress;
use crate::security_headers::FormTarget;

/// Where an administrator begins.
#[derive(Template)]
#[template(path = "admin/overview.html")]
pub(crate) struct AdminOverviewPage<'a> {
    pub(crate) shell: Shell<'a>,
    pub(crate) issuer: &'a str,
    /// Requests of users that wait.
    pub(crate) waiting: usize,
    pub(crate) progress: &'a Progress,
}

/// Something to be done, for the template.
struct Step {
    title: &'static str,
    lead: &'static str,
    path: &'static str,
    link: &'static str,
    is_done: bool,
    is_next: bool,
}

impl AdminOverviewPage<'_> {
    pub(crate) fn respond(&self) -> Response {
        shell_page(StatusCode::OK, self)
    }

    fn steps(&self) -> Vec<Step> {
        let (texts, done) = (&self.shell.frame.texts.operations, self.progress);
        let issuer_lead = if done.has_public_issuer { texts.step_issuer_lead } else { texts.step_issuer_plain };
        let step = |is_done, title, lead, path, link| Step { title, lead, path, link, is_done, is_next: false };
        let mut steps = vec![
            step(done.has_public_issuer, texts.step_issuer, issuer_lead, "", ""),
            step(true, texts.step_admin, texts.step_admin_lead, "", ""),
            step(done.has_client, texts.step_client, texts.step_client_lead, "/admin/clients/new", texts.step_client_link),
            step(done.has_attachment, texts.step_provider, texts.step_provider_lead, "/admin/clients", texts.step_provider_link),
            step(done.has_sign_in, texts.step_sign_in, texts.step_sign_in_lead, "/admin/audit?event=token.issued", texts.step_sign_in_link),
        ];
        if let Some(next) = steps.iter_mut().find(|step| !step.is_done) {
            next.is_next = true;
        }
        steps
    }
}

/// The signing keys.
#[derive(Template)]
#[template(path = "admin/keys.html")]
pub(crate) struct KeysPage<'a> {
    pub(crate) shell: Shell<'a>,
    pub(crate) keys: &'a [KeyView],
}

impl KeysPage<'_> {
    pub(crate) fn respond(&self) -> Response {
        shell_page(StatusCode::OK, self)
    }

    fn state(&self, key: &KeyView) -> &'static str {
        let texts = &self.shell.frame.texts.operations;
        match key.state {
            "pending" => texts.key_pending,
            "active" => texts.key_active,
            _ => texts.key_retiring,
        }
    }

    /// Class of the state's tag.
    fn class(key: &KeyView) -> &'static str {
        match key.state {
            "pending" => "waits",
            "active" => "current",
            _ => "disabled",
        }
    }
}

/// An event, for the template.
struct AuditRow {
    at: i64,
    event: String,
    failed: bool,
    actor: String,
    address: String,
    client: String,
    subject: String,
    correlation_id: String,
    whole: String,
}

/// The audit trail.
#[derive(Template)]
#[template(path = "admin/audit.html")]
pub(crate) struct AuditPage<'a> {
    pub(crate) shell: Shell<'a>,
    /// The filters, as they were typed.
    filters: &'a [(String, String)],
    /// The filters as a query.
    query: String,
    rows: Vec<AuditRow>,
    /// The query of the next page.
    next: Option<String>,
    problems: &'a [Problem],
    /// What came of checking the chains, when that was asked for.
    verified: Option<&'a Verified>,
    /// Whether the page comes again by itself.
    follow: bool,
}

impl<'a> AuditPage<'a> {
    pub(crate) fn new(
        shell: Shell<'a>,
        filters: &'a [(String, String)],
        (events, next): (&[Value], Option<&str>),
        problems: &'a [Problem],
        verified: Option<&'a Verified>,
    ) -> Self {
        let query = |more: &[(&str, &str)]| {
            let filters = filters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            Serializer::new(String::new()).extend_pairs(filters.chain(more.iter().copied())).finish()
        };
        Self {
            query: query(&[]),
            rows: events.iter().map(AuditRow::of).collect(),
            next: next.map(|next| query(&[("after", next)])),
            shell,
            filters,
            problems,
            verified,
            follow: false,
        }
    }

    /// The same page, that comes again by itself.
    pub(crate) fn following(self, follow: bool) -> Self {
        Self { follow, ..self }
    }

    pub(crate) fn respond(&self) -> Response {
        shell_page(if self.problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }, self)
    }

    fn events(&self) -> Vec<&'static str> {
        let mut names: Vec<_> = AuditEventKind::ALL.iter().map(|kind| kind.as_str()).collect();
        names.sort_unstable();
        names
    }

    fn typed(&self, name: &str) -> &str {
        self.filters.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

impl AuditRow {
    fn of(event: &Value) -> Self {
        let text = |member: &str| event[member].as_str().unwrap_or_default().to_owned();
        Self {
            at: event["at"].as_i64().unwrap_or_else(|| Timestamp::from_unix_seconds(0).unix_millis()),
            event: text("event"),
            failed: event["outcome"] == "failure",
            actor: text("actor"),
            address: text("address"),
            client: text("clientId"),
            subject: text("subject"),
            correlation_id: text("correlationId"),
            whole: serde_json::to_string(event).unwrap_or_default(),
        }
    }
}

/// The form of a document, as it was filled in.
#[derive(Default)]
pub(crate) struct DocumentForm {
    pub(crate) text: String,
    pub(crate) problems: Vec<Problem>,
}

/// What an import did, or would do.
pub(crate) struct ImportPlan {
    pub(crate) applied: bool,
    pub(crate) report: ImportReport,
}

impl std::ops::Deref for ImportPlan {
    type Target = ImportReport;

    fn deref(&self) -> &ImportReport {
        &self.report
    }
}

/// Import and export.
#[derive(Template)]
#[template(path = "admin/documents.html")]
pub(crate) struct DocumentsPage<'a> {
    pub(crate) shell: Shell<'a>,
    pub(crate) form: &'a DocumentForm,
    pub(crate) plan: Option<&'a ImportPlan>,
}

impl DocumentsPage<'_> {
    pub(crate) fn respond(&self) -> Response {
        shell_page(if self.form.problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }, self)
    }
}

/// The page of a one-time link.
#[derive(Template)]
#[template(path = "welcome.html")]
pub(crate) struct WelcomePage<'a> {
    pub(crate) frame: &'a Frame,
    pub(crate) csrf: &'a str,
    pub(crate) token: &'a str,
    /// Whether an administrator comes of it; else a user's password is set.
    pub(crate) is_administrator: bool,
    pub(crate) username: &'a str,
    pub(crate) name: &'a str,
    pub(crate) problem: Option<&'a str>,
    pub(crate) done: bool,
}

impl WelcomePage<'_> {
    pub(crate) fn respond(&self) -> Response {
        let status = if self.problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        form_page(status, self, FormTarget::Own)
    }

    fn password_hint(&self) -> String {
        password_hint(&self.frame.texts.account)
    }
}
