//! Pages as views: a struct per page, its template under `templates/`, its sentences in [`texts`].
//!
//! They are plain HTML that works without JavaScript. Templates escape everything that is put into them; no view marks
//! anything as safe.

mod account;
mod admin;
mod apps;
mod claims;
mod connect;
mod consent;
mod directory;
mod error;
mod form_post;
mod home;
mod identity_providers;
mod kept;
mod operations;
mod problems;
mod providers;
mod reference;
mod shell;
mod sign_in;
mod sign_out;
mod texts;

use std::sync::Arc;

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

pub(crate) use account::{ApplicationPage, ApplicationsPage, OverviewPage, PasswordPage, PasswordProblem, SessionsPage};
pub(crate) use admin::{ClientPageOf, ClientSettingsPage, ClientsPage, NewClient, NewClientPage, RequestsPage, SettingsForm};
pub(crate) use apps::{AppClaimsPage, AppForm, AppPage, AppsPage, ClaimRequestForm, NewAppPage};
pub(crate) use claims::{ClaimsForm, ClaimsPage, Review, ReviewPart};
pub(crate) use consent::ConsentForm;
pub(crate) use directory::{EntriesPage, EntryForm, SECTIONS, UserForm, UserPageOf, UserTold, UsersPage, members, path_segment};
pub(crate) use error::ErrorPage;
pub(crate) use form_post::FormPostPage;
pub(crate) use home::HomePage;
pub(crate) use identity_providers::{IdentityProviderForm, IdentityProviderPage, IdentityProvidersPage};
pub(crate) use kept::KeptFormPage;
pub(crate) use operations::{AdminOverviewPage, AuditPage, DocumentForm, DocumentsPage, ImportPlan, KeysPage, WelcomePage};
pub(crate) use providers::{ProviderPage, ProviderTold, ProvidersPage, RefusedUpload, UploadPage};
pub(crate) use reference::{Chapter, Kind, Member, OperationOfApi, OperationsPage, Row, Shape, ShapesPage};
pub(crate) use shell::{Moment, Section, Shell};
pub(crate) use sign_in::{LinkForm, SignInForm, SignInProblem, UpstreamLink};
pub(crate) use sign_out::{SignOutForm, SignedOutPage};
use texts::Texts;

use crate::assets::{SCRIPT_VERSION, STYLESHEET_VERSION};
use crate::refusal::Refusal;
use crate::security_headers::{FormTarget, content_security_policy};

/// What all pages of an installation share.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    /// The issuer's path: empty, or `/base`.
    pub(crate) base: Arc<str>,
    /// The issuer's host, shown at the foot of each page.
    host: Arc<str>,
    stylesheet_version: Arc<str>,
    script_version: Arc<str>,
    pub(crate) texts: &'static Texts,
    /// Whether users may register clients of their own.
    self_service: bool,
}

impl Frame {
    pub(crate) fn new(base: &str, host: &str, self_service: bool) -> Self {
        Self {
            base: base.into(),
            host: host.into(),
            stylesheet_version: format!("{STYLESHEET_VERSION:x}").into(),
            script_version: format!("{SCRIPT_VERSION:x}").into(),
            texts: &texts::ENGLISH,
            self_service,
        }
    }
}

/// A page without a form of ours.
fn plain_page(status: StatusCode, page: &impl Template) -> Response {
    page_with_policy(status, page, FormTarget::Own)
}

/// A page with a form of ours.
fn form_page(status: StatusCode, page: &impl Template, target: FormTarget<'_>) -> Response {
    let mut response = page_with_policy(status, page, target);
    // With `no-referrer` a browser sends `Origin: null` with the form, as for a form from nowhere. To other origins this
    // policy tells as little.
    response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}

fn page_with_policy(status: StatusCode, page: &impl Template, target: FormTarget<'_>) -> Response {
    let html = match page.render() {
        Ok(html) => html,
        Err(error) => {
            tracing::error!(%error, "a page cannot be rendered");
            return Refusal::Failed.into_response();
        }
    };
    let mut response = (status, Html(html)).into_response();
    if let Some(policy) = content_security_policy(target) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

#[cfg(test)]
mod tests;
