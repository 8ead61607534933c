//! Configurations that mean harm, derived from good ones.
//!
//! A provider may refuse each or accept it; it may not break down. What the schema refuses never reaches it.

use argus_domain::Pointer;
use argus_domain::claim::RESERVED_CLAIMS;
use serde_json::{Map, Value, json};

use crate::configuration::MAX_CONFIGURATION_BYTES;

/// Places of a configuration that are changed.
const MAX_PLACES: usize = 8;

/// A configuration and what was done to it, in words for the author.
pub(super) struct Hostile {
    pub(super) text: String,
    pub(super) what: String,
    pub(super) kind: Kind,
}

/// What a hostile configuration is to show beyond that nothing breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing more.
    Any,
    /// Whether a misspelt key goes unnoticed.
    UnknownKey,
}

/// Hostile relatives of a configuration.
pub(super) fn of(good: &Value) -> Vec<Hostile> {
    let mut made = Vec::new();
    for (number, (pointer, value)) in places(good).into_iter().enumerate() {
        let place = Pointer::parse(&pointer).unwrap_or_default();
        for (what, replacement) in replacements(value, number) {
            let mut changed = good.clone();
            if let Some(spot) = changed.pointer_mut(&pointer) {
                *spot = replacement;
                made.push(any(changed.to_string(), format!("{what} at {place}")));
            }
        }
    }
    if let Value::Object(members) = good {
        made.extend(of_object(members));
    }
    for (what, whole) in wholes() {
        made.push(any(whole, what.to_owned()));
    }
    made
}

fn any(text: String, what: String) -> Hostile {
    Hostile { text, what, kind: Kind::Any }
}

/// Every value with its pointer, the outer ones first, without the whole.
fn places(good: &Value) -> Vec<(String, &Value)> {
    let mut found = vec![(Pointer::root(), good)];
    let mut next = 0;
    while let Some((pointer, value)) = found.get(next).cloned() {
        next += 1;
        match value {
            Value::Object(members) => found.extend(members.iter().take(MAX_PLACES).map(|(name, value)| (pointer.join(name), value))),
            Value::Array(values) => found.extend(values.iter().enumerate().take(1).map(|(index, value)| (pointer.join(index), value))),
            _ => {}
        }
        if found.len() > MAX_PLACES {
            break;
        }
    }
    found.into_iter().skip(1).take(MAX_PLACES).map(|(pointer, value)| (pointer.as_str().to_owned(), value)).collect()
}

fn replacements(value: &Value, number: usize) -> Vec<(String, Value)> {
    let mut made: Vec<(String, Value)> = match value {
        Value::String(text) => {
            let reserved = RESERVED_CLAIMS[number % RESERVED_CLAIMS.len()];
            vec![
                ("an empty text".to_owned(), json!("")),
                ("a text of 40,000 characters".to_owned(), json!("x".repeat(40_000))),
                ("a text of 128 letters of two bytes each".to_owned(), json!("\u{e5}".repeat(128))),
                (format!("the reserved claim name `{reserved}`"), json!(reserved)),
                ("the reserved claim name `sub`".to_owned(), json!("sub")),
                ("control characters".to_owned(), json!(format!("{text}\u{0}\u{7}\u{1b}[2J"))),
                ("letters without width and a change of direction".to_owned(), json!("\u{feff}\u{202e}a\u{301}\u{200b}\u{10ffff}")),
                ("quotation marks and braces".to_owned(), json!("\"},{\"sub\":\"root\\")),
            ]
        }
        Value::Number(_) => vec![
            ("the largest number of 64 bits".to_owned(), json!(u64::MAX)),
            ("the smallest number of 64 bits".to_owned(), json!(i64::MIN)),
            ("the number 1e308".to_owned(), json!(1e308)),
            ("the number 0".to_owned(), json!(0)),
            ("the number -1".to_owned(), json!(-1)),
        ],
        Value::Array(values) => {
            let item = values.first().cloned().unwrap_or_else(|| json!("x"));
            let fit = (MAX_CONFIGURATION_BYTES - 8_192) / (item.to_string().len() + 1).max(4);
            vec![
                ("an empty list".to_owned(), json!([])),
                ("a list of the same item twice".to_owned(), json!([item, item])),
                ("a list of 900 items".to_owned(), Value::Array((0..900.min(fit)).map(|number| numbered(&item, number)).collect())),
                ("a list that fills 64 KiB".to_owned(), Value::Array(vec![item; fit])),
            ]
        }
        Value::Object(members) => {
            let item = members.values().next().cloned().unwrap_or_else(|| json!("x"));
            let mut with_empty_key = members.clone();
            with_empty_key.insert(String::new(), item.clone());
            let many: Map<String, Value> = (0..900).map(|number| (format!("key{number}"), item.clone())).collect();
            vec![
                ("an empty object".to_owned(), json!({})),
                ("an empty key".to_owned(), Value::Object(with_empty_key)),
                ("an object of 900 members".to_owned(), Value::Object(many)),
            ]
        }
        Value::Bool(_) | Value::Null => Vec::new(),
    };
    made.push(("lists nested 100 deep".to_owned(), nested(100)));
    made.push(("the value null".to_owned(), Value::Null));
    made
}

fn of_object(members: &Map<String, Value>) -> Vec<Hostile> {
    let mut made = Vec::new();
    let with = |name: &str, value: Value| {
        let mut changed = members.clone();
        changed.insert(name.to_owned(), value);
        Value::Object(changed).to_string()
    };
    made.push(Hostile {
        text: with("argusCheckUnknownKey", json!(true)),
        what: "a key that the schema does not know".to_owned(),
        kind: Kind::UnknownKey,
    });
    made.push(any(with("", json!("x")), "an empty key".to_owned()));
    made.push(any(with("__proto__", json!({"polluted": true})), "the key `__proto__`".to_owned()));
    if let Some((name, value)) = members.iter().next() {
        // Which of the two counts is nowhere said, and a `Value` cannot hold both.
        let text = Value::Object(members.clone()).to_string();
        let twice = format!("{{{}:{value},{}", Value::String(name.clone()), &text[1..]);
        made.push(any(twice, format!("the key `{name}` twice")));
    }
    let text = Value::Object(members.clone()).to_string();
    if text.len() < MAX_CONFIGURATION_BYTES {
        let padding = " ".repeat(MAX_CONFIGURATION_BYTES - text.len());
        made.push(any(format!("{{{padding}{}", &text[1..]), "64 KiB of white space".to_owned()));
    }
    made
}

fn wholes() -> [(&'static str, String); 7] {
    [
        ("a list in its place", "[]".to_owned()),
        ("null in its place", "null".to_owned()),
        ("a text in its place", "\"x\"".to_owned()),
        ("a number in its place", "1e400".to_owned()),
        ("an empty object", "{}".to_owned()),
        ("lists nested 100 deep in its place", nested(100).to_string()),
        ("lists nested 10,000 deep in its place", "[".repeat(10_000) + &"]".repeat(10_000)),
    ]
}

fn nested(depth: usize) -> Value {
    (0..depth).fold(json!([]), |inner, _| json!([inner]))
}

/// The item made different by a number, where it is a text.
fn numbered(item: &Value, number: usize) -> Value {
    item.as_str().map_or_else(|| item.clone(), |text| Value::String(format!("{}{number}", text.get(..16).unwrap_or(text))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_changed() {
        let made = of(&json!({"claim": "level", "list": ["a"], "map": {"k": 1}}));
        for place in ["/claim", "/list", "/list/0", "/map", "/map/k"] {
            assert!(made.iter().any(|hostile| hostile.what.ends_with(&format!(" at {place}"))), "{place}");
        }
        assert!(made.iter().any(|hostile| hostile.text.starts_with(r#"{"claim":"level","claim":"level","#)));
        assert!(made.len() > 30 && made.len() < 120, "{}", made.len());
    }

    #[test]
    fn none_is_larger_than_a_configuration_may_be() {
        let good = json!({"list": ["x".repeat(200)], "numbers": [1]});
        for hostile in of(&good) {
            assert!(hostile.text.len() <= MAX_CONFIGURATION_BYTES, "{}: {}", hostile.what, hostile.text.len());
        }
    }
}
