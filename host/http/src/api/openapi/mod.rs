//! `/api/v1/openapi.json`: the administration API as an OpenAPI 3.1 document, and `/api/v1` with `/api/v1/shapes`, the same to read.
//!
//! Each module of the API describes its operations, beside the functions that serve them; the shapes are those of the types that
//! are read and written.

mod operation;
mod reference;
mod schemas;

use argus_domain::scope::ADMINISTRATION_SCOPES;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Map, Value, json};

pub(super) use operation::Operation;
pub(super) use schemas::{number, text, truth};

use self::schemas::Schemas;
use super::problem::Details;
use super::{
    audit, claim_providers, client_claims, client_requests, clients, entries, installation, own_clients, traces, upstream_idps, users,
};
use crate::app::App;
use crate::document::PreparedDocument;
use crate::endpoint::{self, Endpoint};
use crate::protocol::Issuer;

/// The document, made when somebody asks first: it depends on nothing that changes while the server runs.
pub(crate) struct OpenApi {
    document: Value,
    text: String,
    prepared: PreparedDocument,
}

impl OpenApi {
    pub(crate) fn new(issuer: &Issuer, self_service: bool) -> Self {
        let document = document(issuer, self_service);
        Self { text: serde_json::to_string(&document).unwrap_or_default(), document, prepared: PreparedDocument::default() }
    }
}

pub(crate) async fn get(State(app): State<App>, headers: HeaderMap) -> Response {
    let OpenApi { text, prepared, .. } = app.openapi();
    prepared.respond(text, &headers)
}

pub(crate) async fn operations_page(State(app): State<App>) -> Response {
    reference::operations(&app)
}

pub(crate) async fn shapes_page(State(app): State<App>) -> Response {
    reference::shapes(&app)
}

fn document(issuer: &Issuer, self_service: bool) -> Value {
    let mut api = Api::default();
    api.schemas.refer::<Details<'_>>();
    api.about("Clients", "Relying parties: their settings, secrets, revisions and claims.");
    clients::describe(&mut api);
    client_claims::describe(&mut api);
    if self_service {
        api.about("Clients of users", "Clients that users register themselves. A user reaches the user's own, and nobody else's.");
        own_clients::describe(&mut api);
    }
    api.about("Requests of users", "What users ask administrators for, for clients of their own.");
    client_requests::describe(&mut api);
    api.about("Claim providers", "WebAssembly components that make claims: their versions, and which of them runs.");
    claim_providers::describe(&mut api);
    api.about("Users", "People who sign in.");
    users::describe(&mut api);
    api.about("Directory", "Groups, roles, functions, customers and domains, and the resources that tokens are for.");
    entries::describe(&mut api);
    api.about("Identity providers", "Connections to the identity providers of organisations.");
    upstream_idps::describe(&mut api);
    api.about("Audit", "What happened, who did it, and what claim providers had to do with it.");
    audit::describe(&mut api);
    traces::describe(&mut api);
    api.about("Installation", "Documents with everything, and signing keys.");
    installation::describe(&mut api);
    api.into_document(issuer)
}

/// The document while it is written.
#[derive(Default)]
pub(super) struct Api {
    tags: Vec<Value>,
    paths: Map<String, Value>,
    schemas: Schemas,
}

impl Api {
    /// Begins a chapter: what is described next is part of it.
    fn about(&mut self, tag: &str, description: &str) {
        self.tags.push(json!({"name": tag, "description": description}));
    }

    /// An operation that takes a scope.
    fn operation(&mut self, method: &'static str, endpoint: &'static Endpoint, scope: &str, summary: &str) -> Operation<'_> {
        let tag = self.tags.last().and_then(|tag| tag["name"].as_str()).unwrap_or_default();
        let of_path = self.paths.entry(endpoint.path).or_insert_with(|| json!({}));
        Operation::begin(&mut of_path[method], &mut self.schemas, (method, endpoint), tag, scope, summary)
    }

    pub(super) fn get(&mut self, endpoint: &'static Endpoint, scope: &str, summary: &str) -> Operation<'_> {
        self.operation("get", endpoint, scope, summary)
    }

    pub(super) fn post(&mut self, endpoint: &'static Endpoint, scope: &str, summary: &str) -> Operation<'_> {
        self.operation("post", endpoint, scope, summary)
    }

    pub(super) fn put(&mut self, endpoint: &'static Endpoint, scope: &str, summary: &str) -> Operation<'_> {
        self.operation("put", endpoint, scope, summary)
    }

    pub(super) fn patch(&mut self, endpoint: &'static Endpoint, scope: &str, summary: &str) -> Operation<'_> {
        self.operation("patch", endpoint, scope, summary)
    }

    pub(super) fn delete(&mut self, endpoint: &'static Endpoint, scope: &str, summary: &str) -> Operation<'_> {
        self.operation("delete", endpoint, scope, summary)
    }

    fn into_document(self, issuer: &Issuer) -> Value {
        let scopes: Map<String, Value> =
            ADMINISTRATION_SCOPES.iter().map(|(scope, description)| ((*scope).to_owned(), (*description).into())).collect();
        let mut document = json!({
            "openapi": "3.1.0",
            "info": {
                "title": "Argus administration API",
                "version": env!("CARGO_PKG_VERSION"),
                "description": "JSON in camelCase; times are Unix seconds where nothing else is said. Every refusal is a problem document (RFC 9457).",
            },
            "servers": [{"url": issuer.as_str()}],
            "tags": self.tags,
            "paths": self.paths,
            "components": {
                "schemas": self.schemas.into_components(&self.paths),
                "securitySchemes": {
                    "argus": {
                        "type": "oauth2",
                        "description": "An access token of this server for this server, of an administrator or of a client that acts for itself.",
                        "flows": {
                            "authorizationCode": {
                                "authorizationUrl": issuer.url(endpoint::AUTHORIZE.path),
                                "tokenUrl": issuer.url(endpoint::TOKEN.path),
                                "scopes": scopes,
                            },
                            "clientCredentials": {
                                "tokenUrl": issuer.url(endpoint::TOKEN.path),
                                "scopes": scopes,
                            },
                        },
                    },
                },
            },
        });
        schemas::widen(&mut document);
        document
    }
}
