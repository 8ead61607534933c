//! From what a provider is given to the arguments of `claims`. Everything is borrowed; the guest gets the one copy.

use argus_domain::claim::Target;
use argus_domain::given::{Given, GivenNamed, GivenUser};

use super::types;

/// Lists of the contract's types, which [`types::Issuance`] borrows.
pub(super) struct Lists<'a> {
    groups: Vec<types::Named<'a>>,
    functions: Vec<types::FunctionGrant<'a>>,
    attributes: Vec<types::Attribute<'a>>,
}

impl<'a> Lists<'a> {
    pub(super) fn of(user: &'a GivenUser<'a>) -> Self {
        Self {
            groups: user.groups.iter().map(named).collect(),
            functions: user
                .functions
                .iter()
                .map(|grant| types::FunctionGrant { function: grant.function, customer: grant.customer })
                .collect(),
            attributes: user.attributes.iter().map(|(name, values)| types::Attribute { name, values }).collect(),
        }
    }

    pub(super) fn issuance<'b>(&'b self, given: &'b Given<'b>) -> types::Issuance<'b> {
        let Given { user, client, request, session } = given;
        types::Issuance {
            user: types::User {
                id: user.id,
                subject: user.subject,
                username: user.username,
                name: user.name,
                email: user.email,
                email_verified: user.email_verified,
                customer: user.customer.as_ref().map(named),
                domain: user.domain.as_ref().map(named),
                phone: user.phone,
                phone_verified: user.phone_verified,
                groups: &self.groups,
                roles: &user.roles,
                functions: &self.functions,
                attributes: &self.attributes,
            },
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
                amr: &session.amr,
                acr: session.acr,
                federated_by: session.federated_by,
                client_ip: session.client_ip,
            },
        }
    }
}

fn named<'a>(thing: &GivenNamed<'a>) -> types::Named<'a> {
    types::Named { id: thing.id, short_name: thing.short_name, name: thing.name }
}

fn target(target: Target) -> types::Target {
    match target {
        Target::IdToken => types::Target::IdToken,
        Target::AccessToken => types::Target::AccessToken,
        Target::Userinfo => types::Target::Userinfo,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use argus_domain::directory::{DirectorySnapshot, FunctionGrant, Named};
    use argus_domain::ids::{SubjectIdentifier, UserId};
    use argus_domain::issuance::{Facts, Issuance, IssuanceClient, IssuanceRequest, IssuanceSession, Plan};

    use super::*;

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
            federated: Default::default(),
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
        let given = Given::of(&issuance, needs, plan);
        format!("{:?}", Lists::of(&given.user).issuance(&given))
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
        assert_eq!(given(&user(), Facts::ALL, &Plan::default()), expected);
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
        let text = given(&user(), Facts::ALL, &plan);
        assert!(text.contains("group2") && text.contains(r#""f1""#) && text.contains("locale"));
        for other in ["group1", r#""f2""#, "department"] {
            assert!(!text.contains(other), "{other}");
        }
    }

    #[test]
    fn whether_something_absent_was_verified_is_not_said() {
        let nobody = DirectorySnapshot { email: None, phone: None, ..user() };
        let text = given(&nobody, Facts::ALL, &Plan::default());
        assert!(text.contains("email-verified: None") && text.contains("phone-verified: None"));
    }
}
