//! Claim providers and their versions.

use argus_domain::Problem;
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::shell::{Shell, shell_page};
use super::texts::ProviderTexts;
use crate::endpoint;
use crate::protocol::claim_providers::{CheckReport, Finding, LogView, Outcome, ProviderSummary, ProviderView, VersionView};

/// Digits of a digest that are shown where the whole is in its tooltip.
const SHORT: usize = 12;

fn short(digest: &str) -> &str {
    digest.get(..SHORT).unwrap_or(digest)
}

fn outcome(finding: &Finding, texts: &ProviderTexts) -> &'static str {
    match finding.outcome {
        Outcome::Passed => texts.passed,
        Outcome::Warning => texts.warned,
        Outcome::Failed => texts.failed_check,
    }
}

/// Claim providers by name.
#[derive(Template)]
#[template(path = "admin/claim_providers.html")]
pub(crate) struct ProvidersPage<'a> {
    pub(crate) shell: Shell<'a>,
    pub(crate) providers: &'a [ProviderSummary],
}

impl ProvidersPage<'_> {
    pub(crate) fn respond(&self) -> Response {
        shell_page(StatusCode::OK, self)
    }

    fn short(digest: &str) -> &str {
        short(digest)
    }
}

/// Why an upload was refused.
pub(crate) struct RefusedUpload {
    pub(crate) detail: String,
    pub(crate) problems: Vec<Problem>,
    pub(crate) report: Option<Box<CheckReport>>,
}

/// The form of an upload.
#[derive(Template)]
#[template(path = "admin/upload.html")]
pub(crate) struct UploadPage<'a> {
    pub(crate) shell: Shell<'a>,
    pub(crate) name: &'a str,
    pub(crate) refused: Option<&'a RefusedUpload>,
}

impl UploadPage<'_> {
    pub(crate) fn respond(&self) -> Response {
        shell_page(if self.refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }, self)
    }

    fn outcome(&self, finding: &Finding) -> &'static str {
        outcome(finding, &self.shell.frame.texts.providers)
    }
}

/// What the page says beside the claim provider as it is.
#[derive(Default)]
pub(crate) struct ProviderTold {
    /// Why nothing was done.
    pub(crate) notice: Option<String>,
    /// What the check of a version found that was just uploaded.
    pub(crate) report: Option<CheckReport>,
}

/// One claim provider.
#[derive(Template)]
#[template(path = "admin/claim_provider.html")]
pub(crate) struct ProviderPage<'a> {
    pub(crate) shell: Shell<'a>,
    pub(crate) provider: &'a ProviderView,
    pub(crate) logs: &'a [LogView],
    pub(crate) told: &'a ProviderTold,
}

impl ProviderPage<'_> {
    pub(crate) fn respond(&self) -> Response {
        shell_page(if self.told.notice.is_some() { StatusCode::CONFLICT } else { StatusCode::OK }, self)
    }

    fn here(&self) -> String {
        format!("{}/{}", self.shell.path(&endpoint::ADMIN_CLAIM_PROVIDERS), self.provider.standing.name)
    }

    /// What the author of the version in service says of it.
    fn description(&self) -> &str {
        let current = self.provider.versions.iter().find(|version| version.state == "current");
        current.or(self.provider.versions.first()).and_then(|version| version.author.as_ref()).map_or("", |author| &author.description)
    }

    fn short(digest: &str) -> &str {
        short(digest)
    }

    fn outcome(&self, finding: &Finding) -> &'static str {
        outcome(finding, &self.shell.frame.texts.providers)
    }

    fn state(&self, version: &VersionView) -> &'static str {
        let texts = &self.shell.frame.texts.providers;
        match version.state {
            "current" => texts.state_current,
            "previous" => texts.state_previous,
            "shadow" => texts.shadow,
            "waiting" => texts.waiting,
            _ => texts.state_available,
        }
    }

    /// Class of the state's tag.
    fn class(version: &VersionView) -> &'static str {
        match version.state {
            "current" => "current",
            "shadow" => "shadow",
            "waiting" => "waits",
            _ => "disabled",
        }
    }

    fn lines(log: &LogView) -> Vec<String> {
        let lines = log.lines.as_array().into_iter().flatten();
        let text = |line: &serde_json::Value, member: &str| line[member].as_str().unwrap_or_default().to_owned();
        lines.map(|line| format!("{}: {}", text(line, "level"), text(line, "message"))).collect()
    }
}
