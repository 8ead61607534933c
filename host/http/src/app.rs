//! What the handlers share: the use cases, the cookies of this issuer, and prepared documents.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use crate::api::openapi::OpenApi;
use crate::cookies::Cookies;
use crate::document::PreparedDocument;
use crate::edge::Surroundings;
use crate::pages::Frame;
use crate::protocol::{Argus, cors, log_failure};
use crate::settings::HttpSettings;

struct Inner {
    argus: Argus,
    settings: Arc<HttpSettings>,
    cookies: Cookies,
    frame: Frame,
    discovery: PreparedDocument,
    jwks: PreparedDocument,
    openapi: OnceLock<OpenApi>,
}

/// State of the router; a clone is a reference.
#[derive(Clone)]
pub(crate) struct App(Arc<Inner>);

impl App {
    pub(crate) fn new(argus: Argus, settings: HttpSettings) -> Self {
        let issuer = &argus.settings().issuer;
        let base = issuer.path().to_owned();
        let host = issuer.origin().split_once("://").map_or("", |(_, host)| host);
        Self(Arc::new(Inner {
            cookies: Cookies::new(issuer.is_https(), &base),
            frame: Frame::new(&base, host, argus.settings().self_service.enabled),
            settings: Arc::new(settings),
            discovery: PreparedDocument::default(),
            jwks: PreparedDocument::default(),
            openapi: OnceLock::new(),
            argus,
        }))
    }

    pub(crate) fn argus(&self) -> &Argus {
        &self.0.argus
    }

    pub(crate) fn settings(&self) -> &Arc<HttpSettings> {
        &self.0.settings
    }

    pub(crate) fn cookies(&self) -> &Cookies {
        &self.0.cookies
    }

    pub(crate) fn frame(&self) -> &Frame {
        &self.0.frame
    }

    /// The issuer's scheme, host and port.
    pub(crate) fn origin(&self) -> &str {
        self.0.argus.settings().issuer.origin()
    }

    /// The path below which everything is served: empty, or `/base`.
    pub(crate) fn base(&self) -> &str {
        &self.0.frame.base
    }

    pub(crate) fn discovery(&self) -> &PreparedDocument {
        &self.0.discovery
    }

    /// The administration API as an OpenAPI document.
    pub(crate) fn openapi(&self) -> &OpenApi {
        let settings = self.argus().settings();
        self.0.openapi.get_or_init(|| OpenApi::new(&settings.issuer, settings.self_service.enabled))
    }

    pub(crate) fn jwks(&self) -> &PreparedDocument {
        &self.0.jwks
    }
}

impl Surroundings for App {
    fn correlation_id(&self) -> String {
        self.argus().random().sortable_uuid(self.argus().now()).to_string()
    }

    fn allows_origin<'a>(&'a self, origin: &'a str) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>> {
        Box::pin(async move {
            cors::allowed_origin(self.argus(), origin).await.unwrap_or_else(|error| {
                // The request itself will most likely meet the same failure, and say so.
                log_failure(&error);
                false
            })
        })
    }
}
