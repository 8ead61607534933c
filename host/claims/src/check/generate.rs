//! Configurations made from a JSON Schema.
//!
//! This reads the keywords that describe what a value looks like and leaves the rest alone: whatever it makes is checked against the
//! whole schema before it is used, so a wrong guess costs one configuration and nothing else. The schema was measured before, so its
//! references end.

use serde_json::{Map, Number, Value, json};

use super::pattern;

/// Longest list or object that is made because the schema wants it long.
const MAX_ITEMS: u64 = 100;
/// Longest text that is made because the schema wants it long.
const MAX_TEXT: u64 = 4_096;
/// Depth at which a value is given up.
const MAX_DEPTH: u32 = 32;

/// Which of the many configurations that a schema allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    /// Only what is required.
    Least,
    /// Every property.
    Most,
    /// Every property, with the last alternative wherever there is a choice.
    Other,
}

/// Configurations that the schema may accept, from few members to many.
pub(super) fn configurations(schema: &Value) -> Vec<Value> {
    let mut made: Vec<Value> = schema.get("examples").and_then(Value::as_array).cloned().unwrap_or_default();
    made.truncate(5);
    made.extend(schema.get("default").cloned());
    let generated = [Style::Least, Style::Most, Style::Other].into_iter().filter_map(|style| {
        let generator = Generator { root: schema, style };
        // What stands at the top would otherwise be taken for each.
        let mut schema = schema.clone();
        if let Some(keywords) = schema.as_object_mut() {
            keywords.remove("examples");
            keywords.remove("default");
        }
        generator.value(&schema, "value", 0)
    });
    made.extend(generated);
    let mut distinct: Vec<Value> = Vec::new();
    for configuration in made {
        if !distinct.contains(&configuration) {
            distinct.push(configuration);
        }
    }
    distinct
}

struct Generator<'a> {
    root: &'a Value,
    style: Style,
}

impl Generator<'_> {
    /// A value; `word` is what a text says that may say anything.
    fn value(&self, schema: &Value, word: &str, depth: u32) -> Option<Value> {
        let keywords = match schema {
            Value::Bool(true) => return Some(word.into()),
            Value::Object(keywords) if depth < MAX_DEPTH => self.flattened(keywords, depth)?,
            _ => return None,
        };
        if let Some(only) = keywords.get("const") {
            return Some(only.clone());
        }
        for list in ["enum", "examples"] {
            if let Some(choice) = keywords.get(list).and_then(Value::as_array).and_then(|values| self.choice(values)) {
                return Some(choice.clone());
            }
        }
        if let (Some(default), Style::Least | Style::Most) = (keywords.get("default"), self.style) {
            return Some(default.clone());
        }
        match self.kind(&keywords, depth)? {
            "object" => self.object(&keywords, depth),
            "array" => self.array(&keywords, word, depth),
            "string" => text(&keywords, word).map(Value::String),
            "integer" => number(&keywords, true),
            "number" => number(&keywords, false),
            "boolean" => Some((self.style != Style::Other).into()),
            "null" => Some(Value::Null),
            _ => None,
        }
    }

    fn choice<'v>(&self, values: &'v [Value]) -> Option<&'v Value> {
        if self.style == Style::Other { values.last() } else { values.first() }
    }

    /// The keywords with references, alternatives and conjunctions put in their place.
    fn flattened(&self, keywords: &Map<String, Value>, depth: u32) -> Option<Map<String, Value>> {
        if depth >= MAX_DEPTH {
            return None;
        }
        let mut flat = keywords.clone();
        let mut parts: Vec<Value> = Vec::new();
        if let Some(Value::String(reference)) = flat.remove("$ref") {
            parts.push(self.root.pointer(reference.strip_prefix('#')?)?.clone());
        }
        for alternatives in ["anyOf", "oneOf"] {
            if let Some(Value::Array(branches)) = flat.remove(alternatives) {
                parts.extend(self.choice(&branches).cloned());
            }
        }
        if let Some(Value::Array(all)) = flat.remove("allOf") {
            parts.extend(all);
        }
        for part in parts {
            if let Value::Object(part) = part {
                merge(&mut flat, self.flattened(&part, depth + 1)?);
            }
        }
        Some(flat)
    }

    /// The type, as it is said or as the other keywords have it. A configuration of which nothing is said is an object.
    fn kind<'k>(&self, keywords: &'k Map<String, Value>, depth: u32) -> Option<&'k str> {
        match keywords.get("type") {
            Some(Value::String(kind)) => return Some(kind),
            Some(Value::Array(kinds)) => {
                let mut kinds = kinds.iter().filter_map(Value::as_str);
                return if self.style == Style::Other { kinds.next_back() } else { kinds.find(|kind| *kind != "null") };
            }
            _ => {}
        }
        let has = |names: &[&str]| names.iter().any(|name| keywords.contains_key(*name));
        Some(if has(&["properties", "required", "additionalProperties", "propertyNames", "minProperties", "patternProperties"]) {
            "object"
        } else if has(&["items", "prefixItems", "minItems", "maxItems", "contains"]) {
            "array"
        } else if has(&["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]) {
            "number"
        } else if depth > 0 || has(&["minLength", "maxLength", "pattern", "format"]) {
            "string"
        } else {
            "object"
        })
    }

    fn object(&self, keywords: &Map<String, Value>, depth: u32) -> Option<Value> {
        let none = Map::new();
        let properties = keywords.get("properties").and_then(Value::as_object).unwrap_or(&none);
        let required: Vec<&str> =
            keywords.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        let further = keywords.get("additionalProperties").unwrap_or(&Value::Bool(true));
        let mut members = Map::new();
        for (name, schema) in properties {
            let is_required = required.contains(&name.as_str());
            if is_required || self.style != Style::Least {
                match self.value(schema, name, depth + 1) {
                    Some(value) => drop(members.insert(name.clone(), value)),
                    None if is_required => return None,
                    // Whatever this property has to look like, the others will do.
                    None => {}
                }
            }
        }
        for name in required.iter().filter(|name| !properties.contains_key(**name)) {
            members.insert((*name).to_owned(), self.value(further, name, depth + 1)?);
        }
        // A map rather than a record: entries of free names.
        let free = if further.is_object() && self.style != Style::Least { 2 } else { 0 };
        let least = usize::try_from(bound(keywords, "minProperties").unwrap_or(0).min(MAX_ITEMS)).ok()?;
        let most = bound(keywords, "maxProperties").map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX));
        let wanted = least.max(members.len() + free).min(most);
        for number in 1..=MAX_ITEMS {
            if members.len() >= wanted {
                break;
            }
            let name = match keywords.get("propertyNames") {
                Some(Value::Object(names)) => text(names, &format!("key{number}"))?,
                _ => format!("key{number}"),
            };
            let value = self.value(further, &format!("value{number}"), depth + 1)?;
            members.entry(name).or_insert(value);
        }
        Some(Value::Object(members))
    }

    fn array(&self, keywords: &Map<String, Value>, word: &str, depth: u32) -> Option<Value> {
        let mut items = Vec::new();
        for schema in keywords.get("prefixItems").and_then(Value::as_array).into_iter().flatten() {
            items.push(self.value(schema, word, depth + 1)?);
        }
        let schema = keywords.get("items").or(keywords.get("contains")).unwrap_or(&Value::Bool(true));
        let least = bound(keywords, "minItems").unwrap_or(0).min(MAX_ITEMS);
        let most = bound(keywords, "maxItems").unwrap_or(u64::MAX);
        let wanted = if self.style == Style::Least { least } else { least.max(2).min(most) };
        for number in 1..=wanted.saturating_sub(items.len() as u64) {
            match self.value(schema, &format!("{word}{number}"), depth + 1) {
                Some(item) if keywords.get("uniqueItems") == Some(&Value::Bool(true)) && items.contains(&item) => {}
                Some(item) => items.push(item),
                None => break,
            }
        }
        Some(Value::Array(items))
    }
}

/// Adds one schema's keywords to another's, as far as the two can be put together by hand.
fn merge(into: &mut Map<String, Value>, from: Map<String, Value>) {
    for (keyword, value) in from {
        match (into.get_mut(&keyword), value) {
            (Some(Value::Object(mine)), Value::Object(theirs)) if keyword == "properties" => mine.extend(theirs),
            (Some(Value::Array(mine)), Value::Array(theirs)) if keyword == "required" => mine.extend(theirs),
            (Some(_), _) => {}
            (None, value) => drop(into.insert(keyword, value)),
        }
    }
}

fn bound(keywords: &Map<String, Value>, name: &str) -> Option<u64> {
    keywords.get(name).and_then(|value| value.as_u64().or_else(|| value.as_f64().map(|number| number as u64)))
}

fn text(keywords: &Map<String, Value>, word: &str) -> Option<String> {
    let least = bound(keywords, "minLength").unwrap_or(0).min(MAX_TEXT) as usize;
    let most = bound(keywords, "maxLength").unwrap_or(u64::MAX);
    if let Some(pattern) = keywords.get("pattern").and_then(Value::as_str) {
        return pattern::matching(pattern, word, least);
    }
    let mut text = match keywords.get("format").and_then(Value::as_str) {
        Some("email" | "idn-email") => "someone@example.com".to_owned(),
        Some("uri" | "iri" | "uri-reference" | "iri-reference") => "https://example.com/".to_owned(),
        Some("hostname" | "idn-hostname") => "example.com".to_owned(),
        Some("ipv4") => "192.0.2.1".to_owned(),
        Some("ipv6") => "2001:db8::1".to_owned(),
        Some("date") => "2025-06-15".to_owned(),
        Some("time") => "12:00:00Z".to_owned(),
        Some("date-time") => "2025-06-15T12:00:00Z".to_owned(),
        Some("uuid") => "021269c5-04c3-4399-a206-32659c489803".to_owned(),
        Some("regex") => "^.*$".to_owned(),
        Some("json-pointer") => "/a".to_owned(),
        _ => word.to_owned(),
    };
    while text.chars().count() < least {
        text.push('x');
    }
    Some(text.chars().take(usize::try_from(most).unwrap_or(usize::MAX)).collect())
}

fn number(keywords: &Map<String, Value>, whole: bool) -> Option<Value> {
    let of = |name: &str| keywords.get(name).and_then(Value::as_f64);
    let least = of("minimum").or_else(|| of("exclusiveMinimum").map(|above| if whole { above.floor() + 1.0 } else { above + 0.5 }));
    let most = of("maximum").or_else(|| of("exclusiveMaximum").map(|below| if whole { below.ceil() - 1.0 } else { below - 0.5 }));
    let mut number = 1.0_f64;
    if let Some(most) = most {
        number = number.min(most);
    }
    if let Some(least) = least {
        number = number.max(least);
    }
    if let Some(step) = of("multipleOf").filter(|step| *step > 0.0) {
        number = (number / step).ceil() * step;
    }
    if number.fract() == 0.0 && number.abs() < 9e15 { Some(json!(number as i64)) } else { Number::from_f64(number).map(Value::Number) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::ConfigurationSchema;

    /// The configurations that the schema itself accepts.
    fn accepted(schema: Value) -> Vec<Value> {
        let parsed = ConfigurationSchema::parse(&schema.to_string()).unwrap();
        configurations(&schema).into_iter().filter(|configuration| parsed.check(configuration).is_empty()).collect()
    }

    #[test]
    fn records_are_made_with_few_members_and_with_all() {
        let made = accepted(json!({
            "type": "object", "required": ["claim"], "additionalProperties": false,
            "properties": {
                "claim": {"type": "string", "minLength": 1, "pattern": "^\\S+$"},
                "level": {"enum": ["low", "high"]}, "on": {"type": "boolean"},
                "count": {"type": "integer", "minimum": 3, "maximum": 9},
                "ratio": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
            },
        }));
        assert_eq!(
            made,
            [
                json!({"claim": "claim"}),
                json!({"claim": "claim", "level": "low", "on": true, "count": 3, "ratio": 0.5}),
                json!({"claim": "claim", "level": "high", "on": false, "count": 3, "ratio": 0.5}),
            ]
        );
    }

    #[test]
    fn lists_maps_references_and_alternatives_are_made() {
        let made = accepted(json!({
            "$defs": {"name": {"type": "string", "maxLength": 3}},
            "type": "object", "required": ["list"],
            "properties": {
                "list": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/name"}},
                "map": {"additionalProperties": {"type": "integer"}},
                "either": {"oneOf": [{"const": 5}, {"type": "object", "required": ["a"], "properties": {"a": {"type": "null"}}}]},
            },
        }));
        assert_eq!(made[0], json!({"list": ["lis"]}));
        assert_eq!(made[1], json!({"list": ["lis", "lis"], "map": {"key1": 1, "key2": 1}, "either": 5}));
        assert_eq!(made[2]["either"], json!({"a": null}));
    }

    #[test]
    fn examples_go_first() {
        let made = accepted(json!({"type": "object", "examples": [{"a": 1}], "default": {}, "required": []}));
        assert_eq!(made[..2], [json!({"a": 1}), json!({})]);
    }

    #[test]
    fn a_property_that_cannot_be_made_is_left_out_or_ends_it() {
        let odd = json!({"type": "string", "pattern": "^(?i)a\\p{Greek}$"});
        assert_eq!(accepted(json!({"type": "object", "properties": {"a": odd}})), [json!({})]);
        assert!(accepted(json!({"type": "object", "required": ["a"], "properties": {"a": odd}})).is_empty());
    }

    #[test]
    fn a_schema_without_a_word_gets_an_object() {
        assert_eq!(accepted(json!({})), [json!({})]);
    }
}
