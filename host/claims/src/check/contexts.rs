//! The issuances that a component is tried with.
//!
//! Names that a configuration or its plan mentions are among the user's groups, functions and attributes: else nothing that depends on
//! them would ever run.

use std::collections::{BTreeMap, BTreeSet};

use argus_domain::claim::Target;
use argus_domain::input::{InputDocument, InputGrant, InputNamed, InputUser, OwnedIssuance};
use argus_domain::issuance::Plan;
use serde_json::Value;

/// Names taken from one configuration.
const MAX_MENTIONED: usize = 8;
/// Longest name taken: what is longer is no name of anything.
const MAX_NAME_BYTES: usize = 200;

/// What a user of the large context has.
const LARGE_GROUPS: usize = 10_000;
/// The same for functions.
const LARGE_FUNCTIONS: usize = 10_000;
/// The same for attributes.
const LARGE_ATTRIBUTES: usize = 1_000;
/// Values of each.
const LARGE_VALUES: usize = 10;

/// Names that a configuration mentions.
#[derive(Default)]
pub(super) struct Mentioned {
    groups: Vec<String>,
    functions: Vec<String>,
    attributes: Vec<String>,
    roles: Vec<String>,
}

/// Users that are not what one expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Oddity {
    /// Texts and lists are there, but empty.
    Empty,
    /// Letters of all planes, right to left, combining, without width.
    Unicode,
    /// Control characters, quotation marks, backslashes.
    Control,
}

impl Oddity {
    pub(super) const ALL: [Self; 3] = [Self::Empty, Self::Unicode, Self::Control];

    /// For messages.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Empty => "a user whose texts and lists are empty",
            Self::Unicode => "a user with unusual letters in every text",
            Self::Control => "a user with control characters and quotation marks in every text",
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::Empty => "",
            Self::Unicode => "A\u{30a}\u{202e}\u{10ffff}\u{feff}\u{5d0}\u{1f468}\u{200d}\u{1f469}\u{fffd}",
            Self::Control => "\"\\\u{0}\u{1}\n\r\t\u{1b}[31m\u{7f}\u{85}{\"a\":'b'}",
        }
    }
}

impl Mentioned {
    /// The names in a plan, and texts of the configuration that may be names.
    pub(super) fn by(configuration: &Value, plan: &Plan) -> Self {
        let mut words = BTreeSet::new();
        collect(configuration, &mut words);
        let names = |interest: &[String]| {
            let interesting = interest.iter().filter(|name| !name.is_empty()).take(MAX_MENTIONED).cloned();
            let names: BTreeSet<String> = interesting.chain(words.iter().take(MAX_MENTIONED).cloned()).collect();
            names.into_iter().collect()
        };
        Self {
            groups: names(&plan.groups_of_interest),
            functions: names(&plan.functions_of_interest),
            attributes: names(&plan.attributes_of_interest),
            roles: names(&[]),
        }
    }
}

fn collect(value: &Value, words: &mut BTreeSet<String>) {
    let mut add = |word: &str| {
        if !word.is_empty() && word.len() <= MAX_NAME_BYTES && words.len() < 2 * MAX_MENTIONED {
            words.insert(word.to_owned());
        }
    };
    match value {
        Value::String(text) => add(text),
        Value::Array(values) => values.iter().for_each(|value| collect(value, words)),
        Value::Object(members) => members.iter().for_each(|(name, value)| {
            let mut add = |word: &str| collect(&Value::String(word.to_owned()), words);
            add(name);
            collect(value, words);
        }),
        _ => {}
    }
}

/// 20 groups, 10 functions, 5 attributes; more when a configuration mentions more. The claims are for an ID token.
pub(super) fn typical(mentioned: &Mentioned) -> OwnedIssuance {
    typical_for(mentioned, Target::IdToken)
}

/// The same with claims for something else.
pub(super) fn typical_for(mentioned: &Mentioned, target: Target) -> OwnedIssuance {
    let mut document = sized(mentioned, [20, 10, 5, 1]);
    document.request.target = target;
    document.into_issuance()
}

/// As many as a directory ever has.
pub(super) fn large(mentioned: &Mentioned) -> OwnedIssuance {
    sized(mentioned, [LARGE_GROUPS, LARGE_FUNCTIONS, LARGE_ATTRIBUTES, LARGE_VALUES]).into_issuance()
}

/// A user of whom nothing is known.
pub(super) fn empty() -> OwnedIssuance {
    let mut document = InputDocument::default();
    document.request.scopes.clear();
    document.request.audiences.clear();
    document.session.amr.clear();
    document.into_issuance()
}

/// A user who is not what one expects, in what the configuration looks at.
pub(super) fn odd(mentioned: &Mentioned, oddity: Oddity) -> OwnedIssuance {
    let text = || oddity.text().to_owned();
    let some = |items: Vec<String>| if oddity == Oddity::Empty { Vec::new() } else { items };
    // A short name is never empty, whatever else is.
    let own = if oddity == Oddity::Empty { "x".to_owned() } else { text() };
    let named = |short_name: &str| InputNamed::whole((1 << 53) + 1, short_name.to_owned(), text());
    let with_own = |names: &[String]| -> BTreeSet<String> { names.iter().cloned().chain([own.clone()]).collect() };
    let mut document = InputDocument {
        user: InputUser {
            id: Some((1 << 53) + 1),
            subject: Some(if oddity == Oddity::Empty { "s".to_owned() } else { text() }),
            username: Some(text()),
            name: Some(text()),
            email: Some(text()),
            email_verified: Some(false),
            customer: Some(named(&own)),
            domain: Some(named(&own)),
            phone: Some(text()),
            phone_verified: Some(false),
            groups: with_own(&mentioned.groups).iter().map(|name| named(name)).collect(),
            roles: vec![own.clone()],
            functions: with_own(&mentioned.functions)
                .into_iter()
                .map(|function| InputGrant { function, customer: Some((1 << 53) + 1) })
                .collect(),
            attributes: with_own(&mentioned.attributes)
                .into_iter()
                .enumerate()
                .map(|(number, name)| (name, if number % 2 == 0 { vec![text()] } else { some(vec![text(), text()]) }))
                .collect(),
        },
        ..InputDocument::default()
    };
    document.client.name = text();
    document.client.customer = Some((1 << 53) + 1);
    document.request.target = Target::Userinfo;
    document.request.scopes = some(vec![text()]);
    document.request.audiences = some(vec![text()]);
    document.request.issued_at = 253_402_300_799;
    document.session.amr = some(vec![text()]);
    document.session.acr = Some(text());
    document.session.federated_by = Some(text());
    document.session.client_ip = Some(text());
    document.into_issuance()
}

fn sized(mentioned: &Mentioned, [groups, functions, attributes, values]: [usize; 4]) -> InputDocument {
    let value = |number: usize| (0..values).map(|of| format!("value {number}.{of}")).collect::<Vec<_>>();
    InputDocument {
        user: InputUser {
            id: Some(7),
            subject: Some("c3ViamVjdA".to_owned()),
            username: Some("alice".to_owned()),
            name: Some("Alice A".to_owned()),
            email: Some("alice@example.com".to_owned()),
            email_verified: Some(true),
            customer: Some(InputNamed::whole(1, "acme".to_owned(), "Acme".to_owned())),
            domain: Some(InputNamed::whole(1, "main".to_owned(), "Main".to_owned())),
            phone: Some("+4790000000".to_owned()),
            phone_verified: Some(true),
            groups: filled(&mentioned.groups, "group", groups)
                .into_iter()
                .zip(1..)
                .map(|(short_name, id)| InputNamed::whole(id, short_name.clone(), format!("The group {short_name}")))
                .collect(),
            roles: filled(&mentioned.roles, "role", 2),
            functions: filled(&mentioned.functions, "function", functions)
                .into_iter()
                .zip(0..)
                .map(|(function, number)| InputGrant { function, customer: (number % 2 == 1).then_some(1) })
                .collect(),
            attributes: filled(&mentioned.attributes, "attribute", attributes)
                .into_iter()
                .enumerate()
                .map(|(number, name)| (name, value(number)))
                .collect::<BTreeMap<_, _>>(),
        },
        ..InputDocument::default()
    }
}

/// Names mentioned, and made-up ones until there are enough.
fn filled(mentioned: &[String], word: &str, wanted: usize) -> Vec<String> {
    let made_up = (1..=wanted.saturating_sub(mentioned.len())).map(|number| format!("{word}{number}"));
    mentioned.iter().cloned().chain(made_up).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use argus_domain::facts::Facts;
    use argus_domain::given::Given;
    use serde_json::json;

    fn given(issuance: &OwnedIssuance, plan: &Plan) -> Value {
        let (scopes, audiences) = (issuance.scopes(), issuance.audiences());
        serde_json::to_value(Given::of(&issuance.borrow(&scopes, &audiences), Facts::ALL.intersection(issuance.facts()), plan)).unwrap()
    }

    #[test]
    fn users_have_what_a_configuration_mentions() {
        let plan = Plan { attributes_of_interest: vec!["badge".into()], ..Plan::default() };
        let mentioned = Mentioned::by(&json!({"allowedGroups": ["staff"]}), &plan);
        for issuance in [typical(&mentioned), odd(&mentioned, Oddity::Empty), large(&mentioned)] {
            let user = given(&issuance, &plan)["user"].clone();
            assert!(user["attributes"]["badge"].is_array());
            assert!(user["groups"].as_array().unwrap().iter().any(|group| group["shortName"] == "staff"));
        }
        let user = given(&typical(&mentioned), &plan)["user"].clone();
        assert!(user["roles"].as_array().unwrap().contains(&json!("staff")), "{user}");
    }

    #[test]
    fn sizes_are_what_they_are_said_to_be() {
        let user = given(&typical(&Mentioned::default()), &Plan::default())["user"].clone();
        let count = |user: &Value, list: &str| user[list].as_array().map_or(0, Vec::len);
        assert_eq!((count(&user, "groups"), count(&user, "functions")), (20, 10));
        assert_eq!(user["attributes"].as_object().unwrap().len(), 5);
        let user = given(&large(&Mentioned::default()), &Plan::default())["user"].clone();
        assert_eq!((count(&user, "groups"), count(&user, "functions")), (LARGE_GROUPS, LARGE_FUNCTIONS));
        assert_eq!(user["attributes"].as_object().unwrap().len(), LARGE_ATTRIBUTES);
        assert_eq!(given(&empty(), &Plan::default())["user"].as_object().unwrap().len(), 2);
    }
}
