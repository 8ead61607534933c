//! What a claim provider is handed, written down: in a test vector, or in a recording.
//!
//! The shape is that of [`Given`](crate::given::Given). What is absent gets a default, so that a vector says only what it is about.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use crate::claim::Target;
use crate::directory::{DirectorySnapshot, FunctionGrant, Named};
use crate::facts::Facts;
use crate::ids::{SubjectIdentifier, UserId};
use crate::issuance::{Issuance, IssuanceClient, IssuanceRequest, IssuanceSession};

/// An input as it is written down. Every member may be left out; what stands there is strictly read.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct InputDocument {
    /// The user; what is absent, the provider finds absent.
    pub user: InputUser,
    /// The relying party.
    pub client: InputClient,
    /// The request.
    pub request: InputRequest,
    /// The sign-in.
    pub session: InputSession,
}

/// A user as written down.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[expect(missing_docs, reason = "the members are those of `GivenUser`")]
pub struct InputUser {
    pub id: Option<u64>,
    pub subject: Option<String>,
    pub username: Option<String>,
    pub name: Option<String>,
    pub email: Option<String>,
    pub email_verified: Option<bool>,
    pub customer: Option<InputNamed>,
    pub domain: Option<InputNamed>,
    pub phone: Option<String>,
    pub phone_verified: Option<bool>,
    pub groups: Vec<InputNamed>,
    pub roles: Vec<String>,
    pub functions: Vec<InputGrant>,
    pub attributes: BTreeMap<String, Vec<String>>,
}

/// A group, customer or domain as written down: its short name alone will do.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged, expecting = "expected a short name, or an object with id, shortName and name")]
pub enum InputNamed {
    /// The short name, which is its name as well.
    ShortName(String),
    /// All of it.
    Whole(WholeNamed),
}

/// A group, customer or domain with everything it has.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(missing_docs, reason = "the members are those of `GivenNamed`")]
pub struct WholeNamed {
    pub id: u64,
    pub short_name: String,
    pub name: String,
}

/// A function granted, as written down.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the members are those of `GivenGrant`")]
pub struct InputGrant {
    pub function: String,
    #[serde(default)]
    pub customer: Option<u64>,
}

/// A client as written down.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "the members are those of `IssuanceClient`")]
pub struct InputClient {
    pub id: String,
    pub name: String,
    pub customer: Option<u64>,
}

impl Default for InputClient {
    fn default() -> Self {
        Self { id: "00000000-0000-4000-8000-000000000001".to_owned(), name: "Client".to_owned(), customer: None }
    }
}

/// A request as written down.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[expect(missing_docs, reason = "the members are those of `IssuanceRequest`")]
pub struct InputRequest {
    pub issuer: String,
    pub target: Target,
    pub grant_type: String,
    pub scopes: Vec<String>,
    pub audiences: Vec<String>,
    pub issued_at: u64,
}

impl Default for InputRequest {
    fn default() -> Self {
        Self {
            issuer: "https://id.example.com".to_owned(),
            target: Target::IdToken,
            grant_type: "authorization_code".to_owned(),
            scopes: vec!["openid".to_owned()],
            audiences: vec!["https://id.example.com".to_owned()],
            issued_at: 1_750_000_000,
        }
    }
}

/// A sign-in as written down.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[expect(missing_docs, reason = "the members are those of `GivenSession`")]
pub struct InputSession {
    pub authenticated_at: u64,
    pub amr: Vec<String>,
    pub acr: Option<String>,
    pub federated_by: Option<String>,
    pub client_ip: Option<String>,
}

impl Default for InputSession {
    fn default() -> Self {
        Self { authenticated_at: 1_749_999_000, amr: vec!["pwd".to_owned()], acr: None, federated_by: None, client_ip: None }
    }
}

/// An [`InputDocument`] made ready to be handed over.
#[derive(Clone, Debug)]
pub struct OwnedIssuance {
    user: Arc<DirectorySnapshot>,
    client: InputClient,
    request: InputRequest,
    session: InputSession,
    facts: Facts,
}

impl InputDocument {
    /// The issuance that this document tells of.
    pub fn into_issuance(self) -> OwnedIssuance {
        let user = self.user;
        let (username, name) = (user.username, user.name);
        let facts = Facts { profile: username.is_some() || name.is_some(), ..Facts::ALL };
        let mut groups: Vec<Named> = user.groups.into_iter().zip(1..).map(|(group, number)| group.into_named(number)).collect();
        groups.sort_by(|a, b| a.shortname.cmp(&b.shortname));
        let mut roles = user.roles;
        roles.sort_unstable();
        let mut functions: Vec<FunctionGrant> =
            user.functions.into_iter().map(|grant| FunctionGrant { function: grant.function, customer: grant.customer }).collect();
        functions.sort_unstable();
        let user = DirectorySnapshot {
            id: UserId::new(user.id.unwrap_or(1)),
            subject: SubjectIdentifier::new(user.subject.unwrap_or_else(|| "subject".to_owned())),
            // Whoever gives one of the two names means a user, who has both.
            username: username.clone().or_else(|| name.clone()).unwrap_or_default(),
            name: name.or(username).unwrap_or_default(),
            email: user.email,
            email_verified: user.email_verified.unwrap_or(false),
            phone: user.phone,
            phone_verified: user.phone_verified.unwrap_or(false),
            customer: user.customer.map(|customer| customer.into_named(1)),
            domain: user.domain.map(|domain| domain.into_named(1)),
            groups,
            roles,
            functions,
            attributes: user.attributes,
            federated: Default::default(),
            picture_key: String::new(),
            admin: false,
            enabled: true,
        };
        OwnedIssuance { user: Arc::new(user), client: self.client, request: self.request, session: self.session, facts }
    }
}

impl InputNamed {
    /// With number and both names.
    pub fn whole(id: u64, short_name: String, name: String) -> Self {
        Self::Whole(WholeNamed { id, short_name, name })
    }

    fn into_named(self, number: u64) -> Named {
        match self {
            Self::ShortName(shortname) => Named { id: number, name: shortname.clone(), shortname },
            Self::Whole(WholeNamed { id, short_name, name }) => Named { id, shortname: short_name, name },
        }
    }
}

impl OwnedIssuance {
    /// A copy of an issuance, for a run that outlives it; `user` is a copy of its user, which runs of one issuance share.
    pub fn of(issuance: &Issuance<'_>, user: Arc<DirectorySnapshot>) -> Self {
        let Issuance { client, request, session, .. } = issuance;
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Self {
            user,
            client: InputClient { id: client.id.to_owned(), name: client.name.to_owned(), customer: client.customer },
            request: InputRequest {
                issuer: request.issuer.to_owned(),
                target: request.target,
                grant_type: request.grant_type.to_owned(),
                scopes: owned(request.scopes),
                audiences: owned(request.audiences),
                issued_at: request.issued_at,
            },
            session: InputSession {
                authenticated_at: session.authenticated_at,
                amr: session.amr.to_vec(),
                acr: session.acr.map(str::to_owned),
                federated_by: session.federated_by.map(str::to_owned),
                client_ip: session.client_ip.map(str::to_owned),
            },
            facts: Facts::ALL,
        }
    }

    /// About whom.
    pub fn user(&self) -> UserId {
        self.user.id
    }

    /// About how many bytes of memory it takes: its lists, which have no bound of their own.
    pub fn weight(&self) -> usize {
        let named: usize = self.user.groups.iter().map(|group| group.shortname.len() + group.name.len() + 64).sum();
        let grants: usize = self.user.functions.iter().map(|grant| grant.function.len() + 48).sum();
        let values = |values: &Vec<String>| values.iter().map(|value| value.len() + 24).sum::<usize>();
        let attributes: usize = self.user.attributes.iter().map(|(name, list)| name.len() + values(list) + 64).sum();
        1_024 + named + grants + attributes + values(&self.user.roles)
    }

    /// The facts that can be handed over: a user whose names were not written down has none to give.
    pub fn facts(&self) -> Facts {
        self.facts
    }

    /// The issuance; its lists of texts are the caller's, made of [`Self::scopes`] and [`Self::audiences`].
    pub fn borrow<'a>(&'a self, scopes: &'a [&'a str], audiences: &'a [&'a str]) -> Issuance<'a> {
        let Self { user, client, request, session, .. } = self;
        Issuance {
            user,
            client: IssuanceClient { id: &client.id, name: &client.name, customer: client.customer },
            request: IssuanceRequest {
                issuer: &request.issuer,
                target: request.target,
                grant_type: &request.grant_type,
                scopes,
                audiences,
                issued_at: request.issued_at,
            },
            session: IssuanceSession {
                authenticated_at: session.authenticated_at,
                amr: &session.amr,
                acr: session.acr.as_deref(),
                federated_by: session.federated_by.as_deref(),
                client_ip: session.client_ip.as_deref(),
            },
        }
    }

    /// Granted scopes.
    pub fn scopes(&self) -> Vec<&str> {
        self.request.scopes.iter().map(String::as_str).collect()
    }

    /// Audiences of the access token.
    pub fn audiences(&self) -> Vec<&str> {
        self.request.audiences.iter().map(String::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::given::Given;
    use crate::issuance::Plan;

    fn given(document: Value, facts: Facts) -> Value {
        let document: InputDocument = serde_json::from_value(document).unwrap();
        let issuance = document.into_issuance();
        let (scopes, audiences) = (issuance.scopes(), issuance.audiences());
        serde_json::to_value(Given::of(&issuance.borrow(&scopes, &audiences), facts.intersection(issuance.facts()), &Plan::default()))
            .unwrap()
    }

    #[test]
    fn what_was_handed_over_reads_back_the_same() {
        let whole = json!({
            "user": {
                "id": 7, "subject": "s7", "username": "alice", "name": "Alice A", "email": "a@example.com", "emailVerified": true,
                "customer": {"id": 1, "shortName": "acme", "name": "Acme"}, "domain": {"id": 2, "shortName": "d", "name": "D"},
                "phone": "+47", "phoneVerified": false, "groups": [{"id": 3, "shortName": "g", "name": "G"}], "roles": ["r"],
                "functions": [{"function": "f"}, {"function": "f", "customer": 1}], "attributes": {"a": ["1", "2"], "b": []},
            },
            "client": {"id": "c", "name": "C", "customer": 1},
            "request": {"issuer": "https://i", "target": "access_token", "grantType": "refresh_token", "scopes": ["openid"],
                "audiences": ["x"], "issuedAt": 5},
            "session": {"authenticatedAt": 4, "amr": ["pwd"], "acr": "1", "federatedBy": "idp", "clientIp": "::1"},
        });
        assert_eq!(given(whole.clone(), Facts::ALL), whole);
    }

    #[test]
    fn a_document_says_only_what_it_is_about() {
        let few = given(json!({"user": {"groups": ["b", "a"]}}), Facts::ALL);
        assert_eq!(few["user"]["groups"], json!([{"id": 2, "shortName": "a", "name": "a"}, {"id": 1, "shortName": "b", "name": "b"}]));
        assert!(few["user"].get("username").is_none() && few["user"].get("email").is_none());
        assert_eq!(given(json!({"user": {"name": "Alice A"}}), Facts::ALL)["user"]["username"], "Alice A");
        assert_eq!(few["request"]["target"], "id_token");
    }

    #[test]
    fn what_is_misspelt_is_refused() {
        for document in [
            json!({"users": {}}),
            json!({"user": {"grups": []}}),
            json!({"user": {"groups": [{"id": 1, "shortName": "g", "name": "G", "nmae": "G"}]}}),
            json!({"user": {"groups": [1]}}),
            json!({"request": {"target": "x"}}),
        ] {
            assert!(serde_json::from_value::<InputDocument>(document.clone()).is_err(), "{document}");
        }
    }
}
