//! Every endpoint: its path, its name in metrics and traces, what kind of answer it gives, and to whom CORS opens it.

/// What an endpoint answers with; decides the security headers and the shape of its errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Surface {
    /// Pages of a sign-in or sign-out that an application started, perhaps in a popup window.
    Flow,
    /// Pages that belong to no application.
    Page,
    /// JSON for one caller.
    Api,
    /// JSON for everybody.
    Document,
    /// Files of our own pages.
    Asset,
    /// Images that any page may show.
    Picture,
}

impl Surface {
    /// Whether people look at its errors.
    pub(crate) fn is_page(self) -> bool {
        matches!(self, Self::Flow | Self::Page)
    }
}

/// One endpoint.
#[derive(Debug)]
pub(crate) struct Endpoint {
    /// Label in metrics and traces.
    pub(crate) name: &'static str,
    /// Below the issuer.
    pub(crate) path: &'static str,
    /// Kind of answer.
    pub(crate) surface: Surface,
    /// Methods that pages of clients' origins may use; none where browsers must not call from other origins at all.
    pub(crate) cors: Option<&'static str>,
    /// Whether its query carries a sealed request, which is longer than the query that it seals.
    pub(crate) takes_sealed_request: bool,
}

const fn page(name: &'static str, path: &'static str, surface: Surface) -> Endpoint {
    Endpoint { name, path, surface, cors: None, takes_sealed_request: false }
}

const fn page_with_sealed_request(name: &'static str, path: &'static str) -> Endpoint {
    Endpoint { name, path, surface: Surface::Flow, cors: None, takes_sealed_request: true }
}

const fn cross_origin(name: &'static str, path: &'static str, surface: Surface, methods: &'static str) -> Endpoint {
    Endpoint { name, path, surface, cors: Some(methods), takes_sealed_request: false }
}

// Never CORS where the browser itself is the caller, nor at introspection, which is for resource servers.
pub(crate) static AUTHORIZE: Endpoint = page("authorize", "/oauth2/authorize", Surface::Flow);
pub(crate) static LOGIN: Endpoint = page_with_sealed_request("login", "/login");
pub(crate) static CONSENT: Endpoint = page_with_sealed_request("consent", "/consent");
pub(crate) static END_SESSION: Endpoint = page("end_session", "/oauth2/end_session", Surface::Flow);
pub(crate) static LOGOUT: Endpoint = page("logout", "/logout", Surface::Flow);
pub(crate) static HOME: Endpoint = page("home", "/", Surface::Page);
pub(crate) static NOT_FOUND: Endpoint = page("not_found", "", Surface::Page);

pub(crate) static TOKEN: Endpoint = cross_origin("token", "/oauth2/token", Surface::Api, "POST");
pub(crate) static REVOKE: Endpoint = cross_origin("revoke", "/oauth2/revoke", Surface::Api, "POST");
pub(crate) static INTROSPECT: Endpoint = page("introspect", "/oauth2/introspect", Surface::Api);
pub(crate) static USERINFO: Endpoint = cross_origin("userinfo", "/oauth2/userinfo", Surface::Api, "GET, POST");
pub(crate) static ME: Endpoint = cross_origin("me", "/api/v1/me", Surface::Api, "GET");

// Public documents, and a browser may read them from a client's origin only, like the rest: the rule is one for all endpoints
// that single-page applications use. Anybody else reads them without a browser.
pub(crate) static OPENID_CONFIGURATION: Endpoint = cross_origin("discovery", "/.well-known/openid-configuration", Surface::Document, "GET");
pub(crate) static AUTHORIZATION_SERVER: Endpoint =
    cross_origin("discovery", "/.well-known/oauth-authorization-server", Surface::Document, "GET");
pub(crate) static JWKS: Endpoint = cross_origin("jwks", "/.well-known/jwks.json", Surface::Document, "GET");

pub(crate) static STYLESHEET: Endpoint = page("asset", "/assets/argus.css", Surface::Asset);
pub(crate) static FAVICON: Endpoint = page("asset", "/favicon.svg", Surface::Asset);
pub(crate) static PICTURE: Endpoint = page("picture", "/pictures/{key}", Surface::Picture);
