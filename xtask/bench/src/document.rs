//! What the measured installation holds.

use std::borrow::Cow;

use serde_json::{Value, json};

/// What a client of the installation is known by.
pub(crate) struct Credentials {
    pub(crate) id: Cow<'static, str>,
    pub(crate) secret: Cow<'static, str>,
}

const fn credentials(id: &'static str, secret: &'static str) -> Credentials {
    Credentials { id: Cow::Borrowed(id), secret: Cow::Borrowed(secret) }
}

/// The client without claim providers.
pub(crate) static PLAIN: Credentials = credentials("9a3c1c1e-6d0b-4b76-9f6f-0b6a4d1f0001", "bench-plain-0123456789abcdefghijklmnop");
/// The same with both built-in claim providers attached.
pub(crate) static WITH_CLAIMS: Credentials = credentials("9a3c1c1e-6d0b-4b76-9f6f-0b6a4d1f0002", "bench-claims-0123456789abcdefghijklmnop");
/// The client that acts for itself.
pub(crate) static SERVICE: Credentials = credentials("9a3c1c1e-6d0b-4b76-9f6f-0b6a4d1f0003", "bench-service-0123456789abcdefghijklmnop");
/// As [`WITH_CLAIMS`], with providers in whose shadow a further version runs.
pub(crate) static SHADOWED: Credentials = credentials("9a3c1c1e-6d0b-4b76-9f6f-0b6a4d1f0004", "bench-shadow-0123456789abcdefghijklmnop");
/// The client whose claim provider loops.
pub(crate) static LOOPING: Credentials = credentials("9a3c1c1e-6d0b-4b76-9f6f-0b6a4d1f0005", "bench-looping-0123456789abcdefghijklmno");

/// Nothing listens there: codes are read off the redirect.
pub(crate) const CALLBACK: &str = "http://127.0.0.1:9/callback";
pub(crate) const PASSWORD: &str = "bench password";
/// Claims that both providers together give.
pub(crate) const CLAIMS: [&str; 2] = ["groups", "roles_of_bench"];
/// The built-in providers, in the order of their claims.
pub(crate) const BUILT_IN: [&str; 2] = ["userGroups", "functionRoleMapping"];
/// The same components under names of their own, since a built-in provider has no other version.
pub(crate) const COPIES: [&str; 2] = ["groups-copied", "roles-copied"];
/// The provider that loops.
pub(crate) const LOOPS: &str = "loops";

const USERS: usize = 16;
/// Groups of each user, all of them allowed, and functions: 40 mapped, half of them granted.
const GROUPS: usize = 20;
const FUNCTIONS: usize = 40;

/// A user's name; there are [`USERS`] of them.
pub(crate) fn username(number: usize) -> String {
    format!("user{}", number % USERS)
}

/// The file of a claim provider in a document.
pub(crate) fn file_of(provider: &str) -> String {
    format!("{provider}.wasm")
}

/// The document of the workloads.
pub(crate) fn workloads() -> Value {
    let mut document = directory();
    let copied = COPIES.iter().chain([&LOOPS]);
    document["claimProviders"] = copied.map(|name| json!({"name": name, "component": file_of(name)})).collect();
    let attached = |[groups, roles]: [&str; 2]| {
        json!([
            {"provider": groups, "configuration": groups_configuration()},
            {"provider": roles, "configuration": {"claimName": CLAIMS[1], "roleMapping": role_mapping()}},
        ])
    };
    document["clients"] = json!([
        client(&PLAIN, "Bench", &json!([])),
        client(&WITH_CLAIMS, "Bench, with claim providers", &attached(BUILT_IN)),
        client(&SHADOWED, "Bench, with shadows", &attached(COPIES)),
        client(&LOOPING, "Bench, looping", &json!([{"provider": LOOPS, "configuration": {}, "onFailure": "omit"}])),
        {"clientId": SERVICE.id, "secret": SERVICE.secret, "name": "Bench service", "type": "confidential",
            "grantTypes": ["client_credentials"], "scopes": ["bench:read"], "resources": ["https://api.bench.example"]},
    ]);
    document
}

/// Credentials of one of many clients.
pub(crate) fn one_of_many(number: usize) -> Credentials {
    Credentials {
        id: format!("9a3c1c1e-6d0b-4b76-9f6f-0b6a4d2f{number:04}").into(),
        secret: format!("bench-{number:04}-0123456789abcdefghijklmnopqr").into(),
    }
}

/// Name of one of many providers.
pub(crate) fn provider_of_many(number: usize) -> String {
    format!("groups{number:04}")
}

/// A document with so many clients, each with a claim provider of its own.
pub(crate) fn many(providers: usize) -> Value {
    let mut document = directory();
    let names: Vec<String> = (0..providers).map(provider_of_many).collect();
    document["claimProviders"] = names.iter().map(|name| json!({"name": name, "component": file_of(name)})).collect();
    let clients = names
        .iter()
        .enumerate()
        .map(|(number, name)| client(&one_of_many(number), name, &json!([{"provider": name, "configuration": groups_configuration()}])));
    document["clients"] = clients.collect();
    document
}

fn groups() -> Vec<String> {
    (0..GROUPS).map(|number| format!("group{number:02}")).collect()
}

fn functions() -> Vec<String> {
    (0..FUNCTIONS).map(|number| format!("function{number:02}")).collect()
}

fn groups_configuration() -> Value {
    json!({"allowedGroups": groups()})
}

fn role_mapping() -> Value {
    functions().into_iter().map(|function| (function.clone(), Value::from(format!("role_of_{function}")))).collect()
}

fn client(credentials: &Credentials, name: &str, claims: &Value) -> Value {
    json!({"clientId": credentials.id, "secret": credentials.secret, "name": name, "type": "confidential", "customer": "bench",
        "redirectUris": [CALLBACK], "grantTypes": ["authorization_code", "refresh_token"],
        "scopes": ["openid", "profile", "email", "offline_access"], "openIDCustomClaims": claims})
}

/// Everything but clients and claim providers.
fn directory() -> Value {
    let functions = functions();
    let granted: Vec<Value> = functions.iter().step_by(2).map(|function| json!({"function": function, "customer": "bench"})).collect();
    let groups = groups();
    let users = (0..USERS).map(|number| {
        let username = username(number);
        json!({"username": username, "name": format!("User {number}"), "email": format!("{username}@example.com"), "emailVerified": true,
            "customer": "bench", "password": PASSWORD, "groups": groups, "functions": granted})
    });
    json!({
        "domains": [{"shortname": "bench", "name": "Bench"}],
        "customers": [{"domain": "bench", "shortname": "bench", "name": "Bench"}],
        "functions": functions.iter().map(|name| json!({"name": name})).collect::<Vec<_>>(),
        "groups": groups.iter().map(|name| json!({"shortname": name, "name": name})).collect::<Vec<_>>(),
        "users": users.collect::<Vec<_>>(),
        "resources": [{"audience": "https://api.bench.example", "name": "Bench", "scopes": ["bench:read"]}],
    })
}
