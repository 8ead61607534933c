//! A client's claim providers, and what a user's tokens would hold with them.

use argus_domain::Problem;
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;

use super::shell::{Shell, shell_page};
use crate::protocol::client_claims::{AnswerPreview, Preview};
use crate::protocol::clients::ClientView;

/// The form, as it was filled in.
#[derive(Default)]
pub(crate) struct ClaimsForm {
    /// The document.
    pub(crate) text: String,
    /// User name for the preview.
    pub(crate) user: String,
    /// The revision that the form was made of.
    pub(crate) revision: u64,
    /// The request of a user that saving grants.
    pub(crate) request: Option<u32>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) preview: Option<Preview>,
}

/// The page.
#[derive(Template)]
#[template(path = "admin/claims.html")]
pub(crate) struct ClaimsPage<'a> {
    pub(crate) shell: Shell<'a>,
    pub(crate) client: &'a ClientView,
    pub(crate) form: &'a ClaimsForm,
}

/// A token or answer, for the template.
struct Answer<'a> {
    title: &'static str,
    bytes: usize,
    claims: Vec<Claim<'a>>,
}

/// A claim in it.
struct Claim<'a> {
    name: &'a str,
    value: String,
    origin: String,
    bytes: usize,
}

impl ClaimsPage<'_> {
    pub(crate) fn respond(&self) -> Response {
        shell_page(if self.form.problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }, self)
    }

    fn answers(&self) -> Vec<Answer<'_>> {
        let Some(preview) = &self.form.preview else { return Vec::new() };
        let texts = &self.shell.frame.texts.admin;
        let answers = [
            (texts.id_token, preview.id_token.as_ref()),
            (texts.access_token, Some(&preview.access_token)),
            (texts.userinfo, preview.userinfo.as_ref()),
        ];
        answers.into_iter().filter_map(|(title, answer)| Some(Self::answer(title, answer?))).collect()
    }

    fn answer<'p>(title: &'static str, answer: &'p AnswerPreview) -> Answer<'p> {
        let claim = |(name, value): (&'p str, &Value)| Claim {
            name,
            value: value.to_string(),
            origin: answer.origins.get(name).map(origin).unwrap_or_default(),
            bytes: answer.claim_bytes.get(name).copied().unwrap_or_default(),
        };
        Answer { title, bytes: answer.token_bytes, claims: answer.claims.iter().map(claim).collect() }
    }

    /// How long each provider took.
    fn runs(&self) -> Vec<String> {
        let runs = self.form.preview.iter().flat_map(|preview| &preview.attachments);
        runs.map(|run| {
            let text = |member: &str| run[member].as_str().unwrap_or_default();
            let time = run["durationUs"].as_u64().map(|time| format!(", {time} µs")).unwrap_or_default();
            format!("{} ({}): {}{time}", text("provider"), text("target"), text("outcome"))
        })
        .collect()
    }
}

fn origin(origin: &Value) -> String {
    match (origin["provider"].as_str(), origin["scope"].as_str()) {
        (Some(provider), _) => provider.to_owned(),
        (None, Some(scope)) => scope.to_owned(),
        (None, None) => String::new(),
    }
}
