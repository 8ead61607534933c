//! The directory and registry most tests start from: two people, three groups, two functions, two customers, five clients.

use serde_json::{Map, Value, json};

use crate::Person;

/// A member of `group1` and `group3`, with both functions for `mycustomer`.
pub const ALICE: Person = Person { username: "alice", password: "correct horse battery staple" };
/// A member of `group2`, with one function for `othercustomer`.
pub const BOB: Person = Person { username: "bob", password: "an altogether different phrase" };
/// Belongs nowhere and may do nothing.
pub const CAROL: Person = Person { username: "carol", password: "nobody knows what carol knows" };

/// The confidential client of the source documents: every scope, no question for consent, defined for no customer.
pub const CASE_DESK: &str = "021269c5-04c3-4399-a206-32659c489803";
/// Where it is answered.
pub const CASE_DESK_REDIRECT: &str = "https://my.application/oauth/callback";
/// A confidential client that asks for consent once, may leave out PKCE, and gets RS256.
pub const DOCUMENTS: &str = "7d2c2e0e-7a5b-4b8f-9d55-5a4c2b1f0a33";
/// A public client: native application and single-page application in one.
pub const ANALYST_TOOL: &str = "5f1c9a52-3f0e-4c0c-8a55-7d6a0f2f4b11";
/// The protected resource's own client: it introspects, and acts for itself.
pub const CASES_API: &str = "c3a4b8f6-90a1-4f5a-9c57-2f0f8a5d6e22";
/// The audience of the resource.
pub const CASES: &str = "https://cases.example.com";
/// A second resource, of which only the case desk may ask.
pub const REPORTS: &str = "https://reports.example.com";
/// Every scope the case desk may ask for without being given a resource.
pub const ALL_STANDARD: &str = "openid profile email phone customer groups groupstring roles clientip offline_access";

/// The `openIDCustomClaims` document of the `userGroups` provider, byte for byte as published.
pub const USER_GROUPS: &str = include_str!("../fixtures/user-groups.json");
/// The `openIDCustomClaims` document of the `functionRoleMapping` provider, byte for byte as published.
pub const FUNCTION_ROLE_MAPPING: &str = include_str!("../fixtures/function-role-mapping.json");

/// The whole document.
pub fn standard() -> Value {
    let mut document = directory();
    document["clients"] = json!([case_desk(), documents(), analyst_tool(), cases_api()]);
    document
}

/// The document without clients.
pub fn directory() -> Value {
    json!({
        "domains": [{"id": 1, "shortname": "acme", "name": "Acme"}],
        "customers": [
            {"id": 1, "domain": "acme", "shortname": "mycustomer", "name": "My Customer"},
            {"id": 2, "domain": "acme", "shortname": "othercustomer", "name": "Other Customer"},
        ],
        "functions": [
            {"name": "argusFunction1", "description": "Read cases"},
            {"name": "argusFunction2", "description": "Close cases"},
        ],
        "groups": [
            {"shortname": "group1", "name": "Group one"},
            {"shortname": "group2", "name": "Group two"},
            {"shortname": "group3", "name": "Group three"},
        ],
        "roles": [{"name": "analyst"}, {"name": "manager"}],
        "users": [
            {
                "username": ALICE.username, "password": ALICE.password, "name": "Alice A",
                "email": "alice@example.com", "emailVerified": true, "phone": "+4712345678", "phoneVerified": false,
                "customer": "mycustomer", "groups": ["group1", "group3"], "roles": ["manager", "analyst"],
                "attributes": {"department": ["Cases"], "locale": ["nb-NO"]},
                "functions": [
                    {"function": "argusFunction1", "customer": "mycustomer"},
                    {"function": "argusFunction2", "customer": "mycustomer"},
                ],
            },
            {
                "username": BOB.username, "password": BOB.password, "name": "Bob B", "email": "bob@example.com",
                "customer": "othercustomer", "groups": ["group2"], "roles": ["analyst"],
                "functions": [{"function": "argusFunction1", "customer": "othercustomer"}],
            },
            {"username": CAROL.username, "password": CAROL.password, "name": "Carol C"},
        ],
        "resources": [
            {"audience": CASES, "name": "Cases", "scopes": ["cases:read", "cases:write"]},
            {"audience": REPORTS, "name": "Reports", "scopes": ["reports:read"]},
        ],
    })
}

/// [`CASE_DESK`]
pub fn case_desk() -> Value {
    json!({
        "clientId": CASE_DESK, "name": "Case desk", "type": "confidential", "consent": "implicit",
        "redirectUris": [CASE_DESK_REDIRECT, "https://my.application/callback?tenant=1"],
        "postLogoutRedirectUris": ["https://my.application/signed-out"],
        "grantTypes": ["authorization_code", "refresh_token", "client_credentials"],
        "scopes": ["openid", "profile", "email", "phone", "customer", "groups", "groupstring", "roles", "clientip", "offline_access",
            "cases:read", "cases:write", "reports:read"],
        "resources": [CASES, REPORTS],
    })
}

fn documents() -> Value {
    json!({
        "clientId": DOCUMENTS, "name": "Document repository", "type": "confidential", "consent": "remember", "pkce": "optional",
        "redirectUris": ["https://documents.example/callback"],
        "postLogoutRedirectUris": ["https://documents.example/signed-out"],
        "grantTypes": ["authorization_code", "refresh_token"],
        "scopes": ["openid", "profile", "email", "groups"],
        "idTokenSignedResponseAlg": "RS256",
    })
}

fn analyst_tool() -> Value {
    json!({
        "clientId": ANALYST_TOOL, "name": "Analyst tool", "type": "public", "consent": "implicit",
        "redirectUris": ["https://tool.example/callback", "http://127.0.0.1/callback", "http://[::1]/callback",
            "http://localhost:3000/callback", "com.example.analyst:/callback"],
        "grantTypes": ["authorization_code", "refresh_token"],
        "scopes": ["openid", "profile", "email", "offline_access", "cases:read"],
        "resources": [CASES],
    })
}

fn cases_api() -> Value {
    json!({
        "clientId": CASES_API, "name": "Cases API", "type": "confidential",
        "grantTypes": ["client_credentials"], "scopes": ["cases:read"], "resources": [CASES],
    })
}

/// A confidential client like the case desk, under another id, with other members.
pub fn client(id: &str, members: Value) -> Value {
    let mut client = case_desk();
    client["clientId"] = id.into();
    client["name"] = format!("Client {id}").into();
    merge(&mut client, members);
    client
}

/// The same as text, with an `openIDCustomClaims` document spliced in byte for byte.
pub fn client_with_literal_claims(id: &str, claims: &str) -> String {
    let members = client(id, json!({})).to_string();
    let claims = claims.trim_end().strip_prefix('{').unwrap();
    // What is left of the document ends with the brace of the client.
    format!("{},{claims}", members.strip_suffix('}').unwrap())
}

/// The same with attachments.
pub fn client_with_claims(id: &str, attachments: Value) -> Value {
    client(id, json!({"openIDCustomClaims": attachments}))
}

/// A document with clients alone.
pub fn only_clients(clients: Value) -> Value {
    json!({"clients": clients})
}

fn merge(object: &mut Value, members: Value) {
    let members: Map<String, Value> = serde_json::from_value(members).unwrap();
    object.as_object_mut().unwrap().extend(members);
}

/// The `n`th of the client ids that tests use for clients of their own.
pub fn client_id(n: u32) -> String {
    format!("00000000-0000-4000-8000-{n:012}")
}
