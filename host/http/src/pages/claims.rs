//! A client's claim providers, and what a user's tokens would hold with them.

use argus_domain::Problem;
use askama::Template;
use askama::filters::HtmlSafe;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;

use super::Frame;
use super::problems::at_field;
use super::shell::{Shell, shell_page};
use super::texts::AdminTexts;
use crate::assets::CLAIMS_VERSION;
use crate::protocol::claim_providers::CatalogueEntry;
use crate::protocol::client_claims::{AnswerPreview, Preview, Summary, UserDiff};
use crate::protocol::clients::ClientView;

/// The form, as it was filled in.
#[derive(Default)]
pub(crate) struct ClaimsForm {
    /// The document.
    pub(crate) text: String,
    /// User name for the preview.
    pub(crate) user: String,
    /// Scopes for the preview; empty = all.
    pub(crate) scopes: String,
    /// The revision that the form was made of.
    pub(crate) revision: u64,
    /// The request of a user that saving grants.
    pub(crate) request: Option<u32>,
    pub(crate) problems: Vec<Problem>,
    /// What is odd, but allowed.
    pub(crate) warnings: Vec<Problem>,
    pub(crate) preview: Option<Preview>,
    /// Users that a review looks at.
    pub(crate) users: u32,
    pub(crate) review: Option<Review>,
}

/// What a change would do to users.
#[derive(Default)]
pub(crate) struct Review {
    pub(crate) summary: Summary,
    /// The first of those for whom something changes.
    pub(crate) users: Vec<UserDiff>,
}

/// The page.
#[derive(Template)]
#[template(path = "admin/claims.html")]
pub(crate) struct ClaimsPage<'a> {
    pub(crate) shell: Shell<'a>,
    pub(crate) client: &'a ClientView,
    pub(crate) form: &'a ClaimsForm,
    /// What can be attached.
    pub(crate) catalogue: &'a [CatalogueEntry],
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

    /// What is wrong with the user to preview for; the rest is told at the top.
    fn user_problem(&self) -> Option<String> {
        at_field(&self.form.problems, "user", &self.form.user)
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

    /// Numbers of users to choose from.
    fn samples() -> [u32; 3] {
        [100, 1_000, 10_000]
    }

    /// For the script, which makes forms of the schemas.
    fn providers(&self) -> String {
        serde_json::to_string(self.catalogue).unwrap_or_default()
    }

    fn script_version() -> String {
        format!("{CLAIMS_VERSION:x}")
    }

    fn review(&self) -> Option<ReviewPart<'_>> {
        self.form.review.as_ref().map(|review| ReviewPart { texts: &self.shell.frame.texts.admin, review })
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

/// What a change would do to users: a part of the page, and what a script puts there when a comparison has ended.
#[derive(Template)]
#[template(path = "admin/review.html")]
pub(crate) struct ReviewPart<'a> {
    texts: &'a AdminTexts,
    review: &'a Review,
}

/// It is made by a template, which has escaped what is in it.
impl HtmlSafe for ReviewPart<'_> {}

impl<'a> ReviewPart<'a> {
    pub(crate) fn new(frame: &Frame, review: &'a Review) -> Self {
        Self { texts: &frame.texts.admin, review }
    }

    /// Claims that users gain, lose or see altered, with the number of users.
    fn sums(&self) -> Vec<(&'static str, &String, u64)> {
        let summary = &self.review.summary;
        let gained = summary.gained.iter().map(|(name, users)| ("added", name, *users));
        let lost = summary.lost.iter().map(|(name, users)| ("removed", name, *users));
        let altered = summary.altered.iter().map(|(name, users)| ("changed", name, *users));
        gained.chain(lost).chain(altered).collect()
    }

    fn word(&self, what: &str) -> &'static str {
        let texts = self.texts;
        match what {
            "added" => texts.review_gained,
            "removed" => texts.review_lost,
            _ => texts.review_altered,
        }
    }

    /// Tokens that grow or shrink: name, bytes before and after.
    fn sizes(&self) -> Vec<(&'static str, usize, usize)> {
        self.review.summary.token_bytes.iter().map(|(target, [before, after])| (*target, *before, *after)).collect()
    }

    /// What changes for a user, in a line.
    fn line(user: &UserDiff) -> String {
        let mut told: Vec<String> = Vec::new();
        for (target, names) in &user.changes {
            for (sign, names) in [("+", &names.added), ("\u{2212}", &names.removed), ("\u{2260}", &names.changed)] {
                told.extend(names.iter().map(|name| format!("{sign}{name} ({target})")));
            }
        }
        if let Some(failure) = user.failed.as_ref().and_then(|failed| failed.after.as_ref()) {
            told.push(failure.clone());
        }
        told.join(", ")
    }
}
