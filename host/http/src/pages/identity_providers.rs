//! Connections to identity providers, for administrators.

use argus_domain::{Problem, Timestamp};
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::shell::{Moment, Shell, shell_page};
use crate::protocol::federation::{ConnectionView, KeysView, UpstreamRefusal};

/// All of them.
#[derive(Template)]
#[template(path = "admin/identity_providers.html")]
pub(crate) struct IdentityProvidersPage<'a> {
    pub(crate) shell: Shell<'a>,
    pub(crate) connections: &'a [ConnectionView],
}

impl IdentityProvidersPage<'_> {
    pub(crate) fn respond(&self) -> Response {
        shell_page(StatusCode::OK, self)
    }

    /// When the last certificate says that it ends.
    fn ends(connection: &ConnectionView) -> Option<Moment> {
        let last = connection.in_use.as_ref()?.certificates.iter().map(|certificate| certificate.not_after).max()?;
        Some(Moment::of(&Timestamp::from_unix_seconds(last)))
    }
}

/// The form, as it was filled in.
#[derive(Default)]
pub(crate) struct IdentityProviderForm {
    pub(crate) slug: String,
    pub(crate) kind: String,
    /// The settings but for those with a field of their own.
    pub(crate) text: String,
    /// Metadata that are to replace those in use.
    pub(crate) metadata: String,
    /// The state that the form was made of; none for a new connection.
    pub(crate) tag: Option<String>,
    pub(crate) problems: Vec<Problem>,
}

/// One of them, or a new one.
#[derive(Template)]
#[template(path = "admin/identity_provider.html")]
pub(crate) struct IdentityProviderPage<'a> {
    pub(crate) shell: Shell<'a>,
    pub(crate) connection: Option<&'a ConnectionView>,
    pub(crate) refusals: &'a [UpstreamRefusal],
    pub(crate) form: &'a IdentityProviderForm,
}

impl IdentityProviderPage<'_> {
    pub(crate) fn respond(&self) -> Response {
        shell_page(if self.form.problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }, self)
    }

    fn is_saml(&self) -> bool {
        self.form.kind == "saml"
    }

    fn told(connection: &ConnectionView) -> Vec<(&str, &str)> {
        connection.service_provider.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_str()?))).collect()
    }

    /// The fingerprints, as the form sends them back.
    fn fingerprints(keys: &KeysView) -> String {
        let all: Vec<&str> = keys.certificates.iter().map(|certificate| certificate.sha256.as_str()).collect();
        all.join(" ")
    }

    fn end(seconds: &i64) -> Moment {
        Moment::of(&Timestamp::from_unix_seconds(*seconds))
    }

    fn moment(at: &Timestamp) -> Moment {
        Moment::of(at)
    }
}
