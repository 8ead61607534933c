//! The import document: a directory and registry as one JSON object, the same shapes as the admin API.
//!
//! What a document does not name stays as it is; a member that is present replaces what was stored, and `null` clears it.
//! Unknown keys and wrong types are refused with the JSON pointer, so a misspelt member is never a silent no-op.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::facts::Facts;
use crate::object::{self, Object};
use crate::plain;
use crate::problem::{Pointer, Problem};

/// A whole document: each member a list of entries, all of them optional.
//
// Entries are kept as JSON, so that "absent" and "null" stay apart until they meet what is stored.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Document {
    /// Each with the members of a `DomainEntry`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Object>)]
    pub domains: Vec<Value>,
    /// Each with the members of a `CustomerEntry`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Object>)]
    pub customers: Vec<Value>,
    /// Each with the members of a `FunctionEntry`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Object>)]
    pub functions: Vec<Value>,
    /// Each with the members of a `GroupEntry`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Object>)]
    pub groups: Vec<Value>,
    /// Each with the members of a `RoleEntry`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Object>)]
    pub roles: Vec<Value>,
    /// Each with the members of a `UserEntry`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Object>)]
    pub users: Vec<Value>,
    /// Each with the members of a `ResourceEntry`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Object>)]
    pub resources: Vec<Value>,
    /// Each with the members of a `ClaimProviderEntry`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Object>)]
    pub claim_providers: Vec<Value>,
    /// Each with the members of `ClientSettings`, and two more: `clientId` (absent = the client of that `name`, or a
    /// new one) and `secret` (absent = one is made for a new confidential client; never exported).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Object>)]
    pub clients: Vec<Value>,
    /// Each with the members of `UpstreamIdpSettings`; `metadata` is the XML, or a path relative to the document.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Object>)]
    pub upstream_idps: Vec<Value>,
}

/// A domain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DomainEntry {
    /// Shown as `domain_id`; absent = the next free number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    /// Unique.
    pub shortname: String,
    /// For people.
    pub name: String,
}

/// A customer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CustomerEntry {
    /// Shown as `customer_id`; absent = the next free number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    /// Short name of its domain.
    pub domain: String,
    /// Unique.
    pub shortname: String,
    /// For people.
    pub name: String,
}

/// A function: a named permission.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FunctionEntry {
    /// Unique.
    pub name: String,
    /// For people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

/// A group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupEntry {
    /// Unique; what the `groups` claim shows.
    pub shortname: String,
    /// For people.
    pub name: String,
}

/// A role.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RoleEntry {
    /// Unique.
    pub name: String,
}

/// A function granted to a user.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FunctionGrantEntry {
    /// Name of the function.
    pub function: String,
    /// Short name of the customer; absent = every customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
}

/// A user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UserEntry {
    /// What the user types to sign in; unique, whatever the case of its letters.
    pub username: String,
    /// Display name.
    pub name: String,
    /// E-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Whether the address was verified.
    #[serde(default)]
    pub email_verified: bool,
    /// Telephone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Whether the number was verified.
    #[serde(default)]
    pub phone_verified: bool,
    /// Short name of the customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    /// In clear, in an import only: it is hashed at once and never exported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// Short names.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Names.
    #[serde(default)]
    pub roles: Vec<String>,
    /// Whether the user administers this installation.
    #[serde(default)]
    pub admin: bool,
    /// A disabled user's sessions and tokens end at once.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Free facts for claim providers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, Vec<String>>,
    /// Functions granted.
    #[serde(default, deserialize_with = "object::list")]
    pub functions: Vec<FunctionGrantEntry>,
}

fn yes() -> bool {
    true
}

/// A protected resource: an audience and the scopes it knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResourceEntry {
    /// The `aud` of its access tokens.
    pub audience: String,
    /// For people: the consent page shows it.
    pub name: String,
    /// Its scopes, such as `cases:read`.
    #[serde(default)]
    pub scopes: Vec<String>,
}

/// A claim provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClaimProviderEntry {
    /// The name attachments use.
    pub name: String,
    /// Path of the component, relative to the document.
    pub component: String,
    /// Facts that are approved for it, beside those approved before; absent = for a new provider whatever it declares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facts: Option<Facts>,
}

/// Reads an object strictly; what does not fit is told with its pointer below `base`.
pub fn read<T: DeserializeOwned>(value: &Value, base: &Pointer) -> Result<T, Problem> {
    let object: Object<T> = serde_path_to_error::deserialize(value).map_err(|error| describe(base, &error))?;
    Ok(object.0)
}

/// Reads the JSON text of an object strictly.
pub fn read_text<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let object: Object<T> = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| describe(&Pointer::root(), &error))?;
    deserializer.end().map_err(|error| Problem::new(Pointer::root(), error.to_string()))?;
    plain::check(text)?;
    Ok(object.0)
}

fn describe<E: std::fmt::Display>(base: &Pointer, error: &serde_path_to_error::Error<E>) -> Problem {
    use serde_path_to_error::Segment;
    let mut pointer = base.clone();
    for segment in error.path() {
        pointer = match segment {
            Segment::Seq { index } => pointer.join(index),
            Segment::Map { key } => pointer.join(key),
            Segment::Enum { variant } => pointer.join(variant),
            Segment::Unknown => pointer,
        };
    }
    let message = error.inner().to_string();
    // The path of an unknown key ends at its object: point at the key itself.
    if let Some(key) = message.strip_prefix("unknown field `").and_then(|rest| rest.split('`').next())
        && !pointer.as_str().ends_with(Pointer::root().join(key).as_str())
    {
        pointer = pointer.join(key);
    }
    Problem::new(pointer, message)
}

/// Lays the members of `patch` over `stored`, both objects: the meaning of importing an entry that already exists.
pub fn overlay(stored: &mut Value, patch: &Value) {
    if let (Value::Object(stored), Value::Object(patch)) = (stored, patch) {
        for (key, value) in patch {
            if value.is_null() {
                stored.remove(key);
            } else {
                stored.insert(key.clone(), value.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_unknown_key_is_told_with_its_pointer() {
        let problem = read_text::<Document>(r#"{"user":[]}"#).unwrap_err();
        assert_eq!(problem.pointer.as_str(), "/user");
        let problem =
            read::<UserEntry>(&json!({"username": "a", "name": "A", "grups": []}), &Pointer::root().join("users").join(3)).unwrap_err();
        assert_eq!(problem.pointer.as_str(), "/users/3/grups");
    }

    #[test]
    fn a_wrong_type_is_told_with_its_pointer() {
        let base = Pointer::root().join("users").join(0);
        let problem = read::<UserEntry>(&json!({"username": "a", "name": "A", "groups": ["x", 1]}), &base).unwrap_err();
        assert_eq!(problem.pointer.as_str(), "/users/0/groups/1");
        let problem = read_text::<Document>(r#"{"users":{}}"#).unwrap_err();
        assert_eq!(problem.pointer.as_str(), "/users");
    }

    #[test]
    fn an_array_is_no_object() {
        assert!(read_text::<Document>("[]").is_err());
        let base = Pointer::root().join("users").join(0);
        assert_eq!(read::<UserEntry>(&json!(["a", "A"]), &base).unwrap_err().pointer.as_str(), "/users/0");
        let problem = read::<UserEntry>(&json!({"username": "a", "name": "A", "functions": [["f"]]}), &base).unwrap_err();
        assert_eq!(problem.pointer.as_str(), "/users/0/functions/0");
        assert!(problem.message.contains("expected an object"), "{}", problem.message);
    }

    #[test]
    fn text_after_the_document_is_refused() {
        assert!(read_text::<Document>("{} {}").is_err());
    }

    #[test]
    fn absent_keeps_and_null_clears() {
        let mut stored = json!({"name": "A", "email": "a@example.com", "phone": "1"});
        overlay(&mut stored, &json!({"email": null, "name": "B"}));
        assert_eq!(stored, json!({"name": "B", "phone": "1"}));
    }
}
