//! What a claim provider is handed: an issuance, narrowed to the facts it may read and its plan is interested in.
//!
//! [`Given`] is the one place that decides this. It writes as JSON in the shape of the contract's `issuance` record, with the names
//! in camelCase; [`InputDocument`](crate::input::InputDocument) reads that shape back.

use std::collections::HashSet;

use serde::Serialize;

use crate::directory::{DirectorySnapshot, Named};
use crate::facts::Facts;
use crate::issuance::{Issuance, IssuanceClient, IssuanceRequest, Plan};

/// From here on a list of interest is looked up by hash instead of walked.
const LONG_LIST: usize = 16;

/// One issuance as a provider is handed it: everything is borrowed.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Given<'a> {
    /// About whom.
    pub user: GivenUser<'a>,
    /// For whom.
    pub client: IssuanceClient<'a>,
    /// What.
    pub request: IssuanceRequest<'a>,
    /// After which sign-in.
    pub session: GivenSession<'a>,
}

/// The user, as far as the facts go.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GivenUser<'a> {
    /// Number in the directory.
    pub id: u64,
    /// The `sub` the client sees.
    pub subject: &'a str,
    /// Fact `profile`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<&'a str>,
    /// Fact `profile`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'a str>,
    /// Fact `email`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<&'a str>,
    /// None where there is no address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_verified: Option<bool>,
    /// Fact `customer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<GivenNamed<'a>>,
    /// Fact `customer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<GivenNamed<'a>>,
    /// Fact `phone`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<&'a str>,
    /// None where there is no number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_verified: Option<bool>,
    /// Fact `groups`, as far as the plan is interested.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GivenNamed<'a>>,
    /// Fact `roles`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<&'a str>,
    /// Fact `functions`, as far as the plan is interested.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub functions: Vec<GivenGrant<'a>>,
    /// Fact `attributes`, as far as the plan is interested, by name.
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "as_object")]
    pub attributes: Vec<(&'a str, Vec<&'a str>)>,
}

/// A group, customer or domain.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GivenNamed<'a> {
    /// Number in the directory.
    pub id: u64,
    /// Unique among its kind.
    pub short_name: &'a str,
    /// For people.
    pub name: &'a str,
}

/// A function granted.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct GivenGrant<'a> {
    /// Its name.
    pub function: &'a str,
    /// The customer it is granted for; none = every one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<u64>,
}

/// The sign-in.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GivenSession<'a> {
    /// Unix seconds.
    pub authenticated_at: u64,
    /// RFC 8176 values.
    pub amr: Vec<&'a str>,
    /// Authentication context, when one was reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acr: Option<&'a str>,
    /// Slug of the upstream IdP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub federated_by: Option<&'a str>,
    /// Fact `network`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_ip: Option<&'a str>,
}

fn as_object<S: serde::Serializer>(attributes: &[(&str, Vec<&str>)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(attributes.iter().map(|(name, values)| (name, values)))
}

impl<'a> Given<'a> {
    /// What of an issuance a provider is handed that may read `facts`, for a configuration with this plan.
    pub fn of(issuance: &Issuance<'a>, facts: Facts, plan: &Plan) -> Self {
        let Issuance { client, request, session, .. } = issuance;
        Self {
            user: GivenUser::of(issuance.user, facts, plan),
            client: *client,
            request: *request,
            session: GivenSession {
                authenticated_at: session.authenticated_at,
                amr: session.amr.iter().map(String::as_str).collect(),
                acr: session.acr,
                federated_by: session.federated_by,
                client_ip: session.client_ip.filter(|_| facts.network),
            },
        }
    }
}

impl<'a> GivenUser<'a> {
    fn of(user: &'a DirectorySnapshot, facts: Facts, plan: &Plan) -> Self {
        let email = user.email.as_deref().filter(|_| facts.email);
        let phone = user.phone.as_deref().filter(|_| facts.phone);
        let mut given = Self {
            id: user.id.get(),
            subject: user.subject.as_str(),
            username: facts.profile.then_some(user.username.as_str()),
            name: facts.profile.then_some(user.name.as_str()),
            email,
            email_verified: email.map(|_| user.email_verified),
            customer: user.customer.as_ref().filter(|_| facts.customer).map(GivenNamed::of),
            domain: user.domain.as_ref().filter(|_| facts.customer).map(GivenNamed::of),
            phone,
            phone_verified: phone.map(|_| user.phone_verified),
            groups: Vec::new(),
            roles: Vec::new(),
            functions: Vec::new(),
            attributes: Vec::new(),
        };
        if facts.groups {
            let interest = Interest::of(&plan.groups_of_interest);
            given.groups.extend(user.groups.iter().filter(|group| interest.has(&group.shortname)).map(GivenNamed::of));
        }
        if facts.roles {
            given.roles.extend(user.roles.iter().map(String::as_str));
        }
        if facts.functions {
            let interest = Interest::of(&plan.functions_of_interest);
            let grants = user.functions.iter().filter(|grant| interest.has(&grant.function));
            given.functions.extend(grants.map(|grant| GivenGrant { function: &grant.function, customer: grant.customer }));
        }
        if facts.attributes {
            let interest = Interest::of(&plan.attributes_of_interest);
            let attributes = user.attributes.iter().filter(|(name, _)| interest.has(name));
            given.attributes.extend(attributes.map(|(name, values)| (name.as_str(), values.iter().map(String::as_str).collect())));
        }
        given
    }
}

impl<'a> GivenNamed<'a> {
    fn of(thing: &'a Named) -> Self {
        Self { id: thing.id, short_name: &thing.shortname, name: &thing.name }
    }
}

/// Names a plan is interested in; an empty list means all.
enum Interest<'a> {
    All,
    Few(&'a [String]),
    Many(HashSet<&'a str>),
}

impl<'a> Interest<'a> {
    fn of(list: &'a [String]) -> Self {
        match list.len() {
            0 => Self::All,
            1..=LONG_LIST => Self::Few(list),
            _ => Self::Many(list.iter().map(String::as_str).collect()),
        }
    }

    fn has(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Few(list) => list.iter().any(|other| other == name),
            Self::Many(set) => set.contains(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_list_of_interest_means_all() {
        assert!(Interest::of(&[]).has("anything"));
        assert!(!Interest::of(&[String::new()]).has("anything"));
    }

    #[test]
    fn long_and_short_lists_of_interest_choose_alike() {
        let names: Vec<String> = (0..100).map(|number| number.to_string()).collect();
        for list in [&names[..5], &names[..LONG_LIST], &names[..]] {
            let interest = Interest::of(list);
            assert!(list.iter().all(|name| interest.has(name)));
            assert!(!interest.has("100"));
        }
    }
}
