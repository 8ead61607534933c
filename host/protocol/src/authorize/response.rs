//! The authorization response: by redirect or by form, with `state` as it came and `iss` (RFC 6749 §4.1.2, RFC 9207,
//! OAuth 2.0 Form Post Response Mode).

use argus_domain::redirect_uri::ValidatedRedirectUri;
use argus_domain::secret::Secret;

use super::request::Refusal;
use crate::argus::Argus;

/// How the response travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseMode {
    /// In the redirect's query.
    Query,
    /// In a form that the browser posts.
    FormPost,
}

/// Where a response goes.
#[derive(Clone, Debug)]
pub(crate) struct ResponseTarget {
    pub(crate) redirect_uri: ValidatedRedirectUri,
    pub(crate) mode: ResponseMode,
    pub(crate) state: Option<String>,
}

impl ResponseTarget {
    pub(crate) fn grant(&self, argus: &Argus, code: &Secret) -> AuthorizationResponse {
        self.respond(argus, vec![("code", code.expose().to_owned())])
    }

    pub(crate) fn refuse(&self, argus: &Argus, refusal: &Refusal) -> AuthorizationResponse {
        self.respond(argus, vec![("error", refusal.code.as_str().to_owned()), ("error_description", refusal.description.clone())])
    }

    fn respond(&self, argus: &Argus, mut parameters: Vec<(&'static str, String)>) -> AuthorizationResponse {
        if let Some(state) = &self.state {
            parameters.push(("state", state.clone()));
        }
        parameters.push(("iss", argus.settings().issuer.as_str().to_owned()));
        AuthorizationResponse { redirect_uri: self.redirect_uri.clone(), mode: self.mode, parameters }
    }
}

/// A response to the client.
#[derive(Clone, Debug)]
pub struct AuthorizationResponse {
    /// Where it goes: one of the client's registered URIs.
    pub redirect_uri: ValidatedRedirectUri,
    /// How it travels.
    pub mode: ResponseMode,
    parameters: Vec<(&'static str, String)>,
}

impl AuthorizationResponse {
    /// Names and values.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parameters.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// The redirect's target, for [`ResponseMode::Query`].
    pub fn location(&self) -> String {
        self.redirect_uri.with_query(self.parameters())
    }
}
