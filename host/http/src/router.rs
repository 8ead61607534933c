//! Which handler serves which endpoint.

use std::sync::Arc;

use axum::Router;
use axum::handler::Handler;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, get, post};

use crate::app::App;
use crate::edge::{Edge, guard};
use crate::endpoint::{self, Endpoint};
use crate::meters::Meters;
use crate::protocol::Argus;
use crate::refusal::Refusal;
use crate::settings::HttpSettings;
use crate::{api, assets, front};

/// Everything a relying party or a browser reaches.
///
/// Serve it with `into_make_service_with_connect_info::<SocketAddr>()`: without the peer's address no client address is known.
pub fn router(argus: Argus, settings: HttpSettings) -> Router {
    let app = App::new(argus, settings);
    let mut routes = Routes { router: Router::new(), app: app.clone() };

    routes.add(&endpoint::AUTHORIZE, get(front::authorize::get).post(front::authorize::post));
    routes.add(&endpoint::LOGIN, get(front::login::get).post(front::login::post));
    routes.add(&endpoint::CONSENT, get(front::consent::get).post(front::consent::post));
    routes.add(&endpoint::END_SESSION, get(front::logout::request).post(front::logout::posted_request));
    routes.add(&endpoint::LOGOUT, post(front::logout::confirm));
    routes.add(&endpoint::HOME, get(front::home::get));

    routes.add(&endpoint::TOKEN, post(api::token::post));
    routes.add(&endpoint::REVOKE, post(api::revoke::post));
    routes.add(&endpoint::INTROSPECT, post(api::introspect::post));
    routes.add(&endpoint::USERINFO, get(api::userinfo::get).post(api::userinfo::post));
    routes.add(&endpoint::ME, get(api::me::get));

    routes.add(&endpoint::OPENID_CONFIGURATION, get(api::documents::discovery));
    routes.add(&endpoint::AUTHORIZATION_SERVER, get(api::documents::discovery));
    routes.add(&endpoint::JWKS, get(api::documents::jwks));

    routes.add(&endpoint::STYLESHEET, get(assets::stylesheet));
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

async fn not_found() -> Refusal {
    Refusal::NotFound
}

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

    fn edge(&self, endpoint: &'static Endpoint) -> Arc<Edge> {
        Arc::new(Edge {
            surroundings: Arc::new(self.app.clone()),
            settings: Arc::clone(self.app.settings()),
            frame: self.app.frame().clone(),
            https: self.app.argus().settings().issuer.is_https(),
            endpoint,
            meters: Meters::default(),
        })
    }
}
