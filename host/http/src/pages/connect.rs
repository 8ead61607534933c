//! What an application needs to know of this server: its settings, and how the usual libraries take them.

use argus_domain::client::ClientType;

use crate::protocol::clients::ClientView;

/// A client about to be connected.
pub(crate) struct Connect<'a> {
    pub(super) issuer: &'a str,
    pub(super) client: &'a ClientView,
}

impl<'a> Connect<'a> {
    pub(super) fn new(issuer: &'a str, client: &'a ClientView) -> Self {
        Self { issuer, client }
    }

    pub(super) fn is_confidential(&self) -> bool {
        self.client.settings.r#type == ClientType::Confidential
    }

    pub(super) fn redirect_uri(&self) -> &str {
        self.client.settings.redirect_uris.first().map_or("", String::as_str)
    }

    pub(super) fn scope(&self) -> String {
        self.client.settings.scopes.join(" ")
    }

    pub(super) fn scope_list(&self) -> String {
        self.client.settings.scopes.join(", ")
    }

    pub(super) fn algorithm(&self) -> &'static str {
        self.client.settings.id_token_signed_response_alg.as_str()
    }
}
