//! Runs a vector in the server's own engine, and compares.

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};
use std::time::Duration;

use argus_claims::{ClaimProviderComponent, ConfigurationError, InvocationError, LogLine};
use argus_domain::Problem;
use argus_domain::facts::Facts;
use argus_domain::input::InputDocument;
use serde_json::{Map, Value};

use crate::vectors::{Expected, Vector};

/// Longest value that a difference shows.
const MAX_SHOWN_BYTES: usize = 2_000;

/// What came of a vector.
#[derive(Clone, Debug)]
pub struct VectorRun {
    /// What the provider did.
    pub actual: Actual,
    /// How that differs from what was expected; nothing when the vector passed.
    pub differences: Vec<Difference>,
    /// How long `claims` took.
    pub duration: Duration,
    /// What the provider logged.
    pub log: Vec<LogLine>,
}

/// What a provider did with a vector.
#[derive(Clone, Debug, PartialEq)]
pub enum Actual {
    /// Returned claims.
    Claims(Map<String, Value>),
    /// Ended without claims.
    Failed(InvocationError),
    /// Refused the configuration.
    Refused(Vec<Problem>),
    /// Accepted the configuration with a plan that the server refuses.
    BadPlan(String),
}

/// In which words a difference is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Words {
    /// Expected and got.
    Expectation,
    /// Before and now.
    Change,
}

/// One thing that is not as it was expected. Shows itself over several lines, as does [`Difference::text`] in other words.
#[derive(Clone, Debug, PartialEq)]
pub enum Difference {
    /// A claim was expected and is not there.
    Missing {
        /// Its name.
        name: String,
        /// Its value in the vector.
        expected: Value,
    },
    /// A claim is there that was not expected.
    Unexpected {
        /// Its name.
        name: String,
        /// Its value.
        got: Value,
    },
    /// A claim has another value.
    Different {
        /// Its name.
        name: String,
        /// The value in the vector.
        expected: Value,
        /// The value returned.
        got: Value,
    },
    /// Something else came of it than was expected.
    Instead {
        /// What was expected, in words.
        expected: String,
        /// What came, in words.
        got: String,
    },
}

/// Runs a vector: has its configuration checked, hands over the facts that the provider needs and the vector has, and compares.
pub async fn run(component: &ClaimProviderComponent, vector: &Vector) -> VectorRun {
    let Execution { actual, duration, log } = execute(component, &vector.configuration, vector.input.clone(), Facts::ALL).await;
    let differences = compare(&vector.expected, &actual);
    VectorRun { actual, differences, duration, log }
}

/// What a provider did with a configuration and an input.
#[derive(Clone, Debug)]
pub struct Execution {
    /// What it did.
    pub actual: Actual,
    /// How long `claims` took.
    pub duration: Duration,
    /// What it logged.
    pub log: Vec<LogLine>,
}

/// Has a configuration checked and runs the provider with it, handing over of the input what it needs and may read.
pub async fn execute(component: &ClaimProviderComponent, configuration: &str, input: InputDocument, approved: Facts) -> Execution {
    let plan = match component.validate_configuration(configuration).await {
        Ok(plan) => plan,
        Err(error) => {
            let actual = match error {
                ConfigurationError::Problems(problems) => Actual::Refused(problems),
                ConfigurationError::Provider(error) => Actual::Failed(error),
                ConfigurationError::Plan(violation) => Actual::BadPlan(violation.to_string()),
            };
            return Execution { actual, duration: Duration::ZERO, log: Vec::new() };
        }
    };
    let issuance = input.into_issuance();
    let (scopes, audiences) = (issuance.scopes(), issuance.audiences());
    let approved = approved.intersection(issuance.facts());
    let invocation = component.claims(configuration, &plan, approved, &issuance.borrow(&scopes, &audiences)).await;
    let actual = match invocation.outcome {
        Ok(claims) => Actual::Claims(claims.into_iter().map(|claim| (claim.name.as_str().to_owned(), claim.value)).collect()),
        Err(error) => Actual::Failed(error),
    };
    Execution { actual, duration: invocation.duration, log: invocation.log }
}

impl VectorRun {
    /// Whether it went as expected.
    pub fn passed(&self) -> bool {
        self.differences.is_empty()
    }
}

/// How what came differs from what was expected.
pub fn compare(expected: &Expected, actual: &Actual) -> Vec<Difference> {
    match (expected, actual) {
        (Expected::Claims(expected), Actual::Claims(got)) => compare_claims(expected, got),
        (Expected::Error(kind), Actual::Failed(error)) if kind == error.kind() => Vec::new(),
        (Expected::Problems(pointers), Actual::Refused(problems)) => {
            let expected: BTreeSet<&str> = pointers.iter().map(String::as_str).collect();
            let got: BTreeSet<&str> = problems.iter().map(|problem| problem.pointer.as_str()).collect();
            if expected == got { Vec::new() } else { vec![instead(&Expected::Problems(pointers.clone()), actual)] }
        }
        (expected, actual) => vec![instead(expected, actual)],
    }
}

/// How two sets of claims differ, in the order of the first. Names are compared as JSON objects are: their order does not matter.
pub fn compare_claims(expected: &Map<String, Value>, got: &Map<String, Value>) -> Vec<Difference> {
    let mut differences = Vec::new();
    for (name, expected) in expected {
        let (name, expected) = (name.clone(), expected.clone());
        match got.get(&name) {
            None => differences.push(Difference::Missing { name, expected }),
            Some(got) if *got != expected => differences.push(Difference::Different { name, expected, got: got.clone() }),
            Some(_) => {}
        }
    }
    let unexpected = got.iter().filter(|(name, _)| !expected.contains_key(*name));
    differences.extend(unexpected.map(|(name, got)| Difference::Unexpected { name: name.clone(), got: got.clone() }));
    differences
}

fn instead(expected: &Expected, actual: &Actual) -> Difference {
    let expected = match expected {
        Expected::Claims(claims) if claims.is_empty() => "no claims, and no failure".to_owned(),
        Expected::Claims(claims) => format!("claims {}", shown(&Value::Object(claims.clone()))),
        Expected::Error(kind) => format!("a failure of the kind `{kind}`"),
        Expected::Problems(pointers) if pointers.is_empty() => "the configuration is refused without a problem".to_owned(),
        Expected::Problems(pointers) => {
            let places: Vec<_> = pointers.iter().map(|pointer| if pointer.is_empty() { "(document)" } else { pointer }).collect();
            format!("the configuration is refused at {}", places.join(" and "))
        }
    };
    Difference::Instead { expected, got: actual.to_string() }
}

impl fmt::Display for Actual {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Claims(claims) if claims.is_empty() => f.write_str("no claims"),
            Self::Claims(claims) => write!(f, "claims {}", shown(&Value::Object(claims.clone()))),
            Self::Failed(error) => write!(f, "`{}`: {error}", error.kind()),
            Self::Refused(problems) => {
                let problems: Vec<_> = problems.iter().map(|problem| format!("at {problem}")).collect();
                write!(f, "the configuration is refused {}", problems.join("; "))
            }
            Self::BadPlan(violation) => write!(f, "a plan that the server refuses: {violation}"),
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Words::Expectation))
    }
}

impl Difference {
    /// The difference in such words.
    pub fn text(&self, words: Words) -> String {
        let ([missing, unexpected], [one, other]) = match words {
            Words::Expectation => (["is missing", "was not expected"], ["expected", "got"]),
            Words::Change => (["is gone", "is new"], ["before", "now"]),
        };
        match self {
            Self::Missing { name, expected } => format!("claim `{name}` {missing}\n  {one:<8}  {}", shown(expected)),
            Self::Unexpected { name, got } => format!("claim `{name}` {unexpected}\n  {other:<8}  {}", shown(got)),
            Self::Different { name, expected, got } => {
                let what = if same_but_for_order(expected, got) { "has its values in another order" } else { "has another value" };
                let (expected_text, got_text) = (shown(expected), shown(got));
                let lists = within_lists(expected, got);
                format!("claim `{name}` {what}\n  {one:<8}  {expected_text}\n  {other:<8}  {got_text}{lists}")
            }
            Self::Instead { expected, got } => format!("something else happened\n  {one:<8}  {expected}\n  {other:<8}  {got}"),
        }
    }
}

/// What is different between two runs of the same vector; nothing when both did the same.
pub fn changes(before: &Actual, now: &Actual) -> Vec<Difference> {
    match (before, now) {
        (Actual::Claims(before), Actual::Claims(now)) => compare_claims(before, now),
        (before, now) if before == now => Vec::new(),
        (before, now) => vec![Difference::Instead { expected: before.to_string(), got: now.to_string() }],
    }
}

/// Which items only one of two lists has: in long lists that is hard to see.
fn within_lists(expected: &Value, got: &Value) -> String {
    let (Value::Array(expected), Value::Array(got)) = (expected, got) else { return String::new() };
    let mut text = String::new();
    for (word, these, those) in [("missing  ", expected, got), ("extra    ", got, expected)] {
        let only: Vec<_> = only_in(these, those).into_iter().cloned().collect();
        if !only.is_empty() && only.len() < these.len() {
            // Writing to a string can't fail.
            let _ = write!(text, "\n  {word} {}", shown(&Value::Array(only)));
        }
    }
    text
}

/// Items of the first list that the second does not have as often.
fn only_in<'v>(these: &'v [Value], those: &[Value]) -> Vec<&'v Value> {
    let mut left: Vec<&Value> = those.iter().collect();
    these
        .iter()
        .filter(|item| match left.iter().position(|other| other == item) {
            Some(index) => {
                left.swap_remove(index);
                false
            }
            None => true,
        })
        .collect()
}

fn same_but_for_order(expected: &Value, got: &Value) -> bool {
    match (expected, got) {
        (Value::Array(expected), Value::Array(got)) => expected.len() == got.len() && only_in(expected, got).is_empty(),
        _ => false,
    }
}

fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().find(|(at, _)| *at >= MAX_SHOWN_BYTES) {
        Some((at, _)) => format!("{}… ({} bytes)", &text[..at], text.len()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use argus_domain::Pointer;
    use serde_json::json;

    fn claims(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    fn lines(expected: Value, got: Value) -> Vec<String> {
        compare_claims(&claims(expected), &claims(got)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn claims_are_compared_by_value() {
        assert!(lines(json!({"a": 1, "b": {"x": 1, "y": 2}}), json!({"b": {"y": 2, "x": 1}, "a": 1})).is_empty());
        assert_eq!(
            lines(json!({"a": "gold", "b": 1}), json!({"a": "silver", "c": true})),
            [
                "claim `a` has another value\n  expected  \"gold\"\n  got       \"silver\"",
                "claim `b` is missing\n  expected  1",
                "claim `c` was not expected\n  got       true",
            ]
        );
    }

    #[test]
    fn lists_are_told_apart_item_by_item() {
        let order = &lines(json!({"a": ["x", "y"]}), json!({"a": ["y", "x"]}))[0];
        assert!(order.contains("in another order"), "{order}");
        let items = &lines(json!({"a": ["x", "y", "y"]}), json!({"a": ["y", "z", "x"]}))[0];
        assert!(items.ends_with("\n  missing   [\"y\"]\n  extra     [\"z\"]"), "{items}");
    }

    #[test]
    fn other_ends_are_told_in_words() {
        let problems = Actual::Refused(vec![Problem::new(Pointer::root().join("default"), "must not be empty")]);
        assert!(compare(&Expected::Problems(vec!["/default".into()]), &problems).is_empty());
        let text = compare(&Expected::Problems(vec!["/other".into()]), &problems)[0].to_string();
        assert!(text.contains("refused at /other") && text.contains("/default: must not be empty"), "{text}");
        let failed = Actual::Failed(InvocationError::Rejected("Sunday".into()));
        assert!(compare(&Expected::Error("rejected".into()), &failed).is_empty());
        let text = compare(&Expected::Claims(Map::new()), &failed)[0].to_string();
        assert!(text.contains("no claims, and no failure") && text.contains("`rejected`"), "{text}");
    }
}
