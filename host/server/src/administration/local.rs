//! The API served in this process, for whoever may open the installation's files.

use anyhow::{Context, Result};
use argus_http::LocalOperator;
use argus_protocol::Argus;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use tower::ServiceExt;

use super::{BASE, Call};
use crate::composition::Installation;
use crate::config::Config;

/// An opened installation.
pub(super) struct Local {
    router: Router,
    argus: Argus,
}

impl Local {
    pub(super) async fn open(config: &Config, installation: Installation) -> Result<Self> {
        let argus = installation.into_argus(config).await?;
        Ok(Self { router: argus_http::router(argus.clone(), config.http.settings.clone()), argus })
    }

    pub(super) async fn call(&self, call: &Call<'_>) -> Result<Response<Body>> {
        let path = format!("{}{BASE}{}", self.argus.settings().issuer.path(), call.path);
        let mut request = Request::new(Body::from(call.body.clone()));
        request.method_mut().clone_from(&call.method);
        request.headers_mut().clone_from(&call.headers);
        *request.uri_mut() = path.parse().with_context(|| format!("{path} is no path"))?;
        request.extensions_mut().insert(LocalOperator);
        match self.router.clone().oneshot(request).await {
            Ok(response) => Ok(response),
            Err(never) => match never {},
        }
    }

    pub(super) async fn close(self) {
        self.argus.store().close().await;
    }
}
