//! The JSON Schema (draft 2020-12) that a provider gives for its configuration.
//!
//! A schema is untrusted, too, and checking against one is not bounded by the schema's size: references may go round in circles, and a
//! few lines of references that double each time describe a schema of any size. So a schema is measured with its references followed
//! before it is used, and patterns are matched in linear time only. References lead nowhere outside the schema: nothing is ever fetched.

use std::collections::HashMap;

use argus_domain::{Pointer, Problem};
use jsonschema::error::ValidationErrorKind;
use jsonschema::{Draft, PatternOptions, ValidationError, Validator};
use serde_json::Value;
use thiserror::Error;

use crate::text::short;

/// Longest schema text.
pub(crate) const MAX_SCHEMA_BYTES: usize = 64 << 10;
/// Subschemas and other JSON values of a schema, with its references followed.
const MAX_SCHEMA_VALUES: usize = 20_000;
/// Problems reported of one configuration.
const MAX_PROBLEMS: usize = 20;
/// Longest message; messages quote the faulty value.
const MAX_MESSAGE_BYTES: usize = 300;
/// Memory of one regular expression, compiled.
const MAX_PATTERN_BYTES: usize = 1 << 20;

/// Why a schema is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SchemaError {
    /// Too long a text.
    #[error("it is longer than {MAX_SCHEMA_BYTES} bytes")]
    TooLong,
    /// Not JSON.
    #[error("it is not JSON: {0}")]
    NotJson(String),
    /// Not a JSON object: `true` would accept everything.
    #[error("it is not a JSON object")]
    NotAnObject,
    /// References that lead to themselves, or that unfold to too large a schema.
    #[error("its references go round in circles or unfold to more than {MAX_SCHEMA_VALUES} values")]
    Unbounded,
    /// A reference to another document, or one that is resolved while checking.
    #[error("`{0}` is not supported: only `$ref` with a JSON Pointer into the same schema is")]
    Reference(String),
    /// Not a valid schema of draft 2020-12.
    #[error("it is not a valid schema of draft 2020-12: {0}")]
    Invalid(String),
}

/// A schema, ready to check configurations.
pub(crate) struct ConfigurationSchema {
    validator: Validator,
}

impl ConfigurationSchema {
    pub(crate) fn parse(text: &str) -> Result<Self, SchemaError> {
        if text.len() > MAX_SCHEMA_BYTES {
            return Err(SchemaError::TooLong);
        }
        let schema: Value = serde_json::from_str(text).map_err(|error| SchemaError::NotJson(error.to_string()))?;
        if !schema.is_object() {
            return Err(SchemaError::NotAnObject);
        }
        if Measure::new(&schema).of(&schema)? > MAX_SCHEMA_VALUES {
            return Err(SchemaError::Unbounded);
        }
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_pattern_options(PatternOptions::regex().size_limit(MAX_PATTERN_BYTES).dfa_size_limit(MAX_PATTERN_BYTES))
            .build(&schema)
            .map_err(|error| SchemaError::Invalid(short(&error.to_string(), MAX_MESSAGE_BYTES)))?;
        Ok(Self { validator })
    }

    /// What is wrong with a configuration, each with its place; nothing when it is accepted.
    pub(crate) fn check(&self, configuration: &Value) -> Vec<Problem> {
        self.validator.iter_errors(configuration).flat_map(|error| problems(&error)).take(MAX_PROBLEMS).collect()
    }
}

fn problems(error: &ValidationError<'_>) -> Vec<Problem> {
    let place = Pointer::parse(error.instance_path().as_str()).unwrap_or_default();
    match error.kind() {
        // Point at each key that shouldn't be there, not at the object around it.
        ValidationErrorKind::AdditionalProperties { unexpected } | ValidationErrorKind::UnevaluatedProperties { unexpected } => unexpected
            .iter()
            .map(|key| Problem::new(place.join(short(key, MAX_MESSAGE_BYTES)), "is not a key of this configuration"))
            .collect(),
        // Likewise at the member that should be.
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            vec![Problem::new(place.join(short(name, MAX_MESSAGE_BYTES)), "is required")]
        }
        _ => vec![Problem::new(place, short(&error.to_string(), MAX_MESSAGE_BYTES))],
    }
}

/// Counts the values of a schema, each reference as often as it would be followed.
struct Measure<'a> {
    root: &'a Value,
    /// Size of what a reference leads to; none while it is being measured, which is how circles show.
    known: HashMap<&'a str, Option<usize>>,
}

impl<'a> Measure<'a> {
    fn new(root: &'a Value) -> Self {
        Self { root, known: HashMap::new() }
    }

    /// Depth is bounded by the JSON parser and, through references, by the number of values.
    fn of(&mut self, value: &'a Value) -> Result<usize, SchemaError> {
        match value {
            Value::Array(values) => self.sum(values.iter()),
            Value::Object(members) => {
                for keyword in ["$dynamicRef", "$recursiveRef", "$id", "$anchor", "$dynamicAnchor"] {
                    // `properties` may well have a property of such a name, whose value is a schema and no string.
                    if members.get(keyword).is_some_and(Value::is_string) {
                        return Err(SchemaError::Reference(keyword.to_owned()));
                    }
                }
                let followed = match members.get("$ref") {
                    Some(Value::String(reference)) => self.of_reference(reference)?,
                    _ => 0,
                };
                Ok(self.sum(members.values())?.saturating_add(followed))
            }
            _ => Ok(1),
        }
    }

    fn sum(&mut self, values: impl Iterator<Item = &'a Value>) -> Result<usize, SchemaError> {
        let mut sum = 1_usize;
        for value in values {
            sum = sum.saturating_add(self.of(value)?);
            if sum > MAX_SCHEMA_VALUES {
                return Err(SchemaError::Unbounded);
            }
        }
        Ok(sum)
    }

    fn of_reference(&mut self, reference: &'a str) -> Result<usize, SchemaError> {
        match self.known.get(reference) {
            Some(Some(size)) => return Ok(*size),
            Some(None) => return Err(SchemaError::Unbounded),
            None => {}
        }
        let target = reference.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer));
        let target = target.ok_or_else(|| SchemaError::Reference(short(reference, MAX_MESSAGE_BYTES)))?;
        self.known.insert(reference, None);
        let size = self.of(target)?;
        self.known.insert(reference, Some(size));
        Ok(size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refused(schema: &Value) -> SchemaError {
        ConfigurationSchema::parse(&schema.to_string()).err().expect("refused")
    }

    fn places(schema: &Value, configuration: &Value) -> Vec<String> {
        let schema = ConfigurationSchema::parse(&schema.to_string()).expect("accepted");
        schema.check(configuration).into_iter().map(|problem| problem.pointer.as_str().to_owned()).collect()
    }

    #[test]
    fn problems_point_at_their_place() {
        let schema = json!({
            "type": "object", "additionalProperties": false, "required": ["list"],
            "properties": {"list": {"type": "array", "items": {"type": "string"}}, "a/b": {"type": "boolean"}},
        });
        assert!(places(&schema, &json!({"list": ["x"]})).is_empty());
        assert_eq!(places(&schema, &json!({"list": ["x", 1]})), ["/list/1"]);
        assert_eq!(places(&schema, &json!({"list": [], "a/b": 1})), ["/a~1b"]);
        assert_eq!(places(&schema, &json!({"list": [], "x/y": 1, "z": 2})), ["/x~1y", "/z"]);
        assert_eq!(places(&schema, &json!({})), ["/list"]);
        assert_eq!(places(&schema, &json!([])), [""]);
    }

    #[test]
    fn the_number_and_length_of_problems_are_bounded() {
        let schema = ConfigurationSchema::parse(r#"{"items":{"type":"integer"}}"#).expect("accepted");
        let problems = schema.check(&Value::from(vec!["x".repeat(10_000); 100]));
        assert_eq!(problems.len(), MAX_PROBLEMS);
        assert!(problems.iter().all(|problem| problem.message.len() <= MAX_MESSAGE_BYTES + 3));
    }

    #[test]
    fn references_within_the_schema_are_followed() {
        let schema =
            json!({"$defs": {"name": {"type": "string"}}, "properties": {"a": {"$ref": "#/$defs/name"}, "b": {"$ref": "#/$defs/name"}}});
        assert_eq!(places(&schema, &json!({"a": "x", "b": 1})), ["/b"]);
    }

    #[test]
    fn circles_are_refused() {
        assert_eq!(refused(&json!({"$ref": "#"})), SchemaError::Unbounded);
        assert_eq!(refused(&json!({"properties": {"a": {"$ref": "#"}}})), SchemaError::Unbounded);
        assert_eq!(
            refused(&json!({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}})),
            SchemaError::Unbounded
        );
    }

    #[test]
    fn schemas_that_unfold_without_end_are_refused() {
        let mut definitions = serde_json::Map::new();
        definitions.insert("0".into(), json!({"type": "string"}));
        for level in 1..40 {
            let below = json!({"$ref": format!("#/$defs/{}", level - 1)});
            definitions.insert(level.to_string(), json!({"allOf": [below, below]}));
        }
        assert_eq!(refused(&json!({"$ref": "#/$defs/39", "$defs": definitions})), SchemaError::Unbounded);
    }

    #[test]
    fn references_elsewhere_are_refused() {
        for reference in ["https://example.com/schema.json", "file:///etc/passwd", "#anchor", "#/$defs/missing"] {
            assert_eq!(refused(&json!({"$ref": reference})), SchemaError::Reference(reference.into()));
        }
        assert_eq!(refused(&json!({"$dynamicRef": "#a"})), SchemaError::Reference("$dynamicRef".into()));
        assert_eq!(refused(&json!({"$id": "https://example.com/a"})), SchemaError::Reference("$id".into()));
    }

    #[test]
    fn a_property_may_have_the_name_of_a_keyword() {
        assert_eq!(places(&json!({"properties": {"$id": {"type": "string"}}}), &json!({"$id": 1})), ["/$id"]);
    }

    #[test]
    fn patterns_are_matched_in_linear_time() {
        let schema = json!({"properties": {"a": {"pattern": "^(a+)+$"}}});
        assert_eq!(places(&schema, &json!({"a": "a".repeat(50_000) + "!"})), ["/a"]);
        assert!(matches!(refused(&json!({"pattern": "(?=look)ahead"})), SchemaError::Invalid(_)));
    }

    #[test]
    fn what_is_no_schema_is_refused() {
        assert!(matches!(ConfigurationSchema::parse("{"), Err(SchemaError::NotJson(_))));
        assert_eq!(refused(&json!(true)), SchemaError::NotAnObject);
        assert!(matches!(refused(&json!({"type": "text"})), SchemaError::Invalid(_)));
        assert_eq!(refused(&json!({"description": "x".repeat(MAX_SCHEMA_BYTES)})), SchemaError::TooLong);
    }
}
