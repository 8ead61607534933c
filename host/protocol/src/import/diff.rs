//! What changed between two JSON objects, for the audit trail.

use serde_json::{Map, Value, json};

/// Each member that differs, with the value before and after.
pub(crate) fn changes(before: &Value, after: &Value) -> Value {
    let empty = Map::new();
    let (before, after) = (before.as_object().unwrap_or(&empty), after.as_object().unwrap_or(&empty));
    let mut changes = Map::new();
    for name in before.keys().chain(after.keys().filter(|name| !before.contains_key(*name))) {
        let (from, to) = (before.get(name), after.get(name));
        if from != to {
            changes.insert(name.clone(), json!({"from": from, "to": to}));
        }
    }
    Value::Object(changes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_told() {
        let diff = changes(&json!({"a": 1, "b": 2, "c": 3}), &json!({"a": 1, "b": 3, "d": 4}));
        assert_eq!(diff, json!({"b": {"from": 2, "to": 3}, "c": {"from": 3, "to": null}, "d": {"from": null, "to": 4}}));
    }
}
