//! The shapes of what is sent and answered, as the types have them.

use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

const COMPONENTS: &str = "#/components/schemas/";

/// A text.
pub(in crate::api) fn text() -> Value {
    json!({"type": "string"})
}

/// A whole number between bounds.
pub(in crate::api) fn number(least: u64, most: u64) -> Value {
    json!({"type": "integer", "minimum": least, "maximum": most})
}

/// `true` or `false`.
pub(in crate::api) fn truth() -> Value {
    json!({"type": "boolean"})
}

/// The shapes that were referred to.
#[derive(Default)]
pub(super) struct Schemas(Map<String, Value>);

impl Schemas {
    /// A reference to a shape with this name.
    pub(super) fn reference(name: &str) -> Value {
        json!({"$ref": format!("{COMPONENTS}{name}")})
    }

    /// A reference to the shape of a type.
    pub(super) fn refer<T: ToSchema>(&mut self) -> Value {
        let mut parts: Vec<(String, RefOr<Schema>)> = Vec::new();
        T::schemas(&mut parts);
        for (name, schema) in parts {
            self.0.insert(name, json!(schema));
        }
        let name = T::name();
        self.0.insert(name.to_string(), json!(T::schema()));
        Self::reference(&name)
    }

    /// What a change of a `T` may say: any of its members, and `null` where one is set back.
    pub(super) fn refer_to_change<T: ToSchema>(&mut self) -> Value {
        self.refer::<T>();
        let (name, mut change) = (format!("{}Change", T::name()), self.resolved(&T::name()));
        if let Value::Object(change) = &mut change {
            change.remove("required");
            change.insert("description".to_owned(), "Members that are absent stay as they are; `null` sets one back.".into());
            for (_, member) in change.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten() {
                admit_null(member);
            }
        }
        self.0.insert(name.clone(), change);
        Self::reference(&name)
    }

    /// The same of some members, in place.
    pub(super) fn change_of<T: ToSchema>(&mut self, members: &[&str]) -> Value {
        let reference = self.refer_to_change::<T>();
        let mut change = self.0.get(name_of(&reference)).cloned().unwrap_or_default();
        if let Some(properties) = change["properties"].as_object_mut() {
            properties.retain(|name, _| members.contains(&name.as_str()));
        }
        change
    }

    /// Gives a shape that is referred to another member.
    pub(super) fn add_member(&mut self, reference: &Value, name: &str, schema: Value) {
        if let Some(shape) = self.0.get_mut(name_of(reference)) {
            shape["properties"][name] = schema;
        }
    }

    /// A shape as one object: what is written into another's members (`serde(flatten)`) is a reference before.
    fn resolved(&self, name: &str) -> Value {
        let shape = self.0.get(name).cloned().unwrap_or_default();
        let Some(parts) = shape["allOf"].as_array() else { return shape };
        let (mut required, mut properties) = (Vec::new(), Map::new());
        for part in parts {
            let part = if part.get("$ref").is_some() { self.resolved(name_of(part)) } else { part.clone() };
            required.extend(part["required"].as_array().cloned().unwrap_or_default());
            properties.extend(part["properties"].as_object().cloned().unwrap_or_default());
        }
        let mut whole = json!({"type": "object", "required": required, "properties": properties});
        if let Some(description) = shape.get("description") {
            whole["description"] = description.clone();
        }
        whole
    }

    /// The shapes that `paths` lead to, by name.
    pub(super) fn into_components(self, paths: &Map<String, Value>) -> Map<String, Value> {
        let mut components = Map::new();
        let mut names = Vec::new();
        paths.values().for_each(|path| note_references(path, &mut names));
        while let Some(name) = names.pop() {
            if !components.contains_key(&name) {
                let shape = self.resolved(&name);
                note_references(&shape, &mut names);
                components.insert(name, shape);
            }
        }
        components.sort_keys();
        components
    }
}

/// Whole numbers without a sign are told as `int32`, which has one and ends half way.
pub(super) fn widen(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if members.get("format") == Some(&json!("int32")) && members.get("minimum") == Some(&json!(0)) {
                members.shift_remove("format");
                members.insert("maximum".to_owned(), u32::MAX.into());
            }
            members.values_mut().for_each(widen);
        }
        Value::Array(elements) => elements.iter_mut().for_each(widen),
        _ => {}
    }
}

fn note_references(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            names.extend(members.contains_key("$ref").then(|| name_of(value).to_owned()));
            members.values().for_each(|member| note_references(member, names));
        }
        Value::Array(elements) => elements.iter().for_each(|element| note_references(element, names)),
        _ => {}
    }
}

/// The name in a reference.
fn name_of(reference: &Value) -> &str {
    reference["$ref"].as_str().and_then(|reference| reference.strip_prefix(COMPONENTS)).unwrap_or_default()
}

fn admit_null(member: &mut Value) {
    let has_null = |list: Option<&Value>| list.and_then(Value::as_array).is_some_and(|list| list.contains(&json!("null")));
    let choices = member.get("oneOf").and_then(Value::as_array);
    if has_null(member.get("type")) || choices.is_some_and(|choices| choices.contains(&json!({"type": "null"}))) {
        return;
    }
    *member = match member.get("type").and_then(Value::as_str).map(str::to_owned) {
        Some(kind) if member.get("enum").is_none() => {
            let mut member = member.take();
            member["type"] = json!([kind, "null"]);
            member
        }
        _ => json!({"oneOf": [{"type": "null"}, member.take()]}),
    };
}
