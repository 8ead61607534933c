//! From a directory snapshot to the arguments of `claims`: only the facts the provider declared, and of those only what the plan
//! is interested in. Everything is borrowed; the guest gets the one copy.

use std::collections::HashSet;

use argus_domain::claim::Target;
use argus_domain::directory::Named;

use super::types;
use crate::version::Input;

/// From here on a list of interest is looked up by hash instead of walked.
const LONG_LIST: usize = 16;

/// Lists of the contract's types, which [`types::Issuance`] borrows.
pub(super) struct Lists<'a> {
    groups: Vec<types::Named<'a>>,
    roles: Vec<&'a str>,
    functions: Vec<types::FunctionGrant<'a>>,
    /// Name and values.
    attributes: Vec<(&'a str, Vec<&'a str>)>,
    amr: Vec<&'a str>,
}

impl<'a> Lists<'a> {
    pub(super) fn of(input: Input<'a>) -> Self {
        let Input { needs, plan, issuance, .. } = input;
        let user = issuance.user;
        let mut lists = Self {
            groups: Vec::new(),
            roles: Vec::new(),
            functions: Vec::new(),
            attributes: Vec::new(),
            amr: issuance.session.amr.iter().map(String::as_str).collect(),
        };
        if needs.groups {
            let interest = Interest::of(&plan.groups_of_interest);
            lists.groups.extend(user.groups.iter().filter(|group| interest.has(&group.shortname)).map(named));
        }
        if needs.roles {
            lists.roles.extend(user.roles.iter().map(String::as_str));
        }
        if needs.functions {
            let interest = Interest::of(&plan.functions_of_interest);
            let grants = user.functions.iter().filter(|grant| interest.has(&grant.function));
            lists.functions.extend(grants.map(|grant| types::FunctionGrant { function: &grant.function, customer: grant.customer }));
        }
        if needs.attributes {
            let interest = Interest::of(&plan.attributes_of_interest);
            let attributes = user.attributes.iter().filter(|(name, _)| interest.has(name));
            lists.attributes.extend(attributes.map(|(name, values)| (name.as_str(), values.iter().map(String::as_str).collect())));
        }
        lists
    }

    /// Attributes as the contract has them; they borrow from this, so they can't be part of it.
    pub(super) fn attributes(&self) -> Vec<types::Attribute<'_>> {
        self.attributes.iter().map(|(name, values)| types::Attribute { name, values }).collect()
    }

    pub(super) fn issuance<'b>(&'b self, input: Input<'b>, attributes: &'b [types::Attribute<'b>]) -> types::Issuance<'b> {
        let Input { needs, issuance, .. } = input;
        let (client, request, session) = (&issuance.client, &issuance.request, &issuance.session);
        types::Issuance {
            user: self.user(input, attributes),
            client: types::Client { id: client.id, name: client.name, customer: client.customer },
            request: types::Request {
                issuer: request.issuer,
                target: target(request.target),
                grant_type: request.grant_type,
                scopes: request.scopes,
                audiences: request.audiences,
                issued_at: request.issued_at,
            },
            session: types::Session {
                authenticated_at: session.authenticated_at,
                amr: &self.amr,
                acr: session.acr,
                federated_by: session.federated_by,
                client_ip: session.client_ip.filter(|_| needs.network),
            },
        }
    }

    fn user<'b>(&'b self, input: Input<'b>, attributes: &'b [types::Attribute<'b>]) -> types::User<'b> {
        let Input { needs, issuance, .. } = input;
        let user = issuance.user;
        let email = user.email.as_deref().filter(|_| needs.email);
        let phone = user.phone.as_deref().filter(|_| needs.phone);
        types::User {
            id: user.id.get(),
            subject: user.subject.as_str(),
            username: needs.profile.then_some(user.username.as_str()),
            name: needs.profile.then_some(user.name.as_str()),
            email,
            email_verified: email.map(|_| user.email_verified),
            customer: user.customer.as_ref().filter(|_| needs.customer).map(named),
            domain: user.domain.as_ref().filter(|_| needs.customer).map(named),
            phone,
            phone_verified: phone.map(|_| user.phone_verified),
            groups: &self.groups,
            roles: &self.roles,
            functions: &self.functions,
            attributes,
        }
    }
}

fn named(thing: &Named) -> types::Named<'_> {
    types::Named { id: thing.id, short_name: &thing.shortname, name: &thing.name }
}

fn target(target: Target) -> types::Target {
    match target {
        Target::IdToken => types::Target::IdToken,
        Target::AccessToken => types::Target::AccessToken,
        Target::Userinfo => types::Target::Userinfo,
    }
}

/// A plan's list of interest: empty means all.
enum Interest<'a> {
    All,
    Few(&'a [String]),
    Many(HashSet<&'a str>),
}

impl<'a> Interest<'a> {
    fn of(names: &'a [String]) -> Self {
        match names.len() {
            0 => Self::All,
            1..LONG_LIST => Self::Few(names),
            _ => Self::Many(names.iter().map(String::as_str).collect()),
        }
    }

    fn has(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Few(names) => names.iter().any(|wanted| wanted == name),
            Self::Many(names) => names.contains(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use argus_domain::directory::{DirectorySnapshot, FunctionGrant};
    use argus_domain::ids::{SubjectIdentifier, UserId};
    use argus_domain::issuance::{Facts, Issuance, IssuanceClient, IssuanceRequest, IssuanceSession, Plan};

    use super::*;

    const ALL: Facts = Facts {
        profile: true,
        email: true,
        phone: true,
        customer: true,
        groups: true,
        roles: true,
        functions: true,
        attributes: true,
        network: true,
    };

    fn thing(id: u64, name: &str) -> Named {
        Named { id, shortname: name.to_owned(), name: name.to_uppercase() }
    }

    fn user() -> DirectorySnapshot {
        DirectorySnapshot {
            id: UserId::new(7),
            subject: SubjectIdentifier::new("subject-7"),
            username: "alice".into(),
            name: "Alice A".into(),
            email: Some("alice@example.com".into()),
            email_verified: true,
            phone: Some("+4712345678".into()),
            phone_verified: false,
            customer: Some(thing(1, "mycustomer")),
            domain: Some(thing(2, "acme")),
            groups: vec![thing(3, "group1"), thing(4, "group2")],
            roles: vec!["analyst".into()],
            functions: vec![
                FunctionGrant { function: "f1".into(), customer: Some(1) },
                FunctionGrant { function: "f2".into(), customer: None },
            ],
            attributes: BTreeMap::from([("department".into(), vec!["Cases".into()]), ("locale".into(), vec![])]),
            picture_key: "unguessable".into(),
            admin: true,
            enabled: true,
        }
    }

    /// What a provider with these needs and this plan is given, as text.
    fn given(user: &DirectorySnapshot, needs: Facts, plan: &Plan) -> String {
        let amr = ["pwd".to_owned()];
        let issuance = Issuance {
            user,
            client: IssuanceClient { id: "client-1", name: "Case desk", customer: Some(1) },
            request: IssuanceRequest {
                issuer: "https://id.example.com",
                target: Target::AccessToken,
                grant_type: "refresh_token",
                scopes: &["openid"],
                audiences: &["https://cases.example.com"],
                issued_at: 20,
            },
            session: IssuanceSession {
                authenticated_at: 10,
                amr: &amr,
                acr: Some("1"),
                federated_by: Some("acme-oidc"),
                client_ip: Some("192.0.2.1"),
            },
        };
        let input = Input { configuration: "{}", needs, plan, issuance: &issuance };
        let lists = Lists::of(input);
        format!("{:?}", lists.issuance(input, &lists.attributes()))
    }

    /// Row A9.4: the whole of it, so that nothing is handed over by accident.
    #[test]
    fn a_provider_is_given_exactly_this() {
        let expected = concat!(
            r#"Issuance { user: User { id: 7, subject: "subject-7", username: Some("alice"), name: Some("Alice A"), "#,
            r#"email: Some("alice@example.com"), email-verified: Some(true), "#,
            r#"customer: Some(Named { id: 1, short-name: "mycustomer", name: "MYCUSTOMER" }), "#,
            r#"domain: Some(Named { id: 2, short-name: "acme", name: "ACME" }), "#,
            r#"phone: Some("+4712345678"), phone-verified: Some(false), "#,
            r#"groups: [Named { id: 3, short-name: "group1", name: "GROUP1" }, Named { id: 4, short-name: "group2", name: "GROUP2" }], "#,
            r#"roles: ["analyst"], "#,
            r#"functions: [FunctionGrant { function: "f1", customer: Some(1) }, FunctionGrant { function: "f2", customer: None }], "#,
            r#"attributes: [Attribute { name: "department", values: ["Cases"] }, Attribute { name: "locale", values: [] }] }, "#,
            r#"client: Client { id: "client-1", name: "Case desk", customer: Some(1) }, "#,
            r#"request: Request { issuer: "https://id.example.com", target: Target::AccessToken, grant-type: "refresh_token", "#,
            r#"scopes: ["openid"], audiences: ["https://cases.example.com"], issued-at: 20 }, "#,
            r#"session: Session { authenticated-at: 10, amr: ["pwd"], acr: Some("1"), federated-by: Some("acme-oidc"), "#,
            r#"client-ip: Some("192.0.2.1") } }"#,
        );
        assert_eq!(given(&user(), ALL, &Plan::default()), expected);
    }

    #[test]
    fn facts_that_were_not_declared_are_not_handed_over() {
        let expected = concat!(
            r#"Issuance { user: User { id: 7, subject: "subject-7", username: None, name: None, email: None, email-verified: None, "#,
            r#"customer: None, domain: None, phone: None, phone-verified: None, groups: [], roles: [], functions: [], attributes: [] }, "#,
            r#"client: Client { id: "client-1", name: "Case desk", customer: Some(1) }, "#,
            r#"request: Request { issuer: "https://id.example.com", target: Target::AccessToken, grant-type: "refresh_token", "#,
            r#"scopes: ["openid"], audiences: ["https://cases.example.com"], issued-at: 20 }, "#,
            r#"session: Session { authenticated-at: 10, amr: ["pwd"], acr: Some("1"), federated-by: Some("acme-oidc"), client-ip: None } }"#,
        );
        assert_eq!(given(&user(), Facts::default(), &Plan::default()), expected);
    }

    #[test]
    fn each_fact_is_handed_over_alone() {
        let alone = |needs: Facts| given(&user(), needs, &Plan::default());
        let cases = [
            (Facts { profile: true, ..Facts::default() }, "alice\""),
            (Facts { email: true, ..Facts::default() }, "alice@example.com"),
            (Facts { phone: true, ..Facts::default() }, "+4712345678"),
            (Facts { customer: true, ..Facts::default() }, "acme\""),
            (Facts { groups: true, ..Facts::default() }, "group1"),
            (Facts { roles: true, ..Facts::default() }, "analyst"),
            (Facts { functions: true, ..Facts::default() }, "f1"),
            (Facts { attributes: true, ..Facts::default() }, "department"),
            (Facts { network: true, ..Facts::default() }, "192.0.2.1"),
        ];
        for (index, (needs, _)) in cases.iter().enumerate() {
            for (other, (_, trace)) in cases.iter().enumerate() {
                assert_eq!(alone(*needs).contains(trace), index == other, "{needs:?}: {trace}");
            }
        }
    }

    #[test]
    fn only_what_the_plan_is_interested_in_is_handed_over() {
        let plan = Plan {
            groups_of_interest: vec!["group2".into(), "group9".into()],
            functions_of_interest: vec!["f1".into()],
            attributes_of_interest: vec!["locale".into()],
            ..Plan::default()
        };
        let text = given(&user(), ALL, &plan);
        assert!(text.contains("group2") && text.contains(r#""f1""#) && text.contains("locale"));
        for other in ["group1", r#""f2""#, "department"] {
            assert!(!text.contains(other), "{other}");
        }
    }

    #[test]
    fn whether_something_absent_was_verified_is_not_said() {
        let nobody = DirectorySnapshot { email: None, phone: None, ..user() };
        let text = given(&nobody, ALL, &Plan::default());
        assert!(text.contains("email-verified: None") && text.contains("phone-verified: None"));
    }

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
