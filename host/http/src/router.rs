//! Which handler serves which endpoint.

use std::sync::Arc;

use axum::Router;
use axum::handler::Handler;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, any, delete, get, post, put};

use crate::app::App;
use crate::edge::{Edge, guard};
use crate::endpoint::{self, Body, Endpoint};
use crate::meters::Meters;
use crate::protocol::Argus;
use crate::protocol::directory::entries::Section;
use crate::protocol::picture::MAX_PICTURE_BYTES;
use crate::refusal::Refusal;
use crate::settings::HttpSettings;
use crate::{api, assets, console, front};

/// Everything a relying party or a browser reaches.
///
/// Serve it with `into_make_service_with_connect_info::<SocketAddr>()`: without the peer's address no client address is known.
pub fn router(argus: Argus, settings: HttpSettings) -> Router {
    let app = App::new(argus, settings);
    let mut routes = Routes { router: Router::new(), app: app.clone() };

    routes.add(&endpoint::AUTHORIZE, get(front::authorize::get).post(front::authorize::post));
    routes.add(&endpoint::LOGIN, get(front::login::get).post(front::login::post));
    routes.add(&endpoint::CONSENT, get(front::consent::get).post(front::consent::post));
    routes.add(&endpoint::UPSTREAM_LOGIN, get(front::federation::depart));
    routes.add(&endpoint::UPSTREAM_LINK, get(front::link::get).post(front::link::post));
    routes.add(&endpoint::SAML_METADATA, get(front::federation::metadata));
    routes.add(&endpoint::SAML_ACS, post(front::federation::acs));
    routes.add(&endpoint::OIDC_CALLBACK, get(front::federation::callback));
    routes.add(&endpoint::END_SESSION, get(front::logout::request).post(front::logout::posted_request));
    routes.add(&endpoint::LOGOUT, post(front::logout::confirm));
    routes.add(&endpoint::WELCOME, get(front::welcome::get).post(front::welcome::post));
    routes.add(&endpoint::HOME, get(front::home::get));

    routes.add(&endpoint::TOKEN, post(api::token::post));
    routes.add(&endpoint::REVOKE, post(api::revoke::post));
    routes.add(&endpoint::INTROSPECT, post(api::introspect::post));
    routes.add(&endpoint::USERINFO, get(api::userinfo::get).post(api::userinfo::post));
    routes.add(&endpoint::ME, get(api::me::get));

    account(&mut routes);
    if app.argus().settings().self_service.enabled {
        apps(&mut routes);
    }
    admin(&mut routes);
    administration(&mut routes);

    routes.add(&endpoint::OPENID_CONFIGURATION, get(api::documents::discovery));
    routes.add(&endpoint::AUTHORIZATION_SERVER, get(api::documents::discovery));
    routes.add(&endpoint::JWKS, get(api::documents::jwks));

    routes.add(&endpoint::STYLESHEET, get(assets::stylesheet));
    routes.add(&endpoint::SCRIPT, get(assets::script));
    routes.add(&endpoint::CLAIMS_SCRIPT, get(assets::claims));
    routes.add(&endpoint::FAVICON, get(assets::favicon));
    routes.add(&endpoint::PICTURE, get(api::picture::get));

    let base = app.base().to_owned();
    if !base.is_empty() {
        // RFC 8414 §3.1 puts the issuer's path behind the well-known one, OpenID Connect Discovery §4 in front of it. Software
        // exists that looks for either document by either rule.
        for endpoint in [&endpoint::OPENID_CONFIGURATION, &endpoint::AUTHORIZATION_SERVER] {
            routes.add_at(&format!("{}{base}", endpoint.path), endpoint, get(api::documents::discovery));
        }
        routes.add_at(&base, &endpoint::HOME, get(front::home::get));
    }

    let not_found = not_found.layer(from_fn_with_state(routes.edge(&endpoint::NOT_FOUND), guard));
    routes.router.fallback(not_found).with_state(app)
}

/// The pages of a user's own account.
fn account(routes: &mut Routes) {
    use console::account::{applications, overview, password, sessions};
    routes.add(&endpoint::ACCOUNT, get(overview::get));
    routes.add(&endpoint::ACCOUNT_PASSWORD, get(password::get).post(password::post));
    routes.add(&endpoint::ACCOUNT_PICTURE, post(overview::set_picture));
    routes.add(&endpoint::ACCOUNT_SESSIONS, get(sessions::get).post(sessions::post));
    routes.add(&endpoint::ACCOUNT_APPLICATIONS, get(applications::list));
    routes.add(&endpoint::ACCOUNT_APPLICATION, get(applications::show).post(applications::revoke));
}

/// Clients that users register themselves.
fn apps(routes: &mut Routes) {
    use api::own_clients as own;
    use console::apps::{claims, client, list, new};
    routes.add(&endpoint::APPS, get(list::get));
    routes.add(&endpoint::CHECK_REDIRECT_URIS, get(list::check_redirect_uris));
    routes.add(&endpoint::NEW_APP, get(new::get).post(new::post));
    routes.add(&endpoint::APP, get(client::get).post(client::post));
    routes.add(&endpoint::APP_CLAIMS, get(claims::get).post(claims::post));
    routes.add(&endpoint::OWN_CLIENTS, get(own::list).post(own::create));
    routes.add(&endpoint::OWN_CLIENT, get(own::show).patch(own::change).delete(own::delete));
    routes.add(&endpoint::OWN_CLIENT_SECRETS, post(own::rotate_secret));
    routes.add(&endpoint::OWN_CLIENT_ACTIVITY, get(own::activity));
    routes.add(&endpoint::OWN_CLIENT_REQUESTS, post(own::request));
}

/// The pages of administrators.
fn admin(routes: &mut Routes) {
    use console::admin::{
        claim_providers, claims, client, client_settings, clients, documents, entries, identity_providers, new_client, requests, trail,
        users,
    };
    routes.add(&endpoint::ADMIN, get(documents::overview));
    routes.add(&endpoint::ADMIN_USERS, get(users::list));
    routes.add(&endpoint::ADMIN_NEW_USER, get(users::new).post(users::create));
    routes.add(&endpoint::ADMIN_USER, get(users::get).post(users::post));
    routes.add(&endpoint::ADMIN_USER_PICTURE, post(users::set_picture));
    routes.add(&endpoint::ADMIN_DIRECTORY, get(entries::home));
    routes.add(&endpoint::ADMIN_ENTRIES, get(entries::get).post(entries::post));
    routes.add(&endpoint::ADMIN_KEYS, get(documents::keys).post(documents::rotate_keys));
    routes.add(&endpoint::ADMIN_AUDIT, get(trail::list).post(trail::verify));
    routes.add(&endpoint::ADMIN_AUDIT_EXPORT, get(trail::export));
    routes.add(&endpoint::ADMIN_DOCUMENTS, get(documents::get).post(documents::post));
    routes.add(&endpoint::ADMIN_EXPORT, get(documents::export));
    routes.add(&endpoint::ADMIN_CLAIM_PROVIDERS, get(claim_providers::list));
    routes.add(&endpoint::ADMIN_CLAIM_PROVIDER, get(claim_providers::get).post(claim_providers::post));
    routes.add(&endpoint::ADMIN_CLAIM_PROVIDER_UPLOAD, get(claim_providers::new).post(claim_providers::upload));
    routes.add(&endpoint::ADMIN_CLIENTS, get(clients::list));
    routes.add(&endpoint::ADMIN_NEW_CLIENT, get(new_client::get).post(new_client::post));
    routes.add(&endpoint::ADMIN_CHECK_REDIRECT_URIS, get(console::apps::list::check_redirect_uris));
    routes.add(&endpoint::ADMIN_CLIENT, get(client::get).post(client::post));
    routes.add(&endpoint::ADMIN_REQUESTS, get(requests::list).post(requests::post));
    routes.add(&endpoint::ADMIN_IDENTITY_PROVIDERS, get(identity_providers::list));
    routes.add(&endpoint::ADMIN_NEW_IDENTITY_PROVIDER, get(identity_providers::new).post(identity_providers::create));
    routes.add(&endpoint::ADMIN_IDENTITY_PROVIDER, get(identity_providers::get).post(identity_providers::post));
    routes.add(&endpoint::ADMIN_CLIENT_CLAIMS, get(claims::get).post(claims::post));
    routes.add(&endpoint::ADMIN_CLIENT_SETTINGS, get(client_settings::get).post(client_settings::post));
    routes.add(&endpoint::ADMIN_CLIENT_CLAIMS_DIFF, post(claims::diff));
}

/// The administration API.
fn administration(routes: &mut Routes) {
    use api::{audit, claim_providers, client_claims, client_requests, clients, entries, installation, traces, upstream_idps, users};
    routes.add(&endpoint::API, get(api::openapi::operations_page));
    routes.add(&endpoint::API_SHAPES, get(api::openapi::shapes_page));
    routes.add(&endpoint::API_NOT_FOUND, any(not_found));
    routes.add(&endpoint::OPENAPI, get(api::openapi::get));
    routes.add(&endpoint::CLAIM_PROVIDERS, get(claim_providers::list));
    routes.add(&endpoint::CLAIM_PROVIDER, get(claim_providers::show).delete(claim_providers::delete));
    routes.add(&endpoint::CLAIM_PROVIDER_VERSIONS, post(claim_providers::upload));
    routes.add(&endpoint::CLAIM_PROVIDER_VERSION, delete(claim_providers::delete_version));
    routes.add(&endpoint::CLAIM_PROVIDER_APPROVE, post(claim_providers::approve));
    routes.add(&endpoint::CLAIM_PROVIDER_COMPONENT, get(claim_providers::component));
    routes.add(&endpoint::CLAIM_PROVIDER_PROMOTE, post(claim_providers::promote));
    routes.add(&endpoint::CLAIM_PROVIDER_ROLLBACK, post(claim_providers::roll_back));
    routes.add(&endpoint::CLAIM_PROVIDER_SHADOW, put(claim_providers::begin_shadow).delete(claim_providers::end_shadow));
    routes.add(&endpoint::CLAIM_PROVIDER_LOGS, get(claim_providers::logs));
    routes.add(&endpoint::AUDIT, get(audit::list));
    routes.add(&endpoint::AUDIT_EXPORT, get(audit::export));
    routes.add(&endpoint::AUDIT_VERIFY, get(audit::verify));
    routes.add(&endpoint::EXPORT, get(installation::export_document));
    routes.add(&endpoint::IMPORT, post(installation::import_document));
    routes.add(&endpoint::KEYS, get(installation::keys));
    routes.add(&endpoint::KEYS_ROTATE, post(installation::rotate_keys));
    for (all, one, section) in [
        (&endpoint::DOMAINS, &endpoint::DOMAIN, Section::Domains),
        (&endpoint::CUSTOMERS, &endpoint::CUSTOMER, Section::Customers),
        (&endpoint::GROUPS, &endpoint::GROUP, Section::Groups),
        (&endpoint::ROLES, &endpoint::ROLE, Section::Roles),
        (&endpoint::FUNCTIONS, &endpoint::FUNCTION, Section::Functions),
        (&endpoint::RESOURCES, &endpoint::RESOURCE, Section::Resources),
    ] {
        routes.add(all, entries::all(section));
        routes.add(one, entries::one(section));
    }
    routes.add(&endpoint::UPSTREAM_IDPS, get(upstream_idps::list));
    routes.add(&endpoint::UPSTREAM_IDP, get(upstream_idps::show).put(upstream_idps::save).delete(upstream_idps::delete));
    routes.add(&endpoint::UPSTREAM_IDP_REFUSALS, get(upstream_idps::refusals));
    routes.add(&endpoint::UPSTREAM_IDP_REFRESH, post(upstream_idps::refresh));
    routes.add(&endpoint::UPSTREAM_IDP_APPROVE, post(upstream_idps::approve));
    routes.add(&endpoint::TRACE, get(traces::show));
    routes.add(&endpoint::TRACE_INPUTS, get(traces::inputs));
    routes.add(&endpoint::CLIENTS, get(clients::list).post(clients::create));
    routes.add(&endpoint::CLIENT, get(clients::show).patch(clients::change).delete(clients::delete));
    routes.add(&endpoint::CLIENT_ACTIVITY, get(clients::activity));
    routes.add(&endpoint::CLIENT_REQUESTS, get(client_requests::list));
    routes.add(&endpoint::CLIENT_REQUEST, delete(client_requests::decline));
    routes.add(&endpoint::CLIENT_REQUEST_APPROVE, post(client_requests::approve));
    routes.add(&endpoint::CLIENT_SECRETS, post(clients::rotate_secret));
    routes.add(&endpoint::CLIENT_REVISIONS, get(clients::revisions));
    routes.add(&endpoint::CLIENT_RESTORE, post(clients::restore));
    routes.add(&endpoint::USERS, get(users::list).post(users::create));
    routes.add(&endpoint::USER, get(users::show).patch(users::change).delete(users::delete));
    routes.add(&endpoint::USER_RESET_LINK, post(users::reset_link));
    routes.add(&endpoint::USER_PICTURE, put(users::set_picture).delete(users::delete_picture));
    routes.add(&endpoint::USER_SESSIONS, get(users::sessions).delete(users::end_sessions));
    routes.add(&endpoint::CLIENT_CLAIMS, get(client_claims::show).put(client_claims::save));
    routes.add(&endpoint::CLIENT_CLAIMS_PREVIEW, post(client_claims::preview));
    routes.add(&endpoint::CLIENT_CLAIMS_DIFF, post(client_claims::diff));
    routes.add(&endpoint::CLIENT_CLAIMS_EXPLAIN, post(client_claims::explain));
}

async fn not_found() -> Refusal {
    Refusal::NotFound
}

/// How long an upload may take beside its compilation: sending it, and its check.
const CHECK_SECONDS: u32 = 120;

/// The largest document that is imported over HTTP: some ten thousand users. Larger ones are the command line's.
const DOCUMENT_BYTES: usize = 16 * 1024 * 1024;

/// The largest SAML response (512 KiB) in base64, with a few more for its line ends and what the form encodes.
const SAML_FORM_BYTES: usize = 1024 * 1024;

struct Routes {
    router: Router<App>,
    app: App,
}

impl Routes {
    /// Below the issuer's path.
    fn add(&mut self, endpoint: &'static Endpoint, methods: MethodRouter<App>) {
        self.add_at(&format!("{}{}", self.app.base(), endpoint.path), endpoint, methods);
    }

    /// Each endpoint has an edge of its own, which therefore knows it without looking at the path again.
    fn add_at(&mut self, path: &str, endpoint: &'static Endpoint, methods: MethodRouter<App>) {
        let methods = methods.layer(from_fn_with_state(self.edge(endpoint), guard));
        self.router = std::mem::take(&mut self.router).route(path, methods);
    }

    /// The limits of an endpoint: those configured, but for what takes more.
    fn settings(&self, endpoint: &Endpoint) -> Arc<HttpSettings> {
        let configured = self.app.settings();
        match endpoint.body {
            Body::Small => return Arc::clone(configured),
            Body::Picture => {
                let max_body_bytes = configured.max_body_bytes.max(MAX_PICTURE_BYTES);
                return Arc::new(HttpSettings { max_body_bytes, ..HttpSettings::clone(configured) });
            }
            Body::Saml => {
                let max_body_bytes = configured.max_body_bytes.max(SAML_FORM_BYTES);
                return Arc::new(HttpSettings { max_body_bytes, ..HttpSettings::clone(configured) });
            }
            Body::Document => {
                let (max_body_bytes, request_timeout_seconds) =
                    (configured.max_body_bytes.max(DOCUMENT_BYTES), configured.request_timeout_seconds.max(CHECK_SECONDS));
                return Arc::new(HttpSettings { max_body_bytes, request_timeout_seconds, ..HttpSettings::clone(configured) });
            }
            Body::Component => {}
        }
        let limits = self.app.argus().registry().components().engine().limits();
        let patience = u32::try_from(limits.compile_timeout_ms / 1_000).unwrap_or(u32::MAX).saturating_add(CHECK_SECONDS);
        Arc::new(HttpSettings {
            max_body_bytes: limits.max_component_bytes,
            request_timeout_seconds: configured.request_timeout_seconds.max(patience),
            ..HttpSettings::clone(configured)
        })
    }

    fn edge(&self, endpoint: &'static Endpoint) -> Arc<Edge> {
        Arc::new(Edge {
            surroundings: Arc::new(self.app.clone()),
            settings: self.settings(endpoint),
            frame: self.app.frame().clone(),
            https: self.app.argus().settings().issuer.is_https(),
            endpoint,
            meters: Meters::default(),
        })
    }
}
