//! Every endpoint: its path, its name in metrics and traces, what kind of answer it gives, and to whom CORS opens it.

/// What an endpoint answers with; decides the security headers and the shape of its errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Surface {
    /// Pages of a sign-in or sign-out that an application started, perhaps in a popup window.
    Flow,
    /// Pages that belong to no application.
    Page,
    /// Pages of somebody who is signed in, which may run scripts of ours.
    Console,
    /// JSON for one caller.
    Api,
    /// The same, whose errors are problem details (RFC 9457).
    Administration,
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
        matches!(self, Self::Flow | Self::Page | Self::Console)
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
    /// What its body is, if it is large.
    pub(crate) body: Body,
}

/// What a request carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    /// Parameters or JSON, within the configured limit.
    Small,
    /// A component: large, and looked at for a while.
    Component,
    /// A picture of a user.
    Picture,
    /// An import document: the whole directory.
    Document,
    /// A SAML response in a form, or metadata in a form or in JSON.
    Saml,
}

const fn page(name: &'static str, path: &'static str, surface: Surface) -> Endpoint {
    Endpoint { name, path, surface, cors: None, takes_sealed_request: false, body: Body::Small }
}

const fn page_with_sealed_request(name: &'static str, path: &'static str) -> Endpoint {
    Endpoint { name, path, surface: Surface::Flow, cors: None, takes_sealed_request: true, body: Body::Small }
}

const fn cross_origin(name: &'static str, path: &'static str, surface: Surface, methods: &'static str) -> Endpoint {
    Endpoint { name, path, surface, cors: Some(methods), takes_sealed_request: false, body: Body::Small }
}

// Never CORS where the browser itself is the caller, nor at introspection, which is for resource servers.
pub(crate) static AUTHORIZE: Endpoint = page("authorize", "/oauth2/authorize", Surface::Flow);
pub(crate) static LOGIN: Endpoint = page_with_sealed_request("login", "/login");
pub(crate) static CONSENT: Endpoint = page_with_sealed_request("consent", "/consent");
pub(crate) static END_SESSION: Endpoint = page("end_session", "/oauth2/end_session", Surface::Flow);
pub(crate) static UPSTREAM_LOGIN: Endpoint = page_with_sealed_request("upstream_login", "/login/{slug}");
pub(crate) static UPSTREAM_LINK: Endpoint = page("upstream_link", "/login/{slug}/link", Surface::Flow);
pub(crate) static SAML_METADATA: Endpoint = page("saml_metadata", "/saml/{slug}/metadata", Surface::Document);
pub(crate) static SAML_ACS: Endpoint = Endpoint { body: Body::Saml, ..page("saml_acs", "/saml/{slug}/acs", Surface::Flow) };
pub(crate) static OIDC_CALLBACK: Endpoint = page("oidc_callback", "/oidc/{slug}/callback", Surface::Flow);
pub(crate) static LOGOUT: Endpoint = page("logout", "/logout", Surface::Flow);
pub(crate) static HOME: Endpoint = page("home", "/", Surface::Page);

pub(crate) static ACCOUNT: Endpoint = page("account", "/account", Surface::Console);
pub(crate) static ACCOUNT_PASSWORD: Endpoint = page("account_password", "/account/password", Surface::Console);
pub(crate) static ACCOUNT_PICTURE: Endpoint =
    Endpoint { body: Body::Picture, ..page("account_picture", "/account/picture", Surface::Console) };
pub(crate) static ACCOUNT_SESSIONS: Endpoint = page("account_sessions", "/account/sessions", Surface::Console);
pub(crate) static ACCOUNT_APPLICATIONS: Endpoint = page("account_applications", "/account/applications", Surface::Console);
pub(crate) static ACCOUNT_APPLICATION: Endpoint = page("account_application", "/account/applications/{client}", Surface::Console);
pub(crate) static APPS: Endpoint = page("apps", "/apps", Surface::Console);
pub(crate) static CHECK_REDIRECT_URIS: Endpoint = page("check_redirect_uris", "/apps/check", Surface::Api);
pub(crate) static NEW_APP: Endpoint = page("new_app", "/apps/new", Surface::Console);
pub(crate) static APP: Endpoint = page("app", "/apps/{client}", Surface::Console);
pub(crate) static APP_CLAIMS: Endpoint = page("app_claims", "/apps/{client}/claims", Surface::Console);
pub(crate) static ADMIN: Endpoint = page("admin", "/admin", Surface::Console);
pub(crate) static ADMIN_CLIENTS: Endpoint = page("admin_clients", "/admin/clients", Surface::Console);
pub(crate) static ADMIN_NEW_CLIENT: Endpoint = page("admin_new_client", "/admin/clients/new", Surface::Console);
pub(crate) static ADMIN_CHECK_REDIRECT_URIS: Endpoint = page("check_redirect_uris", "/admin/clients/check", Surface::Api);
pub(crate) static ADMIN_CLIENT: Endpoint = page("admin_client", "/admin/clients/{client}", Surface::Console);
pub(crate) static ADMIN_CLIENT_CLAIMS: Endpoint = page("admin_client_claims", "/admin/clients/{client}/claims", Surface::Console);
pub(crate) static ADMIN_CLIENT_SETTINGS: Endpoint = page("admin_client_settings", "/admin/clients/{client}/settings", Surface::Console);
pub(crate) static ADMIN_CLIENT_CLAIMS_DIFF: Endpoint =
    page("admin_client_claims_diff", "/admin/clients/{client}/claims/diff", Surface::Console);
pub(crate) static ADMIN_USERS: Endpoint = page("admin_users", "/admin/users", Surface::Console);
pub(crate) static ADMIN_NEW_USER: Endpoint = page("admin_new_user", "/admin/users/new", Surface::Console);
pub(crate) static ADMIN_USER: Endpoint = page("admin_user", "/admin/users/{username}", Surface::Console);
pub(crate) static ADMIN_USER_PICTURE: Endpoint =
    Endpoint { body: Body::Picture, ..page("admin_user_picture", "/admin/users/{username}/picture", Surface::Console) };
pub(crate) static ADMIN_DIRECTORY: Endpoint = page("admin_directory", "/admin/directory", Surface::Console);
pub(crate) static ADMIN_ENTRIES: Endpoint = page("admin_entries", "/admin/directory/{section}", Surface::Console);
pub(crate) static ADMIN_KEYS: Endpoint = page("admin_keys", "/admin/keys", Surface::Console);
pub(crate) static ADMIN_AUDIT: Endpoint = page("admin_audit", "/admin/audit", Surface::Console);
pub(crate) static ADMIN_AUDIT_EXPORT: Endpoint = page("admin_audit_export", "/admin/audit/export", Surface::Console);
pub(crate) static ADMIN_DOCUMENTS: Endpoint =
    Endpoint { body: Body::Document, ..page("admin_documents", "/admin/documents", Surface::Console) };
pub(crate) static ADMIN_EXPORT: Endpoint = page("admin_export", "/admin/documents/export", Surface::Console);
pub(crate) static ADMIN_CLAIM_PROVIDERS: Endpoint = page("admin_claim_providers", "/admin/claim-providers", Surface::Console);
pub(crate) static ADMIN_CLAIM_PROVIDER: Endpoint = page("admin_claim_provider", "/admin/claim-providers/{name}", Surface::Console);
pub(crate) static ADMIN_CLAIM_PROVIDER_UPLOAD: Endpoint =
    Endpoint { body: Body::Component, ..page("admin_claim_provider_upload", "/admin/claim-providers/upload", Surface::Console) };
pub(crate) static WELCOME: Endpoint = page("welcome", "/welcome/{token}", Surface::Page);
pub(crate) static ADMIN_REQUESTS: Endpoint = page("admin_requests", "/admin/requests", Surface::Console);
pub(crate) static ADMIN_IDENTITY_PROVIDERS: Endpoint = page("admin_identity_providers", "/admin/identity-providers", Surface::Console);
pub(crate) static ADMIN_NEW_IDENTITY_PROVIDER: Endpoint =
    Endpoint { body: Body::Saml, ..page("admin_new_identity_provider", "/admin/identity-providers/new", Surface::Console) };
pub(crate) static ADMIN_IDENTITY_PROVIDER: Endpoint =
    Endpoint { body: Body::Saml, ..page("admin_identity_provider", "/admin/identity-providers/{slug}", Surface::Console) };
pub(crate) static NOT_FOUND: Endpoint = page("not_found", "", Surface::Page);

pub(crate) static TOKEN: Endpoint = cross_origin("token", "/oauth2/token", Surface::Api, "POST");
pub(crate) static REVOKE: Endpoint = cross_origin("revoke", "/oauth2/revoke", Surface::Api, "POST");
pub(crate) static INTROSPECT: Endpoint = page("introspect", "/oauth2/introspect", Surface::Api);
pub(crate) static USERINFO: Endpoint = cross_origin("userinfo", "/oauth2/userinfo", Surface::Api, "GET, POST");
pub(crate) static ME: Endpoint = cross_origin("me", "/api/v1/me", Surface::Api, "GET");

// The administration API: for programs and for pages of this server, so never with CORS.
pub(crate) static API: Endpoint = page("api", "/api/v1", Surface::Page);
pub(crate) static API_SHAPES: Endpoint = page("api_shapes", "/api/v1/shapes", Surface::Page);
/// What is below the API and nowhere else.
pub(crate) static API_NOT_FOUND: Endpoint = page("not_found", "/api/v1/{*path}", Surface::Administration);
pub(crate) static OPENAPI: Endpoint = page("openapi", "/api/v1/openapi.json", Surface::Document);
pub(crate) static CLAIM_PROVIDERS: Endpoint = page("claim_providers", "/api/v1/claim-providers", Surface::Administration);
pub(crate) static CLAIM_PROVIDER: Endpoint = page("claim_provider", "/api/v1/claim-providers/{name}", Surface::Administration);
pub(crate) static CLAIM_PROVIDER_VERSIONS: Endpoint = Endpoint {
    body: Body::Component,
    ..page("claim_provider_versions", "/api/v1/claim-providers/{name}/versions", Surface::Administration)
};
pub(crate) static CLAIM_PROVIDER_VERSION: Endpoint =
    page("claim_provider_version", "/api/v1/claim-providers/{name}/versions/{digest}", Surface::Administration);
pub(crate) static CLAIM_PROVIDER_APPROVE: Endpoint =
    page("claim_provider_approve", "/api/v1/claim-providers/{name}/versions/{digest}/approve", Surface::Administration);
pub(crate) static CLAIM_PROVIDER_COMPONENT: Endpoint =
    page("claim_provider_component", "/api/v1/claim-providers/{name}/versions/{digest}/component", Surface::Administration);
pub(crate) static CLAIM_PROVIDER_PROMOTE: Endpoint =
    page("claim_provider_promote", "/api/v1/claim-providers/{name}/promote", Surface::Administration);
pub(crate) static CLAIM_PROVIDER_ROLLBACK: Endpoint =
    page("claim_provider_rollback", "/api/v1/claim-providers/{name}/rollback", Surface::Administration);
pub(crate) static CLAIM_PROVIDER_SHADOW: Endpoint =
    page("claim_provider_shadow", "/api/v1/claim-providers/{name}/shadow", Surface::Administration);
pub(crate) static CLAIM_PROVIDER_LOGS: Endpoint =
    page("claim_provider_logs", "/api/v1/claim-providers/{name}/logs", Surface::Administration);
pub(crate) static AUDIT: Endpoint = page("audit", "/api/v1/audit", Surface::Administration);
pub(crate) static AUDIT_EXPORT: Endpoint = page("audit_export", "/api/v1/audit/export", Surface::Administration);
pub(crate) static AUDIT_VERIFY: Endpoint = page("audit_verify", "/api/v1/audit/verify", Surface::Administration);
pub(crate) static EXPORT: Endpoint = page("export", "/api/v1/export", Surface::Administration);
pub(crate) static IMPORT: Endpoint = Endpoint { body: Body::Document, ..page("import", "/api/v1/import", Surface::Administration) };
pub(crate) static KEYS: Endpoint = page("keys", "/api/v1/keys", Surface::Administration);
pub(crate) static KEYS_ROTATE: Endpoint = page("keys_rotate", "/api/v1/keys/rotate", Surface::Administration);
pub(crate) static DOMAINS: Endpoint = page("domains", "/api/v1/domains", Surface::Administration);
pub(crate) static DOMAIN: Endpoint = page("domain", "/api/v1/domains/{key}", Surface::Administration);
pub(crate) static CUSTOMERS: Endpoint = page("customers", "/api/v1/customers", Surface::Administration);
pub(crate) static CUSTOMER: Endpoint = page("customer", "/api/v1/customers/{key}", Surface::Administration);
pub(crate) static GROUPS: Endpoint = page("groups", "/api/v1/groups", Surface::Administration);
pub(crate) static GROUP: Endpoint = page("group", "/api/v1/groups/{key}", Surface::Administration);
pub(crate) static ROLES: Endpoint = page("roles", "/api/v1/roles", Surface::Administration);
pub(crate) static ROLE: Endpoint = page("role", "/api/v1/roles/{key}", Surface::Administration);
pub(crate) static FUNCTIONS: Endpoint = page("functions", "/api/v1/functions", Surface::Administration);
pub(crate) static FUNCTION: Endpoint = page("function", "/api/v1/functions/{key}", Surface::Administration);
pub(crate) static RESOURCES: Endpoint = page("resources", "/api/v1/resources", Surface::Administration);
pub(crate) static RESOURCE: Endpoint = page("resource", "/api/v1/resources/{key}", Surface::Administration);
pub(crate) static UPSTREAM_IDPS: Endpoint = page("upstream_idps", "/api/v1/upstream-idps", Surface::Administration);
pub(crate) static UPSTREAM_IDP: Endpoint =
    Endpoint { body: Body::Saml, ..page("upstream_idp", "/api/v1/upstream-idps/{slug}", Surface::Administration) };
pub(crate) static UPSTREAM_IDP_REFUSALS: Endpoint =
    page("upstream_idp_refusals", "/api/v1/upstream-idps/{slug}/refusals", Surface::Administration);
pub(crate) static UPSTREAM_IDP_REFRESH: Endpoint =
    page("upstream_idp_refresh", "/api/v1/upstream-idps/{slug}/refresh", Surface::Administration);
pub(crate) static UPSTREAM_IDP_APPROVE: Endpoint =
    page("upstream_idp_approve", "/api/v1/upstream-idps/{slug}/approve", Surface::Administration);
pub(crate) static TRACE: Endpoint = page("trace", "/api/v1/traces/{id}", Surface::Administration);
pub(crate) static TRACE_INPUTS: Endpoint = page("trace_inputs", "/api/v1/traces/{id}/inputs", Surface::Administration);
pub(crate) static CLIENTS: Endpoint = page("clients", "/api/v1/clients", Surface::Administration);
pub(crate) static USERS: Endpoint = page("users", "/api/v1/users", Surface::Administration);
pub(crate) static USER: Endpoint = page("user", "/api/v1/users/{username}", Surface::Administration);
pub(crate) static USER_PICTURE: Endpoint =
    Endpoint { body: Body::Picture, ..page("user_picture", "/api/v1/users/{username}/picture", Surface::Administration) };
pub(crate) static USER_SESSIONS: Endpoint = page("user_sessions", "/api/v1/users/{username}/sessions", Surface::Administration);
pub(crate) static USER_RESET_LINK: Endpoint = page("user_reset_link", "/api/v1/users/{username}/reset-link", Surface::Administration);
pub(crate) static CLIENT: Endpoint = page("client", "/api/v1/clients/{id}", Surface::Administration);
pub(crate) static OWN_CLIENTS: Endpoint = page("own_clients", "/api/v1/me/clients", Surface::Administration);
pub(crate) static OWN_CLIENT: Endpoint = page("own_client", "/api/v1/me/clients/{id}", Surface::Administration);
pub(crate) static OWN_CLIENT_SECRETS: Endpoint = page("own_client_secrets", "/api/v1/me/clients/{id}/secrets", Surface::Administration);
pub(crate) static OWN_CLIENT_ACTIVITY: Endpoint = page("own_client_activity", "/api/v1/me/clients/{id}/activity", Surface::Administration);
pub(crate) static OWN_CLIENT_REQUESTS: Endpoint = page("own_client_requests", "/api/v1/me/clients/{id}/requests", Surface::Administration);
pub(crate) static CLIENT_REQUESTS: Endpoint = page("client_requests", "/api/v1/client-requests", Surface::Administration);
pub(crate) static CLIENT_REQUEST: Endpoint = page("client_request", "/api/v1/client-requests/{id}", Surface::Administration);
pub(crate) static CLIENT_REQUEST_APPROVE: Endpoint =
    page("client_request_approve", "/api/v1/client-requests/{id}/approve", Surface::Administration);
pub(crate) static CLIENT_ACTIVITY: Endpoint = page("client_activity", "/api/v1/clients/{id}/activity", Surface::Administration);
pub(crate) static CLIENT_SECRETS: Endpoint = page("client_secrets", "/api/v1/clients/{id}/secrets", Surface::Administration);
pub(crate) static CLIENT_REVISIONS: Endpoint = page("client_revisions", "/api/v1/clients/{id}/revisions", Surface::Administration);
pub(crate) static CLIENT_RESTORE: Endpoint =
    page("client_restore", "/api/v1/clients/{id}/revisions/{revision}/restore", Surface::Administration);
pub(crate) static CLIENT_CLAIMS: Endpoint = page("client_claims", "/api/v1/clients/{id}/claims", Surface::Administration);
pub(crate) static CLIENT_CLAIMS_PREVIEW: Endpoint =
    page("client_claims_preview", "/api/v1/clients/{id}/claims/preview", Surface::Administration);
pub(crate) static CLIENT_CLAIMS_DIFF: Endpoint = page("client_claims_diff", "/api/v1/clients/{id}/claims/diff", Surface::Administration);
pub(crate) static CLIENT_CLAIMS_EXPLAIN: Endpoint =
    page("client_claims_explain", "/api/v1/clients/{id}/claims/explain", Surface::Administration);

// Public documents, and a browser may read them from a client's origin only, like the rest: the rule is one for all endpoints
// that single-page applications use. Anybody else reads them without a browser.
pub(crate) static OPENID_CONFIGURATION: Endpoint = cross_origin("discovery", "/.well-known/openid-configuration", Surface::Document, "GET");
pub(crate) static AUTHORIZATION_SERVER: Endpoint =
    cross_origin("discovery", "/.well-known/oauth-authorization-server", Surface::Document, "GET");
pub(crate) static JWKS: Endpoint = cross_origin("jwks", "/.well-known/jwks.json", Surface::Document, "GET");

pub(crate) static STYLESHEET: Endpoint = page("asset", "/assets/argus.css", Surface::Asset);
pub(crate) static SCRIPT: Endpoint = page("asset", "/assets/console.js", Surface::Asset);
pub(crate) static CLAIMS_SCRIPT: Endpoint = page("asset", "/assets/claims.js", Surface::Asset);
pub(crate) static FAVICON: Endpoint = page("asset", "/favicon.svg", Surface::Asset);
pub(crate) static PICTURE: Endpoint = page("picture", "/pictures/{key}", Surface::Picture);
