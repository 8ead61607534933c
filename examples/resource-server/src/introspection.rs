//! Asking the issuer whether a token is still live (RFC 7662).

use std::sync::Arc;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::issuer::Issuer;

/// How this API authenticates at the issuer.
pub(crate) struct Introspection {
    pub(crate) issuer: Arc<Issuer>,
    pub(crate) id: String,
    pub(crate) secret: String,
}

#[derive(Deserialize)]
struct Answer {
    active: bool,
}

impl Introspection {
    pub(crate) async fn is_live(&self, token: &str) -> Result<bool> {
        let endpoint = self.issuer.metadata().await?.introspection_endpoint.context("the issuer does not introspect")?;
        let request = self.issuer.http.post(endpoint).basic_auth(&self.id, Some(&self.secret)).form(&[("token", token)]);
        Ok(request.send().await?.error_for_status()?.json::<Answer>().await?.active)
    }
}
